/*
 * core/foreign_function.c
 *		Whose rights a function of somebody else has below a statement of ours.
 *
 * A statement of a SECURITY DEFINER function runs with the rights of the extension's
 * owner, a superuser, and the server runs the triggers that it sets off with the same:
 * those of an application's table too, whose rows go with the row that they refer to
 * (up to 17, where they are AFTER triggers).  Who owns such a table, and was given no
 * more than REFERENCES, would be superuser by that.  So below a statement of ours
 *
 * - a trigger of another owner's table runs with the rights of that owner, whosever its
 *   function is: a trigger can be given any function that PUBLIC may execute, with
 *   arguments that say what it is to do;
 * - any other function of another owner runs as if it were SECURITY DEFINER: that of a
 *   trigger on a table of ours, and whatever else is hung on a table, the condition of a
 *   trigger too.
 *
 * Only what would run with the statement's own rights is switched, and no function that is
 * SECURITY DEFINER.  What such a function calls in its turn is its own affair, as anywhere.
 * Its settings end with it: by a search_path it would choose the operators of the next
 * statement of ours, and of whoever called us.
 *
 * Notes: the server asks before it looks a function up, and calls at its start and end.
 * The library may be loaded by a call that is under way, whose end is then not ours.  Whose
 * table a trigger is of is told to the function alone, and the server takes back settings of
 * its own before it tells the end: so between start and end one of ours stands in its place.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/htup_details.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "core/foreign_function.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* What is asked of a function that is called below a statement of ours. */
typedef struct Facts
{
	Oid owner;			 /* when it is foreign, else InvalidOid */
	bool takes_triggers; /* and their tables' owners' rights */
} Facts;

/* A call of such a function; the server keeps "place" for it until its end. */
typedef struct Call
{
	Datum *place;
	Facts facts;
	FmgrInfo *function;
	PGFunction body; /* while ours stands in its place */
	int depth;		 /* of the statement below which it runs */
	Oid role;		 /* who is judged by; InvalidOid: nobody but the statement */
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

/* The nearest call from one outwards that is judged by a role, or NULL. */
static const Call *
find_judged(const Call *call)
{
	while (call != NULL && !OidIsValid(call->role))
		call = call->outer;
	return call;
}

Oid
mt_foreign_function_role(void)
{
	const Call *call = find_judged(innermost);

	return call != NULL ? call->role : InvalidOid;
}

/*
 * Another owner than the statement's own, but no superuser: nobody gets more rights by this,
 * also not from a statement that one of our triggers makes below somebody's own.
 */
static bool
is_foreign(Oid owner)
{
	return owner != statement_user && !superuser_arg(owner);
}

/* False when there is nothing to do for a function. */
static bool
find_facts(Oid function, Facts *facts)
{
	HeapTuple row;
	Form_pg_proc form;

	if (!OidIsValid(statement_user))
		return false;
	row = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(row))
		return false;
	form = (Form_pg_proc) GETSTRUCT(row);
	facts->owner = is_foreign(form->proowner) ? form->proowner : InvalidOid;
	facts->takes_triggers = form->prorettype == TRIGGEROID && !form->prosecdef;
	ReleaseSysCache(row);
	return OidIsValid(facts->owner) || facts->takes_triggers;
}

static bool
needs_hook(Oid function)
{
	Facts ignored;

	return find_facts(function, &ignored) || (next_needs_hook != NULL && next_needs_hook(function));
}

/*
 * Call a function as a role, where it would have the statement's own rights.  By that role
 * is judged where it calls ours; where the server runs it as somebody by itself (SECURITY
 * DEFINER, a referential action), by that one; what it calls goes on with the same, and
 * with its settings.  After an error the server gives all of it back itself.
 */
static Datum
call_as(Oid role, Call *call, FunctionCallInfo fcinfo)
{
	const Call *outer = find_judged(call->outer);
	bool is_within = outer != NULL && outer->depth == call->depth;
	bool is_switched = GetUserId() == statement_user;
	int settings = 0;
	Oid user;
	int security_context;
	Datum result;

	GetUserIdAndSecContext(&user, &security_context);
	if (is_switched)
		SetUserIdAndSecContext(role, security_context | SECURITY_LOCAL_USERID_CHANGE);
	else
		role = is_within ? outer->role : user;
	call->role = role;
	if (!is_within)
		settings = NewGUCNestLevel();
	result = call->body(fcinfo);
	if (!is_within)
		AtEOXact_GUC(false, settings);
	if (is_switched)
		SetUserIdAndSecContext(user, security_context);
	return result;
}

static Call *
find_call(const FmgrInfo *function)
{
	Call *call = innermost;

	while (call != NULL && call->function != function)
		call = call->outer;
	if (call == NULL)
		elog(ERROR, "call of a function has not begun");
	return call;
}

/* Stands in the place of a function. */
static Datum
call_foreign(PG_FUNCTION_ARGS)
{
	Call *call = find_call(fcinfo->flinfo);
	Oid role = call->facts.owner;

	if (call->facts.takes_triggers && CALLED_AS_TRIGGER(fcinfo))
	{
		Oid owner = ((TriggerData *) fcinfo->context)->tg_relation->rd_rel->relowner;

		if (is_foreign(owner))
			role = owner;
	}
	return OidIsValid(role) ? call_as(role, call, fcinfo) : call->body(fcinfo);
}

/* Each start below a statement is kept, so that each end finds its own. */
static void
enter(FmgrInfo *function, Datum *place)
{
	Facts facts;
	PGFunction body;
	Call *call;

	if (!find_facts(function->fn_oid, &facts))
		return;
	/* of one that calls itself by the same FmgrInfo, ours may stand there already */
	body = function->fn_addr == call_foreign ? find_call(function)->body : function->fn_addr;
	call = MemoryContextAllocZero(TopMemoryContext, sizeof(Call));
	call->place = place;
	call->facts = facts;
	call->function = function;
	call->body = body;
	call->depth = statement_depth;
	call->outer = innermost;
	innermost = call;
	function->fn_addr = call_foreign;
}

static void
leave(FmgrInfo *function, Datum *place)
{
	if (innermost == NULL || innermost->place != place || innermost->depth != statement_depth)
		return;
	function->fn_addr = innermost->body;
	forget_innermost();
}

static void
hook(FmgrHookEventType event, FmgrInfo *function, Datum *place)
{
	if (next_hook != NULL)
		next_hook(event, function, place);
	if (event == FHET_START)
		enter(function, place);
	else
		leave(function, place);
}

void
mt_foreign_functions_init(void)
{
	next_needs_hook = needs_fmgr_hook;
	needs_fmgr_hook = needs_hook;
	next_hook = fmgr_hook;
	fmgr_hook = hook;
}
