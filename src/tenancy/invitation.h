/*
 * tenancy/invitation.h
 *		Inviting a mailbox into a tenant.
 */
#ifndef MT_INVITATION_H
#define MT_INVITATION_H

#include "utils/uuid.h"

/*
 * Cancel the pending invitations that a user made into a tenant: all of them, or those that
 * give roles by name.  The caller has locked the membership against any change.  Inside SPI.
 */
extern void mt_invitations_withdraw(const pg_uuid_t *invited_by, const pg_uuid_t *tenant_id,
									bool all);

#endif /* MT_INVITATION_H */
