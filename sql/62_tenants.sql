-- The life of a tenant.

CREATE FUNCTION multitenant.suspend_tenant(tenant_id uuid, reason text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_suspend_tenant'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.suspend_tenant(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.suspend_tenant(uuid, text) IS
  'Suspends an active tenant: no check, sign-in or session of it holds, from the next statement of every session on. reason: for people, at most 1024 bytes. Errors: P0002 no such tenant; 55000 it is not active. Audit: tenant.suspended.';

CREATE FUNCTION multitenant.activate_tenant(tenant_id uuid)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_activate_tenant'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.activate_tenant(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.activate_tenant(uuid) IS
  'Ends the suspension of a tenant; sessions that have not expired hold again. Errors: P0002 no such tenant; 55000 it is not suspended. Audit: tenant.activated.';

CREATE FUNCTION multitenant.request_tenant_deletion(tenant_id uuid)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'mt_request_tenant_deletion'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.request_tenant_deletion(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.request_tenant_deletion(uuid) IS
  'Puts a tenant, active or suspended, into pending_deletion, which stops it as a suspension does, and returns when run_maintenance() may delete it: "gracePeriodDays" of 24 hours from now. A second request changes nothing and returns the same. Errors: P0002 no such tenant. Audit: tenant.deletion_requested, and tenant.deleted when it is gone.';

CREATE FUNCTION multitenant.cancel_tenant_deletion(tenant_id uuid)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_cancel_tenant_deletion'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.cancel_tenant_deletion(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.cancel_tenant_deletion(uuid) IS
  'Takes a request for deletion back: the tenant is again what it was, active or suspended. Errors: P0002 no such tenant; 55000 no deletion is pending. Audit: tenant.deletion_cancelled.';

CREATE FUNCTION multitenant.set_onboarding_status(tenant_id uuid, status text)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_set_onboarding_status'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.set_onboarding_status(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.set_onboarding_status(uuid, text) IS
  'Moves the onboarding of a tenant forward: pending, in_progress, completed. Errors: P0002 no such tenant; 22023 no such status; 55000 it is as far already, or farther. Audit: tenant.onboarding_changed.';

CREATE FUNCTION multitenant.tenant_has_feature(tenant_id uuid, feature text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_tenant_has_feature'
LANGUAGE C STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.tenant_has_feature(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.tenant_has_feature(uuid, text) IS
  'True when the tenant is active and has the feature: "featureFlags" decides where it has the name, "features" elsewhere, with true or {"enabled": true}. Anything else is false, a null argument too.';
