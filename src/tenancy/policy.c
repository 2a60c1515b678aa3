/*
 * tenancy/policy.c
 *		What the security policy of a tenant says of a user.
 *
 * A judgement reads and changes nothing, so it works on a standby too.  Grace logins
 * are counted in the membership, by one conditional UPDATE; they are not renewed.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "core/statement.h"
#include "records/audit.h"
#include "records/origin.h"
#include "tenancy/member.h"
#include "tenancy/policy.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

MT_FUNCTION_INFO_V1(mt_evaluate_policy);
MT_FUNCTION_INFO_V1(mt_count_grace_login);

static MtPolicyJudgement
judgement(MtOutcome outcome, const char *reason, int grace_logins_left)
{
	return (MtPolicyJudgement){outcome, reason, grace_logins_left};
}

static bool
is_exempt(const MtPolicy *policy, ArrayType *roles)
{
	Datum *names;
	int count;
	ListCell *cell;

	if (roles == NULL || policy->exempt_roles == NIL)
		return false;
	deconstruct_array(roles, ARR_ELEMTYPE(roles), -1, false, TYPALIGN_INT, &names, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		char *name = TextDatumGetCString(names[i]);

		foreach(cell, policy->exempt_roles)
		{
			if (strcmp(name, lfirst(cell)) == 0)
				return true;
		}
	}
	return false;
}

void
mt_standing_load(const pg_uuid_t *tenant_id, const pg_uuid_t *user_id, bool as_of_statement,
				 MtStanding *standing)
{
	static MtStatement find = {
		.sql = "SELECT t.status::pg_catalog.text, u.status::pg_catalog.text, m.id IS NOT NULL, "
			   "u.\"twoFactorEnabled\", m.roles, m.\"graceLoginsUsed\", m.\"graceStartedAt\", "
			   "t.\"securityPolicy\" FROM (SELECT) one "
			   "LEFT JOIN multitenant.\"Tenants\" t ON t.id = $1 "
			   "LEFT JOIN multitenant.\"Users\" u ON u.id = $2 "
			   "LEFT JOIN multitenant.\"TenantUsers\" m "
			   "ON m.\"userId\" = $2 AND m.\"tenantId\" = $1"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, tenant_id);
	mt_add_uuid(&parameters, user_id);
	if (as_of_statement)
		mt_query(&find, &parameters);
	else
		mt_execute(&find, &parameters);

	*standing = (MtStanding){.tenant_id = *tenant_id, .user_id = *user_id};
	standing->tenant_status = mt_column_text(1);
	standing->user_status = mt_column_text(2);
	standing->is_member = mt_column_boolean(3);
	standing->has_two_factor = mt_column_boolean(4);
	standing->grace_logins_used = mt_column_integer(6);
	standing->grace_started_at = mt_column_timestamp(7);
	standing->policy = mt_policy_of_column(tenant_id, 8);
	if (standing->policy != NULL)
		standing->is_exempt = is_exempt(standing->policy, mt_column_text_array(5));
}

MtPolicyJudgement
mt_policy_judge_address(const MtPolicy *policy, const char *ip_address)
{
	MtAddressRange address;

	if (!policy->restricts_addresses)
		return judgement(MT_OUTCOME_SUCCESS, NULL, -1);
	if (ip_address == NULL || mt_address_read(ip_address, MT_ADDRESS_ALONE, &address) != NULL)
		return judgement(MT_OUTCOME_IP_DENIED, "address_unknown", -1);
	if (mt_addresses_hold(&policy->blocked, &address))
		return judgement(MT_OUTCOME_IP_DENIED, "address_blocked", -1);
	if (policy->allowed.count > 0 && !mt_addresses_hold(&policy->allowed, &address))
		return judgement(MT_OUTCOME_IP_DENIED, "address_not_allowed", -1);
	return judgement(MT_OUTCOME_SUCCESS, NULL, -1);
}

/* Of a user without a second factor of whom the policy demands one. */
static MtPolicyJudgement
judge_grace(const MtStanding *standing, TimestampTz now)
{
	const MtPolicy *policy = standing->policy;
	int left = policy->grace_logins - standing->grace_logins_used;
	TimestampTz start = TIMESTAMP_IS_NOBEGIN(standing->grace_started_at)
							? now
							: standing->grace_started_at;

	if (left <= 0)
		return judgement(MT_OUTCOME_TWO_FACTOR_SETUP_REQUIRED, "grace_logins_used", 0);
	if (now >= start + policy->grace_period_days * USECS_PER_DAY)
		return judgement(MT_OUTCOME_TWO_FACTOR_SETUP_REQUIRED, "grace_period_over", 0);
	return judgement(MT_OUTCOME_SUCCESS, "grace", left);
}

MtPolicyJudgement
mt_policy_judge_two_factor(const MtStanding *standing, bool two_factor_done, TimestampTz now)
{
	const MtPolicy *policy = standing->policy;

	if (two_factor_done)
		return judgement(MT_OUTCOME_SUCCESS, NULL, -1);
	if (standing->has_two_factor)
		return judgement(MT_OUTCOME_TWO_FACTOR_REQUIRED, "two_factor_enabled", -1);
	if (policy->require_mfa)
		return judgement(MT_OUTCOME_TWO_FACTOR_SETUP_REQUIRED, "session_requires_two_factor", -1);
	if (policy->two_factor_required && !standing->is_exempt && now >= policy->enforcement_date)
		return judge_grace(standing, now);
	return judgement(MT_OUTCOME_SUCCESS, NULL, -1);
}

MtPolicyJudgement
mt_policy_judge(const MtStanding *standing, const char *ip_address, bool two_factor_done,
				TimestampTz now)
{
	MtPolicyJudgement answer;

	if (standing->user_status == NULL || strcmp(standing->user_status, "active") != 0)
		return judgement(MT_OUTCOME_INACTIVE, "user_not_active", -1);
	if (!standing->is_member)
		return judgement(MT_OUTCOME_NOT_A_MEMBER, "not_a_member", -1);
	if (strcmp(standing->tenant_status, "pending_deletion") == 0)
		return judgement(MT_OUTCOME_TENANT_UNAVAILABLE, "tenant_pending_deletion", -1);
	if (strcmp(standing->tenant_status, "active") != 0)
		return judgement(MT_OUTCOME_TENANT_UNAVAILABLE, "tenant_suspended", -1);
	answer = mt_policy_judge_address(standing->policy, ip_address);
	if (answer.outcome == MT_OUTCOME_SUCCESS)
		answer = mt_policy_judge_two_factor(standing, two_factor_done, now);
	return answer;
}

int
mt_policy_use_grace_login(const MtStanding *standing)
{
	static MtStatement use = {
		.sql = "UPDATE multitenant.\"TenantUsers\" "
			   "SET \"graceLoginsUsed\" = \"graceLoginsUsed\" + 1, \"graceStartedAt\" = "
			   "coalesce(\"graceStartedAt\", pg_catalog.clock_timestamp()) "
			   "WHERE \"userId\" = $1 AND \"tenantId\" = $2 AND \"graceLoginsUsed\" < $3 "
			   "AND coalesce(\"graceStartedAt\" + pg_catalog.make_interval(hours => 24 * $4) "
			   "> pg_catalog.clock_timestamp(), $4 > 0) "
			   "RETURNING $3 - \"graceLoginsUsed\""};
	MtParameters parameters = {0};
	int left;

	mt_add_uuid(&parameters, &standing->user_id);
	mt_add_uuid(&parameters, &standing->tenant_id);
	mt_add_integer(&parameters, standing->policy->grace_logins);
	mt_add_integer(&parameters, standing->policy->grace_period_days);
	if (mt_execute(&use, &parameters) == 0)
		return -1;
	left = mt_column_integer(1);
	mt_audit(&(MtAuditEvent){.event = "two_factor.grace_login",
							 .user_id = &standing->user_id,
							 .tenant_id = &standing->tenant_id,
							 .details = {"left", psprintf("%d", left)}});
	return left;
}

/*
 * SQL: multitenant.evaluate_policy(tenant_id uuid, user_id uuid, ip_address text,
 *		two_factor_done boolean) returns (outcome, reason, grace_logins_left)
 *
 * P0002 when there is no such tenant or user, 22P02 for an address that is none.
 */
Datum
mt_evaluate_policy(PG_FUNCTION_ARGS)
{
	pg_uuid_t *tenant_id = mt_required_uuid(fcinfo, 0, "tenant_id");
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 1, "user_id");
	char *ip_address = mt_address_argument(fcinfo, 2);
	bool two_factor_done = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
	MtStanding standing;
	MtPolicyJudgement answer;
	Datum values[3] = {0};
	bool nulls[3] = {0};

	SPI_connect();
	mt_standing_load(tenant_id, user_id, true, &standing);
	if (standing.tenant_status == NULL)
		mt_throw_not_found("tenant");
	if (standing.user_status == NULL)
		mt_throw_not_found("user");
	answer = mt_policy_judge(&standing, ip_address, two_factor_done, GetCurrentTimestamp());
	SPI_finish();

	values[0] = mt_outcome_datum(answer.outcome);
	nulls[1] = answer.reason == NULL;
	if (answer.reason != NULL)
		values[1] = CStringGetTextDatum(answer.reason);
	nulls[2] = answer.grace_logins_left < 0;
	values[2] = Int32GetDatum(answer.grace_logins_left);
	PG_RETURN_DATUM(mt_row_result(fcinfo, values, nulls));
}

/*
 * SQL: multitenant.count_grace_login(tenant_id uuid, user_id uuid) returns integer
 *
 * How many are left after it; null where the policy asks for no grace, or none was left.
 * P0002.
 */
Datum
mt_count_grace_login(PG_FUNCTION_ARGS)
{
	pg_uuid_t *tenant_id = mt_required_uuid(fcinfo, 0, "tenant_id");
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 1, "user_id");
	MtStanding standing;
	int left = -1;

	SPI_connect();
	mt_member_lock_user_and_tenant(user_id, tenant_id);
	mt_standing_load(tenant_id, user_id, false, &standing);
	if (mt_policy_judge_two_factor(&standing, false, GetCurrentTimestamp()).grace_logins_left > 0)
		left = mt_policy_use_grace_login(&standing);
	SPI_finish();
	if (left < 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(left);
}
