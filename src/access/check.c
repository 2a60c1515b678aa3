/*
 * access/check.c
 *		The checks that stand in queries and policies: has_role, has_permission.
 *
 * A check is true only when the user is active and not deleted, the tenant is
 * active, the user is its member, and one of the names in the membership is a role
 * of that tenant that grants what is asked.  Anything else is false, never null.
 *
 * Notes: rows are read by index scans under the statement's own snapshot, not by
 * SPI, which would cost several times as much for each row of a query (the
 * comparison is in test/bench).  So a check needs no SECURITY DEFINER: it consults
 * neither the caller's rights on the tables nor its search_path, and decides itself
 * what it reads.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/detoast.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/own_oids.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "nodes/pg_list.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

/* Longer than any name that an index can hold: unknown without looking. */
#define MAX_NAME_BYTES 8192

MT_FUNCTION_INFO_V1(mt_has_role);
MT_FUNCTION_INFO_V1(mt_has_permission);

/* One row by the equality of its key columns; NULL when there is none. */
typedef struct Lookup
{
	Relation table;
	SysScanDesc scan;
	int count;
	ScanKeyData keys[2];
} Lookup;

static void
add_uuid_key(Lookup *lookup, AttrNumber column, const pg_uuid_t *value)
{
	ScanKeyEntryInitialize(&lookup->keys[lookup->count++], 0, column, BTEqualStrategyNumber,
						   InvalidOid, InvalidOid, F_UUID_EQ, UUIDPGetDatum(value));
}

static void
add_text_key(Lookup *lookup, AttrNumber column, Datum value)
{
	ScanKeyEntryInitialize(&lookup->keys[lookup->count++], 0, column, BTEqualStrategyNumber,
						   InvalidOid, DEFAULT_COLLATION_OID, F_TEXTEQ, value);
}

static void
begin_lookup(Lookup *lookup, const MtIndexedTable *source)
{
	lookup->table = table_open(source->table, AccessShareLock);
	mt_own_oids(); /* the lock may have brought news of the index; "source" is refreshed */
	lookup->scan = systable_beginscan(lookup->table, source->index, true, GetActiveSnapshot(),
									  lookup->count, lookup->keys);
}

static HeapTuple
next_row(Lookup *lookup)
{
	return systable_getnext(lookup->scan);
}

/* A column of a row; the caller knows that it is not null, or asks. */
static Datum
column_of(Lookup *lookup, HeapTuple row, AttrNumber column, bool *is_null)
{
	bool ignored;

	return heap_getattr(row, column, RelationGetDescr(lookup->table),
						is_null == NULL ? &ignored : is_null);
}

/* The table's lock stays until the transaction ends: the next row finds it held. */
static void
end_lookup(Lookup *lookup)
{
	systable_endscan(lookup->scan);
	table_close(lookup->table, NoLock);
}

/* Whether there is a row with these keys. */
static bool
exists(Lookup *lookup, const MtIndexedTable *source)
{
	bool found;

	begin_lookup(lookup, source);
	found = HeapTupleIsValid(next_row(lookup));
	end_lookup(lookup);
	return found;
}

static bool
is_active_user(const MtOwnOids *own, const pg_uuid_t *user_id)
{
	Lookup lookup = {0};
	HeapTuple row;
	bool is_active = false;

	add_uuid_key(&lookup, own->user_id, user_id);
	begin_lookup(&lookup, &own->users);
	row = next_row(&lookup);
	if (HeapTupleIsValid(row) &&
		DatumGetObjectId(column_of(&lookup, row, own->user_status, NULL)) == own->active_user)
		column_of(&lookup, row, own->user_deleted_at, &is_active);
	end_lookup(&lookup);
	return is_active;
}

static bool
is_active_tenant(const MtOwnOids *own, const pg_uuid_t *tenant_id)
{
	Lookup lookup = {0};
	HeapTuple row;
	bool is_active;

	add_uuid_key(&lookup, own->tenant_id, tenant_id);
	begin_lookup(&lookup, &own->tenants);
	row = next_row(&lookup);
	is_active = HeapTupleIsValid(row) &&
				DatumGetObjectId(column_of(&lookup, row, own->tenant_status, NULL)) ==
					own->active_tenant;
	end_lookup(&lookup);
	return is_active;
}

/*
 * The role names of an active member of an active tenant, NULL for anyone else.
 * The membership is asked first: most who are refused have none.
 */
static ArrayType *
active_member_roles(const MtOwnOids *own, const pg_uuid_t *user_id, const pg_uuid_t *tenant_id)
{
	Lookup lookup = {0};
	HeapTuple row;
	ArrayType *roles = NULL;

	add_uuid_key(&lookup, own->member_user, user_id);
	add_uuid_key(&lookup, own->member_tenant, tenant_id);
	begin_lookup(&lookup, &own->members);
	row = next_row(&lookup);
	if (HeapTupleIsValid(row))
		roles = DatumGetArrayTypePCopy(column_of(&lookup, row, own->member_roles, NULL));
	end_lookup(&lookup);

	if (roles == NULL || !is_active_user(own, user_id) || !is_active_tenant(own, tenant_id))
		return NULL;
	return roles;
}

/* The id of the tenant's role of that name; false when it has none. */
static bool
find_role(const MtOwnOids *own, const pg_uuid_t *tenant_id, Datum name, pg_uuid_t *role_id)
{
	Lookup lookup = {0};
	HeapTuple row;

	add_text_key(&lookup, own->role_name, name);
	add_uuid_key(&lookup, own->role_tenant, tenant_id);
	begin_lookup(&lookup, &own->roles);
	row = next_row(&lookup);
	if (HeapTupleIsValid(row))
		*role_id = *DatumGetUUIDP(column_of(&lookup, row, own->role_id, NULL));
	end_lookup(&lookup);
	return HeapTupleIsValid(row);
}

/* Append the ids of the permissions that a lookup finds. */
static List *
append_permissions(const MtOwnOids *own, Lookup *lookup, const MtIndexedTable *source, List *ids)
{
	HeapTuple row;

	begin_lookup(lookup, source);
	while (HeapTupleIsValid(row = next_row(lookup)))
	{
		pg_uuid_t *id = palloc(sizeof(pg_uuid_t));

		*id = *DatumGetUUIDP(column_of(lookup, row, own->permission_id, NULL));
		ids = lappend(ids, id);
	}
	end_lookup(lookup);
	return ids;
}

/*
 * The permissions that cover the one that is asked: its own name, and where that is
 * resource:action, each with the same or a * for either.
 */
static List *
covering_permissions(const MtOwnOids *own, text *asked)
{
	const char *colon = memchr(VARDATA_ANY(asked), ':', VARSIZE_ANY_EXHDR(asked));
	int resource_length;
	Datum resources[2];
	Datum actions[2];
	Lookup by_name = {0};
	List *ids;

	add_text_key(&by_name, own->permission_name, PointerGetDatum(asked));
	ids = append_permissions(own, &by_name, &own->permissions, NIL);
	if (colon == NULL)
		return ids;

	resource_length = (int) (colon - VARDATA_ANY(asked));
	resources[0] = PointerGetDatum(cstring_to_text_with_len(VARDATA_ANY(asked), resource_length));
	actions[0] = PointerGetDatum(
		cstring_to_text_with_len(colon + 1, (int) VARSIZE_ANY_EXHDR(asked) - resource_length - 1));
	resources[1] = actions[1] = CStringGetTextDatum("*");
	for (int i = 0; i < 4; i++)
	{
		Lookup by_action = {0};

		add_text_key(&by_action, own->permission_resource, resources[i & 1]);
		add_text_key(&by_action, own->permission_action, actions[i >> 1]);
		ids = append_permissions(own, &by_action, &own->actions, ids);
	}
	return ids;
}

/* Whether the role grants one of the permissions. */
static bool
role_grants(const MtOwnOids *own, const pg_uuid_t *role_id, List *permissions)
{
	ListCell *cell;

	foreach(cell, permissions)
	{
		Lookup lookup = {0};

		add_uuid_key(&lookup, own->grant_role, role_id);
		add_uuid_key(&lookup, own->grant_permission, (pg_uuid_t *) lfirst(cell));
		if (exists(&lookup, &own->grants))
			return true;
	}
	return false;
}

/*
 * The third argument, a name; NULL where the check is false without looking: an
 * argument is null, or the name is longer than any there can be.
 */
static text *
asked_name(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) ||
		toast_raw_datum_size(PG_GETARG_DATUM(2)) > MAX_NAME_BYTES)
		return NULL;
	return PG_GETARG_TEXT_PP(2);
}

/* The role names of the membership that the first two arguments name, or none. */
static int
member_roles(FunctionCallInfo fcinfo, const MtOwnOids *own, Datum **names)
{
	ArrayType *roles = active_member_roles(own, PG_GETARG_UUID_P(0), PG_GETARG_UUID_P(1));
	int count = 0;

	if (roles != NULL)
		deconstruct_array(roles, VARCHAROID, -1, false, TYPALIGN_INT, names, NULL, &count);
	return count;
}

/*
 * SQL: multitenant.has_role(user_id uuid, tenant_id uuid, role text) returns boolean
 */
Datum
mt_has_role(PG_FUNCTION_ARGS)
{
	text *role = asked_name(fcinfo);
	const MtOwnOids *own;
	Datum *names;
	int count;
	pg_uuid_t role_id;

	if (role == NULL)
		PG_RETURN_BOOL(false);
	own = mt_own_oids();
	count = member_roles(fcinfo, own, &names);
	for (int i = 0; i < count; i++)
	{
		if (DatumGetBool(DirectFunctionCall2Coll(texteq, DEFAULT_COLLATION_OID, names[i],
												 PointerGetDatum(role))))
			PG_RETURN_BOOL(find_role(own, PG_GETARG_UUID_P(1), names[i], &role_id));
	}
	PG_RETURN_BOOL(false);
}

/*
 * SQL: multitenant.has_permission(user_id uuid, tenant_id uuid, permission text)
 *		returns boolean
 */
Datum
mt_has_permission(PG_FUNCTION_ARGS)
{
	text *permission = asked_name(fcinfo);
	const MtOwnOids *own;
	Datum *names;
	int count;
	List *permissions;

	if (permission == NULL)
		PG_RETURN_BOOL(false);
	own = mt_own_oids();
	count = member_roles(fcinfo, own, &names);
	if (count == 0)
		PG_RETURN_BOOL(false);
	permissions = covering_permissions(own, permission);
	for (int i = 0; i < count && permissions != NIL; i++)
	{
		pg_uuid_t role_id;

		if (find_role(own, PG_GETARG_UUID_P(1), names[i], &role_id) &&
			role_grants(own, &role_id, permissions))
			PG_RETURN_BOOL(true);
	}
	PG_RETURN_BOOL(false);
}
