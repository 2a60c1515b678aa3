/*
 * access/permission_cache.c
 *		What roles grant, compiled: sets of numbers in place of names.
 *
 * One entry is a role of a tenant, by its name, or a permission that was asked, by
 * its name.  Both hold a set of permissions, each numbered when first met, so that a
 * check is an intersection.  Entries are filled by need and the least recently used go
 * when multitenant.permission_cache_size is reached.
 *
 * Kept true: statement triggers on "Roles", "Permissions" and "RolePermissions" send a
 * relcache invalidation of the empty composite type permission_cache, which the server
 * delivers to every backend (a standby's too) when the change commits, and to this one
 * at the end of the command and when it rolls back.  All is forgotten then.  An entry is
 * filled under snapshots taken for it and not under that of the statement, which may be
 * older than an announcement that was heard already: so what it misses is announced after it.
 * Where two of these snapshots disagree the entry has what was granted in one or the other, and
 * is forgotten with that announcement.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/permission_cache.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "core/catalog.h"
#include "core/lookup.h"
#include "core/own_oids.h"
#include "core/settings.h"
#include "lib/ilist.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"

MT_FUNCTION_INFO_V1(mt_invalidate_permission_cache);

typedef struct Key
{
	const pg_uuid_t *tenant_id; /* NULL for a permission that was asked */
	const char *name;
	int length;
} Key;

typedef struct Entry
{
	Key key; /* what it points to is the entry's own */
	dlist_node recency;
	Size size;
	MtCachedRole value; /* of a permission that was asked: those that cover it */
} Entry;

/* What an element of a hash table takes: its link and its hash, itself, its bucket. */
#define HASHED_SIZE(type) (MAXALIGN(sizeof(HASHELEMENT)) + MAXALIGN(sizeof(type)) + sizeof(void *))

/* The number of a permission. */
typedef struct Number
{
	pg_uuid_t permission_id;
	int number;
} Number;

static MemoryContext cache_context = NULL;
static HTAB *entries = NULL;
static HTAB *numbers = NULL;
static dlist_head recently_used; /* the latest first */
static Size total_size;
static MtOwnOids filled_from; /* whose invalidation empties the cache */

static bool is_valid = false;
static bool has_changed = false;   /* in what it holds, since its memory was measured */
static bool is_filling = false;	   /* an error ended a fill when it stays */
static bool may_be_undone = false; /* filled in a transaction that had written */

static uint32
hash_key(const void *key, Size size)
{
	const Key *k = key;
	uint32 hash = hash_bytes((const unsigned char *) k->name, k->length);

	(void) size;
	if (k->tenant_id != NULL)
		hash = hash_combine(hash, hash_bytes(k->tenant_id->data, UUID_LEN));
	return hash;
}

static int
compare_keys(const void *left, const void *right, Size size)
{
	const Key *a = left;
	const Key *b = right;

	(void) size;
	if (a->length != b->length || (a->tenant_id == NULL) != (b->tenant_id == NULL))
		return 1;
	if (a->tenant_id != NULL && memcmp(a->tenant_id, b->tenant_id, UUID_LEN) != 0)
		return 1;
	return memcmp(a->name, b->name, a->length);
}

static void
make_empty(void)
{
	HASHCTL of_entries = {.keysize = sizeof(Key),
						  .entrysize = sizeof(Entry),
						  .hash = hash_key,
						  .match = compare_keys};
	HASHCTL of_numbers = {.keysize = sizeof(pg_uuid_t), .entrysize = sizeof(Number)};

	filled_from = *mt_own_oids();
	is_valid = true; /* from here on, until forget() says otherwise */
	entries = numbers = NULL;
	if (cache_context == NULL)
		/* the last of blocks that double would hold as much as all before it */
		cache_context = AllocSetContextCreate(CacheMemoryContext, "multitenant permission cache", 0,
											  ALLOCSET_SMALL_INITSIZE, 8 * ALLOCSET_SMALL_MAXSIZE);
	else
		MemoryContextReset(cache_context);
	dlist_init(&recently_used);
	total_size = 0;
	is_filling = may_be_undone = has_changed = false;

	of_entries.hcxt = of_numbers.hcxt = cache_context;
	entries = hash_create("multitenant roles and permissions asked", 256, &of_entries,
						  HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
	numbers = hash_create("multitenant permission numbers", 256, &of_numbers,
						  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static void
evict(Entry *entry)
{
	Entry old = *entry;

	has_changed = true;
	dlist_delete(&entry->recency);
	hash_search(entries, &entry->key, HASH_REMOVE, NULL);
	total_size -= old.size;
	bms_free(old.value.permissions);
	if (old.value.scopes != NULL)
		pfree(old.value.scopes);
	pfree(unconstify(char *, old.key.name));
	if (old.key.tenant_id != NULL)
		pfree(unconstify(pg_uuid_t *, old.key.tenant_id));
}

void
mt_permission_cache_begin(void)
{
	Size limit = (Size) mt_permission_cache_size * 1024;

	/* A statement that opens no table for the first time has not heard of changes yet. */
	AcceptInvalidationMessages();
	if (!is_valid || is_filling || entries == NULL || numbers == NULL)
		make_empty();
	while (total_size > limit && !dlist_is_empty(&recently_used))
		evict(dlist_container(Entry, recency, dlist_tail_node(&recently_used)));
	if (has_changed)
	{
		has_changed = false;
		if (total_size > limit || /* the numbers alone */
			MemoryContextMemAllocated(cache_context, true) > 2 * limit)
			make_empty();
	}
}

/* The number of a permission, the next one when it is new. */
static int
number_of(const pg_uuid_t *permission_id)
{
	bool found;
	Number *number = hash_search(numbers, permission_id, HASH_ENTER, &found);

	if (!found)
	{
		number->number = (int) hash_get_num_entries(numbers) - 1;
		total_size += HASHED_SIZE(Number);
	}
	return number->number;
}

/* Add the permissions that a lookup finds, by the ids in that column. */
static Bitmapset *
add_permissions(Bitmapset *set, MtLookup *lookup, const MtIndexedTable *source, AttrNumber column)
{
	HeapTuple row;

	mt_lookup_begin(lookup, source);
	while (HeapTupleIsValid(row = mt_lookup_next(lookup)))
	{
		pg_uuid_t *id = DatumGetUUIDP(mt_lookup_column(lookup, row, column, NULL));
		MemoryContext caller = MemoryContextSwitchTo(cache_context);

		set = bms_add_member(set, number_of(id));
		MemoryContextSwitchTo(caller);
	}
	mt_lookup_end(lookup);
	return set;
}

/* The scopes of a role in one piece of memory. */
static void
copy_scopes(MtCachedRole *role, ArrayType *scopes)
{
	Datum *elements;
	int count;
	char *at;

	/* a constraint keeps nulls out */
	deconstruct_array(scopes, VARCHAROID, -1, false, TYPALIGN_INT, &elements, NULL, &count);
	if (count == 0)
		return;
	role->scopes = MemoryContextAlloc(cache_context, count * sizeof(MtScope) + VARSIZE(scopes));
	at = (char *) (role->scopes + count);
	for (int i = 0; i < count; i++)
	{
		int length = (int) VARSIZE_ANY_EXHDR(DatumGetPointer(elements[i]));

		memcpy(at, VARDATA_ANY(DatumGetPointer(elements[i])), length);
		role->scopes[i] = (MtScope){at, length};
		at += length;
	}
	role->scope_count = count;
}

static void
fill_role(MtCachedRole *role, const pg_uuid_t *tenant_id, text *name)
{
	const MtOwnOids *own = mt_own_oids();
	MtLookup by_name = {.is_of_now = true};
	MtLookup grants = {.is_of_now = true};
	pg_uuid_t role_id;
	HeapTuple row;

	mt_lookup_by_text(&by_name, own->role_name, PointerGetDatum(name));
	mt_lookup_by_uuid(&by_name, own->role_tenant, tenant_id);
	mt_lookup_begin(&by_name, &own->roles);
	row = mt_lookup_next(&by_name);
	role->exists = HeapTupleIsValid(row);
	if (role->exists)
	{
		role_id = *DatumGetUUIDP(mt_lookup_column(&by_name, row, own->role_id, NULL));
		copy_scopes(role,
					DatumGetArrayTypeP(mt_lookup_column(&by_name, row, own->role_scopes, NULL)));
	}
	mt_lookup_end(&by_name);
	if (!role->exists)
		return;

	mt_lookup_by_uuid(&grants, own->grant_role, &role_id);
	role->permissions = add_permissions(NULL, &grants, &own->grants, own->grant_permission);
}

static void
fill_covering(MtCachedRole *value, text *asked)
{
	const MtOwnOids *own = mt_own_oids();
	const char *colon = memchr(VARDATA_ANY(asked), ':', VARSIZE_ANY_EXHDR(asked));
	int resource_length;
	Datum resources[2];
	Datum actions[2];
	MtLookup by_name = {.is_of_now = true};

	mt_lookup_by_text(&by_name, own->permission_name, PointerGetDatum(asked));
	value->permissions = add_permissions(NULL, &by_name, &own->permissions, own->permission_id);
	if (colon == NULL)
		return;

	resource_length = (int) (colon - VARDATA_ANY(asked));
	resources[0] = PointerGetDatum(cstring_to_text_with_len(VARDATA_ANY(asked), resource_length));
	actions[0] = PointerGetDatum(
		cstring_to_text_with_len(colon + 1, (int) VARSIZE_ANY_EXHDR(asked) - resource_length - 1));
	resources[1] = actions[1] = CStringGetTextDatum("*");
	for (int i = 0; i < 4; i++)
	{
		MtLookup by_parts = {.is_of_now = true};

		mt_lookup_by_text(&by_parts, own->permission_resource, resources[i & 1]);
		mt_lookup_by_text(&by_parts, own->permission_action, actions[i >> 1]);
		value->permissions = add_permissions(value->permissions, &by_parts, &own->actions,
											 own->permission_id);
	}
}

static void
fill(MtCachedRole *value, const Key *key)
{
	text *name = cstring_to_text_with_len(key->name, key->length);

	if (TransactionIdIsValid(GetTopTransactionIdIfAny()))
		may_be_undone = true;
	if (key->tenant_id != NULL)
		fill_role(value, key->tenant_id, name);
	else
		fill_covering(value, name);
}

static void
own_key(Key *key)
{
	char *name = MemoryContextAlloc(cache_context, key->length + 1);

	memcpy(name, key->name, key->length);
	key->name = name;
	if (key->tenant_id != NULL)
	{
		pg_uuid_t *tenant_id = MemoryContextAlloc(cache_context, sizeof(pg_uuid_t));

		*tenant_id = *key->tenant_id;
		key->tenant_id = tenant_id;
	}
}

static Size
size_of(const Entry *entry)
{
	const MtCachedRole *value = &entry->value;
	Size size = HASHED_SIZE(Entry) + GetMemoryChunkSpace(unconstify(char *, entry->key.name));

	if (entry->key.tenant_id != NULL)
		size += GetMemoryChunkSpace(unconstify(pg_uuid_t *, entry->key.tenant_id));
	if (value->permissions != NULL)
		size += GetMemoryChunkSpace(value->permissions);
	if (value->scopes != NULL)
		size += GetMemoryChunkSpace(value->scopes);
	return size;
}

static const MtCachedRole *
find_or_fill(Key *key)
{
	bool found;
	Entry *entry = hash_search(entries, key, HASH_FIND, NULL);
	MtCachedRole value = {0};

	if (entry != NULL)
	{
		dlist_move_head(&recently_used, &entry->recency);
		return &entry->value;
	}

	is_filling = true; /* what an error leaves behind goes with the whole cache */
	fill(&value, key);
	own_key(key);
	entry = hash_search(entries, key, HASH_ENTER, &found);
	Assert(!found);
	entry->value = value;
	entry->size = size_of(entry);
	total_size += entry->size;
	dlist_push_head(&recently_used, &entry->recency);
	is_filling = false;
	has_changed = true;
	return &entry->value;
}

const MtCachedRole *
mt_cached_role(const pg_uuid_t *tenant_id, const char *name, int length)
{
	Key key = {tenant_id, name, length};

	return find_or_fill(&key);
}

const Bitmapset *
mt_cached_covering(const char *name, int length)
{
	Key key = {NULL, name, length};

	return find_or_fill(&key)->permissions;
}

/* Compares Oids and does nothing else: the cache may be in use. */
static void
forget(Datum argument, Oid relation)
{
	(void) argument;
	if (relation == InvalidOid || relation == filled_from.permission_cache ||
		relation == filled_from.roles.table || relation == filled_from.permissions.table ||
		relation == filled_from.grants.table)
		is_valid = false;
}

/*
 * An abort takes back what was announced, but nobody hears of what the command that failed had
 * still to announce: a trigger for rows, which may ask, comes before the one that announces.
 */
static void
forget_undone(void)
{
	if (may_be_undone)
		is_valid = false;
}

static void
transaction_ends(XactEvent event, void *argument)
{
	(void) argument;
	if (event == XACT_EVENT_ABORT)
		forget_undone();
	else if (event == XACT_EVENT_COMMIT)
		may_be_undone = false;
}

static void
subtransaction_ends(SubXactEvent event, SubTransactionId own, SubTransactionId parent,
					void *argument)
{
	(void) own;
	(void) parent;
	(void) argument;
	if (event == SUBXACT_EVENT_ABORT_SUB)
		forget_undone();
}

void
mt_permission_cache_init(void)
{
	CacheRegisterRelcacheCallback(forget, (Datum) 0);
	RegisterXactCallback(transaction_ends, NULL);
	RegisterSubXactCallback(subtransaction_ends, NULL);
}

/*
 * SQL: multitenant.invalidate_permission_cache() returns trigger
 *
 * Announces a change to every backend.  Of a table of ours alone: on another one, whoever
 * owns that could make all backends forget all the time.
 */
Datum
mt_invalidate_permission_cache(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function was not called by a trigger")));
	if (RelationGetNamespace(data->tg_relation) != mt_schema_oid())
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function was called by a trigger of another table")));
	CacheInvalidateRelcacheByRelid(mt_relation_oid("permission_cache"));
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple
																   : data->tg_trigtuple);
}
