/*
 * identity/credential.h
 *		Judging the password of a user, by the rules that sign-in follows.
 */
#ifndef MT_CREDENTIAL_H
#define MT_CREDENTIAL_H

#include "core/outcome.h"
#include "identity/lockout.h"
#include "records/origin.h"
#include "utils/uuid.h"

/* What is asked of the row of a user. Texts are in the memory of the SPI frame. */
typedef struct MtAccount
{
	pg_uuid_t id;
	const char *address; /* by which it was asked for; NULL when by its id */
	char *email;
	char *hash; /* NULL without a password */
	bool is_active;
	bool email_verified;
	MtLockout lockout;
} MtAccount;

typedef struct MtJudgement
{
	MtOutcome outcome;
	TimestampTz locked_until; /* DT_NOBEGIN when the account is not locked */
} MtJudgement;

/* False when there is no such user.  Inside SPI, without a lock. */
extern bool mt_account_find(const char *email, MtAccount *account);
extern bool mt_account_load(const pg_uuid_t *user_id, MtAccount *account);

/*
 * Lock the row and read it as it is now; false when it has gone, or the address by which it
 * was asked for is not its own any more.
 */
extern bool mt_account_lock(MtAccount *account);

/*
 * Judge a password.  On success the row is locked and "account" is as it is now; the
 * caller writes what the success means.  On any other outcome the failure is counted and recorded.  A NULL password
 * is a wrong one.  Inside SPI.
 */
extern MtJudgement mt_credential_judge(MtAccount *account, const char *password,
									   const MtOrigin *origin);

/*
 * Write what a success means: the failures are forgotten, and a hash that is outdated is
 * replaced, in "account" too, where the password is at hand (NULL: it is not).  With
 * "signs_in" the user has signed in, which is counted; the login history is the caller's.
 * Inside SPI, with the row locked.
 */
extern void mt_credential_record_success(MtAccount *account, const char *password, bool signs_in);

/* The work and the outcome of a wrong password, for a user who is not there. */
extern MtJudgement mt_credential_judge_nobody(const char *password);

/* Its record. Inside SPI. */
extern void mt_credential_record_nobody(const char *email, const MtOrigin *origin);

#endif /* MT_CREDENTIAL_H */
