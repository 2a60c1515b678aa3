/*
 * core/catalog.c
 *		Oids of the extension's own objects, by name in the schema multitenant.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "core/catalog.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

pg_noreturn static void
throw_missing(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("multitenant has no object \"%s\" in this database", name),
			 errhint("Create the extension multitenant, or ALTER EXTENSION multitenant UPDATE.")));
}

Oid
mt_schema_oid(void)
{
	Oid schema = get_namespace_oid("multitenant", true);

	if (!OidIsValid(schema))
		throw_missing("multitenant");
	return schema;
}

Oid
mt_relation_oid(const char *name)
{
	Oid relation = get_relname_relid(name, mt_schema_oid());

	if (!OidIsValid(relation))
		throw_missing(name);
	return relation;
}

Oid
mt_relation_owner(Oid relation)
{
	HeapTuple row = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid owner;

	if (!HeapTupleIsValid(row))
		elog(ERROR, "cache lookup failed for relation %u", relation);
	owner = ((Form_pg_class) GETSTRUCT(row))->relowner;
	ReleaseSysCache(row);
	return owner;
}

AttrNumber
mt_column_number(Oid relation, const char *name)
{
	AttrNumber number = get_attnum(relation, name);

	if (number == InvalidAttrNumber)
		throw_missing(name);
	return number;
}

bool
mt_has_column(const char *table, const char *name)
{
	return get_attnum(mt_relation_oid(table), name) != InvalidAttrNumber;
}

Oid
mt_type_oid(const char *name)
{
	Oid type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name),
							   ObjectIdGetDatum(mt_schema_oid()));

	if (!OidIsValid(type))
		throw_missing(name);
	return type;
}

Oid
mt_function_oid(const char *name, int count, const Oid *types)
{
	oidvector *arguments = buildoidvector(types, count);
	Oid function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
								   PointerGetDatum(arguments), ObjectIdGetDatum(mt_schema_oid()));

	if (!OidIsValid(function))
		throw_missing(name);
	return function;
}

Oid
mt_enum_value(const char *type, const char *label)
{
	Oid value = GetSysCacheOid2(ENUMTYPOIDNAME, Anum_pg_enum_oid,
								ObjectIdGetDatum(mt_type_oid(type)), CStringGetDatum(label));

	if (!OidIsValid(value))
		throw_missing(label);
	return value;
}
