/*
 * access/check.c
 *		The checks that stand in queries and policies.
 *
 * A check is true only when the user is active and not deleted, the tenant is
 * active, the user is its member, and one of the names in the membership is a role
 * of that tenant that grants what is asked.  Anything else is false, never null.
 *
 * Notes: membership, user and tenant are read by index scans under the statement's own
 * snapshot, what the roles grant comes from access/permission_cache.c.  So a check needs
 * no SECURITY DEFINER: it consults neither the caller's rights on the tables nor its
 * search_path, and decides itself what it reads.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/detoast.h"
#include "access/held.h"
#include "access/permission_cache.h"
#include "catalog/pg_type.h"
#include "core/settings.h"
#include "tenancy/active_member.h"
#include "utils/array.h"
#include "utils/builtins.h"

MT_FUNCTION_INFO_V1(mt_has_role);
MT_FUNCTION_INFO_V1(mt_has_any_role);
MT_FUNCTION_INFO_V1(mt_has_permission);
MT_FUNCTION_INFO_V1(mt_has_scope);
MT_FUNCTION_INFO_V1(mt_context_has_role);
MT_FUNCTION_INFO_V1(mt_context_has_permission);
MT_FUNCTION_INFO_V1(mt_context_has_scope);
MT_FUNCTION_INFO_V1(mt_require_permission);

/* A text as it is stored: not terminated; no bytes at all for none. */
typedef struct MtName
{
	const char *bytes;
	int length;
} MtName;

/* Does a role grant what is asked? */
typedef bool (*RoleTest)(const MtName *role_name, const MtCachedRole *role, const void *asked);

static MtName
name_of(const void *varlena)
{
	return (MtName){VARDATA_ANY(varlena), (int) VARSIZE_ANY_EXHDR(varlena)};
}

static bool
equals(const char *left, int left_length, const char *right, int right_length)
{
	return left_length == right_length && memcmp(left, right, left_length) == 0;
}

/*
 * Whether one of the roles of an active member passes the test.  Either id may be NULL,
 * for none.  mt_permission_cache_begin() has been called.
 */
static bool
some_role(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id, RoleTest test, const void *asked)
{
	ArrayType *roles;
	Datum *names;
	int count;

	if (user_id == NULL || tenant_id == NULL)
		return false;
	roles = mt_active_member_roles(user_id, tenant_id);
	if (roles == NULL)
		return false;
	/* a constraint keeps nulls out */
	deconstruct_array(roles, VARCHAROID, -1, false, TYPALIGN_INT, &names, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		MtName name = name_of(DatumGetPointer(names[i]));

		if (test(&name, mt_cached_role(tenant_id, name.bytes, name.length), asked))
			return true;
	}
	return false;
}

static bool
is_role(const MtName *role_name, const MtCachedRole *role, const void *asked)
{
	const MtName *name = asked;

	return role->exists && equals(role_name->bytes, role_name->length, name->bytes, name->length);
}

static bool
is_one_of_roles(const MtName *role_name, const MtCachedRole *role, const void *asked)
{
	ArrayType *roles = unconstify(void *, asked);
	Datum *names;
	bool *nulls;
	int count;

	deconstruct_array(roles, TEXTOID, -1, false, TYPALIGN_INT, &names, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		MtName name;

		if (nulls[i])
			continue;
		name = name_of(DatumGetPointer(names[i]));
		if (is_role(role_name, role, &name))
			return true;
	}
	return false;
}

static bool
grants_permission(const MtName *role_name, const MtCachedRole *role, const void *asked)
{
	(void) role_name;
	return bms_overlap(role->permissions, asked);
}

/* "*" covers every scope, "prefix:*" every one that begins with "prefix:". */
static bool
covers_scope(const MtScope *held, const MtName *asked)
{
	if (held->length >= 1 && held->text[held->length - 1] == '*' &&
		(held->length == 1 || held->text[held->length - 2] == ':'))
		return asked->length >= held->length - 1 &&
			   memcmp(asked->bytes, held->text, held->length - 1) == 0;
	return equals(held->text, held->length, asked->bytes, asked->length);
}

static bool
grants_scope(const MtName *role_name, const MtCachedRole *role, const void *asked)
{
	(void) role_name;
	for (int i = 0; i < role->scope_count; i++)
	{
		if (covers_scope(&role->scopes[i], asked))
			return true;
	}
	return false;
}

/*
 * A text argument; none where the check is false without looking: it is null, or longer
 * than any name there can be.
 */
static MtName
asked_name(FunctionCallInfo fcinfo, int at)
{
	if (PG_ARGISNULL(at) || toast_raw_datum_size(PG_GETARG_DATUM(at)) > MT_MAX_ASKED_BYTES)
		return (MtName){NULL, 0};
	return name_of(PG_GETARG_TEXT_PP(at));
}

static const pg_uuid_t *
uuid_or_none(FunctionCallInfo fcinfo, int at)
{
	return PG_ARGISNULL(at) ? NULL : PG_GETARG_UUID_P(at);
}

static bool
has_role(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id, MtName role)
{
	if (role.bytes == NULL)
		return false;
	mt_permission_cache_begin();
	return some_role(user_id, tenant_id, is_role, &role);
}

static bool
has_permission(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id, MtName permission)
{
	const Bitmapset *covering;

	if (permission.bytes == NULL)
		return false;
	mt_permission_cache_begin();
	covering = mt_cached_covering(permission.bytes, permission.length);
	return covering != NULL && some_role(user_id, tenant_id, grants_permission, covering);
}

static bool
has_scope(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id, MtName scope)
{
	if (scope.bytes == NULL || scope.length == 0)
		return false;
	mt_permission_cache_begin();
	return some_role(user_id, tenant_id, grants_scope, &scope);
}

/*
 * SQL: multitenant.has_role(user_id uuid, tenant_id uuid, role text) returns boolean
 */
Datum
mt_has_role(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(
		has_role(uuid_or_none(fcinfo, 0), uuid_or_none(fcinfo, 1), asked_name(fcinfo, 2)));
}

/*
 * SQL: multitenant.has_any_role(user_id uuid, tenant_id uuid, roles text[]) returns boolean
 */
Datum
mt_has_any_role(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(2))
		PG_RETURN_BOOL(false);
	mt_permission_cache_begin();
	PG_RETURN_BOOL(some_role(uuid_or_none(fcinfo, 0), uuid_or_none(fcinfo, 1), is_one_of_roles,
							 PG_GETARG_ARRAYTYPE_P(2)));
}

/*
 * SQL: multitenant.has_permission(user_id uuid, tenant_id uuid, permission text)
 *		returns boolean
 */
Datum
mt_has_permission(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(
		has_permission(uuid_or_none(fcinfo, 0), uuid_or_none(fcinfo, 1), asked_name(fcinfo, 2)));
}

/*
 * SQL: multitenant.has_scope(user_id uuid, tenant_id uuid, scope text) returns boolean
 */
Datum
mt_has_scope(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(
		has_scope(uuid_or_none(fcinfo, 0), uuid_or_none(fcinfo, 1), asked_name(fcinfo, 2)));
}

/*
 * SQL: multitenant.has_role(role text) returns boolean, for the context
 */
Datum
mt_context_has_role(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(has_role(mt_context_user_id(), mt_context_tenant_id(), asked_name(fcinfo, 0)));
}

/*
 * SQL: multitenant.has_permission(permission text) returns boolean, for the context
 */
Datum
mt_context_has_permission(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(
		has_permission(mt_context_user_id(), mt_context_tenant_id(), asked_name(fcinfo, 0)));
}

/*
 * SQL: multitenant.has_scope(scope text) returns boolean, for the context
 */
Datum
mt_context_has_scope(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(has_scope(mt_context_user_id(), mt_context_tenant_id(), asked_name(fcinfo, 0)));
}

/*
 * SQL: multitenant.require_permission(permission text) returns void
 *
 * 42501 when the context lacks it, as it does when there is none.
 */
Datum
mt_require_permission(PG_FUNCTION_ARGS)
{
	MtName permission = asked_name(fcinfo, 0);

	if (!has_permission(mt_context_user_id(), mt_context_tenant_id(), permission))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 permission.bytes == NULL
					 ? errmsg("permission denied")
					 : errmsg("permission \"%.*s\" is required", permission.length,
							  permission.bytes)));
	PG_RETURN_VOID();
}
