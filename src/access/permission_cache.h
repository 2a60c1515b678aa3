/*
 * access/permission_cache.h
 *		What roles grant, compiled: sets of numbers in place of names.
 *
 * What is returned stays valid until mt_permission_cache_begin() is called again.
 */
#ifndef MT_PERMISSION_CACHE_H
#define MT_PERMISSION_CACHE_H

#include "nodes/bitmapset.h"
#include "utils/uuid.h"

typedef struct MtScope
{
	const char *text; /* as stored, not terminated */
	int length;
} MtScope;

typedef struct MtCachedRole
{
	bool exists;			/* as a role of that tenant */
	Bitmapset *permissions; /* that it grants */
	int scope_count;
	MtScope *scopes;
} MtCachedRole;

/* At the start of each check: notice what changed since, and make room. */
extern void mt_permission_cache_begin(void);

/* A tenant's role of that name. */
extern const MtCachedRole *mt_cached_role(const pg_uuid_t *tenant_id, const char *name, int length);

/*
 * The permissions each of which covers the one of that name: the same name, and for
 * resource:action those with the same or a * for either.
 */
extern const Bitmapset *mt_cached_covering(const char *name, int length);

/* Called once, from _PG_init(). */
extern void mt_permission_cache_init(void);

#endif /* MT_PERMISSION_CACHE_H */
