/*
 * test/bench/floor.c
 *		What the extension is measured against in C: a call that does nothing, the bare
 *		libraries, and a loop over a prepared statement that adds no network.
 *
 * Not part of the extension: loaded by the benchmark alone.
 */
#include "postgres.h"

#include <argon2.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <time.h>

#include "access/htup_details.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(bench_nothing);
PG_FUNCTION_INFO_V1(bench_argon2id);
PG_FUNCTION_INFO_V1(bench_three_hmacs);
PG_FUNCTION_INFO_V1(bench_three_hmacs_evp_mac);
PG_FUNCTION_INFO_V1(bench_clock);
PG_FUNCTION_INFO_V1(bench_prepared);

#define HMAC_COUNT 3
#define SHA1_BYTES 20
#define COUNTER_BYTES 8
#define MAX_HASH_BYTES 64
#define WARM_UP 10

/* SQL: bench.nothing(text) returns boolean: the floor of any call */
Datum
bench_nothing(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(true);
}

/*
 * SQL: bench.argon2id(password text, salt bytea, memory integer, iterations integer,
 *		bytes integer) returns bytea
 *
 * libargon2's own one-call interface, one lane.
 */
Datum
bench_argon2id(PG_FUNCTION_ARGS)
{
	text *password = PG_GETARG_TEXT_PP(0);
	bytea *salt = PG_GETARG_BYTEA_PP(1);
	int bytes = PG_GETARG_INT32(4);
	bytea *result;
	int status;

	if (bytes < 4 || bytes > MAX_HASH_BYTES)
		elog(ERROR, "a hash has 4 to %d bytes", MAX_HASH_BYTES);
	result = palloc(VARHDRSZ + bytes);
	SET_VARSIZE(result, VARHDRSZ + bytes);
	status = argon2id_hash_raw(PG_GETARG_INT32(3), PG_GETARG_INT32(2), 1, VARDATA_ANY(password),
							   VARSIZE_ANY_EXHDR(password), VARDATA_ANY(salt),
							   VARSIZE_ANY_EXHDR(salt), VARDATA(result), bytes);
	if (status != ARGON2_OK)
		elog(ERROR, "argon2id_hash_raw: %s", argon2_error_message(status));
	PG_RETURN_BYTEA_P(result);
}

static void
write_counter(uint64 counter, unsigned char *bytes)
{
	for (int i = COUNTER_BYTES - 1; i >= 0; i--, counter >>= 8)
		bytes[i] = (unsigned char) counter;
}

/*
 * SQL: bench.three_hmacs(key bytea, counter bigint) returns boolean
 *
 * Three of OpenSSL's one-shot HMACs.  The result depends on all of them.
 */
Datum
bench_three_hmacs(PG_FUNCTION_ARGS)
{
	bytea *key = PG_GETARG_BYTEA_PP(0);
	uint64 counter = (uint64) PG_GETARG_INT64(1);
	unsigned char message[COUNTER_BYTES];
	unsigned char mac[SHA1_BYTES];
	unsigned char all = 0;

	for (int i = 0; i < HMAC_COUNT; i++)
	{
		write_counter(counter + i, message);
		if (HMAC(EVP_sha1(), VARDATA_ANY(key), (int) VARSIZE_ANY_EXHDR(key), message,
				 sizeof(message), mac, NULL) == NULL)
			elog(ERROR, "HMAC failed");
		all |= mac[0];
	}
	PG_RETURN_BOOL(all != 0);
}

/*
 * SQL: bench.three_hmacs_evp_mac(key bytea, counter bigint) returns boolean
 *
 * The same with the algorithm fetched once for the process, one context that is
 * reused, and the key set once for the three.
 */
Datum
bench_three_hmacs_evp_mac(PG_FUNCTION_ARGS)
{
	static EVP_MAC_CTX *context = NULL;
	bytea *key = PG_GETARG_BYTEA_PP(0);
	uint64 counter = (uint64) PG_GETARG_INT64(1);
	unsigned char message[COUNTER_BYTES];
	unsigned char mac[SHA1_BYTES];
	unsigned char all = 0;

	if (context == NULL)
	{
		EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
		OSSL_PARAM sha1[] = {OSSL_PARAM_construct_utf8_string("digest", "SHA1", 0),
							 OSSL_PARAM_construct_end()};

		context = EVP_MAC_CTX_new(hmac);
		if (context == NULL || !EVP_MAC_CTX_set_params(context, sha1))
			elog(ERROR, "EVP_MAC cannot be had");
	}
	for (int i = 0; i < HMAC_COUNT; i++)
	{
		const unsigned char *new_key = i == 0 ? (unsigned char *) VARDATA_ANY(key) : NULL;
		size_t length;

		write_counter(counter + i, message);
		if (!EVP_MAC_init(context, new_key, i == 0 ? VARSIZE_ANY_EXHDR(key) : 0, NULL) ||
			!EVP_MAC_update(context, message, sizeof(message)) ||
			!EVP_MAC_final(context, mac, &length, sizeof(mac)))
			elog(ERROR, "EVP_MAC failed");
		all |= mac[0];
	}
	PG_RETURN_BOOL(all != 0);
}

/*
 * Microseconds that this process has run.  Not the wall's clock: what other processes
 * take of a busy machine is no part of what is measured, and nothing here waits.
 */
static double
process_clock(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0)
		elog(ERROR, "there is no clock of the process: %m");
	return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3;
}

/* SQL: bench.clock() returns float8 */
Datum
bench_clock(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(process_clock());
}

/* Whether a statement answered with a true in the first column of its only row. */
static bool
answered_true(void)
{
	bool is_null;
	Datum answer;

	if (SPI_processed != 1)
		return false;
	answer = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
	return !is_null && DatumGetBool(answer);
}

/*
 * SQL: bench.prepared(statement text, arguments text, INOUT microseconds float8,
 *		INOUT trues bigint), a procedure
 *
 * Prepares the statement once and executes it for every row that the query
 * "arguments" returns, whose columns are the parameters, each time in a transaction
 * of its own, as a driver does with autocommit.  Answers the mean time of an
 * execution, without its COMMIT, and how many answered true.  The first executions,
 * for which the server still plans anew, are not timed.
 */
Datum
bench_prepared(PG_FUNCTION_ARGS)
{
	char *statement = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char *arguments = text_to_cstring(PG_GETARG_TEXT_PP(1));
	bool is_atomic = !IsA(fcinfo->context, CallContext) ||
					 castNode(CallContext, fcinfo->context)->atomic;
	MemoryContext caller = CurrentMemoryContext;
	TupleDesc row_type;
	SPITupleTable *rows;
	uint64 count;
	int columns;
	Oid *types;
	Datum *values;
	char *nulls;
	SPIPlanPtr plan;
	double total = 0;
	int64 trues = 0;
	Datum results[2];
	bool no_nulls[2] = {false, false};

	if (is_atomic)
		elog(ERROR, "bench.prepared must be called outside a transaction block");
	SPI_connect_ext(SPI_OPT_NONATOMIC);
	if (SPI_execute(arguments, false, 0) != SPI_OK_SELECT || SPI_processed <= WARM_UP)
		elog(ERROR, "too few arguments");
	rows = SPI_tuptable;
	count = SPI_processed;
	columns = rows->tupdesc->natts;
	types = palloc(sizeof(Oid) * columns);
	values = palloc(sizeof(Datum) * columns);
	nulls = palloc(columns);
	for (int i = 0; i < columns; i++)
		types[i] = SPI_gettypeid(rows->tupdesc, i + 1);
	plan = SPI_prepare(statement, columns, types);
	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "cannot prepare: %s", statement);

	for (uint64 i = 0; i < count; i++)
	{
		double started;
		double ended;

		for (int j = 0; j < columns; j++)
		{
			bool is_null;

			values[j] = SPI_getbinval(rows->vals[i], rows->tupdesc, j + 1, &is_null);
			nulls[j] = is_null ? 'n' : ' ';
		}
		started = process_clock();
		if (SPI_execute_plan(plan, values, nulls, false, 0) != SPI_OK_SELECT)
			elog(ERROR, "not a SELECT: %s", statement);
		ended = process_clock();
		if (i >= WARM_UP)
			total += ended - started;
		trues += answered_true();
		SPI_freetuptable(SPI_tuptable);
		SPI_commit();
	}
	SPI_freeplan(plan);
	SPI_finish();

	MemoryContextSwitchTo(caller);
	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "result type must be a row type");
	results[0] = Float8GetDatum(total / (double) (count - WARM_UP));
	results[1] = Int64GetDatum(trues);
	PG_RETURN_DATUM(
		HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), results, no_nulls)));
}
