/*
 * identity/remembered_device.h
 *		Devices on which a user has shown the second factor and is not asked for it again.
 */
#ifndef MT_REMEMBERED_DEVICE_H
#define MT_REMEMBERED_DEVICE_H

#include "records/origin.h"
#include "utils/uuid.h"

/* For sign-ins to a tenant, or to none (NULL).  Each inside SPI. */

/* Remember the device; its token. */
extern char *mt_device_remember(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id,
								const MtOrigin *origin);

/*
 * Use a token (or NULL) up; the one that replaces it, or NULL when it is not good.  One that
 * was used up before makes the device be forgotten.
 */
extern char *mt_device_use(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id, const char *token,
						   const MtOrigin *origin);

#endif /* MT_REMEMBERED_DEVICE_H */
