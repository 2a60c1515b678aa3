/*
 * multitenant.c
 *		The magic block, and the start of the library.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/permission_cache.h"
#include "core/foreign_function.h"
#include "core/own_oids.h"
#include "core/row_security.h"
#include "core/settings.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	mt_settings_init();
	mt_own_oids_init();
	mt_permission_cache_init();
	mt_row_security_init();
	mt_foreign_functions_init();
}
