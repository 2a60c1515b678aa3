/*
 * session/verify.h
 *		Is an access token good, and whose is it?
 */
#ifndef MT_VERIFY_H
#define MT_VERIFY_H

#include "datatype/timestamp.h"
#include "utils/array.h"
#include "utils/uuid.h"

typedef struct MtSession
{
	pg_uuid_t id;
	pg_uuid_t user_id;
	bool has_tenant;
	pg_uuid_t tenant_id;
	ArrayType *roles; /* varchar[]; NULL without a tenant */
	TimestampTz expires_at;
} MtSession;

/*
 * Judge a token as this statement sees the tables, from its user and tenant to the rules
 * for addresses, and note that it was used: not in a read-only transaction or on a
 * standby.  "ip_address" is canonical (records/origin.h), or NULL.  Needs no rights and
 * no SPI.
 */
extern bool mt_session_verify(const text *token, const char *ip_address, MtSession *session);

#endif /* MT_VERIFY_H */
