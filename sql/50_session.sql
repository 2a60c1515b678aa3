-- The context of a transaction.

CREATE FUNCTION multitenant.current_user_id()
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_current_user_id'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION multitenant.current_user_id() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.current_user_id() IS
  'The acting user of this transaction (setting multitenant.user_id, which a superuser alone can SET); null when there is none.';

CREATE FUNCTION multitenant.current_tenant_id()
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_current_tenant_id'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION multitenant.current_tenant_id() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.current_tenant_id() IS
  'The tenant of this transaction (setting multitenant.tenant_id, which a superuser alone can SET); null when there is none.';
