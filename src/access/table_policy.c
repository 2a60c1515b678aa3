/*
 * access/table_policy.c
 *		Row-level security policies of a table: made where they do not stand yet.
 *
 * Notes: the text of a policy is its only definition.  Whether it stands already is told
 * by parsing that text as CREATE POLICY does and comparing the trees, so that a call which
 * changes nothing takes no lock that would stop the application.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/htup_details.h"
#include "access/table_policy.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_type.h"
#include "core/row_security.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/parse_clause.h"
#include "parser/parse_collate.h"
#include "parser/parse_node.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

char *
mt_table_policy_table_name(Oid table)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(table)),
									  get_rel_name(table));
}

static void
run(const char *sql)
{
	int result = SPI_execute(sql, false, 0);

	if (result < 0)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
}

/* What pg_policy has for the command. */
static char
command_letter(const char *command)
{
	switch (command[0])
	{
		case 'S':
			return ACL_SELECT_CHR;
		case 'I':
			return ACL_INSERT_CHR;
		case 'U':
			return ACL_UPDATE_CHR;
		case 'D':
			return ACL_DELETE_CHR;
		default:
			return '*';
	}
}

/* The expression as a policy of the table has it, parsed and analysed. */
static Node *
parse_expression(Relation table, const char *expression)
{
	ParseState *state = make_parsestate(NULL);
	List *statements = raw_parser(expression, RAW_PARSE_PLPGSQL_EXPR);
	SelectStmt *select = castNode(SelectStmt, linitial_node(RawStmt, statements)->stmt);
	Node *tree;

	addNSItemToQuery(state,
					 addRangeTableEntryForRelation(state, table, AccessShareLock, NULL, false,
												   false),
					 false, true, true);
	tree = transformWhereClause(state, linitial_node(ResTarget, select->targetList)->val,
								EXPR_KIND_POLICY, "POLICY");
	assign_expr_collations(state, tree);
	free_parsestate(state);
	return tree;
}

/* A stored expression; NULL when there is none. */
static Node *
stored_expression(HeapTuple row, AttrNumber column, TupleDesc row_type)
{
	bool is_null;
	Datum value = heap_getattr(row, column, row_type, &is_null);

	return is_null ? NULL : stringToNode(TextDatumGetCString(value));
}

/* Whether the policy is for just these roles. */
static bool
has_roles(HeapTuple row, TupleDesc row_type, List *roles)
{
	bool is_null;
	ArrayType *stored = DatumGetArrayTypeP(
		heap_getattr(row, Anum_pg_policy_polroles, row_type, &is_null));
	int count = ArrayGetNItems(ARR_NDIM(stored), ARR_DIMS(stored));
	Oid *stored_roles = (Oid *) ARR_DATA_PTR(stored);
	ListCell *cell;

	if (roles == NIL)
		return count == 1 && stored_roles[0] == ACL_ID_PUBLIC;
	if (count != list_length(roles))
		return false;
	foreach(cell, roles)
	{
		bool found = false;

		for (int i = 0; i < count; i++)
			found |= stored_roles[i] == lfirst_oid(cell);
		if (!found)
			return false;
	}
	return true;
}

/* Whether the row of pg_policy is what the policy would be. */
static bool
is_same(HeapTuple row, TupleDesc row_type, Relation table, const MtTablePolicy *policy)
{
	Form_pg_policy form = (Form_pg_policy) GETSTRUCT(row);
	Node *old_rows = stored_expression(row, Anum_pg_policy_polqual, row_type);
	Node *new_rows = stored_expression(row, Anum_pg_policy_polwithcheck, row_type);
	Node *tree = parse_expression(table, policy->expression);

	if (form->polcmd != command_letter(policy->command) ||
		form->polpermissive == policy->is_restrictive || !has_roles(row, row_type, policy->roles))
		return false;
	if (form->polcmd == ACL_INSERT_CHR)
		return old_rows == NULL && equal(new_rows, tree);
	return new_rows == NULL && equal(old_rows, tree);
}

static bool
stands(Oid table, const MtTablePolicy *policy)
{
	Relation relation = table_open(table, AccessShareLock);
	Relation catalog = table_open(PolicyRelationId, AccessShareLock);
	HeapTuple row = mt_policy_row(table, policy->name);
	bool same = row != NULL && is_same(row, RelationGetDescr(catalog), relation, policy);

	table_close(catalog, AccessShareLock);
	table_close(relation, NoLock);
	return same;
}

static char *
role_list(List *roles)
{
	StringInfoData list;
	ListCell *cell;

	if (roles == NIL)
		return "PUBLIC";
	initStringInfo(&list);
	foreach(cell, roles)
		appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ",
						 quote_identifier(GetUserNameFromId(lfirst_oid(cell), false)));
	return list.data;
}

bool
mt_table_policy_put(Oid table, const MtTablePolicy *policy)
{
	if (stands(table, policy))
		return false;
	mt_table_policy_drop(table, policy->name);
	run(psprintf("CREATE POLICY %s ON %s AS %s FOR %s TO %s %s (%s)", policy->name,
				 mt_table_policy_table_name(table),
				 policy->is_restrictive ? "RESTRICTIVE" : "PERMISSIVE", policy->command,
				 role_list(policy->roles),
				 command_letter(policy->command) == ACL_INSERT_CHR ? "WITH CHECK" : "USING",
				 policy->expression));
	return true;
}

bool
mt_table_policy_drop(Oid table, const char *name)
{
	if (mt_policy_row(table, name) == NULL)
		return false;
	run(psprintf("DROP POLICY %s ON %s", name, mt_table_policy_table_name(table)));
	return true;
}

bool
mt_table_policy_exists(Oid table)
{
	return mt_policy_row(table, NULL) != NULL;
}

bool
mt_table_policy_set_enabled(Oid table, bool is_enabled, bool is_forced)
{
	HeapTuple row = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Form_pg_class form;
	bool same;

	if (!HeapTupleIsValid(row))
		elog(ERROR, "cache lookup failed for relation %u", table);
	form = (Form_pg_class) GETSTRUCT(row);
	same = form->relrowsecurity == is_enabled && form->relforcerowsecurity == is_forced;
	ReleaseSysCache(row);
	if (same)
		return false;
	run(psprintf("ALTER TABLE ONLY %s %s ROW LEVEL SECURITY, %s ROW LEVEL SECURITY",
				 mt_table_policy_table_name(table), is_enabled ? "ENABLE" : "DISABLE",
				 is_forced ? "FORCE" : "NO FORCE"));
	return true;
}
