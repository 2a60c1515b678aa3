/*
 * tenancy/policy_cache.c
 *		Compiled policies, kept by the backend that uses them.
 *
 * The entry of a tenant holds the column as it was stored when it was compiled, and
 * counts while what is read is the same: so a policy compiles once per change, nothing
 * has to be told of one, and a cached policy is as fresh as the row that was read.
 *
 * Notes: the bytes are compared as the row holds them, compressed or moved out of line
 * as they may be.  An out-of-line value is compared by its pointer, whose id the server
 * gives to no other value while there is a row that has it.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/statement.h"
#include "tenancy/policy.h"
#include "tenancy/policy_document.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

/* Over either of these all are forgotten. */
#define MAX_POLICIES 1000
#define MAX_BYTES (16 * 1024 * 1024)

typedef struct CachedPolicy
{
	pg_uuid_t tenant_id;   /* the key */
	MemoryContext context; /* of what follows; NULL: nothing is compiled */
	struct varlena *stored;
	MtPolicy *policy;
} CachedPolicy;

static MemoryContext cache_context = NULL;
static HTAB *cache = NULL;

/* Room for one policy more. */
static void
make_room(void)
{
	HASHCTL control = {.keysize = sizeof(pg_uuid_t), .entrysize = sizeof(CachedPolicy)};

	if (cache != NULL && hash_get_num_entries(cache) < MAX_POLICIES &&
		MemoryContextMemAllocated(cache_context, true) < MAX_BYTES)
		return;
	if (cache_context != NULL)
	{
		MemoryContext old = cache_context;

		cache = NULL;
		cache_context = NULL;
		MemoryContextDelete(old);
	}
	cache_context = AllocSetContextCreate(TopMemoryContext, "multitenant policies",
										  ALLOCSET_DEFAULT_SIZES);
	control.hcxt = cache_context;
	cache = hash_create("multitenant policies", 64, &control,
						HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * Compile in a context of its own, which the entry takes over only when all went well;
 * until then an error drops it with the caller's.
 */
static void
compile(CachedPolicy *entry, struct varlena *stored)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "multitenant policy",
												  ALLOCSET_SMALL_SIZES);
	Jsonb *document = DatumGetJsonbP(PointerGetDatum(stored));
	MemoryContext caller = MemoryContextSwitchTo(context);
	struct varlena *copy = palloc(VARSIZE_ANY(stored));
	MtPolicy *policy = palloc(sizeof(MtPolicy));

	memcpy(copy, stored, VARSIZE_ANY(stored));
	mt_policy_read(document, policy);
	MemoryContextSwitchTo(caller);

	if (entry->context != NULL)
		MemoryContextDelete(entry->context);
	MemoryContextSetParent(context, cache_context);
	entry->context = context;
	entry->stored = copy;
	entry->policy = policy;
	ereport(DEBUG1,
			(errmsg_internal("compiled the security policy of tenant %s",
							 mt_uuid_text(&entry->tenant_id))));
}

static bool
is_current(const CachedPolicy *entry, const struct varlena *stored)
{
	return entry->context != NULL && VARSIZE_ANY(entry->stored) == VARSIZE_ANY(stored) &&
		   memcmp(entry->stored, stored, VARSIZE_ANY(stored)) == 0;
}

const MtPolicy *
mt_policy_of_value(const pg_uuid_t *tenant_id, struct varlena *stored)
{
	CachedPolicy *entry;
	bool found;

	entry = cache == NULL ? NULL : hash_search(cache, tenant_id, HASH_FIND, NULL);
	if (entry != NULL && is_current(entry, stored))
		return entry->policy;

	make_room();
	entry = hash_search(cache, tenant_id, HASH_ENTER, &found);
	if (!found)
		entry->context = NULL;
	compile(entry, stored);
	return entry->policy;
}

const MtPolicy *
mt_policy_of_column(const pg_uuid_t *tenant_id, int column)
{
	bool is_null;
	Datum value;

	if (SPI_tuptable == NULL || SPI_tuptable->numvals == 0)
		elog(ERROR, "statement returned no row");
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &is_null);
	return is_null ? NULL
				   : mt_policy_of_value(tenant_id, (struct varlena *) DatumGetPointer(value));
}
