/*
 * records/audit.h
 *		Writing "SecurityAuditLogs".
 */
#ifndef MT_AUDIT_H
#define MT_AUDIT_H

#include "records/origin.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

#define MT_MAX_AUDIT_DETAILS 6

typedef struct MtAuditEvent
{
	const char *event;							   /* area.what_happened */
	const char *severity;						   /* NULL means low */
	const pg_uuid_t *user_id;					   /* whom it is about, or NULL */
	const pg_uuid_t *tenant_id;					   /* or NULL */
	const pg_uuid_t *actor_id;					   /* who did it; NULL means current_user_id() */
	const MtOrigin *origin;						   /* or NULL */
	const char *details[MT_MAX_AUDIT_DETAILS + 1]; /* key, value, key, value …, NULL */
	Jsonb *json_details;						   /* instead of them, or NULL */
} MtAuditEvent;

/*
 * Write one row in this transaction, with the acting user where one is known.
 * Inside SPI.  A detail is never a credential.
 */
extern void mt_audit(const MtAuditEvent *event);

/* The same; the id of the row. */
extern pg_uuid_t mt_audit_row(const MtAuditEvent *event);

#endif /* MT_AUDIT_H */
