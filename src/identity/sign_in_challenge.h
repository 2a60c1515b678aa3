/*
 * identity/sign_in_challenge.h
 *		A sign-in whose password was right and that waits for the second factor.
 */
#ifndef MT_SIGN_IN_CHALLENGE_H
#define MT_SIGN_IN_CHALLENGE_H

#include "identity/credential.h"

typedef struct MtChallenge
{
	pg_uuid_t id;
	pg_uuid_t user_id;
	bool has_tenant;
	pg_uuid_t tenant_id;
	char *password_fingerprint;
	TimestampTz expires_at;
} MtChallenge;

/* Make one for a user whose row is locked; tenant_id may be NULL. The token. Inside SPI. */
extern char *mt_challenge_issue(const MtAccount *account, const pg_uuid_t *tenant_id);

/* The challenge of a token (not NULL); false when there is none.  Inside SPI. */
extern bool mt_challenge_find(const char *token, MtChallenge *challenge);

/* Was it made for the password that the account has? */
extern bool mt_challenge_is_of_password(const MtChallenge *challenge, const MtAccount *account);

/* Use it up; false when somebody else has.  Inside SPI. */
extern bool mt_challenge_use(const MtChallenge *challenge);

#endif /* MT_SIGN_IN_CHALLENGE_H */
