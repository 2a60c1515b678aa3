-- What each tier of database roles may do: every function and every table is tried as
-- each. The classification below is the contract: a function that it does not list fails
-- the test until someone has decided who may call it.
\set VERBOSITY terse
CREATE ROLE tier_none NOLOGIN;
CREATE ROLE tier_client NOLOGIN;
CREATE ROLE tier_service NOLOGIN;
CREATE ROLE tier_admin NOLOGIN;
SELECT multitenant.grant_access('tier_client', 'client'), multitenant.grant_access('tier_service', 'service'), multitenant.grant_access('tier_admin', 'admin');

-- Who may call a function: everybody, clients and up, services and up, or nobody (triggers
-- and what only the planner calls).
CREATE TABLE classified (signature text PRIMARY KEY, callers text NOT NULL);
INSERT INTO classified SELECT unnest('{
  "check_security_policy(jsonb)",
  "generate_totp_secret(integer)",
  "hash_password(text,text)",
  "hotp_code(text,bigint,text,integer)",
  "password_needs_rehash(text)",
  "password_problems(text,text)",
  "qr_svg(text)",
  "qr_text(text)",
  "totp_code(text,timestamp with time zone,text,integer,integer)",
  "totp_uri(text,text,text,text,integer,integer)",
  "verify_password(text,text)",
  "verify_totp(text,text,timestamp with time zone,integer,text,integer,integer)"
}'::text[]), 'public';
INSERT INTO classified SELECT unnest('{
  "add_member(uuid,uuid,text[])",
  "assign_role(uuid,uuid,text)",
  "clear_context()",
  "create_role(uuid,text,text,text[],text[],boolean)",
  "current_tenant_id()",
  "current_user_id()",
  "delete_role(uuid)",
  "end_session(text)",
  "grant_permission(uuid,text)",
  "has_permission(text)",
  "has_role(text)",
  "has_scope(text)",
  "is_member()",
  "refresh_session(text,text,text)",
  "remove_member(uuid,uuid)",
  "rename_role(uuid,text)",
  "require_permission(text)",
  "reset_password(text,text)",
  "revoke_permission(uuid,text)",
  "unassign_role(uuid,uuid,text)",
  "use_session(text,text)",
  "verify_email(text)",
  "verify_session(text,text)",
  "visible_role_ids()",
  "visible_user_ids()"
}'::text[]), 'client';
INSERT INTO classified SELECT unnest('{
  "accept_invitation(text,uuid)",
  "activate_tenant(uuid)",
  "activate_user(uuid,text)",
  "authenticate(text,text,text,text)",
  "begin_two_factor_setup(uuid,text)",
  "cancel_invitation(uuid)",
  "cancel_tenant_deletion(uuid)",
  "change_password(uuid,text,text)",
  "complete_sign_in(text,text,boolean,text,text)",
  "confirm_two_factor_setup(uuid,text)",
  "count_grace_login(uuid,uuid)",
  "create_invitation(uuid,text,uuid,text[],interval)",
  "create_permission(text,text,text)",
  "create_session(uuid,uuid,text,text)",
  "create_tenant(text,text,text,uuid)",
  "deactivate_user(uuid,text)",
  "delete_user(uuid,text)",
  "disable_row_security()",
  "disable_two_factor(uuid,text)",
  "enable_row_security()",
  "log_activity(uuid,text,jsonb,text,text,uuid)",
  "log_security_event(uuid,text,jsonb,text,text,text,uuid)",
  "mark_all_notifications_read(uuid)",
  "mark_notification_read(uuid)",
  "notify_tenant(uuid,text,text)",
  "retention_limit(text)",
  "run_maintenance(integer)",
  "send_notification(uuid,text)",
  "unread_notifications(uuid)",
  "end_all_sessions(uuid,uuid)",
  "erase_user(uuid)",
  "evaluate_policy(uuid,uuid,text,boolean)",
  "export_user(uuid)",
  "find_user(text)",
  "grant_access(name,text)",
  "has_any_role(uuid,uuid,text[])",
  "has_permission(uuid,uuid,text)",
  "has_role(uuid,uuid,text)",
  "has_scope(uuid,uuid,text)",
  "issue_email_verification(uuid)",
  "link_google_account(uuid,text)",
  "list_sessions(uuid)",
  "member_permissions(uuid,uuid)",
  "members_with_permission(uuid,text)",
  "protect_table(regclass,name,text,text)",
  "regenerate_backup_codes(uuid,text)",
  "register_user(text,text,text)",
  "request_password_reset(text)",
  "request_tenant_deletion(uuid)",
  "reset_two_factor(uuid)",
  "restore_user(uuid)",
  "revoke_access(name)",
  "rewrap_secrets(integer)",
  "row_security_problems()",
  "set_context(uuid,uuid)",
  "set_onboarding_status(uuid,text)",
  "set_password(uuid,text)",
  "sign_in(text,text,text,text,text,text)",
  "suspend_tenant(uuid,text)",
  "suspend_user(uuid,text)",
  "tenant_has_feature(uuid,text)",
  "unlock_account(uuid)",
  "unprotect_table(regclass)",
  "user_tenants(uuid)",
  "verify_two_factor(uuid,text,text,text)"
}'::text[]), 'service';
INSERT INTO classified SELECT unnest('{
  "check_member_roles()",
  "follow_role_name()",
  "guard_log_row()",
  "guard_log_truncate()",
  "invalidate_permission_cache()",
  "once_per_query_support(internal)",
  "protect_last_owner()",
  "refuse_ownerless_truncate()",
  "refuse_truncate()",
  "row_security_changed()",
  "set_updated_at()",
  "soft_delete_user()",
  "tenant_deleted()",
  "tenant_status_changed()",
  "track_tenant_status()",
  "track_user_email()",
  "track_user_status()",
  "user_status_changed()"
}'::text[]), 'nobody';

-- Every function of the extension, from the catalog.
CREATE VIEW functions AS
SELECT p.oid, s.signature,
       format('SELECT multitenant.%I(%s)', p.proname,
              (SELECT string_agg('NULL::' || format_type(a, NULL), ', ' ORDER BY n) FROM unnest(p.proargtypes) WITH ORDINALITY AS t (a, n))) AS call
FROM pg_proc p,
     LATERAL (SELECT p.proname || '(' || coalesce((SELECT string_agg(format_type(a, NULL), ',' ORDER BY n)
                                                   FROM unnest(p.proargtypes) WITH ORDINALITY AS t (a, n)), '') || ')') AS s (signature)
WHERE p.pronamespace = 'multitenant'::regnamespace;
-- Each tier with what it may: "may" says so for a class of functions.
CREATE TABLE tiers (role name PRIMARY KEY, may text[]);
INSERT INTO tiers VALUES ('tier_none', '{public}'), ('tier_client', '{public,client}'),
  ('tier_service', '{public,client,service}'), ('tier_admin', '{public,client,service}');

\echo -- Functions that nobody has classified, and classified ones that are not there: none.
SELECT coalesce(f.signature, c.signature) AS signature, c.callers FROM functions f FULL JOIN classified c USING (signature)
WHERE f.signature IS NULL OR c.signature IS NULL ORDER BY 1;

\echo -- The right to call differs from the classification: nowhere.
CREATE VIEW differences AS
SELECT t.role, f.signature FROM tiers t CROSS JOIN functions f LEFT JOIN classified c USING (signature)
WHERE has_function_privilege(t.role, f.oid, 'EXECUTE') IS DISTINCT FROM coalesce(c.callers, '') = ANY (t.may);
SELECT * FROM differences;

-- Each function really called as each role, with nulls: it is refused, or something else happens.
CREATE FUNCTION is_refused(as_role name, sql text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    EXECUTE format('SET LOCAL ROLE %I', as_role);
    EXECUTE sql;
    RAISE EXCEPTION USING ERRCODE = 'UNDON';
  EXCEPTION
    -- the right to call it is what is asked; functions have refusals of their own
    WHEN insufficient_privilege THEN RETURN SQLERRM LIKE 'permission denied for %';
    WHEN OTHERS THEN RETURN false;
  END;
END $$;
SELECT t.role, count(*) AS tried, count(*) FILTER (WHERE refused) AS refused,
       count(*) FILTER (WHERE refused = (coalesce(c.callers, '') = ANY (t.may))) AS wrong
FROM tiers t CROSS JOIN functions f LEFT JOIN classified c USING (signature)
CROSS JOIN LATERAL (SELECT is_refused(t.role, f.call) AS refused) r
WHERE f.signature !~ 'internal'
GROUP BY t.role ORDER BY t.role;

-- Every table and view, in every way.
CREATE VIEW attempts AS
SELECT c.oid, c.relname, c.relkind, a.privilege, format(a.sql, c.oid::regclass) AS sql
FROM pg_class c, (VALUES
  ('SELECT', 'SELECT * FROM %s'),
  ('SELECT', 'SELECT FROM %s FOR UPDATE'),
  ('INSERT', 'INSERT INTO %s DEFAULT VALUES'),
  ('UPDATE', 'UPDATE %s SET id = NULL'),
  ('DELETE', 'DELETE FROM %s'),
  ('TRUNCATE', 'TRUNCATE %s'),
  ('TRIGGER', 'CREATE TRIGGER t AFTER INSERT ON %s EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()'),
  ('REFERENCES', 'CREATE TABLE public.r (id uuid REFERENCES %s)')) AS a (privilege, sql)
-- a view that cannot be written to says so before it says who may not
WHERE c.relnamespace = 'multitenant'::regnamespace AND (c.relkind IN ('r', 'p') OR c.relkind = 'v' AND a.sql = 'SELECT * FROM %s');
GRANT CREATE ON SCHEMA public TO tier_none, tier_client, tier_service, tier_admin;
\echo -- A privilege too many or too few: none. An attempt that went other than its privilege says: none.
SELECT t.role, c.relname, p FROM tiers t, pg_class c, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS p
WHERE c.relnamespace = 'multitenant'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  AND has_table_privilege(t.role, c.oid, p) <> (t.role = 'tier_admin' AND p = 'SELECT');
SELECT t.role, count(*) AS attempts, count(*) FILTER (WHERE NOT is_refused(t.role, a.sql)) AS succeeded,
       count(*) FILTER (WHERE is_refused(t.role, a.sql) = (t.role = 'tier_admin' AND a.sql LIKE 'SELECT * %')) AS wrong
FROM tiers t CROSS JOIN attempts a GROUP BY 1 ORDER BY 1;
REVOKE CREATE ON SCHEMA public FROM tier_none, tier_client, tier_service, tier_admin;
SET ROLE tier_admin;
ALTER TABLE multitenant."Users" DISABLE ROW LEVEL SECURITY;
CREATE TABLE multitenant.mine ();
COPY multitenant."Permissions" TO STDOUT;
SET ROLE tier_service;
COPY multitenant."Permissions" TO STDOUT;
RESET ROLE;
\echo -- Columns: none has a privilege of its own.
SELECT attrelid::regclass, attname, attacl FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
WHERE c.relnamespace = 'multitenant'::regnamespace AND attacl IS NOT NULL;
-- the schema
SELECT role, has_schema_privilege(role, 'multitenant', 'USAGE') AS usage, has_schema_privilege(role, 'multitenant', 'CREATE') AS create FROM tiers ORDER BY 1;

--
-- Another tier, the same again, and back
--

CREATE VIEW acls AS
SELECT 'function ' || oid::regprocedure AS object, proacl AS acl FROM pg_proc WHERE pronamespace = 'multitenant'::regnamespace
UNION ALL SELECT 'relation ' || oid::regclass, relacl FROM pg_class WHERE relnamespace = 'multitenant'::regnamespace;
CREATE TEMP TABLE after_grants AS SELECT object, acl::text FROM acls;
CREATE TEMP TABLE versions AS SELECT oid, xmin::text AS version FROM pg_proc WHERE pronamespace = 'multitenant'::regnamespace
UNION ALL SELECT oid, xmin::text FROM pg_class WHERE relnamespace = 'multitenant'::regnamespace;
SELECT multitenant.grant_access('tier_client', 'client'), multitenant.grant_access('tier_service', 'service'), multitenant.grant_access('tier_admin', 'admin');
SET quote_all_identifiers = on; -- whatever that makes of signatures
SELECT multitenant.grant_access('tier_client', 'client'), multitenant.grant_access('tier_service', 'service'), multitenant.grant_access('tier_admin', 'admin');
RESET quote_all_identifiers;
\echo -- Written by a grant of what is granted already: nothing.
SELECT oid FROM (SELECT oid, xmin::text FROM pg_proc UNION ALL SELECT oid, xmin::text FROM pg_class) now
WHERE oid IN (SELECT oid FROM versions) AND (oid, xmin) NOT IN (TABLE versions);
-- each way from tier to tier ends with just the other tier
CREATE FUNCTION wrong_after(old_tier text, new_tier text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  PERFORM multitenant.grant_access('tier_none', old_tier);
  PERFORM multitenant.grant_access('tier_none', new_tier);
  RETURN (SELECT count(*) FROM functions f JOIN classified c USING (signature)
          WHERE has_function_privilege('tier_none', f.oid, 'EXECUTE')
             <> has_function_privilege('tier_' || new_tier, f.oid, 'EXECUTE'))
       + (SELECT count(*) FROM pg_class c, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS p
          WHERE relnamespace = 'multitenant'::regnamespace AND relkind IN ('r', 'v')
            AND has_table_privilege('tier_none', c.oid, p) <> has_table_privilege('tier_' || new_tier, c.oid, p));
END $$;
SELECT o AS old, n AS new, wrong_after(o, n) AS wrong FROM unnest('{client,service,admin}'::text[]) o, unnest('{client,service,admin}'::text[]) n;
SELECT multitenant.revoke_access('tier_none');
SELECT multitenant.revoke_access('tier_none');
\echo -- Left of it: nothing.
SELECT * FROM (SELECT object, acl::text FROM acls EXCEPT TABLE after_grants) c;
-- what a hand granted besides is not touched, but for functions: a tier is all of them
GRANT SELECT (id, name) ON multitenant."Users" TO tier_client;
GRANT EXECUTE ON FUNCTION multitenant.authenticate TO tier_client;
SELECT multitenant.grant_access('tier_client', 'client');
SELECT has_column_privilege('tier_client', 'multitenant."Users"', 'name', 'SELECT') AS column_kept,
       has_function_privilege('tier_client', 'multitenant.authenticate(text,text,text,text)', 'EXECUTE') AS function_kept;
SELECT multitenant.revoke_access('tier_client');
SELECT has_column_privilege('tier_client', 'multitenant."Users"', 'name', 'SELECT') AS column_kept;
REVOKE ALL ON multitenant."Users" FROM tier_client;

-- nor is what another role granted passed over
GRANT EXECUTE ON FUNCTION multitenant.set_context TO tier_service WITH GRANT OPTION;
SET ROLE tier_service;
GRANT EXECUTE ON FUNCTION multitenant.set_context TO tier_client;
RESET ROLE;
SELECT multitenant.grant_access('tier_client', 'client');
SELECT multitenant.revoke_access('tier_client');
REVOKE GRANT OPTION FOR EXECUTE ON FUNCTION multitenant.set_context FROM tier_service CASCADE;
SELECT multitenant.grant_access('tier_client', 'client');
SELECT has_function_privilege('tier_client', 'multitenant.set_context(uuid, uuid)', 'EXECUTE') AS may_be_anybody;
SELECT multitenant.revoke_access('tier_client');

GRANT USAGE ON TYPE multitenant.administrator TO tier_admin WITH GRANT OPTION;
SET ROLE tier_admin;
GRANT USAGE ON TYPE multitenant.administrator TO tier_client;
RESET ROLE;
SELECT multitenant.grant_access('tier_client', 'client');
SELECT multitenant.revoke_access('tier_client');
REVOKE GRANT OPTION FOR USAGE ON TYPE multitenant.administrator FROM tier_admin CASCADE;
SELECT multitenant.grant_access('tier_client', 'client'), multitenant.revoke_access('tier_client');
-- … nor the right to read a table
SELECT multitenant.grant_access('tier_client', 'admin');
GRANT SELECT ON multitenant."Users" TO tier_admin WITH GRANT OPTION;
SET ROLE tier_admin;
GRANT SELECT ON multitenant."Users" TO tier_client;
RESET ROLE;
SELECT multitenant.grant_access('tier_client', 'client');
SELECT multitenant.revoke_access('tier_client');
REVOKE GRANT OPTION FOR SELECT ON multitenant."Users" FROM tier_admin CASCADE;
SELECT multitenant.revoke_access('tier_client');
SELECT has_any_column_privilege('tier_client', 'multitenant."Users"', 'SELECT') AS may_read;

-- an odd name
CREATE ROLE "Tier ""odd""; DROP TABLE x" NOLOGIN;
SELECT multitenant.grant_access('Tier "odd"; DROP TABLE x', 'admin');
SELECT multitenant.enable_row_security();
SET ROLE "Tier ""odd""; DROP TABLE x";
SELECT count(*) > 0 AS sees FROM multitenant."SecurityAuditLogs";
RESET ROLE;
SELECT multitenant.disable_row_security();
SELECT multitenant.revoke_access('Tier "odd"; DROP TABLE x');
DROP ROLE "Tier ""odd""; DROP TABLE x";

-- errors
\set VERBOSITY default
SELECT multitenant.grant_access('no such role', 'client');
SELECT multitenant.grant_access('tier_client', 'root');
SELECT multitenant.grant_access('tier_client', 'CLIENT');
SELECT multitenant.grant_access('tier_client', 'none');
SELECT multitenant.grant_access('public', 'client');
SELECT multitenant.grant_access(current_user, 'client');
SELECT multitenant.grant_access(NULL, 'client');
SELECT multitenant.grant_access('tier_client', NULL);
SELECT multitenant.grant_access('tier_client', repeat('x', 1024 * 1024));
SELECT multitenant.revoke_access('no such role');
SELECT multitenant.revoke_access('public');
SELECT multitenant.revoke_access(current_user);
SELECT multitenant.revoke_access(NULL);
SET ROLE tier_service;
SELECT multitenant.grant_access('tier_client', 'client');
SELECT multitenant.revoke_access('tier_admin');
RESET ROLE;
SELECT event, severity, details FROM multitenant."SecurityAuditLogs" WHERE event LIKE 'access.%' ORDER BY "createdAt" LIMIT 4;

\echo -- The test sees what it is for: functions granted too far.
SELECT multitenant.grant_access('tier_client', 'client');
BEGIN;
GRANT EXECUTE ON FUNCTION multitenant.set_context TO tier_client;
GRANT EXECUTE ON FUNCTION multitenant.soft_delete_user TO tier_service;
SELECT * FROM differences ORDER BY 1;
ROLLBACK;

SELECT multitenant.revoke_access(role) FROM tiers;
DROP ROLE tier_none, tier_client, tier_service, tier_admin;
