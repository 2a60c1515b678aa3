/*
 * tenancy/owner.c
 *		A tenant never loses its last active owner.
 *
 * An owner is an active user with "owner" among the roles of its membership.  Whatever
 * takes that away, of the membership or of the user, queues a check for the end of the
 * transaction, so that ownership may be handed over in any order.  The check compares
 * two states: what is committed without this transaction, in which the user counted, and
 * what there is with it, in which somebody must.  So a tenant that had no active owner
 * is not bound, and one that is deleted as a whole has nothing to lose.
 *
 * Two who take away different owners at once are told apart by the tenant's row, which
 * each locks before it looks, in the order of the ids; and a suspension of a user waits for
 * whoever makes that user an owner (owner_lock.c) before it looks.  Both looks are at the
 * latest there is, also in a transaction that has one snapshot.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "core/catalog.h"
#include "core/statement.h"
#include "core/trigger.h"
#include "tenancy/owner_lock.h"
#include "utils/rel.h"

/* Memberships m of active owners u. */
#define ACTIVE_OWNERS                                                                    \
	"multitenant.\"TenantUsers\" m JOIN multitenant.\"Users\" u ON u.id = m.\"userId\" " \
	"AND u.status = 'active' AND 'owner' = ANY (m.roles)"

MT_FUNCTION_INFO_V1(mt_protect_last_owner);
MT_FUNCTION_INFO_V1(mt_refuse_ownerless_truncate);

/* The check that was made last, and what was found then. */
typedef struct LastCheck
{
	uint64 transaction;
	SubTransactionId subtransaction;
	CommandId command;
	pg_uuid_t user_id;
	bool has_tenant;
	pg_uuid_t tenant_id; /* has an active owner, and is locked */
} LastCheck;

static LastCheck last_check;

static LastCheck
check_now(const pg_uuid_t *user_id)
{
	LastCheck check = {.transaction = U64FromFullTransactionId(GetTopFullTransactionId()),
					   .subtransaction = GetCurrentSubTransactionId(),
					   .command = GetCurrentCommandId(false),
					   .user_id = *user_id};

	return check;
}

/* Whether this transaction has changed nothing since the last check. */
static bool
is_current(const LastCheck *check)
{
	return check->transaction == last_check.transaction &&
		   check->subtransaction == last_check.subtransaction &&
		   check->command == last_check.command;
}

/*
 * One statement can take away many memberships of one user, and each queues a check of
 * all of them.
 */
static bool
is_checked(const LastCheck *check)
{
	return is_current(check) &&
		   memcmp(&check->user_id, &last_check.user_id, sizeof(pg_uuid_t)) == 0;
}

/* The only tenant of the array; NULL where there are more. */
static const pg_uuid_t *
single_tenant(ArrayType *tenants)
{
	if (ArrayGetNItems(ARR_NDIM(tenants), ARR_DIMS(tenants)) != 1)
		return NULL;
	return (const pg_uuid_t *) ARR_DATA_PTR(tenants);
}

/* The tenants in which the user is an active owner but for this transaction, or NULL. */
static ArrayType *
tenants_owned_before(const pg_uuid_t *user_id)
{
	static MtStatement find = {
		.sql = "SELECT pg_catalog.array_agg(m.\"tenantId\") FROM " ACTIVE_OWNERS
			   " WHERE m.\"userId\" = $1"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	mt_query_without_own_changes(&find, &parameters);
	return mt_column_uuid_array(1);
}

/* Lock those in which the user is none any more; how many. */
static uint64
lock_lost_tenants(const pg_uuid_t *user_id, ArrayType *tenants)
{
	static MtStatement lock = {
		.sql = "SELECT FROM multitenant.\"Tenants\" t WHERE t.id = ANY ($2) AND NOT EXISTS "
			   "(SELECT FROM " ACTIVE_OWNERS " WHERE m.\"userId\" = $1 AND m.\"tenantId\" = t.id) "
			   "ORDER BY t.id FOR NO KEY UPDATE"};
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
			   " WHERE m.\"tenantId\" = t.id) ORDER BY t.id LIMIT 1"};
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
 * The same, once for all those who leave one tenant in one statement: each of them would look
 * at all the others.
 */
static void
find_owners(ArrayType *tenants, LastCheck *check)
{
	const pg_uuid_t *tenant_id = single_tenant(tenants);

	if (tenant_id == NULL || !is_current(check) || !last_check.has_tenant ||
		memcmp(tenant_id, &last_check.tenant_id, sizeof(pg_uuid_t)) != 0)
		require_owners(tenants);
	if (tenant_id == NULL)
		return;
	check->has_tenant = true;
	check->tenant_id = *tenant_id;
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
	LastCheck check = check_now(user_id);
	ArrayType *tenants;

	if (!is_user && is_checked(&check))
		return PointerGetDatum(NULL);
	if (is_user)
		mt_owner_lock_to_judge(user_id);
	SPI_connect();
	tenants = tenants_owned_before(user_id);
	if (tenants != NULL && lock_lost_tenants(user_id, tenants) > 0)
		find_owners(tenants, &check);
	SPI_finish();
	last_check = check_now(user_id);
	last_check.has_tenant = check.has_tenant;
	last_check.tenant_id = check.tenant_id;
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
