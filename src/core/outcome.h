/*
 * core/outcome.h
 *		The SQL type auth_outcome: how the judgement of a credential ends.
 */
#ifndef MT_OUTCOME_H
#define MT_OUTCOME_H

typedef enum MtOutcome
{
	MT_OUTCOME_SUCCESS,
	MT_OUTCOME_INVALID_CREDENTIALS,
	MT_OUTCOME_LOCKED,
	MT_OUTCOME_INACTIVE,
	MT_OUTCOME_EMAIL_UNVERIFIED,
	MT_OUTCOME_TWO_FACTOR_REQUIRED,
	MT_OUTCOME_TWO_FACTOR_SETUP_REQUIRED,
	MT_OUTCOME_NOT_A_MEMBER,
	MT_OUTCOME_TENANT_UNAVAILABLE,
	MT_OUTCOME_IP_DENIED,
	MT_OUTCOME_EXPIRED
} MtOutcome;

extern const char *mt_outcome_label(MtOutcome outcome);
extern Datum mt_outcome_datum(MtOutcome outcome);

#endif /* MT_OUTCOME_H */
