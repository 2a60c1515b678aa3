-- The context of a transaction.

-- For the planner: a function of the context is called once for a query, not for each row.
CREATE FUNCTION multitenant.once_per_query_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'mt_once_per_query_support'
LANGUAGE C STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION multitenant.once_per_query_support(internal) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.once_per_query_support(internal) IS
  'For the planner: a call whose arguments do not come from a row is evaluated once for a query that reads rows, as (SELECT f()) is';

CREATE FUNCTION multitenant.current_user_id()
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_current_user_id'
LANGUAGE C STABLE STRICT PARALLEL SAFE SUPPORT multitenant.once_per_query_support;
REVOKE ALL ON FUNCTION multitenant.current_user_id() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.current_user_id() IS
  'The acting user of this transaction (setting multitenant.user_id, which a superuser alone can SET); null when there is none.';

CREATE FUNCTION multitenant.current_tenant_id()
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_current_tenant_id'
LANGUAGE C STABLE STRICT PARALLEL SAFE SUPPORT multitenant.once_per_query_support;
REVOKE ALL ON FUNCTION multitenant.current_tenant_id() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.current_tenant_id() IS
  'The tenant of this transaction (setting multitenant.tenant_id, which a superuser alone can SET); null when there is none.';

-- Set by whoever may choose who it is: the mark of a trusted back end. It reads by
-- itself and writes settings alone, so the caller's rights are enough.
CREATE FUNCTION multitenant.set_context(user_id uuid, tenant_id uuid DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_set_context'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION multitenant.set_context(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.set_context(uuid, uuid) IS
  'Makes a user the acting one, in a tenant or in none, until the transaction ends (or the savepoint is rolled back). For a trusted back end alone: whoever may call it may be anybody. Errors: P0002 the user is not active or not an active member of that tenant; 22023 null user_id; 55000 row-level security is recorded as enabled and missing, as after a restore: enable_row_security().';

CREATE FUNCTION multitenant.clear_context()
RETURNS void
AS 'MODULE_PATHNAME', 'mt_clear_context'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION multitenant.clear_context() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.clear_context() IS
  'Ends the context of the transaction: neither user nor tenant, until it is set again.';
