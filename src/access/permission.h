/*
 * access/permission.h
 *		Permissions, and the roles that grant them.
 */
#ifndef MT_PERMISSION_H
#define MT_PERMISSION_H

#include "utils/array.h"
#include "utils/uuid.h"

/*
 * Grant every permission that is named to a role; how many it did not have yet.
 * P0002 when one is not there.  Inside SPI.
 */
extern uint64 mt_permission_grant_all(const pg_uuid_t *role_id, ArrayType *names);

#endif /* MT_PERMISSION_H */
