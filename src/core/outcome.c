/*
 * core/outcome.c
 *		The SQL type auth_outcome: how the judgement of a credential ends.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/catalog.h"
#include "core/outcome.h"

const char *
mt_outcome_label(MtOutcome outcome)
{
	static const char *const labels[] = {
		[MT_OUTCOME_SUCCESS] = "success",
		[MT_OUTCOME_INVALID_CREDENTIALS] = "invalid_credentials",
		[MT_OUTCOME_LOCKED] = "locked",
		[MT_OUTCOME_INACTIVE] = "inactive",
		[MT_OUTCOME_EMAIL_UNVERIFIED] = "email_unverified",
		[MT_OUTCOME_TWO_FACTOR_REQUIRED] = "two_factor_required",
		[MT_OUTCOME_TWO_FACTOR_SETUP_REQUIRED] = "two_factor_setup_required",
		[MT_OUTCOME_NOT_A_MEMBER] = "not_a_member",
		[MT_OUTCOME_TENANT_UNAVAILABLE] = "tenant_unavailable",
		[MT_OUTCOME_IP_DENIED] = "ip_denied",
		[MT_OUTCOME_EXPIRED] = "expired",
	};

	return labels[outcome];
}

Datum
mt_outcome_datum(MtOutcome outcome)
{
	return ObjectIdGetDatum(mt_enum_value("auth_outcome", mt_outcome_label(outcome)));
}
