/*
 * records/origin.c
 *		Where a request came from, as the log tables keep it.
 *
 * Notes: a user agent is the sender's to choose, so an endless one is cut and
 * does not fail the sign-in that carries it.
 */
#include "postgres.h"
#include "core/compat.h"

#include <sys/socket.h>

#include "core/argument.h"
#include "records/origin.h"
#include "utils/builtins.h"
#include "utils/inet.h"

#define MAX_ADDRESS_BYTES 64
#define MAX_USER_AGENT_BYTES 1024

/* The canonical form of an address; 22P02 for anything else, a network too. */
static char *
canonical_address(const char *value)
{
	inet *address = DatumGetInetPP(DirectFunctionCall1(inet_in, CStringGetDatum(value)));

	if (ip_bits(address) != ip_maxbits(address))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid IP address: \"%s\"", value),
				 errdetail("A network is not an address.")));
	return TextDatumGetCString(DirectFunctionCall1(network_host, InetPGetDatum(address)));
}

char *
mt_address_argument(FunctionCallInfo fcinfo, int at)
{
	char *address = mt_text_argument(fcinfo, at, "IP address", MAX_ADDRESS_BYTES);

	return address == NULL ? NULL : canonical_address(address);
}

MtOrigin
mt_origin_arguments(FunctionCallInfo fcinfo, int at)
{
	MtOrigin origin;

	origin.ip_address = mt_address_argument(fcinfo, at);
	origin.user_agent = mt_truncated_text(fcinfo, at + 1, MAX_USER_AGENT_BYTES);
	return origin;
}
