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

/* A call of a foreign function; the server keeps "place" for it until its end. */
typedef struct Call
{
	Datum *place;
	int depth; /* of the statement below which it runs */
	Oid role;  /* whose function is to be judged by */
	bool is_switched;
	Oid user;
	int security_context;
	struct Call *outer;
} Call;

/* Whose rights a statement of ours has that is under way; InvalidOid when none is. */
static Oid statement_user = InvalidOid;
static int statement_depth = 0;
static Call *innermost = NULL;

static needs_fmgr_hook_type next_needs_hook = NULL;
static fmgr_hook_type next_hook = NULL;

static void
forget_innermost(void)
{
	Call *call = innermost;

	innermost = call->outer;
	pfree(call);
}

Oid
mt_foreign_functions_begin(void)
{
	Oid before = statement_user;

	statement_user = GetUserId();
	statement_depth++;
	return before;
}

void
mt_foreign_functions_end(Oid before)
{
	statement_user = before;
	statement_depth--;
	/* no call outlives its statement, also where another hook kept its end from us */
	while (innermost != NULL && innermost->depth > statement_depth)
		forget_innermost();
}

Oid
mt_foreign_function_role(void)
{
	return innermost != NULL ? innermost->role : InvalidOid;
}

/*
 * The owner of a function that is not the statement's own; InvalidOid for one that is, and
 * for a superuser's: nobody gets more rights by this, also not from a statement that one of
 * our triggers makes below somebody's own.
 */
static Oid
foreign_owner(Oid function)
{
	HeapTuple row;
	Oid owner;

	if (!OidIsValid(statement_user))
		return InvalidOid;
	row = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(row))
		return InvalidOid;
	owner = ((Form_pg_proc) GETSTRUCT(row))->proowner;
	ReleaseSysCache(row);
	return owner == statement_user || superuser_arg(owner) ? InvalidOid : owner;
}

static bool
needs_hook(Oid function)
{
	return OidIsValid(foreign_owner(function)) ||
		   (next_needs_hook != NULL && next_needs_hook(function));
}

/*
 * Who is judged by where a foreign function calls ours: its owner, also where the server
 * runs it as that by itself (SECURITY DEFINER); what it calls goes on with the same.
 */
static Oid
role_of_call(Oid owner)
{
	if (GetUserId() == statement_user)
		return owner;
	if (innermost != NULL && innermost->depth == statement_depth)
		return innermost->role;
	return GetUserId();
}

/* Each start below a statement is kept, so that each end finds its own. */
static void
enter(Oid function, Datum *place)
{
	Oid owner = foreign_owner(function);
	Call *call;

	if (!OidIsValid(owner))
		return;
	call = MemoryContextAlloc(TopMemoryContext, sizeof(Call));
	call->place = place;
	call->depth = statement_depth;
	call->role = role_of_call(owner);
	call->is_switched = GetUserId() == statement_user;
	call->outer = innermost;
	GetUserIdAndSecContext(&call->user, &call->security_context);
	innermost = call;
	if (call->is_switched)
		SetUserIdAndSecContext(owner, call->security_context | SECURITY_LOCAL_USERID_CHANGE);
}

/* The rights come back at the end; after an error the server gives them back itself. */
static void
leave(Datum *place, bool after_error)
{
	if (innermost == NULL || innermost->place != place || innermost->depth != statement_depth)
		return;
	if (innermost->is_switched && !after_error)
		SetUserIdAndSecContext(innermost->user, innermost->security_context);
	forget_innermost();
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
