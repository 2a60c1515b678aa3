/*
 * access/verify_session.c
 *		Whose session an access token is, with the roles and scopes it has.
 *
 * The session is judged by session/verify.c; what its roles grant comes from
 * access/permission_cache.c.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/htup_details.h"
#include "access/permission_cache.h"
#include "catalog/pg_type.h"
#include "core/errors.h"
#include "funcapi.h"
#include "session/session.h"
#include "session/verify.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Names, which may repeat. */
typedef struct Names
{
	int count;
	int room;
	MtScope *items;
} Names;

static void
add_names(Names *names, const MtScope *items, int count)
{
	if (count == 0)
		return;
	if (names->count + count > names->room)
	{
		names->room = 2 * (names->count + count);
		names->items = names->items == NULL ? palloc(names->room * sizeof(MtScope))
											: repalloc(names->items, names->room * sizeof(MtScope));
	}
	memcpy(names->items + names->count, items, count * sizeof(MtScope));
	names->count += count;
}

static int
compare_names(const void *left, const void *right)
{
	const MtScope *one = left;
	const MtScope *other = right;
	int order = memcmp(one->text, other->text, Min(one->length, other->length));

	return order != 0 ? order : one->length - other->length;
}

/* As a text[], each once, in the order of their bytes. */
static Datum
names_array(Names *names)
{
	Datum *values;
	int count = 0;

	if (names->count == 0)
		return PointerGetDatum(construct_empty_array(TEXTOID));
	qsort(names->items, names->count, sizeof(MtScope), compare_names);
	values = palloc(names->count * sizeof(Datum));
	for (int i = 0; i < names->count; i++)
	{
		const MtScope *name = &names->items[i];

		if (i == 0 || compare_names(name - 1, name) != 0)
			values[count++] = PointerGetDatum(cstring_to_text_with_len(name->text, name->length));
	}
	return PointerGetDatum(construct_array(values, count, TEXTOID, -1, false, TYPALIGN_INT));
}

/* The names in a membership, and the scopes of those that are roles of the tenant. */
static void
collect(const MtSession *session, Names *roles, Names *scopes)
{
	Datum *values;
	int count;

	deconstruct_array(session->roles, VARCHAROID, -1, false, TYPALIGN_INT, &values, NULL, &count);
	mt_permission_cache_begin();
	for (int i = 0; i < count; i++)
	{
		text *value = DatumGetTextPP(values[i]);
		MtScope name = {VARDATA_ANY(value), (int) VARSIZE_ANY_EXHDR(value)};
		const MtCachedRole *role = mt_cached_role(&session->tenant_id, name.text, name.length);

		add_names(roles, &name, 1);
		add_names(scopes, role->scopes, role->scope_count);
	}
}

/*
 * The type of what verify_session() returns, made once: to ask the server for it costs as
 * much as to find the session.
 */
static TupleDesc
session_row_type(void)
{
	static TupleDesc row_type = NULL;

	if (row_type == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
		TupleDesc made = CreateTemplateTupleDesc(5);

		TupleDescInitEntry(made, 1, "user_id", UUIDOID, -1, 0);
		TupleDescInitEntry(made, 2, "tenant_id", UUIDOID, -1, 0);
		TupleDescInitEntry(made, 3, "roles", TEXTARRAYOID, -1, 0);
		TupleDescInitEntry(made, 4, "scopes", TEXTARRAYOID, -1, 0);
		TupleDescInitEntry(made, 5, "expires_at", TIMESTAMPTZOID, -1, 0);
		row_type = BlessTupleDesc(made);
		MemoryContextSwitchTo(caller);
	}
	return row_type;
}

/*
 * SQL: multitenant.verify_session(access_token text, ip_address text)
 *		returns table (user_id uuid, tenant_id uuid, roles text[], scopes text[],
 *		expires_at timestamptz)
 *
 * One row, or none.  22P02 for an address that is not one.
 */
MT_SECRET_FUNCTION(mt_verify_session)
{
	MtSession session;
	Names roles = {0};
	Names scopes = {0};
	Datum values[5];
	bool nulls[5] = {false, false, false, false, false};

	if (!mt_session_of_arguments(fcinfo, &session))
		return mt_no_row(fcinfo);
	if (session.has_tenant)
		collect(&session, &roles, &scopes);
	values[0] = UUIDPGetDatum(&session.user_id);
	values[1] = UUIDPGetDatum(&session.tenant_id);
	nulls[1] = !session.has_tenant;
	values[2] = names_array(&roles);
	values[3] = names_array(&scopes);
	values[4] = TimestampTzGetDatum(session.expires_at);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(session_row_type(), values, nulls)));
}
