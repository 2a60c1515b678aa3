/*
 * records/login_history.h
 *		Writing "LoginHistories": one row for each attempt on a known user.
 */
#ifndef MT_LOGIN_HISTORY_H
#define MT_LOGIN_HISTORY_H

#include "records/origin.h"
#include "utils/uuid.h"

/*
 * tenant_id is NULL for a sign-in to no tenant, failure_reason for a success.
 * Inside SPI.
 */
extern void mt_login_history_add(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id,
								 const char *failure_reason, const MtOrigin *origin);

#endif /* MT_LOGIN_HISTORY_H */
