/*
 * multitenant.c
 *		The magic block, and the start of the library.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/own_oids.h"
#include "core/settings.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	mt_settings_init();
	mt_own_oids_init();
}
