/*
 * core/lookup.c
 *		Rows by an index scan in C.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/pg_collation.h"
#include "core/lookup.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"

void
mt_lookup_by_uuid(MtLookup *lookup, AttrNumber column, const pg_uuid_t *value)
{
	Assert(lookup->count < MT_MAX_LOOKUP_KEYS);
	ScanKeyEntryInitialize(&lookup->keys[lookup->count++], 0, column, BTEqualStrategyNumber,
						   InvalidOid, InvalidOid, F_UUID_EQ, UUIDPGetDatum(value));
}

void
mt_lookup_by_text(MtLookup *lookup, AttrNumber column, Datum value)
{
	Assert(lookup->count < MT_MAX_LOOKUP_KEYS);
	ScanKeyEntryInitialize(&lookup->keys[lookup->count++], 0, column, BTEqualStrategyNumber,
						   InvalidOid, DEFAULT_COLLATION_OID, F_TEXTEQ, value);
}

void
mt_lookup_begin(MtLookup *lookup, const MtIndexedTable *source)
{
	/* for none the server takes a new one, also within a parallel query */
	Snapshot snapshot = lookup->is_of_now ? NULL : GetActiveSnapshot();

	lookup->table = table_open(source->table, AccessShareLock);
	mt_own_oids(); /* the lock may have brought news of the index; "source" is refreshed */
	lookup->scan = systable_beginscan(lookup->table, source->index, true, snapshot, lookup->count,
									  lookup->keys);
}

HeapTuple
mt_lookup_next(MtLookup *lookup)
{
	return systable_getnext(lookup->scan);
}

Datum
mt_lookup_column(MtLookup *lookup, HeapTuple row, AttrNumber column, bool *is_null)
{
	bool ignored;

	return heap_getattr(row, column, RelationGetDescr(lookup->table),
						is_null == NULL ? &ignored : is_null);
}

/* The table's lock stays until the transaction ends: the next row finds it held. */
void
mt_lookup_end(MtLookup *lookup)
{
	systable_endscan(lookup->scan);
	table_close(lookup->table, NoLock);
}
