/*
 * access/once.c
 *		Functions of the context, evaluated once for a query.
 *
 * A STABLE function without arguments from a row is called for every row of a query.
 * Written as (SELECT f()) it is called once, and its value can gate the whole plan; but
 * who writes a policy should not have to know.  So the planner's question how to simplify
 * the call is answered with just that sub-select.
 *
 * Not where the query reads no rows: there is nothing to win, the sub-select itself is
 * such a query, and PL/pgSQL evaluates such expressions without the executor that a
 * sub-select needs.  Nor where the planner would not plan the sub-select, or not recognise
 * one call as the same as another: see can_have_sub_select().
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/htup_details.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

MT_FUNCTION_INFO_V1(mt_once_per_query_support);

/* The same in every row: a constant, or a parameter of the whole statement. */
static bool
is_fixed(Node *argument)
{
	while (IsA(argument, RelabelType))
		argument = (Node *) ((RelabelType *) argument)->arg;
	return IsA(argument, Const) ||
		   (IsA(argument, Param) && ((Param *) argument)->paramkind == PARAM_EXTERN);
}

static bool
all_fixed(List *arguments)
{
	ListCell *cell;

	foreach(cell, arguments)
	{
		if (!is_fixed(lfirst(cell)))
			return false;
	}
	return true;
}

/* Is there more to read than the one row of a query without FROM? */
static bool
reads_rows(Query *query)
{
	ListCell *cell;

	foreach(cell, query->rtable)
	{
		if (((RangeTblEntry *) lfirst(cell))->rtekind != RTE_RESULT)
			return true;
	}
	return false;
}

/* Is it the function, or one in SQL, which may be inlined and then call it? */
static bool
may_be_call(Oid function, void *asked)
{
	HeapTuple row;
	bool is_sql;

	if (function == *(Oid *) asked)
		return true;
	row = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(row))
		return false;
	is_sql = ((Form_pg_proc) GETSTRUCT(row))->prolang == SQLlanguageId;
	ReleaseSysCache(row);
	return is_sql;
}

/* Does the expression call the function?  Not what a sub-select in it does. */
static bool
may_call(Node *node, void *asked)
{
	if (node == NULL || IsA(node, Query))
		return false;
	return check_functions_in_node(node, may_be_call, asked) ||
		   expression_tree_walker(node, may_call, asked);
}

/* Is there an EXISTS whose own condition calls the function? */
static bool
exists_may_call(Node *node, void *asked)
{
	if (node == NULL || IsA(node, Query))
		return false;
	if (IsA(node, SubLink) && ((SubLink *) node)->subLinkType == EXISTS_SUBLINK &&
		may_call((Node *) castNode(Query, ((SubLink *) node)->subselect)->jointree, asked))
		return true;
	return expression_tree_walker(node, exists_may_call, asked);
}

/*
 * Sub-selects are turned into plans right after an expression was simplified, but the
 * planner also simplifies elsewhere.  Once it knows the relations, it is done
 * with sub-selects; and on the way from EXISTS to IN it simplifies the condition of the
 * inner query in the name of the outer one.  Grouping sets make an expression null
 * wherever it is found again, which two sub-selects are not.
 */
static bool
can_have_sub_select(PlannerInfo *root, Oid function)
{
	Query *query = root->parse;

	if (root->simple_rel_array != NULL || query->groupingSets != NIL)
		return false;
	return !query->hasSubLinks ||
		   (!query_tree_walker(query, exists_may_call, &function,
							   QTW_IGNORE_RT_SUBQUERIES | QTW_IGNORE_CTE_SUBQUERIES) &&
			!exists_may_call((Node *) root->append_rel_list, &function));
}

/* (SELECT f(…)) */
static Node *
sub_select(FuncExpr *call)
{
	Query *query = makeNode(Query);
	SubLink *link = makeNode(SubLink);
	char *name = get_func_name(call->funcid);

	query->commandType = CMD_SELECT;
	query->querySource = QSRC_ORIGINAL;
	query->canSetTag = true;
	query->targetList = list_make1(makeTargetEntry(copyObject((Expr *) call), 1, name, false));
	query->jointree = makeFromExpr(NIL, NULL);

	link->subLinkType = EXPR_SUBLINK;
	link->subselect = (Node *) query;
	link->location = call->location;
	return (Node *) link;
}

/*
 * SQL: multitenant.once_per_query_support(internal) returns internal
 *
 * The planner turns sub-selects into plans right after it has simplified an expression,
 * where the query says that it has any.
 */
Datum
mt_once_per_query_support(PG_FUNCTION_ARGS)
{
	Node *request = (Node *) PG_GETARG_POINTER(0);
	PlannerInfo *root;
	FuncExpr *call;

	if (!IsA(request, SupportRequestSimplify))
		PG_RETURN_POINTER(NULL);
	root = ((SupportRequestSimplify *) request)->root;
	call = ((SupportRequestSimplify *) request)->fcall;
	if (root == NULL || !reads_rows(root->parse) || !all_fixed(call->args) ||
		!can_have_sub_select(root, call->funcid))
		PG_RETURN_POINTER(NULL);
	root->parse->hasSubLinks = true;
	PG_RETURN_POINTER(sub_select(call));
}
