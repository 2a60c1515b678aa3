/*
 * core/compat.h
 *		The one place that knows PostgreSQL's majors apart (14 to 18).
 *
 * Every other file sees one spelling, the newest.  Include directly after
 * postgres.h.
 */
#ifndef MT_COMPAT_H
#define MT_COMPAT_H

#include "fmgr.h"
#include "utils/guc.h"

#if PG_VERSION_NUM < 140000
#error "multitenant needs PostgreSQL 14 or later"
#endif

/* 16 moved the varlena macros out of postgres.h */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 18 put it in front of the declaration */
#ifndef pg_noreturn
#define pg_noreturn __attribute__((noreturn))
#endif

/* 15 renamed it, and made it drop what stands under the prefix */
#if PG_VERSION_NUM < 150000
#define MarkGUCPrefixReserved(prefix) EmitWarningsOnPlaceholders(prefix)
#endif

/* 16 made one function of those for each kind of object; ours are asked of functions and tables alone */
#if PG_VERSION_NUM < 160000
#define object_aclcheck(catalog, object, role, mode) pg_proc_aclcheck(object, role, mode)
#define object_ownercheck(catalog, object, role) pg_class_ownercheck(object, role)
#endif

/* The number of the transaction in this backend, which every one has; 17 moved it */
#if PG_VERSION_NUM >= 170000
#define mt_local_transaction() (MyProc->vxid.lxid)
#else
#define mt_local_transaction() (MyProc->lxid)
#endif

/*
 * A version 1 function with its prototype.  16 and later declare the function
 * in PG_FUNCTION_INFO_V1 with default visibility; ours asks for it on each.
 */
#define MT_FUNCTION_INFO_V1(function)                    \
	extern PGDLLEXPORT Datum function(PG_FUNCTION_ARGS); \
	PG_FUNCTION_INFO_V1(function)

#endif /* MT_COMPAT_H */
