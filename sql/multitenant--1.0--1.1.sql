\echo Use "ALTER EXTENSION multitenant UPDATE TO '1.1'" to load this file. \quit

-- From 1.0 to 1.1: what the parts of the install script say now and did not say then.

SET LOCAL search_path TO pg_catalog, pg_temp;

-- What it exports has signInChallenges and rememberedDevices.
COMMENT ON FUNCTION multitenant.export_user(uuid) IS
  'Everything held about a user, as one JSON object: user, memberships, authenticators, tokens, signInChallenges, rememberedDevices, loginHistory, activity, securityEvents, notifications, invitations; no credential. Errors: P0002 no such user. Audit: user.exported.';

-- They forget the remembered devices too.
COMMENT ON FUNCTION multitenant.end_all_sessions(uuid, uuid) IS
  'Ends the sessions of a user in a tenant, or with null all of them, and returns how many it ended; the devices remembered there are forgotten. Errors: P0002 no such user or tenant; 22023 null user_id. Audit: session.all_ended.';
COMMENT ON FUNCTION multitenant.remove_member(uuid, uuid) IS
  'Ends a membership, the sessions and remembered devices of the user in that tenant and the pending invitations that the user made there; false when the user is no member. Errors: P0002 no such user or tenant; 22023 null; 55000 at commit when the tenant would lose its last active owner. A client needs members:manage, and holds all of the roles of the member, but for a member who leaves: 42501. Audit: member.removed.';

-- A device of which an earlier token comes back is forgotten.
COMMENT ON FUNCTION multitenant.sign_in(text, text, text, text, text, text) IS
  'Signs a user in to a tenant, or with a null tenant_slug to none. Judged in this order: lock, password, status, membership, status of the tenant, address, second factor. outcome: success with the tokens of a session; two_factor_required with a challenge for complete_sign_in; two_factor_setup_required when the tenant demands a second factor and no grace is left; invalid_credentials, locked, inactive, email_unverified as authenticate; not_a_member also for a tenant that is not there; tenant_unavailable; ip_denied, where the tenant restricts addresses also for a null ip_address. device_token: of a device that complete_sign_in remembered; it is good once, and device_token of a success replaces it; an earlier one that comes back, later than multitenant.refresh_grace after the last use, makes the device be forgotten. user_id and tenant_id are null unless success. grace_logins_left: sign-ins left after this one without the second factor that the tenant demands; null when it demands none. Call it in a transaction of its own, since a rollback takes the count of a failure back, and in FROM, since (sign_in(...)).* calls it once for each column. Errors: 22P02 ip_address is not one; 25006 read-only transaction. Records: "LoginHistories" for a known user, "SecurityAuditLogs" for an unknown one, for a lock, for session.displaced and for sign_in.device_token_reused, high.';

-- An invitation does not outlast the standing of who made it.
COMMENT ON FUNCTION multitenant.accept_invitation(text, uuid) IS
  'Makes the user a member of the tenant that invited the user''s e-mail address, with the roles of the invitation that are still there; who is a member already gets those roles besides. Once only. Outcomes: success, with the tenant; invalid_credentials (unknown, used or cancelled token, another address, or who made it is not active); expired; inactive; tenant_unavailable. Errors: P0002 no such user. Audit: invitation.accepted.';
COMMENT ON FUNCTION multitenant.unassign_role(uuid, uuid, text) IS
  'Takes a role of the tenant from a member; false when the member did not have it. Pending invitations of the member that give roles by name are cancelled. Errors: P0002 no such user or tenant, no such role in this tenant, or the user is no member; 22023 null or empty; 54000 too long; 55000 at commit when the tenant would lose its last active owner. A client needs members:manage and neither gives nor takes more than the acting user holds: 42501. Audit: member.role_unassigned.';

-- The logs are shown to those with logs:read.
COMMENT ON FUNCTION multitenant.enable_row_security() IS
  'Turns row-level security on for every table of the extension: who reads one sees the rows of the context''s tenant, where the acting user is its active member (of the three logs only with the permission logs:read), and the acting user''s own; an administrator (grant_access) sees all. It grants no table to anybody, and nobody may write by it. To be called again after a restore and after an upgrade. For the owner of the extension. Errors: 42501 not its owner. Audit: row_security.enabled.';

-- It sees a policy of ours that was altered, and who may read the views of all tenants; and no setting of a
-- session makes it see more.
CREATE OR REPLACE FUNCTION multitenant.row_security_problems()
RETURNS TABLE (relation regclass, problem text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
WITH RECURSIVE own AS (
  SELECT c.oid, c.relname, c.relrowsecurity,
         EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'multitenant_read') AS has_policy,
         EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenantId' AND NOT a.attisdropped) AS has_tenant,
         EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'userId' AND NOT a.attisdropped) AS has_user
  FROM pg_class c
  WHERE c.relnamespace = 'multitenant'::regnamespace AND c.relkind = 'r' AND c.relname <> 'RowSecurity'
), visible AS (
  -- what enable_row_security() makes (src/access/row_security.c)
  SELECT oid,
         CASE
           WHEN relname = 'Users' THEN '(id = ANY (ARRAY( SELECT multitenant.visible_user_ids())))'
           WHEN relname = 'RolePermissions' THEN '("roleId" = ANY (ARRAY( SELECT multitenant.visible_role_ids())))'
           WHEN relname = 'Tenants' THEN replace(of_tenant, '"tenantId"', 'id')
           WHEN relname = 'Permissions' THEN '(multitenant.current_user_id() IS NOT NULL)'
           WHEN relname IN ('LoginHistories', 'SecurityAuditLogs', 'ActivityLogs')
             THEN format('(%s OR %s)', replace(of_tenant, 'is_member()', 'has_permission(''logs:read''::text)'), of_user)
           WHEN relname IN ('SignInChallenges', 'RememberedDevices') THEN of_user
           WHEN has_tenant AND has_user THEN format('(%s OR %s)', of_tenant, of_user)
           WHEN has_tenant THEN of_tenant
           WHEN has_user THEN of_user
           ELSE 'false'
         END AS expression
  FROM own, (VALUES ('(("tenantId" = multitenant.current_tenant_id()) AND multitenant.is_member())',
                     '("userId" = multitenant.current_user_id())')) AS parts (of_tenant, of_user)
), admins AS (
  SELECT DISTINCT a.grantee FROM pg_type t, aclexplode(t.typacl) a
  WHERE t.oid = 'multitenant.administrator'::regtype AND a.grantee NOT IN (0, t.typowner)
), record AS (
  SELECT EXISTS (SELECT FROM multitenant."RowSecurity") AS is_on
), policies AS (
  SELECT p.polrelid, p.polname, p.polcmd, p.polpermissive, p.polroles, p.polwithcheck,
         pg_get_expr(coalesce(p.polqual, p.polwithcheck), p.polrelid) AS expression
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
  WHERE c.relnamespace <> 'multitenant'::regnamespace
    AND p.polname IN ('multitenant_tenant', 'multitenant_select', 'multitenant_insert', 'multitenant_update', 'multitenant_delete')
), doors AS (
  SELECT polrelid, polname, polcmd, polpermissive, polroles, polwithcheck, expression,
         replace(substring(expression FROM '^multitenant[.]has_permission[(]''((?:[^'']|'''')*)''::text[)]$'), '''''', '''') AS asked
  FROM policies WHERE polname <> 'multitenant_tenant'
), protected AS (
  SELECT c.oid, c.relrowsecurity, c.relforcerowsecurity, c.relowner
  FROM pg_class c WHERE c.oid IN (SELECT polrelid FROM policies)
), families AS (
  SELECT p.oid AS ancestor, i.inhrelid AS child
  FROM protected p JOIN pg_inherits i ON i.inhparent = p.oid
  UNION
  SELECT f.ancestor, i.inhrelid FROM families f JOIN pg_inherits i ON i.inhparent = f.child
), users AS (
  SELECT DISTINCT r.oid, r.rolname, r.rolsuper, r.rolbypassrls
  FROM pg_proc f CROSS JOIN LATERAL aclexplode(f.proacl) a JOIN pg_roles r ON r.oid = a.grantee
  WHERE f.oid = 'multitenant.current_tenant_id()'::regprocedure AND a.grantee <> f.proowner
), heirs AS (
  -- those attributes are each role's own, also of one that logs in with the rights of another
  SELECT oid, rolname, rolsuper, rolbypassrls FROM users
  UNION
  SELECT r.oid, r.rolname, r.rolsuper, r.rolbypassrls
  FROM heirs h JOIN pg_auth_members m ON m.roleid = h.oid JOIN pg_roles r ON r.oid = m.member
  WHERE pg_has_role(m.member, m.roleid, 'USAGE')
    AND r.oid <> (SELECT proowner FROM pg_proc WHERE oid = 'multitenant.current_tenant_id()'::regprocedure)
)
SELECT oid::regclass, 'row-level security is recorded as enabled, but the table has none: call enable_row_security()'
FROM own, record WHERE is_on AND NOT (relrowsecurity AND has_policy)
UNION ALL
SELECT oid::regclass, 'the table has the policies of enable_row_security(), but that is not recorded: call it, or disable_row_security()'
FROM own, record WHERE NOT is_on AND has_policy
UNION ALL
SELECT v.oid::regclass, 'the policy multitenant_read is not what enable_row_security() made: call it again'
FROM visible v JOIN pg_policy p ON p.polrelid = v.oid AND p.polname = 'multitenant_read'
WHERE NOT (p.polpermissive AND p.polcmd = 'r' AND p.polroles = '{0}' AND p.polwithcheck IS NULL
           -- some majors name the column of the sub-select
           AND regexp_replace(pg_get_expr(p.polqual, p.polrelid), ' AS visible_(user|role)_ids', '') = v.expression)
UNION ALL
SELECT p.polrelid::regclass, 'the policy multitenant_admin is not what enable_row_security() made: call it again'
FROM own JOIN pg_policy p ON p.polrelid = own.oid AND p.polname = 'multitenant_admin'
WHERE NOT (p.polpermissive AND p.polcmd = 'r' AND p.polwithcheck IS NULL AND pg_get_expr(p.polqual, p.polrelid) = 'true'
           AND p.polroles <@ ARRAY(SELECT grantee FROM admins) AND p.polroles @> ARRAY(SELECT grantee FROM admins))
UNION ALL
SELECT oid::regclass, 'row-level security is not enabled: call protect_table() again'
FROM protected WHERE NOT relrowsecurity
UNION ALL
SELECT oid::regclass, 'row-level security is not forced, so it does not bind the owner: call protect_table() again'
FROM protected WHERE relrowsecurity AND NOT relforcerowsecurity
UNION ALL
SELECT oid::regclass, format('the policy %s is missing: call protect_table() again', name)
FROM protected, unnest('{multitenant_tenant,multitenant_select,multitenant_insert,multitenant_update,multitenant_delete}'::name[]) AS name
WHERE NOT EXISTS (SELECT FROM policies p WHERE p.polrelid = oid AND p.polname = name)
UNION ALL
SELECT polrelid::regclass, 'the policy multitenant_tenant is not what protect_table() made: call it again'
FROM policies
WHERE polname = 'multitenant_tenant'
  AND NOT (NOT polpermissive AND polcmd = '*' AND polroles = '{0}' AND polwithcheck IS NULL
           AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = polrelid AND NOT a.attisdropped
                       AND expression = format('(%I = multitenant.current_tenant_id())', a.attname)))
UNION ALL
SELECT polrelid::regclass, format('the policy %s is not what protect_table() made: call it again', polname)
FROM doors
WHERE NOT (polpermissive AND polroles = '{0}' AND (polwithcheck IS NULL) = (polcmd <> 'a')
           AND polcmd = CASE polname WHEN 'multitenant_select' THEN 'r' WHEN 'multitenant_insert' THEN 'a' WHEN 'multitenant_update' THEN 'w' ELSE 'd' END
           AND (expression = 'multitenant.is_member()' OR asked IS NOT NULL))
UNION ALL
SELECT polrelid::regclass, format('the policy %s asks for "%s", which no permission covers', polname, asked)
FROM doors
WHERE asked IS NOT NULL
  AND NOT EXISTS (SELECT FROM multitenant."Permissions" p
                  WHERE p.name = asked
                     OR strpos(asked, ':') > 0
                        AND p.resource IN ('*', substr(asked, 1, strpos(asked, ':') - 1))
                        AND p.action IN ('*', substr(asked, strpos(asked, ':') + 1)))
UNION ALL
SELECT DISTINCT child::regclass,
       CASE c.relkind
         WHEN 'f' THEN format('a foreign table under %s, which is protected, has no row-level security: let nobody name it', ancestor::regclass)
         ELSE format('%s is protected, but not this partition or child of it: call protect_table() again', ancestor::regclass)
       END
FROM families JOIN pg_class c ON c.oid = child
WHERE c.relpersistence <> 't' AND NOT EXISTS (SELECT FROM policies WHERE polrelid = child)
UNION ALL
SELECT DISTINCT v.oid::regclass,
       CASE v.relkind
         WHEN 'm' THEN format('a materialized view holds rows of %s without row-level security', t.oid::regclass)
         ELSE format('a view reads %s with the rights of a role that row-level security does not bind: %I', t.oid::regclass, o.rolname)
       END
FROM pg_depend d
JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
JOIN pg_class v ON v.oid = w.ev_class AND v.relkind IN ('v', 'm') AND v.relnamespace <> 'multitenant'::regnamespace
JOIN pg_roles o ON o.oid = v.relowner
JOIN (SELECT oid FROM protected UNION ALL SELECT oid FROM own, record WHERE is_on) t
  ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid
WHERE v.relkind = 'm'
   OR (o.rolsuper OR o.rolbypassrls) AND NOT EXISTS (
        SELECT FROM unnest(v.reloptions) AS option WHERE lower(option) IN ('security_invoker=true', 'security_invoker=on', 'security_invoker=yes', 'security_invoker=1'))
UNION ALL
SELECT NULL::regclass, format('row-level security does not bind the role %I, which has access: it is %s', rolname,
                              CASE WHEN rolsuper THEN 'a superuser' ELSE 'BYPASSRLS' END)
FROM heirs WHERE rolsuper OR rolbypassrls
UNION ALL
SELECT c.oid::regclass, format('the role %I, to which access is granted, has the rights of the table''s owner and can undo the protection', u.rolname)
FROM users u,
     (SELECT oid, relowner FROM protected
      UNION ALL SELECT oid, relowner FROM pg_class, record WHERE is_on AND oid = 'multitenant."RowSecurity"'::regclass) c
WHERE NOT u.rolsuper AND pg_has_role(u.oid, c.relowner, 'MEMBER')
UNION ALL
SELECT p.oid::regclass, format('the role %I, to which access is granted, may TRUNCATE the rows of all tenants', u.rolname)
FROM users u, protected p
WHERE NOT u.rolsuper AND NOT pg_has_role(u.oid, p.relowner, 'MEMBER') AND has_table_privilege(u.oid, p.oid, 'TRUNCATE')
UNION ALL
SELECT t.oid::regclass, format('the role %I, to which access is granted, may make a TRIGGER, which sees the rows of all tenants with the rights of whoever writes them', u.rolname)
FROM users u, (SELECT oid, relowner FROM protected UNION ALL SELECT oid, relowner FROM pg_class WHERE relnamespace = 'multitenant'::regnamespace AND relkind = 'r') t
WHERE NOT u.rolsuper AND NOT pg_has_role(u.oid, t.relowner, 'MEMBER') AND has_table_privilege(u.oid, t.oid, 'TRIGGER')
UNION ALL
SELECT v.oid::regclass, format('the role %I, to which access is granted, is no administrator and may read of all tenants in this view', u.rolname)
FROM users u, record, pg_class v
WHERE is_on AND NOT u.rolsuper AND v.relnamespace = 'multitenant'::regnamespace AND v.relkind = 'v'
  AND has_any_column_privilege(u.oid, v.oid, 'SELECT') AND NOT has_type_privilege(u.oid, 'multitenant.administrator', 'USAGE')
$$;
COMMENT ON FUNCTION multitenant.row_security_problems() IS
  'What is wrong with the protection of tables: a row for each problem; relation is null for one of a database role. Of protect_table(): row-level security turned off or not forced, a policy missing or altered, a partition that came later, a permission that does not exist, a view or materialized view that goes around it. Of enable_row_security(): a table out of step with the record, a policy altered, a view of all tenants that is not an administrator''s. Of roles to which access is granted, or that have it by membership in one: superusers, BYPASSRLS; of the former also: owners of tables, TRUNCATE, TRIGGER.';

-- Functions at work lock the tenant first, and a log last: locked here in the same order they wait, and none meets a deadlock
-- with the table that it would need next. Who only reads a tenant goes on.
LOCK TABLE multitenant."Tenants" IN EXCLUSIVE MODE;
LOCK TABLE multitenant."Invitations" IN SHARE MODE;

-- The use of a session writes no index. This writes the whole table anew, and its indexes.
DROP INDEX multitenant.oauth_tokens_client_id_idx, multitenant.oauth_tokens_user_id_idx, multitenant.oauth_tokens_expires_at_idx;
ALTER TABLE multitenant."OAuthTokens"
  ADD COLUMN "endsAt" timestamptz GENERATED ALWAYS AS (coalesce("refreshTokenExpiresAt", "accessTokenExpiresAt")) STORED;
CREATE INDEX oauth_tokens_client_id_idx ON multitenant."OAuthTokens" ("clientId", "endsAt");
CREATE INDEX oauth_tokens_user_id_idx ON multitenant."OAuthTokens" ("userId", revoked);
CREATE INDEX oauth_tokens_expires_at_idx ON multitenant."OAuthTokens" ("endsAt");
COMMENT ON COLUMN multitenant."OAuthTokens"."endsAt" IS
  'The end of a token: that of its refresh token, where it has one, else that of the access token; computed by the server';

-- An erasure and an export find by an index what has the address of a user, in any case.
CREATE INDEX security_audit_logs_email_idx ON multitenant."SecurityAuditLogs" (lower(left(details->>'email', 254) COLLATE "C"))
  WHERE "userId" IS NULL AND event IN ('sign_in.unknown_user', 'sign_in.unknown_user_reset');
CREATE INDEX invitations_email_lower_idx ON multitenant."Invitations" (lower(email COLLATE "C"));

-- Maintenance goes from one tenant that is due to the next, also where many are due at one time. After what takes long:
-- every check of a permission waits from here on.
DROP INDEX multitenant.tenants_deletion_scheduled_at_idx;
CREATE INDEX tenants_deletion_scheduled_at_idx ON multitenant."Tenants" ("deletionScheduledAt", id) WHERE status = 'pending_deletion';

-- live_sessions counts sessions, and no token of another kind, by the column of their end.
CREATE OR REPLACE VIEW multitenant.stats AS
SELECT
  (SELECT coalesce(jsonb_object_agg(outcome, number), '{}')
   FROM (SELECT coalesce("failureReason", status::text) AS outcome, count(*) AS number
         FROM multitenant."LoginHistories" WHERE "createdAt" > statement_timestamp() - interval '1 hour' GROUP BY 1
         UNION ALL
         SELECT 'unknown_user', count(*) FROM multitenant."SecurityAuditLogs"
         WHERE event = 'sign_in.unknown_user' AND "createdAt" > statement_timestamp() - interval '1 hour' HAVING count(*) > 0) h
  ) AS sign_ins_last_hour,
  (SELECT coalesce(jsonb_object_agg(outcome, number), '{}')
   FROM (SELECT coalesce("failureReason", status::text) AS outcome, count(*) AS number
         FROM multitenant."LoginHistories" WHERE "createdAt" > statement_timestamp() - interval '1 day' GROUP BY 1
         UNION ALL
         SELECT 'unknown_user', count(*) FROM multitenant."SecurityAuditLogs"
         WHERE event = 'sign_in.unknown_user' AND "createdAt" > statement_timestamp() - interval '1 day' HAVING count(*) > 0) d
  ) AS sign_ins_last_day,
  (SELECT count(*) FROM multitenant."Users"
   WHERE "accountLockedUntil" > statement_timestamp() OR "twoFactorLockedUntil" > statement_timestamp()
  ) AS locked_accounts,
  (SELECT count(*) FROM multitenant."OAuthTokens"
   WHERE "endsAt" > statement_timestamp()
     AND NOT revoked AND "userId" IS NOT NULL AND type = 'session'
  ) AS live_sessions,
  (SELECT count(*) FROM multitenant."Invitations"
   WHERE status = 'pending' AND "expiresAt" > statement_timestamp()
  ) AS pending_invitations,
  least(
    (SELECT min("createdAt") FROM multitenant."LoginHistories" WHERE "createdAt" < multitenant.retention_limit('LoginHistories')),
    (SELECT min("createdAt") FROM multitenant."ActivityLogs" WHERE "createdAt" < multitenant.retention_limit('ActivityLogs')),
    (SELECT min("createdAt") FROM multitenant."SecurityAuditLogs" WHERE "createdAt" < multitenant.retention_limit('SecurityAuditLogs'))
  ) AS oldest_row_past_retention;

CREATE OR REPLACE VIEW multitenant.tenant_stats AS
WITH locked AS (
  SELECT m."tenantId", count(*) AS number
  FROM multitenant."Users" u JOIN multitenant."TenantUsers" m ON m."userId" = u.id
  WHERE u."accountLockedUntil" > statement_timestamp() OR u."twoFactorLockedUntil" > statement_timestamp()
  GROUP BY 1)
SELECT
  t.id AS tenant_id, t.slug::text AS slug,
  (SELECT coalesce(jsonb_object_agg(outcome, number), '{}')
   FROM (SELECT coalesce("failureReason", status::text) AS outcome, count(*) AS number
         FROM multitenant."LoginHistories"
         WHERE "tenantId" = t.id AND "createdAt" > statement_timestamp() - interval '1 hour' GROUP BY 1) h
  ) AS sign_ins_last_hour,
  (SELECT coalesce(jsonb_object_agg(outcome, number), '{}')
   FROM (SELECT coalesce("failureReason", status::text) AS outcome, count(*) AS number
         FROM multitenant."LoginHistories"
         WHERE "tenantId" = t.id AND "createdAt" > statement_timestamp() - interval '1 day' GROUP BY 1) d
  ) AS sign_ins_last_day,
  coalesce(l.number, 0) AS locked_accounts,
  (SELECT count(*)
   FROM multitenant."OAuthClients" c JOIN multitenant."OAuthTokens" s ON s."clientId" = c.id
   WHERE c."tenantId" = t.id
     AND s."endsAt" > statement_timestamp()
     AND NOT s.revoked AND s."userId" IS NOT NULL AND s.type = 'session'
  ) AS live_sessions,
  (SELECT count(*) FROM multitenant."Invitations" i
   WHERE i."tenantId" = t.id AND i.status = 'pending' AND i."expiresAt" > statement_timestamp()
  ) AS pending_invitations,
  least(
    (SELECT "createdAt" FROM (SELECT "createdAt" FROM multitenant."LoginHistories"
                              WHERE "tenantId" BETWEEN t.id AND t.id ORDER BY "tenantId", "createdAt" LIMIT 1) AS oldest
     WHERE "createdAt" < multitenant.retention_limit('LoginHistories')),
    (SELECT "createdAt" FROM (SELECT "createdAt" FROM multitenant."ActivityLogs"
                              WHERE "tenantId" BETWEEN t.id AND t.id ORDER BY "tenantId", "createdAt" LIMIT 1) AS oldest
     WHERE "createdAt" < multitenant.retention_limit('ActivityLogs')),
    (SELECT "createdAt" FROM (SELECT "createdAt" FROM multitenant."SecurityAuditLogs"
                              WHERE "tenantId" BETWEEN t.id AND t.id ORDER BY "tenantId", "createdAt" LIMIT 1) AS oldest
     WHERE "createdAt" < multitenant.retention_limit('SecurityAuditLogs'))
  ) AS oldest_row_past_retention
FROM multitenant."Tenants" t LEFT JOIN locked l ON l."tenantId" = t.id;

-- Its bounds are those that are kept.
COMMENT ON FUNCTION multitenant.verify_password(text, text) IS
  'Says whether a password is the one that was hashed, in a time that does not tell how much of it was right. hash: a PHC string of argon2id or argon2i (versions 16 and 19), or bcrypt $2a$, $2b$, $2x$, $2y$ (which reads the first 72 bytes of the password), or of another system: $scrypt$ (PHC, passlib), $pbkdf2$, $pbkdf2-sha1$, $pbkdf2-sha256$, $pbkdf2-sha512$ (PHC, passlib), pbkdf2_sha1$, pbkdf2_sha256$, pbkdf2_sha512$ (Django), sha-crypt $5$ and $6$. At most multitenant.max_concurrent_hashes backends compute at once, the others wait. False for a null argument and for a password over 4096 bytes. Errors: 22023 unknown format, version or length of hash; 22P02 malformed hash; 54000 hash over its bounds: argon2 over 1048576 kB, 64 iterations, 4 GB as their product or 16 lanes, bcrypt over cost 16, scrypt over 1 GB (128 * 2^ln * r * p bytes), pbkdf2 over 10000000 iterations in all blocks together, sha-crypt over 1500000 rounds.';

-- They do not pass over what another role granted.
COMMENT ON FUNCTION multitenant.grant_access(name, text) IS
  'Gives a database role the functions of a tier, in place of those it had. tier: client (untrusted: tokens and the context only), service (a trusted back end: every function, no table) or admin (every function, and every table to read). To be called again after an upgrade. For the owner of the extension. Errors: 42501 not its owner; 42704 no such role; 22023 no such tier, PUBLIC, the owner itself, or null; 54000 too long; 55000 another role granted it functions, tables or the mark of an administrator. Audit: access.granted.';
COMMENT ON FUNCTION multitenant.revoke_access(name) IS
  'Takes back what grant_access() gave to a database role; does nothing where it gave nothing. For the owner of the extension. Errors: 42501 not its owner; 42704 no such role; 22023 PUBLIC, the owner itself, or null; 55000 another role granted it functions, tables or the mark of an administrator. Audit: access.revoked.';

-- The whole address is in it too.
COMMENT ON FUNCTION multitenant.password_problems(text, text) IS
  'What speaks against a new password (NIST SP 800-63B-4, section 3.1.1); an empty array when nothing does. too_short: under multitenant.password_min_length characters (code points). too_long: over password_max_length characters, or more than the algorithm reads; it is then the only one. too_common: on the built-in list of common passwords, in any case, or in the file of multitenant.password_blocklist_file. contains_email: holds the name of the mailbox, or the whole address where the name has less than 4 bytes, in any case. email: an address, or null not to ask that. Null for a null password. Errors: F0000 the file cannot be read or is malformed.';

-- Its grammar.
COMMENT ON FUNCTION multitenant.set_password(uuid, text) IS
  'Sets a user''s password, for administrators: ends the lock and every session, and voids an open reset token. Errors: P0002 no such user; 22023 null or not acceptable, with the problems in the detail; 55000 deleted user. Audit: user.password_set.';

-- What is given a secret runs in no worker of a query, whose errors the leader logs with the statement.
ALTER FUNCTION multitenant.password_needs_rehash(text) PARALLEL RESTRICTED;
ALTER FUNCTION multitenant.password_problems(text, text) PARALLEL RESTRICTED;
ALTER FUNCTION multitenant.hotp_code(text, bigint, text, integer) PARALLEL RESTRICTED;
ALTER FUNCTION multitenant.totp_code(text, timestamptz, text, integer, integer) PARALLEL RESTRICTED;
ALTER FUNCTION multitenant.verify_totp(text, text, timestamptz, integer, text, integer, integer) PARALLEL RESTRICTED;
ALTER FUNCTION multitenant.totp_uri(text, text, text, text, integer, integer) PARALLEL RESTRICTED;
ALTER FUNCTION multitenant.qr_svg(text) PARALLEL RESTRICTED;
ALTER FUNCTION multitenant.qr_text(text) PARALLEL RESTRICTED;
