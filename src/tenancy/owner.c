/*
 * tenancy/owner.c
 *		A tenant never loses its last active owner.
 *
 * An owner is an active user with "owner" among the roles of its membership.  Whatever
 * takes that away, of the membership or of the user, queues a check for the end of the
 * transaction, so that ownership may be handed over in any order.  The check compares
 * two states: what is committed without this transaction, in which the tenant had an
 * active owner, and what there is with it, in which it must.  So a tenant that had none
 * is not bound, and one that is deleted as a whole has nothing to lose.  That the user
 * was an owner before does not matter: where checks are not deferred, who became one within
 * the transaction may be who took over from the last.
 *
 * Two who take away different owners at once are told apart by the tenant's row, which
 * each locks before it looks, in the order of the ids; and a suspension of a user waits for
 * whoever makes that user an owner (owner_lock.c) before it looks.  Both looks are at the
 * latest there is, also in a transaction that has one snapshot.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "core/catalog.h"
#include "core/statement.h"
#include "core/trigger.h"
#include "tenancy/owner_lock.h"
#include "utils/rel.h"

/*
 * Memberships m of active owners u.  Where EXISTS ends with OFFSET 0 it is looked up by index for
 * each tenant: a join would read all that the user has, or had until now, or all owners there are.
 */
#define ACTIVE_OWNERS                                                                    \
	"multitenant.\"TenantUsers\" m JOIN multitenant.\"Users\" u ON u.id = m.\"userId\" " \
	"AND u.status = 'active' AND 'owner' = ANY (m.roles)"

MT_FUNCTION_INFO_V1(mt_protect_last_owner);
MT_FUNCTION_INFO_V1(mt_refuse_ownerless_truncate);

/*
 * What this transaction had done when a row was judged: "changed_by" is the command that took
 * the row away, whose other rows had all gone by then.  The command that is current does not
 * tell alone: a statement that set another off goes on under the number it began with.
 */
typedef struct State
{
	uint64 transaction;
	SubTransactionId subtransaction;
	CommandId command;
	CommandId changed_by;
} State;

/* The tenant that had an owner when it was looked at last, and the state then; it is locked since. */
typedef struct LastJudged
{
	State state;
	bool has_tenant;
	pg_uuid_t tenant_id;
} LastJudged;

static LastJudged last_judged;

static State
state_now(HeapTuple old_row)
{
	return (State){.transaction = U64FromFullTransactionId(GetTopFullTransactionId()),
				   .subtransaction = GetCurrentSubTransactionId(),
				   .command = GetCurrentCommandId(false),
				   .changed_by = HeapTupleHeaderGetCmax(old_row->t_data)};
}

static bool
is_judged(const State *state, const pg_uuid_t *tenant_id)
{
	return last_judged.has_tenant && state->transaction == last_judged.state.transaction &&
		   state->subtransaction == last_judged.state.subtransaction &&
		   state->command == last_judged.state.command &&
		   state->changed_by == last_judged.state.changed_by &&
		   memcmp(tenant_id, &last_judged.tenant_id, UUID_LEN) == 0;
}

/* The tenant of the old row. */
static ArrayType *
tenant_of_membership(TriggerData *data)
{
	bool is_null;
	Datum tenant_id = SPI_getbinval(data->tg_trigtuple, RelationGetDescr(data->tg_relation),
									mt_trigger_column(data, "tenantId", UUIDOID), &is_null);

	return construct_array(&tenant_id, 1, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR);
}

/* The tenants that the user would own if it were active, or NULL. */
static ArrayType *
tenants_of_user(const pg_uuid_t *user_id)
{
	static MtStatement find = {.sql = "SELECT pg_catalog.array_agg(\"tenantId\") FROM "
									  "multitenant.\"TenantUsers\" WHERE \"userId\" = $1 "
									  "AND 'owner' = ANY (roles)"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	mt_execute_on_latest(&find, &parameters);
	return mt_column_uuid_array(1);
}

/*
 * Those of the tenants that had an active owner but for this transaction, and, unless it is
 * NULL, those in which the user was one; or NULL.
 */
static ArrayType *
tenants_owned_before(const pg_uuid_t *user_id, ArrayType *tenants)
{
	static MtStatement find = {
		.sql = "SELECT pg_catalog.array_agg(tenant) FROM (SELECT tenant FROM pg_catalog.unnest($2) "
			   "AS tenant WHERE EXISTS (SELECT FROM " ACTIVE_OWNERS
			   " WHERE m.\"tenantId\" = tenant OFFSET 0) "
			   "UNION SELECT m.\"tenantId\" FROM " ACTIVE_OWNERS
			   " WHERE m.\"userId\" = $1) AS owned",
		.is_planned_once = true};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	mt_add_uuid_array(&parameters, tenants);
	mt_query_without_own_changes(&find, &parameters);
	return mt_column_uuid_array(1);
}

/* Lock those in which the user is none any more; how many. */
static uint64
lock_lost_tenants(const pg_uuid_t *user_id, ArrayType *tenants)
{
	static MtStatement lock = {
		.sql = "SELECT FROM multitenant.\"Tenants\" t WHERE t.id = ANY ($2) AND NOT EXISTS "
			   "(SELECT FROM " ACTIVE_OWNERS
			   " WHERE m.\"userId\" = $1 AND m.\"tenantId\" = t.id OFFSET 0) "
			   "ORDER BY t.id FOR NO KEY UPDATE",
		.is_planned_once = true};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	mt_add_uuid_array(&parameters, tenants);
	return mt_execute_on_latest(&lock, &parameters);
}

/* 55000 unless each of the tenants that are still there has an active owner */
static void
require_owners(ArrayType *tenants)
{
	static MtStatement find = {
		.sql = "SELECT t.slug::pg_catalog.text FROM multitenant.\"Tenants\" t "
			   "WHERE t.id = ANY ($1) AND NOT EXISTS (SELECT FROM " ACTIVE_OWNERS
			   " WHERE m.\"tenantId\" = t.id OFFSET 0) ORDER BY t.id LIMIT 1",
		.is_planned_once = true};
	MtParameters parameters = {0};

	mt_add_uuid_array(&parameters, tenants);
	if (mt_execute_on_latest(&find, &parameters) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("tenant \"%s\" would lose its last active owner", mt_column_text(1)),
				 errhint("Make another active user an owner in the same transaction, with "
						 "multitenant.assign_role(), or delete the tenant.")));
}

/*
 * 55000 unless they have, looking once for all who leave one tenant in one statement: each of
 * them would look at all the others.  "before" is the state in which this check began.
 */
static void
require_owners_once(ArrayType *tenants, const State *before)
{
	bool is_single = ArrayGetNItems(ARR_NDIM(tenants), ARR_DIMS(tenants)) == 1;
	const pg_uuid_t *tenant_id = (const pg_uuid_t *) ARR_DATA_PTR(tenants);

	if (!is_single || !is_judged(before, tenant_id))
		require_owners(tenants);
	last_judged = (LastJudged){.state = *before, .has_tenant = is_single};
	last_judged.state.command = GetCurrentCommandId(false); /* our own looks moved it on */
	if (is_single)
		last_judged.tenant_id = *tenant_id;
}

/*
 * SQL: multitenant.protect_last_owner() returns trigger
 *
 * Constraint trigger, AFTER UPDATE OR DELETE, each row that may have made an active owner
 * of somebody, of "TenantUsers" and of "Users".
 */
Datum
mt_protect_last_owner(PG_FUNCTION_ARGS)
{
	TriggerData *data = mt_trigger_data(fcinfo, TRIGGER_EVENT_AFTER | TRIGGER_EVENT_ROW, NULL);
	bool is_user = RelationGetRelid(data->tg_relation) == mt_relation_oid("Users");
	int column = mt_trigger_column(data, is_user ? "id" : "userId", UUIDOID);
	bool is_null;
	pg_uuid_t *user_id = DatumGetUUIDP(
		SPI_getbinval(data->tg_trigtuple, RelationGetDescr(data->tg_relation), column, &is_null));
	State before = state_now(data->tg_trigtuple);
	ArrayType *tenants;

	if (is_user)
		mt_owner_lock_to_judge(user_id);
	SPI_connect();
	if (is_user) /* with those whose memberships went with it: locked in order, all at once */
		tenants = tenants_owned_before(user_id, tenants_of_user(user_id));
	else
		tenants = tenants_owned_before(NULL, tenant_of_membership(data));
	if (tenants != NULL && lock_lost_tenants(user_id, tenants) > 0)
		require_owners_once(tenants, &before);
	SPI_finish();
	return PointerGetDatum(NULL);
}

/*
 * SQL: multitenant.refuse_ownerless_truncate() returns trigger
 *
 * AFTER TRUNCATE, each statement: 55000 unless it took all tenants with it.  Who was an
 * owner cannot be known any more, and role names would be left without their roles.
 */
Datum
mt_refuse_ownerless_truncate(PG_FUNCTION_ARGS)
{
	static MtStatement find = {.sql = "SELECT FROM multitenant.\"Tenants\" LIMIT 1"};
	MtParameters parameters = {0};
	TriggerData *data = mt_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, NULL);

	SPI_connect();
	if (mt_execute_on_latest(&find, &parameters) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" cannot be truncated while there are tenants",
						RelationGetRelationName(data->tg_relation)),
				 errhint("Use DELETE, or truncate \"Tenants\" with it.")));
	SPI_finish();
	return PointerGetDatum(NULL);
}
