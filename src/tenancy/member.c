/*
 * tenancy/member.c
 *		Memberships, and the role names they hold.
 *
 * "TenantUsers".roles holds names of the tenant's roles.  A trigger refuses any
 * other, as a foreign key would: it locks the roles that are named FOR KEY SHARE,
 * so that none of them goes or is renamed before this transaction has ended, and
 * access/role.c carries renames and deletes into the arrays.  The functions lock tenants
 * before roles and roles before memberships; plain SQL that does it in another order can
 * meet a deadlock (40P01), and tries again.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "core/errors.h"
#include "core/statement.h"
#include "core/trigger.h"
#include "miscadmin.h"
#include "tenancy/member.h"
#include "tenancy/owner_lock.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"

MT_FUNCTION_INFO_V1(mt_check_member_roles);

char *
mt_member_unknown_role(const pg_uuid_t *tenant_id, ArrayType *names)
{
	/* known is what is locked: a role that came in the meantime could go again */
	static MtStatement find_unknown = {
		.sql = "SELECT wanted FROM pg_catalog.unnest($2) AS wanted WHERE wanted <> ALL (ARRAY("
			   "SELECT name::pg_catalog.text FROM multitenant.\"Roles\" WHERE \"tenantId\" = $1 "
			   "AND name = ANY ($2) ORDER BY name FOR KEY SHARE)) LIMIT 1"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, tenant_id);
	mt_add_text_array(&parameters, names);
	return mt_execute(&find_unknown, &parameters) > 0 ? mt_column_text(1) : NULL;
}

bool
mt_member_is_role(const pg_uuid_t *tenant_id, const char *name)
{
	Datum wanted = CStringGetTextDatum(name);

	return mt_member_unknown_role(tenant_id, construct_array(&wanted, 1, TEXTOID, -1, false,
															 TYPALIGN_INT)) == NULL;
}

void
mt_member_require_roles(const pg_uuid_t *tenant_id, ArrayType *names)
{
	char *unknown = mt_member_unknown_role(tenant_id, names);

	if (unknown != NULL)
		mt_throw_unknown_name("role in this tenant", unknown);
}

/* The name to which memberships follow a role, and the depth of triggers at which they do; or -1. */
static const char *followed_name;
static int following_depth = -1;

/* Whether a membership of the tenant holds the name. */
static bool
is_held(const pg_uuid_t *tenant_id, const char *name)
{
	static MtStatement find = {.sql = "SELECT FROM multitenant.\"TenantUsers\" "
									  "WHERE \"tenantId\" = $1 AND $2 = ANY (roles) LIMIT 1"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, tenant_id);
	mt_add_text(&parameters, name);
	return mt_execute_on_latest(&find, &parameters) > 0;
}

pg_noreturn static void
throw_no_role(const char *name, const char *constraint)
{
	ereport(ERROR, (errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
					errmsg("\"%s\" is not a role of the tenant", name),
					errhint("Create the role first, with multitenant.create_role()."),
					err_generic_string(PG_DIAG_SCHEMA_NAME, "multitenant"),
					err_generic_string(PG_DIAG_TABLE_NAME, "TenantUsers"),
					err_generic_string(PG_DIAG_CONSTRAINT_NAME, constraint)));
}

void
mt_member_follow_role(MtStatement *statement, MtParameters *parameters, const pg_uuid_t *tenant_id,
					  const char *name)
{
	const char *outer_name = followed_name;
	int outer_depth = following_depth;

	PG_TRY();
	{
		followed_name = name;
		following_depth = mt_trigger_depth() + 1;
		mt_execute_on_latest(statement, parameters);
	}
	PG_FINALLY();
	{
		followed_name = outer_name;
		following_depth = outer_depth;
	}
	PG_END_TRY();
	/* a trigger of an application's may have renamed the role again, before this or meanwhile */
	if (!mt_member_is_role(tenant_id, name) && is_held(tenant_id, name))
		throw_no_role(name, "check_changed_member_roles");
}

/* The elements of an array of text or varchar, which are stored alike; a constraint keeps nulls out. */
static Datum *
names_of(ArrayType *array, int *count)
{
	Datum *names;

	deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_INT, &names, NULL, count);
	return names;
}

static bool
is_among(const text *name, const Datum *names, int count)
{
	for (int i = 0; i < count; i++)
	{
		const text *other = DatumGetTextPP(names[i]);

		if (VARSIZE_ANY_EXHDR(other) == VARSIZE_ANY_EXHDR(name) &&
			memcmp(VARDATA_ANY(other), VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)) == 0)
			return true;
	}
	return false;
}

/* The names of the new array that are not in the old one; NULL when there are none. */
static ArrayType *
added_names(ArrayType *old_names, ArrayType *new_names)
{
	int old_count = 0;
	int new_count;
	int added_count = 0;
	Datum *old_elements = old_names == NULL ? NULL : names_of(old_names, &old_count);
	Datum *new_elements = names_of(new_names, &new_count);

	for (int i = 0; i < new_count; i++)
	{
		if (!is_among(DatumGetTextPP(new_elements[i]), old_elements, old_count))
			new_elements[added_count++] = new_elements[i];
	}
	if (added_count == 0)
		return NULL;
	return construct_array(new_elements, added_count, TEXTOID, -1, false, TYPALIGN_INT);
}

/*
 * Does the session restore a dump?  pg_dump's output begins with row_security off,
 * which no application has; and only who owns the table, or a superuser, restores it.
 * GetUserId() would be the owner always, since the trigger runs as such.
 */
static bool
is_restoring(Relation table)
{
	return !row_security && has_privs_of_role(GetOuterUserId(), table->rd_rel->relowner);
}

/* Whether "owner" is among the names. */
static bool
has_owner(ArrayType *array)
{
	int count;
	Datum *names = names_of(array, &count);

	return is_among(cstring_to_text("owner"), names, count);
}

/* Whether a row gets no other name than that to which it follows its role. */
static bool
follows_role(ArrayType *added)
{
	int count;
	Datum *names = names_of(added, &count);

	return mt_trigger_depth() == following_depth && count == 1 &&
		   is_among(cstring_to_text(followed_name), names, count);
}

/*
 * SQL: multitenant.check_member_roles() returns trigger
 *
 * AFTER INSERT OR UPDATE, each row whose roles, user or tenant changed: 23503 for an
 * added name that is no role of the tenant.  It holds back while a dump restores:
 * tables come back in any order there, and what was dumped was checked.
 */
Datum
mt_check_member_roles(PG_FUNCTION_ARGS)
{
	TriggerData *data = mt_trigger_data(fcinfo, TRIGGER_EVENT_AFTER | TRIGGER_EVENT_ROW,
										"TenantUsers");
	TupleDesc row_type = RelationGetDescr(data->tg_relation);
	bool is_update = TRIGGER_FIRED_BY_UPDATE(data->tg_event);
	HeapTuple row = is_update ? data->tg_newtuple : data->tg_trigtuple;
	int roles = mt_trigger_column(data, "roles", get_array_type(VARCHAROID));
	int user = mt_trigger_column(data, "userId", UUIDOID);
	int tenant = mt_trigger_column(data, "tenantId", UUIDOID);
	bool is_null;
	ArrayType *names = DatumGetArrayTypeP(heap_getattr(row, roles, row_type, &is_null));
	pg_uuid_t *tenant_id = DatumGetUUIDP(heap_getattr(row, tenant, row_type, &is_null));
	pg_uuid_t *user_id = DatumGetUUIDP(heap_getattr(row, user, row_type, &is_null));
	ArrayType *old_names = NULL;
	ArrayType *added;
	char *unknown = NULL;

	if (is_restoring(data->tg_relation))
		return PointerGetDatum(NULL);

	SPI_connect();
	if (is_update && mt_trigger_is_unchanged(data, user) && mt_trigger_is_unchanged(data, tenant))
		old_names = DatumGetArrayTypeP(heap_getattr(data->tg_trigtuple, roles, row_type, &is_null));
	added = added_names(old_names, names);
	if (added != NULL)
	{
		if (has_owner(added))
			mt_owner_lock_to_make(user_id);
		if (!follows_role(added))
			unknown = mt_member_unknown_role(tenant_id, added);
	}
	if (unknown != NULL)
		throw_no_role(unknown, data->tg_trigger->tgname);
	SPI_finish();
	return PointerGetDatum(NULL);
}

bool
mt_member_lock_tenant(const pg_uuid_t *tenant_id)
{
	static MtStatement lock = {.sql = "SELECT FROM multitenant.\"Tenants\" WHERE id = $1 "
									  "FOR KEY SHARE"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, tenant_id);
	return mt_execute(&lock, &parameters) > 0;
}

/* Whether the user is deleted; P0002 unless both are there. */
static bool
lock_user_and_tenant(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id)
{
	static MtStatement lock_user = {.sql = "SELECT status = 'deleted' FROM multitenant.\"Users\" "
										   "WHERE id = $1 FOR KEY SHARE"};
	MtParameters user = {0};
	bool is_deleted;

	mt_add_uuid(&user, user_id);
	if (mt_execute(&lock_user, &user) == 0)
		mt_throw_not_found("user");
	is_deleted = mt_column_boolean(1);
	if (!mt_member_lock_tenant(tenant_id))
		mt_throw_not_found("tenant");
	return is_deleted;
}

void
mt_member_lock_user_and_tenant(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id)
{
	lock_user_and_tenant(user_id, tenant_id);
}

void
mt_member_require_user_and_tenant(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id)
{
	if (lock_user_and_tenant(user_id, tenant_id))
		mt_throw_wrong_state("user is deleted", NULL);
}
