/*
 * session/verify.h
 *		Is an access token good, and whose is it?
 */
#ifndef MT_VERIFY_H
#define MT_VERIFY_H

#include "core/compat.h"
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
 * Judge the arguments of verify_session() and use_session(), an access token and an
 * address, as this statement sees the tables: from the user and the tenant to the rules for
 * addresses.  That the session was used is noted: not in a read-only transaction or on a
 * standby.  22P02 for an address that is not one.  Needs no rights and no SPI.
 */
extern bool mt_session_of_arguments(FunctionCallInfo fcinfo, MtSession *session);

#endif /* MT_VERIFY_H */
