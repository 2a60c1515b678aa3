/*
 * identity/two_factor.h
 *		The second factor of a user, as a sign-in asks for it.
 */
#ifndef MT_TWO_FACTOR_H
#define MT_TWO_FACTOR_H

#include "core/compat.h"
#include "identity/credential.h"

/* A code argument; NULL, which is a wrong one, when it is longer than any code. */
extern char *mt_code_argument(FunctionCallInfo fcinfo, int at);

/* Inside SPI, as what follows. */
extern bool mt_second_factor_is_enabled(const pg_uuid_t *user_id);

/*
 * Judge a code of a user whose second factor is on (55000 when it is not), use it up, and
 * count and record a failure.  A NULL code is a wrong one.
 */
extern MtJudgement mt_second_factor_judge(const pg_uuid_t *user_id, const char *code,
										  bool takes_backup_codes, const MtOrigin *origin);

#endif /* MT_TWO_FACTOR_H */
