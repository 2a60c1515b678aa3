/*
 * records/origin.h
 *		Where a request came from, as the log tables keep it.
 */
#ifndef MT_ORIGIN_H
#define MT_ORIGIN_H

#include "core/compat.h"

typedef struct MtOrigin
{
	const char *ip_address; /* canonical text of the address, or NULL */
	const char *user_agent; /* cut at 1024 bytes, or NULL */
} MtOrigin;

/*
 * Read the arguments ip_address and user_agent, which stand at "at" and after
 * it.  22P02 when the address is not one.
 */
extern MtOrigin mt_origin_arguments(FunctionCallInfo fcinfo, int at);

/* An argument ip_address alone: its canonical text, or NULL.  22P02 as above. */
extern char *mt_address_argument(FunctionCallInfo fcinfo, int at);

#endif /* MT_ORIGIN_H */
