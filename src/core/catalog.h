/*
 * core/catalog.h
 *		Oids of the extension's own objects, by name in the schema multitenant.
 */
#ifndef MT_CATALOG_H
#define MT_CATALOG_H

#include "access/attnum.h"

/* Each raises 55000 when the extension is not installed in this database. */
extern Oid mt_schema_oid(void);
extern Oid mt_relation_oid(const char *name); /* a table or an index */
extern Oid mt_relation_owner(Oid relation);
extern AttrNumber mt_column_number(Oid relation, const char *name);

/* Whether a table has a column: not so one that came later than this database's catalog. */
extern bool mt_has_column(const char *table, const char *name);

extern Oid mt_type_oid(const char *name);

/* A function by the types of all its arguments. */
extern Oid mt_function_oid(const char *name, int count, const Oid *types);

/* The Oid that a value of one of our enums is; "type" as CREATE TYPE named it. */
extern Oid mt_enum_value(const char *type, const char *label);

#endif /* MT_CATALOG_H */
