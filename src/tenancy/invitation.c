/*
 * tenancy/invitation.c
 *		Inviting a mailbox into a tenant.
 *
 * The token is mailed to the mailbox and stored as its SHA-256.  It is used by one
 * conditional UPDATE, so of two who present it at once one succeeds.  A mailbox has at
 * most one pending invitation in a tenant, which the index invitations_pending_idx
 * keeps: a new one cancels the one before, also one that another session makes at the
 * same time.
 *
 * Locks are taken in this order: user, tenant, roles, membership, invitation; but what
 * accepts one uses it up before it looks at roles, and adds another's membership.
 *
 * An invitation does not outlast the standing of who made it: it counts while that user
 * is active, and is cancelled with the membership, or with the loss of a role where it
 * gives roles by name.  So nobody who is put out keeps a way back in.  Whoever makes one
 * holds the lock of the membership, so that what ends it comes before or finds it.
 */
#include "postgres.h"
#include "core/compat.h"

#include "catalog/pg_type.h"
#include "core/argument.h"
#include "core/errors.h"
#include "core/limits.h"
#include "core/mailbox.h"
#include "core/outcome.h"
#include "core/settings.h"
#include "core/statement.h"
#include "miscadmin.h"
#include "records/audit.h"
#include "tenancy/handed_token.h"
#include "tenancy/invitation.h"
#include "tenancy/member.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/timestamp.h"

#define MAX_LIFETIME_DAYS 366

MT_FUNCTION_INFO_V1(mt_create_invitation);
MT_FUNCTION_INFO_V1(mt_cancel_invitation);

/* The invitation that a token is for. */
typedef struct Presented
{
	pg_uuid_t id;
	pg_uuid_t tenant_id;
	bool is_pending;
	TimestampTz expires_at;
	ArrayType *roles; /* NULL: the default ones */
} Presented;

/* Whether the user is active; keeps the row, and its address.  P0002. */
static bool
lock_user(const pg_uuid_t *user_id)
{
	static MtStatement lock = {.sql = "SELECT status = 'active' FROM multitenant.\"Users\" "
									  "WHERE id = $1 FOR KEY SHARE"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	if (mt_execute(&lock, &parameters) == 0)
		mt_throw_not_found("user");
	return mt_column_boolean(1);
}

/* Whether the tenant is active; keeps the row.  P0002. */
static bool
lock_tenant(const pg_uuid_t *tenant_id)
{
	static MtStatement lock = {.sql = "SELECT status = 'active' FROM multitenant.\"Tenants\" "
									  "WHERE id = $1 FOR KEY SHARE"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, tenant_id);
	if (mt_execute(&lock, &parameters) == 0)
		mt_throw_not_found("tenant");
	return mt_column_boolean(1);
}

/*
 * Keep the inviting user's membership as it is, where there is one: the platform invites too.
 * 55000 when it ends in this moment.
 */
static void
lock_membership(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id)
{
	static MtStatement find = {.sql = "SELECT FROM multitenant.\"TenantUsers\" "
									  "WHERE \"userId\" = $1 AND \"tenantId\" = $2"};
	static MtStatement lock = {.sql = "SELECT FROM multitenant.\"TenantUsers\" "
									  "WHERE \"userId\" = $1 AND \"tenantId\" = $2 FOR KEY SHARE"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	mt_add_uuid(&parameters, tenant_id);
	if (mt_execute(&find, &parameters) > 0 && mt_execute(&lock, &parameters) == 0)
		mt_throw_wrong_state("the inviting user is no longer a member of the tenant", NULL);
}

/* The end of a lifetime that begins now: 22023 unless it is positive and at most a year. */
static TimestampTz
expiry_argument(FunctionCallInfo fcinfo, int at)
{
	Interval longest = {.day = MAX_LIFETIME_DAYS};
	Interval none = {0};
	Datum lifetime = PG_GETARG_DATUM(at);

	if (PG_ARGISNULL(at))
		mt_throw_null_argument("expires_in");
	if (!DatumGetBool(DirectFunctionCall2(interval_gt, lifetime, IntervalPGetDatum(&none))) ||
		!DatumGetBool(DirectFunctionCall2(interval_le, lifetime, IntervalPGetDatum(&longest))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expires_in must be positive and at most %d days", MAX_LIFETIME_DAYS)));
	/* the arithmetic of UTC, where each day has 24 hours */
	return DatumGetTimestampTz(DirectFunctionCall2(timestamp_pl_interval,
												   TimestampTzGetDatum(GetCurrentTimestamp()),
												   lifetime));
}

/* 23505 when a user of this address is a member already */
static void
require_no_member(const pg_uuid_t *tenant_id, const char *email)
{
	static MtStatement find = {
		.sql = "SELECT FROM multitenant.\"Users\" u JOIN multitenant.\"TenantUsers\" m "
			   "ON m.\"userId\" = u.id AND m.\"tenantId\" = $1 "
			   "WHERE " MT_SAME_MAILBOX("u.email", "$2") " AND u.status <> 'deleted'"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, tenant_id);
	mt_add_text(&parameters, email);
	if (mt_execute(&find, &parameters) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("the user is already a member of the tenant")));
}

/* What cancels an invitation, before the expression for who did it. */
#define SET_CANCELLED_BY                                                         \
	"SET status = 'cancelled', \"cancelledAt\" = pg_catalog.clock_timestamp(), " \
	"\"cancelledBy\" = "

/* Cancel what is pending for the mailbox. */
static void
cancel_pending(const pg_uuid_t *tenant_id, const char *email, const pg_uuid_t *cancelled_by)
{
	static MtStatement cancel = {.sql = "UPDATE multitenant.\"Invitations\" " SET_CANCELLED_BY
										"$3 WHERE \"tenantId\" = $1 AND status = 'pending' "
										"AND " MT_SAME_MAILBOX("email", "$2")};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, tenant_id);
	mt_add_text(&parameters, email);
	mt_add_uuid(&parameters, cancelled_by);
	mt_execute(&cancel, &parameters);
}

/*
 * Store it, once what is pending for the mailbox is cancelled.  A session that stores one at the
 * same time has to end first, and then its invitation is cancelled here.  (In a transaction of
 * one snapshot that is a serialization failure, 40001.)  After that nobody else can store another
 * before this transaction ends, so the second try is the last.  55000 where it is held back, as
 * by a trigger of an application.
 */
static void
store(MtParameters *parameters, pg_uuid_t *invitation_id)
{
	static MtStatement insert = {
		.sql = "INSERT INTO multitenant.\"Invitations\" AS pending "
			   "(\"tenantId\", email, \"invitedById\", token, \"expiresAt\", roles) "
			   "SELECT $1, $2, $3, $4, $5, CASE WHEN $6 IS NOT NULL THEN "
			   "coalesce((SELECT pg_catalog.array_agg(DISTINCT name) "
			   "FROM pg_catalog.unnest($6) AS name), '{}') END "
			   "ON CONFLICT (\"tenantId\", pg_catalog.lower(email COLLATE pg_catalog.\"C\")) "
			   "WHERE status = 'pending' DO UPDATE " SET_CANCELLED_BY
			   "$3 RETURNING id, pending.token = $4"};

	for (int tries = 0; tries < 2 && mt_execute(&insert, parameters) > 0; tries++)
	{
		if (mt_column_boolean(2))
		{
			mt_column_uuid(1, invitation_id);
			return;
		}
	}
	mt_throw_wrong_state("the invitation was not stored",
						 "Look for a trigger of \"Invitations\" that holds it back.");
}

/*
 * SQL: multitenant.create_invitation(tenant_id uuid, email text, invited_by uuid,
 *		roles text[], expires_in interval) returns (id uuid, token text)
 *
 * Null roles are the tenant's default roles.  P0002 for a tenant, user or role that is
 * not there, 55000 where tenant or user is not active, 23505 for a member, 22023.
 */
Datum
mt_create_invitation(PG_FUNCTION_ARGS)
{
	pg_uuid_t *tenant_id = mt_required_uuid(fcinfo, 0, "tenant_id");
	char *email = mt_required_email(fcinfo, 1, "email");
	pg_uuid_t *invited_by = mt_required_uuid(fcinfo, 2, "invited_by");
	ArrayType *roles = mt_text_array_argument(fcinfo, 3, "roles", MT_MAX_NAMES_BYTES);
	TimestampTz expires_at = expiry_argument(fcinfo, 4);
	char *token = mt_new_token(MT_TOKEN_INVITATION);
	MtParameters parameters = {0};
	pg_uuid_t invitation_id;
	Datum values[2];
	bool nulls[2] = {0};

	SPI_connect();
	if (!lock_user(invited_by))
		mt_throw_wrong_state("the inviting user is not active", NULL);
	if (!lock_tenant(tenant_id))
		mt_throw_wrong_state("tenant is not active", NULL);
	if (roles != NULL)
		mt_member_require_roles(tenant_id, roles);
	lock_membership(invited_by, tenant_id);
	require_no_member(tenant_id, email);

	mt_add_uuid(&parameters, tenant_id);
	mt_add_text(&parameters, email);
	mt_add_uuid(&parameters, invited_by);
	mt_add_text(&parameters, mt_hash_of(token));
	mt_add_timestamp(&parameters, expires_at);
	mt_add_text_array(&parameters, roles);
	cancel_pending(tenant_id, email, invited_by);
	store(&parameters, &invitation_id);
	/* without the address: the audit outlives the erasure of a person */
	mt_audit(&(MtAuditEvent){
		.event = "invitation.created",
		.severity = "medium",
		.tenant_id = tenant_id,
		.actor_id = invited_by,
		.details = {"invitationId", mt_uuid_text(&invitation_id), "roles",
					roles == NULL ? NULL
								  : OidOutputFunctionCall(F_ARRAY_OUT, PointerGetDatum(roles))}});
	SPI_finish();

	values[0] = mt_uuid_result(&invitation_id);
	values[1] = CStringGetTextDatum(token);
	PG_RETURN_DATUM(mt_row_result(fcinfo, values, nulls));
}

/* False when no invitation of the user's mailbox that counts has a token of that hash. */
static bool
find_presented(const char *hash, const pg_uuid_t *user_id, Presented *presented)
{
	static MtStatement find = {
		.sql = "SELECT i.id, i.\"tenantId\", i.status = 'pending', i.\"expiresAt\", i.roles, "
			   "i.status = 'expired' FROM multitenant.\"Invitations\" i "
			   "JOIN multitenant.\"Users\" u ON u.id = $2 "
			   "JOIN multitenant.\"Users\" inviting ON inviting.id = i.\"invitedById\" "
			   "AND inviting.status = 'active' "
			   "WHERE i.token = $1 AND " MT_SAME_MAILBOX("i.email", "u.email")};
	MtParameters parameters = {0};

	if (hash == NULL)
		return false;
	mt_add_text(&parameters, hash);
	mt_add_uuid(&parameters, user_id);
	if (mt_execute(&find, &parameters) == 0)
		return false;
	mt_column_uuid(1, &presented->id);
	mt_column_uuid(2, &presented->tenant_id);
	presented->expires_at = mt_column_boolean(6) ? DT_NOBEGIN : mt_column_timestamp(4);
	presented->is_pending = mt_column_boolean(3) || mt_column_boolean(6);
	presented->roles = mt_column_text_array(5);
	return true;
}

/* Use it up; false when another was faster. */
static bool
use(const Presented *presented)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"Invitations\" SET status = 'accepted' "
			   "WHERE id = $1 AND status = 'pending' "
			   "AND \"expiresAt\" > pg_catalog.clock_timestamp()"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, &presented->id);
	return mt_execute(&update, &parameters) > 0;
}

/* Those of the names (all default ones for NULL) that are roles now, and stay it; or NULL. */
static ArrayType *
existing_roles(const pg_uuid_t *tenant_id, ArrayType *names)
{
	static MtStatement lock = {
		.sql = "SELECT pg_catalog.array_agg(name) FROM "
			   "(SELECT name FROM multitenant.\"Roles\" WHERE \"tenantId\" = $1 "
			   "AND CASE WHEN $2 IS NULL THEN \"isDefault\" ELSE name = ANY ($2) END "
			   "ORDER BY name FOR KEY SHARE) AS existing"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, tenant_id);
	mt_add_text_array(&parameters, names);
	mt_execute(&lock, &parameters);
	return mt_column_text_array(1);
}

/*
 * The roles of the membership as text.  Who is a member by then gets those of the
 * invitation besides, but not the default ones.
 */
static char *
add_member(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id, ArrayType *roles, bool is_default)
{
	static MtStatement insert = {
		.sql = "INSERT INTO multitenant.\"TenantUsers\" AS m (\"userId\", \"tenantId\", roles) "
			   "VALUES ($1, $2, $3::pg_catalog.varchar[]) "
			   "ON CONFLICT (\"userId\", \"tenantId\") DO UPDATE SET roles = m.roles || "
			   "array(SELECT name FROM pg_catalog.unnest(excluded.roles) AS name "
			   "WHERE name <> ALL (m.roles) AND NOT $4) RETURNING m.roles::pg_catalog.text"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	mt_add_uuid(&parameters, tenant_id);
	mt_add_text_array(&parameters, roles == NULL ? construct_empty_array(TEXTOID) : roles);
	mt_add_boolean(&parameters, is_default);
	mt_execute(&insert, &parameters);
	return mt_column_text(1);
}

/* The tenant's row and the user's are locked. */
static MtOutcome
accept_presented(const pg_uuid_t *user_id, const Presented *presented)
{
	ArrayType *roles;
	char *membership;

	if (!use(presented))
		return MT_OUTCOME_INVALID_CREDENTIALS;
	roles = existing_roles(&presented->tenant_id, presented->roles);
	membership = add_member(user_id, &presented->tenant_id, roles, presented->roles == NULL);
	mt_audit(&(MtAuditEvent){.event = "invitation.accepted",
							 .severity = "medium",
							 .user_id = user_id,
							 .tenant_id = &presented->tenant_id,
							 .actor_id = user_id,
							 .details = {"invitationId", mt_uuid_text(&presented->id), "roles",
										 membership}});
	return MT_OUTCOME_SUCCESS;
}

/* Whether the invitation can be accepted, before it is. */
static MtOutcome
judge(const Presented *presented, bool user_is_active)
{
	if (!presented->is_pending)
		return MT_OUTCOME_INVALID_CREDENTIALS;
	if (presented->expires_at <= GetCurrentTimestamp())
		return MT_OUTCOME_EXPIRED;
	if (!user_is_active)
		return MT_OUTCOME_INACTIVE;
	if (!lock_tenant(&presented->tenant_id))
		return MT_OUTCOME_TENANT_UNAVAILABLE;
	return MT_OUTCOME_SUCCESS;
}

/*
 * SQL: multitenant.accept_invitation(token text, user_id uuid)
 *		returns (outcome auth_outcome, tenant_id uuid)
 *
 * P0002 when there is no such user.  The tenant is null unless it is a success.
 */
MT_SECRET_FUNCTION(mt_accept_invitation)
{
	char *hash = mt_token_argument_hash(fcinfo, 0, MT_TOKEN_INVITATION);
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 1, "user_id");
	Presented presented;
	MtOutcome outcome = MT_OUTCOME_INVALID_CREDENTIALS;
	bool user_is_active;
	Datum values[2] = {0};
	bool nulls[2] = {false, true};

	PreventCommandIfReadOnly("accept_invitation()");
	SPI_connect();
	user_is_active = lock_user(user_id);
	if (find_presented(hash, user_id, &presented))
		outcome = judge(&presented, user_is_active);
	if (outcome == MT_OUTCOME_SUCCESS)
		outcome = accept_presented(user_id, &presented);
	SPI_finish();

	values[0] = mt_outcome_datum(outcome);
	if (outcome == MT_OUTCOME_SUCCESS)
	{
		nulls[1] = false;
		values[1] = UUIDPGetDatum(&presented.tenant_id);
	}
	PG_RETURN_DATUM(mt_row_result(fcinfo, values, nulls));
}

static void
audit_cancelled(const pg_uuid_t *id, const pg_uuid_t *tenant_id)
{
	mt_audit(&(MtAuditEvent){.event = "invitation.cancelled",
							 .tenant_id = tenant_id,
							 .details = {"invitationId", mt_uuid_text(id)}});
}

void
mt_invitations_withdraw(const pg_uuid_t *invited_by, const pg_uuid_t *tenant_id, bool all)
{
	static MtStatement cancel = {
		.sql = "UPDATE multitenant.\"Invitations\" " SET_CANCELLED_BY
			   "(SELECT id FROM multitenant.\"Users\" WHERE id = $3) "
			   "WHERE \"invitedById\" = $1 AND \"tenantId\" = $2 AND status = 'pending' "
			   "AND ($4 OR roles <> '{}') RETURNING id"};
	MtParameters parameters = {0};
	SPITupleTable *cancelled;
	bool is_null;

	mt_add_uuid(&parameters, invited_by);
	mt_add_uuid(&parameters, tenant_id);
	mt_add_uuid(&parameters, mt_context_user_id());
	mt_add_boolean(&parameters, all);
	mt_execute_on_latest(&cancel, &parameters);
	cancelled = SPI_tuptable;
	for (uint64 i = 0; i < cancelled->numvals; i++)
		audit_cancelled(DatumGetUUIDP(
							SPI_getbinval(cancelled->vals[i], cancelled->tupdesc, 1, &is_null)),
						tenant_id);
}

/*
 * SQL: multitenant.cancel_invitation(id uuid) returns void
 *
 * P0002; 55000 for one that is not pending.
 */
Datum
mt_cancel_invitation(PG_FUNCTION_ARGS)
{
	/* the tenant is locked before the invitation, as its deletion does */
	static MtStatement cancel = {
		.sql = "UPDATE multitenant.\"Invitations\" i " SET_CANCELLED_BY
			   "(SELECT id FROM multitenant.\"Users\" WHERE id = $2) "
			   "FROM (SELECT FROM multitenant.\"Tenants\" WHERE id = (SELECT \"tenantId\" "
			   "FROM multitenant.\"Invitations\" WHERE id = $1) FOR KEY SHARE) AS tenant "
			   "WHERE i.id = $1 AND i.status = 'pending' RETURNING i.\"tenantId\""};
	static MtStatement exists = {.sql = "SELECT FROM multitenant.\"Invitations\" WHERE id = $1"};
	pg_uuid_t *id = mt_required_uuid(fcinfo, 0, "id");
	MtParameters parameters = {0};
	MtParameters key = {0};
	pg_uuid_t tenant_id;

	SPI_connect();
	mt_add_uuid(&parameters, id);
	mt_add_uuid(&parameters, mt_context_user_id());
	mt_add_uuid(&key, id);
	if (mt_execute(&cancel, &parameters) == 0)
	{
		if (mt_execute(&exists, &key) == 0)
			mt_throw_not_found("invitation");
		mt_throw_wrong_state("invitation is not pending", NULL);
	}
	mt_column_uuid(1, &tenant_id);
	audit_cancelled(id, &tenant_id);
	SPI_finish();
	PG_RETURN_VOID();
}
