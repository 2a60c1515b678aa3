/*
 * core/owner.c
 *		A few statements with the rights of the extension's owner.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/owner.h"
#include "miscadmin.h"

void
mt_owner_rights_begin(MtOwnerRights *rights, Oid owner)
{
	GetUserIdAndSecContext(&rights->user, &rights->security_context);
	SetUserIdAndSecContext(owner, rights->security_context | SECURITY_LOCAL_USERID_CHANGE);
	rights->setting_level = NewGUCNestLevel();
	set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
					  GUC_ACTION_SAVE, true, 0, false);
}

void
mt_owner_rights_end(const MtOwnerRights *rights)
{
	AtEOXact_GUC(true, rights->setting_level);
	SetUserIdAndSecContext(rights->user, rights->security_context);
}
