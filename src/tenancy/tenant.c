/*
 * tenancy/tenant.c
 *		Making tenants.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "core/limits.h"
#include "core/statement.h"
#include "mb/pg_wchar.h"
#include "records/audit.h"

#define MAX_NAME_BYTES 255
#define MAX_DATABASE_URL_BYTES 2048

/* ^[a-z0-9]+(-[a-z0-9]+)*$ */
static bool
is_slug(const char *text)
{
	bool after_letter = false;

	for (; *text != '\0'; text++)
	{
		bool is_letter = (*text >= 'a' && *text <= 'z') || (*text >= '0' && *text <= '9');

		if (!is_letter && !(*text == '-' && after_letter))
			return false;
		after_letter = is_letter;
	}
	return after_letter;
}

static char *
slug_argument(FunctionCallInfo fcinfo, int at)
{
	char *slug = mt_truncated_text(fcinfo, at, MT_MAX_SLUG_BYTES + MAX_MULTIBYTE_CHAR_LEN);

	if (slug == NULL)
		mt_throw_null_argument("slug");
	if (strlen(slug) > MT_MAX_SLUG_BYTES || !is_slug(slug))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid slug"),
				 errdetail("A slug is lower-case ASCII letters and digits with single hyphens "
						   "between them, at most 63.")));
	return slug;
}

/* P0002 when there is no such user, 55000 when it is not active */
static void
require_active_user(const pg_uuid_t *user_id)
{
	static MtStatement find = {.sql = "SELECT status = 'active' FROM multitenant.\"Users\" "
									  "WHERE id = $1 FOR KEY SHARE"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	if (mt_execute(&find, &parameters) == 0)
		mt_throw_not_found("user");
	if (!mt_column_boolean(1))
		mt_throw_wrong_state("user is not active", NULL);
}

/*
 * Insert the row; 23505 when the slug or the database URL is taken.  The message
 * never shows the URL, which may hold a password.
 */
static void
insert_tenant(const char *name, const char *slug, const char *database_url, pg_uuid_t *tenant_id)
{
	static MtStatement insert = {
		.sql =
			"INSERT INTO multitenant.\"Tenants\" (name, slug, \"databaseUrl\") VALUES ($1, $2, $3) "
			"ON CONFLICT DO NOTHING RETURNING id"};
	static MtStatement find = {.sql = "SELECT FROM multitenant.\"Tenants\" WHERE slug = $1"};
	MtParameters parameters = {0};
	MtParameters key = {0};
	bool slug_is_taken;

	mt_add_text(&parameters, name);
	mt_add_text(&parameters, slug);
	mt_add_text(&parameters, database_url);
	if (mt_execute(&insert, &parameters) > 0)
	{
		mt_column_uuid(1, tenant_id);
		return;
	}
	mt_add_text(&key, slug);
	slug_is_taken = mt_execute(&find, &key) > 0;
	ereport(ERROR,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg(slug_is_taken ? "a tenant with this slug already exists"
								  : "a tenant with this database URL already exists")));
}

static void
insert_roles(const pg_uuid_t *tenant_id)
{
	static MtStatement insert = {
		.sql = "INSERT INTO multitenant.\"Roles\" (name, description, scopes, \"tenantId\", "
			   "\"isDefault\") VALUES ('owner', 'Owns the tenant', '{*}', $1, false), "
			   "('member', 'Belongs to the tenant', '{}', $1, true)"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, tenant_id);
	mt_execute(&insert, &parameters);
}

static void
insert_owner(const pg_uuid_t *tenant_id, const pg_uuid_t *owner_id)
{
	static MtStatement insert = {
		.sql = "INSERT INTO multitenant.\"TenantUsers\" "
			   "(\"userId\", \"tenantId\", roles) VALUES ($1, $2, '{owner}')"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, owner_id);
	mt_add_uuid(&parameters, tenant_id);
	mt_execute(&insert, &parameters);
}

/*
 * SQL: multitenant.create_tenant(name text, slug text, database_url text,
 *		owner_id uuid) returns uuid
 *
 * Makes the tenant with the roles owner (scope *) and member (the default), and
 * the owner's membership.  22023, 23505; P0002 and 55000 for the owner.
 */
MT_SECRET_FUNCTION(mt_create_tenant)
{
	char *name = mt_required_name(fcinfo, 0, "name", MAX_NAME_BYTES);
	char *slug = slug_argument(fcinfo, 1);
	char *database_url = mt_required_name(fcinfo, 2, "database_url", MAX_DATABASE_URL_BYTES);
	pg_uuid_t *owner_id = PG_ARGISNULL(3) ? NULL : PG_GETARG_UUID_P(3);
	pg_uuid_t tenant_id;

	SPI_connect();
	if (owner_id != NULL)
		require_active_user(owner_id);
	insert_tenant(name, slug, database_url, &tenant_id);
	insert_roles(&tenant_id);
	if (owner_id != NULL)
		insert_owner(&tenant_id, owner_id);
	mt_audit(&(MtAuditEvent){.event = "tenant.created",
							 .user_id = owner_id,
							 .tenant_id = &tenant_id,
							 .details = {"slug", slug}});
	SPI_finish();
	PG_RETURN_DATUM(mt_uuid_result(&tenant_id));
}
