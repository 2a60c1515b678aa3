-- Sessions.

CREATE FUNCTION multitenant.create_session(
  user_id uuid, tenant_id uuid, ip_address text DEFAULT NULL, user_agent text DEFAULT NULL,
  OUT access_token text, OUT refresh_token text, OUT expires_at timestamptz)
AS 'MODULE_PATHNAME', 'mt_create_session'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.create_session(uuid, uuid, text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.create_session(uuid, uuid, text, text) IS
  'Makes a session for a user whom the back end has authenticated itself: neither second factor nor address is judged here. tenant_id: null for a session that belongs to no tenant. The tokens are returned this once; expires_at is that of the access token, after session.sessionTimeout of the tenant''s policy or multitenant.session_timeout. Over session.maxConcurrentSessions the oldest session of the user in the tenant ends. Errors: P0002 no such user or tenant; 55000 the user or the tenant is not active, or the user is not a member; 22023 null user_id; 22P02 ip_address is not one; 25006 read-only transaction. Audit: session.created, session.displaced.';

-- These two read by themselves and decide what; the little they write they write as the
-- owner of the tables. A SET clause would cost as much as the rest.
CREATE FUNCTION multitenant.verify_session(access_token text, ip_address text DEFAULT NULL)
RETURNS TABLE (user_id uuid, tenant_id uuid, roles text[], scopes text[], expires_at timestamptz)
AS 'MODULE_PATHNAME', 'mt_verify_session'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1;
REVOKE ALL ON FUNCTION multitenant.verify_session(text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.verify_session(text, text) IS
  'Whose session an access token is: one row, or none when it is not good: unknown, ended or expired, the user or the tenant not active, not a member any more, or the address not one that the tenant allows. All of it is judged at each call. ip_address: of the client; where the tenant restricts addresses a null one is refused. tenant_id is null for a session that belongs to no tenant, and roles and scopes are empty then. Where session.extendOnActivity is on, use moves expires_at; that is written at most once in a tenth of the timeout and never in a read-only transaction or on a standby. Errors: 22P02 ip_address is not one.';

CREATE FUNCTION multitenant.use_session(access_token text, ip_address text DEFAULT NULL)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_use_session'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION multitenant.use_session(text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.use_session(text, text) IS
  'Verifies an access token as verify_session does and makes its user and tenant the context until the transaction ends (or the savepoint is rolled back). False leaves the context as it was. Errors: 22P02 ip_address is not one; 55000 the transaction of a client has been in another tenant.';

CREATE FUNCTION multitenant.refresh_session(refresh_token text, ip_address text DEFAULT NULL, user_agent text DEFAULT NULL)
RETURNS TABLE (access_token text, refresh_token text, expires_at timestamptz)
AS 'MODULE_PATHNAME', 'mt_refresh_session'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.refresh_session(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.refresh_session(text, text, text) IS
  'A new pair of tokens for a refresh token: one row, and the old pair is void; or none when the session has ended, multitenant.refresh_token_lifetime has passed since it began, user, membership, tenant or a given address do not allow it, or the policy says requireMFA and the session is without a second factor. For multitenant.refresh_grace after that the old token gives the same new pair again. Any earlier token of the session ends the session, so call it in a transaction of its own: a rollback takes that back. A token that was never issued ends nothing. Errors: 22P02 ip_address is not one; 25006 read-only transaction. Audit: session.refresh_token_reused, critical.';

CREATE FUNCTION multitenant.end_session(access_token text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_end_session'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.end_session(text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.end_session(text) IS
  'Ends the session of an access token, also of an expired one whose session could still be renewed; false when there is no such session, or it has ended. Errors: 25006 read-only transaction. Audit: session.ended.';

CREATE FUNCTION multitenant.end_all_sessions(user_id uuid, tenant_id uuid DEFAULT NULL)
RETURNS integer
AS 'MODULE_PATHNAME', 'mt_end_all_sessions'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.end_all_sessions(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.end_all_sessions(uuid, uuid) IS
  'Ends the sessions of a user in a tenant, or with null all of them, and returns how many it ended; the devices remembered there are forgotten. Errors: P0002 no such user or tenant; 22023 null user_id. Audit: session.all_ended.';

CREATE FUNCTION multitenant.list_sessions(user_id uuid)
RETURNS TABLE (id uuid, tenant_id uuid, created_at timestamptz, last_used_at timestamptz, expires_at timestamptz, ip_address text, user_agent text)
LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT t.id, c."tenantId", t."createdAt", t."lastUsedAt", t."accessTokenExpiresAt", t."ipAddress", t."userAgent"
  FROM multitenant."OAuthTokens" t JOIN multitenant."OAuthClients" c ON c.id = t."clientId"
  WHERE t."userId" = $1 AND t.type = 'session' AND NOT t.revoked
    AND greatest(t."accessTokenExpiresAt", t."refreshTokenExpiresAt") > clock_timestamp()
  ORDER BY t."createdAt", t.id
$$;
REVOKE ALL ON FUNCTION multitenant.list_sessions(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.list_sessions(uuid) IS
  'The sessions of a user that have not ended and can be used or renewed, the oldest first. expires_at is that of the access token, which may have passed; last_used_at is true to a tenth of the timeout; address and user agent are those of its making.';
