/*
 * core/settings.h
 *		Every multitenant.* setting, and the context of the transaction.
 */
#ifndef MT_SETTINGS_H
#define MT_SETTINGS_H

#include "utils/uuid.h"

#define MT_MAX_TOTP_ISSUER_BYTES 255

typedef enum MtAlgorithm
{
	MT_ALGORITHM_ARGON2ID,
	MT_ALGORITHM_BCRYPT
} MtAlgorithm;

extern int mt_password_algorithm; /* MtAlgorithm */
extern int mt_argon2_memory;	  /* kB */
extern int mt_argon2_iterations;
extern int mt_argon2_parallelism;		 /* lanes, computed on one thread */
extern int mt_bcrypt_cost;				 /* log2 of the rounds */
extern int mt_password_min_length;		 /* characters */
extern int mt_password_max_length;		 /* characters */
extern char *mt_password_blocklist_file; /* empty for none */
extern int mt_max_concurrent_hashes;	 /* backends; 0 for any number */

extern int mt_lockout_threshold;	/* failures; 0 turns lockout off */
extern int mt_lockout_duration;		/* seconds */
extern int mt_lockout_max_duration; /* seconds */
extern int mt_lockout_reset_after;	/* seconds */

extern int mt_email_verification_lifetime; /* seconds */
extern int mt_password_reset_lifetime;	   /* seconds */
extern int mt_two_factor_setup_timeout;	   /* seconds */
extern char *mt_totp_issuer;

/* How long rows are kept, in seconds; 0 for ever. */
extern int mt_login_history_retention;
extern int mt_activity_retention;
extern int mt_audit_retention;
extern int mt_token_retention;			  /* after a token's end */
extern int mt_session_timeout;			  /* seconds; of sessions without a tenant */
extern int mt_refresh_token_lifetime;	  /* seconds; of a session at most */
extern int mt_refresh_grace;			  /* seconds; 0 for none */
extern int mt_challenge_lifetime;		  /* seconds */
extern int mt_remembered_device_lifetime; /* seconds */

extern bool mt_require_verified_email;
extern bool mt_allow_hard_delete;
extern int mt_permission_cache_size; /* kB */
extern char *mt_key_file;			 /* an absolute path, or empty */

/* The acting user and tenant of this transaction; NULL outside a context. */
extern const pg_uuid_t *mt_context_user_id(void);
extern const pg_uuid_t *mt_context_tenant_id(void);

/* The session that use_session() took them from; NULL when it was not that. */
extern const pg_uuid_t *mt_context_session_id(void);

extern void mt_settings_init(void);

#endif /* MT_SETTINGS_H */
