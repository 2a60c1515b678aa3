/*
 * core/lookup.h
 *		Rows by an index scan in C: for the checks that stand in queries and policies.
 *
 * A lookup costs a fraction of a statement through SPI (the comparison is in
 * test/bench).  It needs neither the caller's rights on the table nor a search_path:
 * who uses it decides itself what may be read.
 */
#ifndef MT_LOOKUP_H
#define MT_LOOKUP_H

#include "access/genam.h"
#include "access/skey.h"
#include "core/own_oids.h"
#include "utils/rel.h"
#include "utils/uuid.h"

#define MT_MAX_LOOKUP_KEYS 2

/* Zeroed at first, then the keys, then begin. */
typedef struct MtLookup
{
	bool is_of_now; /* not what the statement sees, but what is committed now and our own */
	Relation table;
	SysScanDesc scan;
	int count;
	ScanKeyData keys[MT_MAX_LOOKUP_KEYS];
} MtLookup;

/* Equality of a column; in the order of the index, leading columns first. */
extern void mt_lookup_by_uuid(MtLookup *lookup, AttrNumber column, const pg_uuid_t *value);
extern void mt_lookup_by_text(MtLookup *lookup, AttrNumber column, Datum value);

/* Under the active snapshot, unless "is_of_now". "source" lies in what mt_own_oids() returns. */
extern void mt_lookup_begin(MtLookup *lookup, const MtIndexedTable *source);

/* The next row, valid until the one after it is asked for; NULL at the end. */
extern HeapTuple mt_lookup_next(MtLookup *lookup);

/* A column of a row; "is_null" may be NULL where the column has a NOT NULL. */
extern Datum mt_lookup_column(MtLookup *lookup, HeapTuple row, AttrNumber column, bool *is_null);

extern void mt_lookup_end(MtLookup *lookup);

#endif /* MT_LOOKUP_H */
