/*
 * tenancy/tenant_status.h
 *		The life of a tenant: its end.
 */
#ifndef MT_TENANT_STATUS_H
#define MT_TENANT_STATUS_H

/*
 * Delete tenants in pending_deletion whose time has come, the one that waits longest
 * first, at most "limit"; how many.  With each go its members, roles, invitations,
 * clients and their tokens.  One that another transaction has locked is left for the
 * next time.  Inside SPI.
 */
extern uint64 mt_tenant_delete_due(int32 limit);

#endif /* MT_TENANT_STATUS_H */
