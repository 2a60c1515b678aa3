/*
 * access/table_policy.h
 *		Row-level security policies of a table: made where they do not stand yet.
 *
 * What is done here is done with the caller's rights on the table.  Callers pin their
 * search_path and stand inside SPI.
 */
#ifndef MT_TABLE_POLICY_H
#define MT_TABLE_POLICY_H

#include "nodes/pg_list.h"

typedef struct MtTablePolicy
{
	const char *name;
	const char *command; /* ALL, SELECT, INSERT, UPDATE or DELETE */
	bool is_restrictive;
	List *roles; /* Oids in ascending order; NIL means PUBLIC */
	const char *expression;
} MtTablePolicy;

/* The table's name as SQL takes it. */
extern char *mt_table_policy_table_name(Oid table);

/*
 * Make the policy, in place of another of its name; false when just this one stands.
 * For INSERT the expression judges the new row; for UPDATE and ALL the old and the new.
 */
extern bool mt_table_policy_put(Oid table, const MtTablePolicy *policy);

/* False when there is none. */
extern bool mt_table_policy_drop(Oid table, const char *name);

/* Whether the table has any policy. */
extern bool mt_table_policy_exists(Oid table);

/* Turn row-level security on, or off, with FORCE or without; false when it is so. */
extern bool mt_table_policy_set_enabled(Oid table, bool is_enabled, bool is_forced);

#endif /* MT_TABLE_POLICY_H */
