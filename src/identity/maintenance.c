/*
 * identity/maintenance.c
 *		What time has done with: expired, past its retention, due for deletion.
 *
 * One call does at most a batch of each task, in the order of an index, and takes only
 * rows that nobody holds (SKIP LOCKED): it waits for no live traffic, and two at once
 * share the work.  Nothing is remembered from call to call, so a call that is cut off
 * costs its own work and no more.
 *
 * A tenant is deleted when the rows that may be many have gone before, batch by batch,
 * and is locked meanwhile.  Users come last, so that their rows are held for the
 * shortest time.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "core/argument.h"
#include "core/catalog.h"
#include "core/errors.h"
#include "core/settings.h"
#include "core/statement.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "records/append_only.h"
#include "records/audit.h"
#include "records/retention.h"
#include "tcop/tcopprot.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

#define MAX_BATCH_SIZE 1000000

MT_FUNCTION_INFO_V1(mt_run_maintenance);

/* The statements of a task, each given a time ($1) and a number of rows ($2). */
typedef struct Task
{
	const char *name;
	const int *retention; /* after which rows go; NULL: at once */
	bool on_logs;
	MtStatement statements[2];
	MtStatement *of_1_0;	   /* for the first of them, where the catalog is that of 1.0 yet */
	int64 (*run)(int64 limit); /* or a function instead of statements */
} Task;

/* The rows to take: at most $2, oldest first, as the index on "time" has them. */
#define DUE(table, condition, time, lock)                                              \
	"(ARRAY(SELECT ctid FROM multitenant.\"" table "\" WHERE " condition time " < $1 " \
	"ORDER BY " time " LIMIT $2 FOR " lock " SKIP LOCKED))"
#define DELETE_DUE(table, condition, time)                                  \
	{                                                                       \
		.sql = "DELETE FROM multitenant.\"" table                           \
			   "\" WHERE ctid = ANY " DUE(table, condition, time, "UPDATE") \
	}
#define UPDATE_DUE(table, changes, condition, time)                              \
	{                                                                            \
		.sql = "UPDATE multitenant.\"" table "\" SET " changes                   \
			   " WHERE ctid = ANY " DUE(table, condition, time, "NO KEY UPDATE") \
	}

static int64 delete_tenants(int64 limit);

/* 1.0 has no column for the end of a token, but the same index on the expression. */
static MtStatement delete_tokens_of_1_0 =
	DELETE_DUE("OAuthTokens", "", "coalesce(\"refreshTokenExpiresAt\", \"accessTokenExpiresAt\")");

/* clang-format off: a statement stands together */
static Task tasks[] = {
	{.name = "expire_invitations",
	 .statements = {UPDATE_DUE("Invitations", "status = 'expired'", "status = 'pending' AND ",
							   "\"expiresAt\"")}},
	{.name = "delete_tokens",
	 .retention = &mt_token_retention,
	 .statements = {DELETE_DUE("OAuthTokens", "", "\"endsAt\""),
					DELETE_DUE("OAuthTokens", "\"revokedAt\" IS NOT NULL AND ", "\"revokedAt\"")},
	 .of_1_0 = &delete_tokens_of_1_0},
	{.name = "delete_challenges",
	 .statements = {DELETE_DUE("SignInChallenges", "", "\"expiresAt\"")}},
	{.name = "delete_devices",
	 .statements = {DELETE_DUE("RememberedDevices", "", "\"expiresAt\"")}},
	{.name = "trim_login_history",
	 .retention = &mt_login_history_retention,
	 .on_logs = true,
	 .statements = {DELETE_DUE("LoginHistories", "", "\"createdAt\"")}},
	{.name = "trim_activity",
	 .retention = &mt_activity_retention,
	 .on_logs = true,
	 .statements = {DELETE_DUE("ActivityLogs", "", "\"createdAt\"")}},
	{.name = "trim_audit",
	 .retention = &mt_audit_retention,
	 .on_logs = true,
	 .statements = {DELETE_DUE("SecurityAuditLogs", "", "\"createdAt\"")}},
	{.name = "delete_tenants", .run = delete_tenants},
	{.name = "clear_recovery_tokens",
	 .retention = &mt_token_retention,
	 .statements = {UPDATE_DUE("Users",
							   "\"verificationToken\" = NULL, "
							   "\"verificationTokenExpires\" = NULL",
							   "\"verificationToken\" IS NOT NULL AND ",
							   "\"verificationTokenExpires\""),
					UPDATE_DUE("Users", "\"resetToken\" = NULL, \"resetTokenExpires\" = NULL",
							   "\"resetToken\" IS NOT NULL AND ", "\"resetTokenExpires\"")}},
	/* a secret that is in use stays, whatever else the row says */
	{.name = "clear_two_factor_setups",
	 .retention = &mt_token_retention,
	 .statements = {UPDATE_DUE("Users",
							   "\"twoFactorPendingVerification\" = false, "
							   "\"twoFactorSetupStartedAt\" = NULL, \"twoFactorSecret\" = "
							   "CASE WHEN \"twoFactorEnabled\" THEN \"twoFactorSecret\" END",
							   "\"twoFactorPendingVerification\" AND ",
							   "\"twoFactorSetupStartedAt\"")}},
};
/* clang-format on */

/* Of a tenant ($1) at most $2 rows. */
#define OF_TENANT(table, condition)                                      \
	"(ARRAY(SELECT ctid FROM multitenant.\"" table "\" WHERE " condition \
	" LIMIT $2 FOR UPDATE SKIP LOCKED))"
#define CLIENTS_TOKEN                                                        \
	"\"clientId\" = ANY (ARRAY(SELECT id FROM multitenant.\"OAuthClients\" " \
	"WHERE \"tenantId\" = $1))"
/* Its owners stay with it to the end: a tenant does not lose the last one. */
#define TENANTS_MEMBER "\"tenantId\" = $1 AND NOT 'owner' = ANY (roles)"
#define DELETE_OF_TENANT(table, condition)                         \
	{                                                              \
		.sql = "DELETE FROM multitenant.\"" table                  \
			   "\" WHERE ctid = ANY " OF_TENANT(table, condition), \
		.is_by_index = true                                        \
	}
#define FORGET_TENANT(table)                                                                  \
	{                                                                                         \
		.sql = "UPDATE multitenant.\"" table                                                  \
			   "\" SET \"tenantId\" = NULL WHERE ctid = ANY " OF_TENANT(table,                \
																		"\"tenantId\" = $1"), \
		.is_by_index = true                                                                   \
	}
#define SOME(table, condition) "EXISTS (SELECT FROM multitenant.\"" table "\" WHERE " condition ")"

static int64
change_of_tenant(MtStatement *statement, const pg_uuid_t *tenant_id, int64 limit, bool on_logs)
{
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, tenant_id);
	mt_add_bigint(&parameters, limit);
	return (int64) (on_logs ? mt_execute_on_logs(statement, &parameters)
							: mt_execute(statement, &parameters));
}

/* Take away, of a tenant that is locked, up to "limit" of the rows that may be many. */
static int64
drain_tenant(const pg_uuid_t *tenant_id, int64 limit)
{
	static MtStatement rows[] = {DELETE_OF_TENANT("OAuthTokens", CLIENTS_TOKEN),
								 DELETE_OF_TENANT("SignInChallenges", "\"tenantId\" = $1"),
								 DELETE_OF_TENANT("RememberedDevices", "\"tenantId\" = $1"),
								 DELETE_OF_TENANT("Invitations", "\"tenantId\" = $1"),
								 DELETE_OF_TENANT("TenantUsers", TENANTS_MEMBER)};
	static MtStatement logs[] = {FORGET_TENANT("LoginHistories"), FORGET_TENANT("ActivityLogs"),
								 FORGET_TENANT("SecurityAuditLogs")};
	int64 affected = 0;

	for (int i = 0; i < (int) lengthof(rows) && affected < limit; i++)
		affected += change_of_tenant(&rows[i], tenant_id, limit - affected, false);
	for (int i = 0; i < (int) lengthof(logs) && affected < limit; i++)
		affected += change_of_tenant(&logs[i], tenant_id, limit - affected, true);
	return affected;
}

/* Whether a tenant has rows left that somebody else holds, who would be waited for. */
static bool
is_held(const pg_uuid_t *tenant_id)
{
	/* clang-format off */
	static MtStatement look = {
		.sql = "SELECT " SOME("OAuthTokens", CLIENTS_TOKEN)
			   " OR " SOME("SignInChallenges", "\"tenantId\" = $1")
			   " OR " SOME("RememberedDevices", "\"tenantId\" = $1")
			   " OR " SOME("Invitations", "\"tenantId\" = $1")
			   " OR " SOME("TenantUsers", TENANTS_MEMBER)
			   " OR " SOME("LoginHistories", "\"tenantId\" = $1")
			   " OR " SOME("ActivityLogs", "\"tenantId\" = $1")
			   " OR " SOME("SecurityAuditLogs", "\"tenantId\" = $1"),
		.is_by_index = true};
	/* clang-format on */
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, tenant_id);
	mt_execute(&look, &parameters);
	return mt_column_boolean(1);
}

/* How many are gone: none where an application's trigger says so.  The audit row is a trigger's. */
static int64
delete_tenant_row(const pg_uuid_t *tenant_id)
{
	static MtStatement delete = {.sql = "DELETE FROM multitenant.\"Tenants\" WHERE id = $1",
								 .is_by_index = true};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, tenant_id);
	return (int64) mt_execute(&delete, &parameters);
}

/* What is done to a tenant that is locked. */
typedef struct Removal
{
	const pg_uuid_t *tenant_id;
	int64 limit;
	int64 affected;
} Removal;

/*
 * A tenant of which rows are gone already: it comes first the next time, and nobody can
 * cancel any more (multitenant.cancel_tenant_deletion() looks for this time).
 */
static void
mark_begun(const pg_uuid_t *tenant_id)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"Tenants\" SET \"deletionScheduledAt\" = '-infinity' "
			   "WHERE id = $1 AND \"deletionScheduledAt\" > '-infinity'"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, tenant_id);
	mt_execute(&update, &parameters);
}

/* Take away up to "limit" of the rows that may be many; what cannot be marked keeps them. */
static void
drain(Removal *removal)
{
	removal->affected = drain_tenant(removal->tenant_id, removal->limit);
	if (removal->affected > 0)
		mark_begun(removal->tenant_id);
}

/* Take away the tenant itself; what is held below is not waited for either. */
static void
delete_tenant(Removal *removal)
{
	int settings = NewGUCNestLevel();

	set_config_option("lock_timeout", "1ms", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
					  false);
	removal->affected = delete_tenant_row(removal->tenant_id);
	AtEOXact_GUC(true, settings);
}

/* Whether it is for the moment alone: somebody holds what is to go. */
static bool
is_passing(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
		   error->sqlerrcode == ERRCODE_T_R_DEADLOCK_DETECTED;
}

/*
 * Whether an error is about the tenant: what refers to it, holds or guards a row of it,
 * or what an application's trigger says.  Not so a cancel, a server that is out of
 * something, and a transaction that cannot go on.
 */
static bool
is_refusal(const ErrorData *error)
{
	int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return is_passing(error) ||
		   (category != ERRCODE_TO_CATEGORY(ERRCODE_T_R_SERIALIZATION_FAILURE) &&
			category != ERRCODE_TO_CATEGORY(ERRCODE_INSUFFICIENT_RESOURCES) &&
			category != ERRCODE_TO_CATEGORY(ERRCODE_OPERATOR_INTERVENTION) &&
			category != ERRCODE_TO_CATEGORY(ERRCODE_SYSTEM_ERROR) &&
			category != ERRCODE_TO_CATEGORY(ERRCODE_INTERNAL_ERROR));
}

/*
 * Do it in a subtransaction: what an application makes refer to a tenant must not keep all
 * other work undone.  False when it is refused, with a warning where it is not for the
 * moment alone.  The subtransaction ends in any case: an error that leaves one open leaves
 * the session in a failed transaction, with all locks.
 */
static bool
attempt(void (*step)(Removal *), Removal *removal, const char *slug)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		step(removal);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	if (error == NULL)
		ReleaseCurrentSubTransaction();
	else
		RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	if (error == NULL)
		return true;

	removal->affected = 0;
	if (!is_refusal(error))
		ReThrowError(error);
	if (!is_passing(error))
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("tenant \"%s\" is due and cannot be deleted: %s", slug, error->message),
				 error->detail != NULL ? errdetail("%s", error->detail) : 0));
	return false;
}

/* A tenant that is due, and its place in the order of their times. */
typedef struct DueTenant
{
	pg_uuid_t id;
	char *slug;
	TimestampTz scheduled_at; /* DT_NOBEGIN before the first */
} DueTenant;

/* Lock the next one that nobody holds; false when there is none. */
static bool
next_due_tenant(DueTenant *tenant, TimestampTz now)
{
	static MtStatement next = {
		.sql = "SELECT id, slug::pg_catalog.text, \"deletionScheduledAt\" "
			   "FROM multitenant.\"Tenants\" "
			   "WHERE status = 'pending_deletion' AND \"deletionScheduledAt\" <= $1 "
			   "AND (\"deletionScheduledAt\", id) > (coalesce($2, '-infinity'), $3) "
			   "ORDER BY \"deletionScheduledAt\", id LIMIT 1 FOR UPDATE SKIP LOCKED"};
	MtParameters parameters = {0};

	mt_add_timestamp(&parameters, now);
	mt_add_timestamp(&parameters, tenant->scheduled_at);
	mt_add_uuid(&parameters, &tenant->id);
	if (mt_execute(&next, &parameters) == 0)
		return false;
	mt_column_uuid(1, &tenant->id);
	tenant->slug = mt_column_text(2);
	tenant->scheduled_at = mt_column_timestamp(3);
	return true;
}

/* One tenant after the other, while there is room in the batch. */
static int64
delete_tenants(int64 limit)
{
	TimestampTz now = GetCurrentTimestamp();
	DueTenant tenant = {.scheduled_at = DT_NOBEGIN};
	int64 affected = 0;

	while (affected < limit && next_due_tenant(&tenant, now))
	{
		Removal rows = {.tenant_id = &tenant.id, .limit = limit - affected};
		Removal rest = {.tenant_id = &tenant.id};

		if (!attempt(drain, &rows, tenant.slug))
			continue;
		affected += rows.affected;
		if (affected < limit && !is_held(&tenant.id))
			attempt(delete_tenant, &rest, tenant.slug);
		affected += rest.affected;
	}
	return affected;
}

static int64
run_statements(Task *task, int64 limit, TimestampTz now)
{
	TimestampTz before = now;
	int64 affected = 0;

	if (task->retention != NULL)
		before = mt_retention_start(*task->retention, now);
	if (TIMESTAMP_IS_NOBEGIN(before)) /* for ever */
		return 0;
	for (int i = 0; i < (int) lengthof(task->statements) && affected < limit; i++)
	{
		MtStatement *statement = &task->statements[i];
		MtParameters parameters = {0};

		if (statement->sql == NULL)
			break;
		if (i == 0 && task->of_1_0 != NULL && !mt_has_column("OAuthTokens", "endsAt"))
			statement = task->of_1_0;
		mt_add_timestamp(&parameters, before);
		mt_add_bigint(&parameters, limit - affected);
		affected += (int64) (task->on_logs ? mt_execute_on_logs(statement, &parameters)
										   : mt_execute(statement, &parameters));
	}
	return affected;
}

/* Say in pg_stat_activity what is done, as autovacuum does. */
static void
show(const char *activity)
{
	pgstat_report_activity(STATE_RUNNING, activity);
}

/* Run every task; an array of what each did, in the given memory. */
static int64 *
run_tasks(int64 limit, MemoryContext context)
{
	int64 *affected = MemoryContextAllocZero(context, sizeof(int64) * lengthof(tasks));
	TimestampTz now = GetCurrentTimestamp();

	SPI_connect();
	for (int i = 0; i < (int) lengthof(tasks); i++)
	{
		show(psprintf("multitenant.run_maintenance(): %s", tasks[i].name));
		affected[i] = tasks[i].run != NULL ? tasks[i].run(limit)
										   : run_statements(&tasks[i], limit, now);
		if (affected[i] > 0 && tasks[i].retention == &mt_audit_retention)
			mt_audit(&(MtAuditEvent){.event = "audit.trimmed",
									 .severity = "medium",
									 .details = {"rows", psprintf(INT64_FORMAT, affected[i])}});
	}
	SPI_finish();
	show(debug_query_string);
	return affected;
}

static int64
batch_size_argument(FunctionCallInfo fcinfo, int at)
{
	int32 batch_size;

	if (PG_ARGISNULL(at))
		mt_throw_null_argument("batch_size");
	batch_size = PG_GETARG_INT32(at);
	if (batch_size < 1 || batch_size > MAX_BATCH_SIZE)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("batch_size must be between 1 and %d", MAX_BATCH_SIZE)));
	return batch_size;
}

/*
 * SQL: multitenant.run_maintenance(batch_size integer)
 *		returns setof (task text, affected bigint)
 *
 * A row for each task.  All is done by the first call for a row.
 */
Datum
mt_run_maintenance(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	Datum values[2];
	bool nulls[2] = {false, false};
	int64 *affected;

	if (SRF_IS_FIRSTCALL())
	{
		int64 limit = batch_size_argument(fcinfo, 0);
		MemoryContext caller;
		TupleDesc row_type;

		PreventCommandIfReadOnly("run_maintenance()");
		call = SRF_FIRSTCALL_INIT();
		caller = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		call->tuple_desc = BlessTupleDesc(row_type);
		MemoryContextSwitchTo(caller);
		call->user_fctx = run_tasks(limit, call->multi_call_memory_ctx);
	}
	call = SRF_PERCALL_SETUP();
	if (call->call_cntr >= lengthof(tasks))
		SRF_RETURN_DONE(call);
	affected = call->user_fctx;
	values[0] = CStringGetTextDatum(tasks[call->call_cntr].name);
	values[1] = Int64GetDatum(affected[call->call_cntr]);
	SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls)));
}
