/*
 * core/own_oids.h
 *		The tables, indexes, columns and enum values that the checks read.
 */
#ifndef MT_OWN_OIDS_H
#define MT_OWN_OIDS_H

#include "access/attnum.h"

/* A table with the index it is read by. */
typedef struct MtIndexedTable
{
	Oid table;
	Oid index;
} MtIndexedTable;

typedef struct MtOwnOids
{
	MtIndexedTable users;		/* by id */
	MtIndexedTable tenants;		/* by id */
	MtIndexedTable members;		/* by user and tenant */
	MtIndexedTable roles;		/* by name and tenant */
	MtIndexedTable permissions; /* by name */
	MtIndexedTable actions;		/* permissions by resource and action */
	MtIndexedTable grants;		/* by role and permission */
	MtIndexedTable sessions;	/* "OAuthTokens" by access token */
	AttrNumber user_id;
	AttrNumber user_status;
	AttrNumber user_deleted_at;
	AttrNumber tenant_id;
	AttrNumber tenant_status;
	AttrNumber tenant_policy;
	AttrNumber member_user;
	AttrNumber member_tenant;
	AttrNumber member_roles;
	AttrNumber role_id;
	AttrNumber role_name;
	AttrNumber role_tenant;
	AttrNumber role_scopes;
	AttrNumber permission_id;
	AttrNumber permission_name;
	AttrNumber permission_resource;
	AttrNumber permission_action;
	AttrNumber grant_role;
	AttrNumber grant_permission;
	AttrNumber session_id;
	AttrNumber session_access_token;
	AttrNumber session_expires_at;
	AttrNumber session_ends_at; /* "refreshTokenExpiresAt" */
	AttrNumber session_client;
	AttrNumber session_type;
	AttrNumber session_user;
	AttrNumber session_revoked;
	AttrNumber session_last_used_at;
	Oid permission_cache; /* what stands for the cache of access/permission_cache.c */
	Oid active_user;	  /* enum values */
	Oid active_tenant;
} MtOwnOids;

/* As of now; 55000 where the extension is not installed. */
extern const MtOwnOids *mt_own_oids(void);

/* Called once, from _PG_init(). */
extern void mt_own_oids_init(void);

#endif /* MT_OWN_OIDS_H */
