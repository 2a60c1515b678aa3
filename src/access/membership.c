/*
 * access/membership.c
 *		Who is a member of a tenant, and with which roles.
 *
 * Rows are locked in the order user, tenant, role, membership, and whether the caller may
 * do it (access/authority.c) is judged once they are: whatever it had to wait for is seen.
 * That the last owner stays is judged at commit (tenancy/owner.c).
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/authority.h"
#include "access/role.h"
#include "core/argument.h"
#include "core/errors.h"
#include "core/limits.h"
#include "core/settings.h"
#include "core/statement.h"
#include "records/audit.h"
#include "session/token.h"
#include "tenancy/invitation.h"
#include "tenancy/member.h"
#include "utils/builtins.h"

MT_FUNCTION_INFO_V1(mt_add_member);
MT_FUNCTION_INFO_V1(mt_remove_member);
MT_FUNCTION_INFO_V1(mt_assign_role);
MT_FUNCTION_INFO_V1(mt_unassign_role);

static bool
exists(MtStatement *find, const pg_uuid_t *user_id, const pg_uuid_t *tenant_id)
{
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	mt_add_uuid(&parameters, tenant_id);
	return mt_execute(find, &parameters) > 0;
}

/*
 * May the caller know of this user?  A client knows the members of its tenant; of anybody
 * else it is told the same, whether there is such a user or not.
 */
static bool
is_known(const MtAuthority *authority, const pg_uuid_t *user_id, const pg_uuid_t *tenant_id)
{
	static MtStatement find = {.sql = "SELECT FROM multitenant.\"TenantUsers\" "
									  "WHERE \"userId\" = $1 AND \"tenantId\" = $2"};

	return !authority->is_bounded || exists(&find, user_id, tenant_id);
}

/* Lock the membership against any change; false when there is none. */
static bool
lock_member(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id, ArrayType **roles, char **text)
{
	static MtStatement lock = {
		.sql =
			"SELECT roles::pg_catalog.text[], roles::pg_catalog.text FROM "
			"multitenant.\"TenantUsers\" WHERE \"userId\" = $1 AND \"tenantId\" = $2 FOR UPDATE"};

	if (!exists(&lock, user_id, tenant_id))
		return false;
	if (roles != NULL)
		*roles = mt_column_text_array(1);
	if (text != NULL)
		*text = mt_column_text(2);
	return true;
}

pg_noreturn static void
throw_is_member(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("the user is already a member of the tenant")));
}

/* The names of the tenant's default roles, which stay so until this transaction ends. */
static ArrayType *
default_roles(const pg_uuid_t *tenant_id)
{
	static MtStatement lock = {
		.sql = "SELECT pg_catalog.array_agg(name) FROM (SELECT name::pg_catalog.text "
			   "FROM multitenant.\"Roles\" WHERE \"tenantId\" = $1 AND \"isDefault\" "
			   "ORDER BY name FOR KEY SHARE) AS role"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, tenant_id);
	mt_execute(&lock, &parameters);
	return mt_column_text_array(1);
}

/*
 * SQL: multitenant.add_member(user_id uuid, tenant_id uuid, roles text[]) returns uuid
 *
 * Null roles are the tenant's default roles.  P0002 for a user, tenant or role that
 * is not there, 23505 for a member, 55000 for a deleted user.
 */
Datum
mt_add_member(PG_FUNCTION_ARGS)
{
	static MtStatement find_user = {
		.sql = "SELECT FROM multitenant.\"Users\" "
			   "WHERE id = $1 AND status <> 'deleted' AND $2 IS NOT NULL"};
	static MtStatement insert = {
		.sql = "INSERT INTO multitenant.\"TenantUsers\" (\"userId\", \"tenantId\", roles) "
			   "SELECT $1, $2, coalesce((SELECT pg_catalog.array_agg(DISTINCT name) "
			   "FROM pg_catalog.unnest($3) AS name), '{}') "
			   "ON CONFLICT DO NOTHING RETURNING id, roles::pg_catalog.text"};
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	pg_uuid_t *tenant_id = mt_required_uuid(fcinfo, 1, "tenant_id");
	ArrayType *roles = mt_text_array_argument(fcinfo, 2, "roles", MT_MAX_NAMES_BYTES);
	MtAuthority authority;
	MtParameters parameters = {0};
	pg_uuid_t member_id;

	SPI_connect();
	authority = mt_authority("members:manage", tenant_id);
	if (authority.is_bounded && !exists(&find_user, user_id, tenant_id))
		mt_throw_not_found("user");
	mt_member_require_user_and_tenant(user_id, tenant_id);
	if (roles == NULL)
		roles = default_roles(tenant_id);
	else
		mt_member_require_roles(tenant_id, roles);
	/* a client that is being removed waits for that, or it would put itself back */
	if (authority.is_bounded && lock_member(user_id, tenant_id, NULL, NULL))
		throw_is_member();
	mt_authority_require(&authority, roles, NULL, NULL);
	mt_add_uuid(&parameters, user_id);
	mt_add_uuid(&parameters, tenant_id);
	mt_add_text_array(&parameters, roles);
	if (mt_execute(&insert, &parameters) == 0)
		throw_is_member();
	mt_column_uuid(1, &member_id);
	mt_audit(&(MtAuditEvent){.event = "member.added",
							 .severity = "medium",
							 .user_id = user_id,
							 .tenant_id = tenant_id,
							 .details = {"roles", mt_column_text(2)}});
	SPI_finish();
	PG_RETURN_DATUM(mt_uuid_result(&member_id));
}

/* Whether a client's acting user asks to leave, which takes no permission. */
static bool
is_leaving(const pg_uuid_t *user_id)
{
	const pg_uuid_t *acting_user = mt_context_user_id();

	return acting_user != NULL && memcmp(acting_user, user_id, sizeof(pg_uuid_t)) == 0;
}

static void
delete_member(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id)
{
	static MtStatement delete = {.sql = "DELETE FROM multitenant.\"TenantUsers\" "
										"WHERE \"userId\" = $1 AND \"tenantId\" = $2"};

	exists(&delete, user_id, tenant_id);
	mt_tokens_revoke_in_tenant(user_id, tenant_id);
	mt_invitations_withdraw(user_id, tenant_id, true);
}

/*
 * SQL: multitenant.remove_member(user_id uuid, tenant_id uuid) returns boolean
 *
 * False when the user is no member.  P0002 when there is no such user or tenant.
 */
Datum
mt_remove_member(PG_FUNCTION_ARGS)
{
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	pg_uuid_t *tenant_id = mt_required_uuid(fcinfo, 1, "tenant_id");
	bool leaves = is_leaving(user_id);
	MtAuthority authority;
	ArrayType *roles;
	char *role_names;
	bool removed = false;

	SPI_connect();
	authority = mt_authority(leaves ? NULL : "members:manage", tenant_id);
	if (is_known(&authority, user_id, tenant_id))
	{
		mt_member_lock_user_and_tenant(user_id, tenant_id);
		removed = lock_member(user_id, tenant_id, &roles, &role_names);
	}
	if (removed)
	{
		if (!leaves)
			mt_authority_require(&authority, roles, NULL, NULL);
		delete_member(user_id, tenant_id);
		mt_audit(&(MtAuditEvent){.event = "member.removed",
								 .severity = "medium",
								 .user_id = user_id,
								 .tenant_id = tenant_id,
								 .details = {"roles", role_names}});
	}
	SPI_finish();
	PG_RETURN_BOOL(removed);
}

/* The two functions that change one role of a member; whether that changed something. */
static Datum
change_role(FunctionCallInfo fcinfo, MtStatement *update, bool takes, const char *event)
{
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	pg_uuid_t *tenant_id = mt_required_uuid(fcinfo, 1, "tenant_id");
	char *role = mt_required_text(fcinfo, 2, "role", MT_MAX_ROLE_NAME_BYTES);
	MtAuthority authority;
	MtParameters parameters = {0};
	ArrayType *roles;
	char *role_names;
	bool changed;

	SPI_connect();
	authority = mt_authority("members:manage", tenant_id);
	if (!is_known(&authority, user_id, tenant_id))
		mt_throw_not_found("member of this tenant");
	if (takes) /* also from a deleted user */
		mt_member_lock_user_and_tenant(user_id, tenant_id);
	else
		mt_member_require_user_and_tenant(user_id, tenant_id);
	mt_member_require_roles(tenant_id, mt_role_names(role, NULL));
	if (!lock_member(user_id, tenant_id, &roles, &role_names))
		mt_throw_not_found("member of this tenant");
	mt_authority_require(&authority, mt_role_names(role, NULL), NULL, NULL);
	mt_add_uuid(&parameters, user_id);
	mt_add_uuid(&parameters, tenant_id);
	mt_add_text(&parameters, role);
	changed = mt_execute(update, &parameters) > 0;
	if (changed && takes)
		mt_invitations_withdraw(user_id, tenant_id, false);
	if (changed)
		mt_audit(&(MtAuditEvent){.event = event,
								 .severity = "medium",
								 .user_id = user_id,
								 .tenant_id = tenant_id,
								 .details = {"role", role}});
	SPI_finish();
	PG_RETURN_BOOL(changed);
}

/*
 * SQL: multitenant.assign_role(user_id uuid, tenant_id uuid, role text) returns boolean
 *
 * False when the member has it already.  P0002 when there is no such user or tenant,
 * the tenant has no such role, or the user is no member; 55000 for a deleted user.
 */
Datum
mt_assign_role(PG_FUNCTION_ARGS)
{
	static MtStatement append = {
		.sql = "UPDATE multitenant.\"TenantUsers\" SET roles = pg_catalog.array_append(roles, "
			   "$3::pg_catalog.varchar) WHERE \"userId\" = $1 AND \"tenantId\" = $2 "
			   "AND $3 <> ALL (roles)"};

	return change_role(fcinfo, &append, false, "member.role_assigned");
}

/*
 * SQL: multitenant.unassign_role(user_id uuid, tenant_id uuid, role text) returns boolean
 *
 * False when the member does not have it.  P0002 as assign_role.
 */
Datum
mt_unassign_role(PG_FUNCTION_ARGS)
{
	static MtStatement remove = {
		.sql = "UPDATE multitenant.\"TenantUsers\" SET roles = pg_catalog.array_remove(roles, "
			   "$3::pg_catalog.varchar) WHERE \"userId\" = $1 AND \"tenantId\" = $2 "
			   "AND $3 = ANY (roles)"};

	return change_role(fcinfo, &remove, true, "member.role_unassigned");
}
