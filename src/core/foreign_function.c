/*
 * core/foreign_function.c
 *		Whose rights a function of somebody else has below a statement of ours.
 *
 * A statement of a SECURITY DEFINER function runs with the rights of the extension's
 * owner, a superuser, and the server runs the triggers that it sets off with the same:
 * those of an application's table too, whose rows go with the row that they refer to
 * (up to 17, where they are AFTER triggers).  Who owns such a table, and was given no
 * more than REFERENCES, would be superuser by that.  So below a statement of ours the
 * function of another owner runs as if it were SECURITY DEFINER: with the rights of its
 * owner.  That of a trigger, and whatever else is hung on a table, the condition of a
 * trigger too.
 *
 * Only what would run with the statement's own rights is switched.  What such a function
 * calls in its turn is its own affair, as anywhere.
 *
 * Notes: the server asks before it looks a function up, and calls at its start and end.
 * The library may be loaded by a call that is under way, whose end is then not ours.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/htup_details.h"
#include "catalog/pg_proc.h"
#include "core/foreign_function.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

/* A call that runs with other rights; the server keeps "place" for it until its end. */
typedef struct Switch
{
	Datum *place;
	Oid owner;
	Oid user;
	int security_context;
	struct Switch *outer;
} Switch;

/* Whose rights a statement of ours has that is under way; InvalidOid when none is. */
static Oid statement_user = InvalidOid;
static Switch *innermost = NULL;

static needs_fmgr_hook_type next_needs_hook = NULL;
static fmgr_hook_type next_hook = NULL;

Oid
mt_foreign_functions_begin(void)
{
	Oid before = statement_user;

	statement_user = GetUserId();
	return before;
}

void
mt_foreign_functions_end(Oid before)
{
	statement_user = before;
}

Oid
mt_foreign_function_owner(void)
{
	return innermost != NULL ? innermost->owner : InvalidOid;
}

/* The owner of a function that is not the statement's own; InvalidOid for one that is. */
static Oid
foreign_owner(Oid function)
{
	HeapTuple row;
	Oid owner = InvalidOid;

	if (!OidIsValid(statement_user))
		return InvalidOid;
	row = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(row))
		return InvalidOid;
	if (((Form_pg_proc) GETSTRUCT(row))->proowner != statement_user)
		owner = ((Form_pg_proc) GETSTRUCT(row))->proowner;
	ReleaseSysCache(row);
	return owner;
}

static bool
needs_hook(Oid function)
{
	return OidIsValid(foreign_owner(function)) ||
		   (next_needs_hook != NULL && next_needs_hook(function));
}

static void
enter(Oid function, Datum *place)
{
	Oid owner = foreign_owner(function);
	Switch *entered;

	if (!OidIsValid(owner) || GetUserId() != statement_user)
		return;
	entered = MemoryContextAlloc(TopMemoryContext, sizeof(Switch));
	entered->place = place;
	entered->owner = owner;
	entered->outer = innermost;
	GetUserIdAndSecContext(&entered->user, &entered->security_context);
	innermost = entered;
	SetUserIdAndSecContext(owner, entered->security_context | SECURITY_LOCAL_USERID_CHANGE);
}

/* The rights come back at the end; after an error the server gives them back itself. */
static void
leave(Datum *place, bool after_error)
{
	Switch *left = innermost;

	if (left == NULL || left->place != place)
		return;
	innermost = left->outer;
	if (!after_error)
		SetUserIdAndSecContext(left->user, left->security_context);
	pfree(left);
}

static void
hook(FmgrHookEventType event, FmgrInfo *function, Datum *place)
{
	if (next_hook != NULL)
		next_hook(event, function, place);
	if (event == FHET_START)
		enter(function->fn_oid, place);
	else
		leave(place, event == FHET_ABORT);
}

void
mt_foreign_functions_init(void)
{
	next_needs_hook = needs_fmgr_hook;
	needs_fmgr_hook = needs_hook;
	next_hook = fmgr_hook;
	fmgr_hook = hook;
}
