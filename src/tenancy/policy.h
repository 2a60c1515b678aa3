/*
 * tenancy/policy.h
 *		The security policy of a tenant, and what it says of a user.
 *
 * A policy is compiled when its text in the row is another than the backend has
 * compiled, so it is always as fresh as the row that was read.
 */
#ifndef MT_POLICY_H
#define MT_POLICY_H

#include "core/outcome.h"
#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "tenancy/policy_address.h"
#include "utils/uuid.h"

typedef struct MtPolicy
{
	/* session */
	int max_concurrent_sessions; /* 0: no limit */
	int session_timeout;		 /* seconds, at least 1 */
	bool extend_on_activity;
	bool require_mfa; /* no session without a second factor, no grace */

	/* twoFactor */
	bool two_factor_required;
	int grace_logins;
	int grace_period_days;
	bool allow_backup_codes;
	bool allow_remember_device;
	TimestampTz enforcement_date; /* DT_NOBEGIN: at once */
	List *exempt_roles;			  /* of char * */

	/* ipRestrictions */
	bool restricts_addresses;
	MtPolicyAddresses allowed; /* allowedIPs and allowedRanges; empty: all but the blocked */
	MtPolicyAddresses blocked;
} MtPolicy;

/*
 * The policy of a tenant from column "column" (its "securityPolicy") of the first row of the
 * latest execution; NULL where it is null.  Good until the next call that gets a policy:
 * copy what is kept.  Inside SPI.
 */
extern const MtPolicy *mt_policy_of_column(const pg_uuid_t *tenant_id, int column);

/* The same from the column as a row read in C holds it.  Needs no SPI. */
extern const MtPolicy *mt_policy_of_value(const pg_uuid_t *tenant_id, struct varlena *stored);

/* A user before a tenant: what its policy is judged by. */
typedef struct MtStanding
{
	pg_uuid_t tenant_id;
	pg_uuid_t user_id;
	const char *tenant_status; /* NULL: no such tenant */
	const char *user_status;   /* NULL: no such user */
	bool is_member;
	bool has_two_factor;
	bool is_exempt; /* has a role of twoFactor.exemptRoles */
	int grace_logins_used;
	TimestampTz grace_started_at; /* DT_NOBEGIN: not yet */
	const MtPolicy *policy;		  /* NULL: no such tenant; lives as above */
} MtStanding;

/*
 * Read it, in one query: as it is committed now, or with "as_of_statement" as the
 * statement that calls a STABLE function sees it.  Inside SPI.
 */
extern void mt_standing_load(const pg_uuid_t *tenant_id, const pg_uuid_t *user_id,
							 bool as_of_statement, MtStanding *standing);

typedef struct MtPolicyJudgement
{
	MtOutcome outcome;
	const char *reason;	   /* a word for programs, or NULL: nothing to say */
	int grace_logins_left; /* this sign-in included; 0: none; -1: no grace is asked for */
} MtPolicyJudgement;

/*
 * All of it, in the order of sign_in(): the user's status, membership, the tenant's
 * status, address, second factor.  A success with grace_logins_left > 0 stands only
 * once mt_policy_use_grace_login() has counted it.  "ip_address" is canonical
 * (records/origin.h), or NULL.
 */
extern MtPolicyJudgement mt_policy_judge(const MtStanding *standing, const char *ip_address,
										 bool two_factor_done, TimestampTz now);

/* Its last two steps on their own. */
extern MtPolicyJudgement mt_policy_judge_address(const MtPolicy *policy, const char *ip_address);
extern MtPolicyJudgement mt_policy_judge_two_factor(const MtStanding *standing,
													bool two_factor_done, TimestampTz now);

/*
 * Count one sign-in without the second factor that the policy demands, under the lock of
 * the membership: N at once count as N.  How many are left after it, or -1 when none was
 * left for it (also when the user is no member).  Inside SPI.
 */
extern int mt_policy_use_grace_login(const MtStanding *standing);

#endif /* MT_POLICY_H */
