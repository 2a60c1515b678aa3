/*
 * core/status_change.c
 *		The functions that take a row from one status to another.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "core/limits.h"
#include "core/status_change.h"

Datum
mt_change_status(FunctionCallInfo fcinfo, const char *what, MtStatement *update,
				 MtStatement *exists, const char *wrong_status, const char *hint)
{
	pg_uuid_t *id = mt_required_uuid(fcinfo, 0, psprintf("%s_id", what));
	char *reason = NULL;
	MtParameters parameters = {0};
	MtParameters key = {0};

	if (PG_NARGS() > 1)
		reason = mt_text_argument(fcinfo, 1, "reason", MT_MAX_REASON_BYTES);
	SPI_connect();
	mt_add_uuid(&parameters, id);
	mt_add_text(&parameters, reason);
	if (mt_execute(update, &parameters) == 0)
	{
		mt_add_uuid(&key, id);
		if (mt_execute(exists, &key) == 0)
			mt_throw_not_found(what);
		mt_throw_wrong_state(wrong_status, hint);
	}
	SPI_finish();
	PG_RETURN_VOID();
}
