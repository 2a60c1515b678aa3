-- What must hold of every object of the extension, read from the catalog.
--
-- The view "violations" has a row for each thing that is wrong. At the end each
-- of its checks is shown to be alive: a bad object is made a member of the
-- extension, the violation must appear, and all is rolled back.

\set ECHO none

-- Functions that any role may call: they compute from their arguments alone.
CREATE TEMP TABLE pure_functions AS
SELECT unnest(ARRAY[
  'check_security_policy(jsonb)',
  'generate_totp_secret(integer)',
  'hash_password(text,text)',
  'hotp_code(text,bigint,text,integer)',
  'password_problems(text,text)',
  'password_needs_rehash(text)',
  'qr_svg(text)',
  'qr_text(text)',
  'totp_code(text,timestamp with time zone,text,integer,integer)',
  'totp_uri(text,text,text,text,integer,integer)',
  'verify_password(text,text)',
  'verify_totp(text,text,timestamp with time zone,integer,text,integer,integer)'
]) AS signature;

-- Functions that do not return NULL for any NULL: an argument may be left out, a
-- check answers false, or what must be given is an error when it is not (a STRICT
-- function would do nothing, and say nothing).
CREATE TEMP TABLE not_strict_functions AS
SELECT unnest(ARRAY[
  'accept_invitation(text,uuid)',
  'activate_tenant(uuid)',
  'activate_user(uuid,text)',
  'add_member(uuid,uuid,text[])',
  'assign_role(uuid,uuid,text)',
  'authenticate(text,text,text,text)',
  'begin_two_factor_setup(uuid,text)',
  'cancel_invitation(uuid)',
  'cancel_tenant_deletion(uuid)',
  'change_password(uuid,text,text)',
  'complete_sign_in(text,text,boolean,text,text)',
  'confirm_two_factor_setup(uuid,text)',
  'count_grace_login(uuid,uuid)',
  'create_invitation(uuid,text,uuid,text[],interval)',
  'create_permission(text,text,text)',
  'create_role(uuid,text,text,text[],text[],boolean)',
  'create_session(uuid,uuid,text,text)',
  'create_tenant(text,text,text,uuid)',
  'deactivate_user(uuid,text)',
  'delete_role(uuid)',
  'delete_user(uuid,text)',
  'disable_two_factor(uuid,text)',
  'end_all_sessions(uuid,uuid)',
  'end_session(text)',
  'erase_user(uuid)',
  'evaluate_policy(uuid,uuid,text,boolean)',
  'export_user(uuid)',
  'find_user(text)',
  'grant_access(name,text)',
  'grant_permission(uuid,text)',
  'has_any_role(uuid,uuid,text[])',
  'has_permission(text)',
  'has_permission(uuid,uuid,text)',
  'has_role(text)',
  'has_role(uuid,uuid,text)',
  'has_scope(text)',
  'has_scope(uuid,uuid,text)',
  'hash_password(text,text)',
  'issue_email_verification(uuid)',
  'link_google_account(uuid,text)',
  'log_activity(uuid,text,jsonb,text,text,uuid)',
  'log_security_event(uuid,text,jsonb,text,text,text,uuid)',
  'mark_all_notifications_read(uuid)',
  'mark_notification_read(uuid)',
  'notify_tenant(uuid,text,text)',
  'password_problems(text,text)',
  'protect_table(regclass,name,text,text)',
  'refresh_session(text,text,text)',
  'regenerate_backup_codes(uuid,text)',
  'register_user(text,text,text)',
  'remove_member(uuid,uuid)',
  'rename_role(uuid,text)',
  'request_password_reset(text)',
  'request_tenant_deletion(uuid)',
  'require_permission(text)',
  'reset_password(text,text)',
  'reset_two_factor(uuid)',
  'restore_user(uuid)',
  'retention_limit(text)',
  'revoke_access(name)',
  'revoke_permission(uuid,text)',
  'rewrap_secrets(integer)',
  'set_onboarding_status(uuid,text)',
  'run_maintenance(integer)',
  'send_notification(uuid,text)',
  'set_context(uuid,uuid)',
  'set_onboarding_status(uuid,text)',
  'set_password(uuid,text)',
  'sign_in(text,text,text,text,text,text)',
  'suspend_tenant(uuid,text)',
  'suspend_user(uuid,text)',
  'tenant_has_feature(uuid,text)',
  'unassign_role(uuid,uuid,text)',
  'unlock_account(uuid)',
  'unread_notifications(uuid)',
  'unprotect_table(regclass)',
  'use_session(text,text)',
  'verify_email(text)',
  'verify_password(text,text)',
  'verify_session(text,text)',
  'verify_totp(text,text,timestamp with time zone,integer,text,integer,integer)',
  'verify_two_factor(uuid,text,text,text)'
]) AS signature;

-- C functions whose symbol is not mt_ and their name.
CREATE TEMP TABLE symbol_exceptions AS
SELECT * FROM (VALUES
  ('has_permission(text)', 'mt_context_has_permission'),
  ('has_role(text)', 'mt_context_has_role'),
  ('has_scope(text)', 'mt_context_has_scope')
) AS v (signature, symbol);

CREATE TEMP VIEW members AS
SELECT d.classid, d.objid, i.type, i.schema,
       CASE d.classid
         WHEN 'pg_proc'::regclass THEN
           p.proname || '(' || (SELECT coalesce(string_agg(format_type(t, NULL), ',' ORDER BY n), '')
                                FROM unnest(p.proargtypes) WITH ORDINALITY a (t, n)) || ')'
         ELSE i.identity
       END AS name
FROM pg_depend d
CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) i
LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
  AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'multitenant')
  -- from 17 on the types that come with a table or another type are members too
  AND NOT (d.classid = 'pg_type'::regclass
           AND EXISTS (SELECT FROM pg_type t WHERE t.oid = d.objid AND (t.typrelid <> 0 OR t.typcategory = 'A')));

CREATE TEMP VIEW functions AS
SELECT m.name, p.*
FROM members m JOIN pg_proc p ON p.oid = m.objid
WHERE m.classid = 'pg_proc'::regclass;

-- Whatever holds or shows rows.
CREATE TEMP VIEW relations AS
SELECT m.name, c.*
FROM members m JOIN pg_class c ON c.oid = m.objid
WHERE m.classid = 'pg_class'::regclass AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S');

CREATE TEMP VIEW tables AS
SELECT * FROM relations WHERE relkind IN ('r', 'p');

CREATE TEMP VIEW violations AS
SELECT 'function executable by PUBLIC' AS violation, name
FROM functions
WHERE has_function_privilege('public', oid, 'EXECUTE')
  AND name NOT IN (SELECT signature FROM pure_functions)
UNION ALL
SELECT 'pure function not executable by PUBLIC', signature
FROM pure_functions
WHERE NOT EXISTS (SELECT FROM functions f
                  WHERE f.name = signature AND has_function_privilege('public', f.oid, 'EXECUTE'))
UNION ALL
SELECT 'pure function is SECURITY DEFINER', f.name
FROM functions f JOIN pure_functions ON signature = f.name
WHERE f.prosecdef
UNION ALL
SELECT 'SECURITY DEFINER without its search_path', name
FROM functions
WHERE prosecdef AND array_remove(proconfig, 'quote_all_identifiers=off') IS DISTINCT FROM ARRAY['search_path=pg_catalog, pg_temp']
UNION ALL
SELECT 'LEAKPROOF', name
FROM functions
WHERE proleakproof
UNION ALL
SELECT 'PARALLEL UNSAFE without need', name
FROM functions
WHERE proparallel = 'u' AND provolatile <> 'v' AND prorettype <> 'trigger'::regtype
UNION ALL
SELECT 'not STRICT', name
FROM functions
WHERE NOT proisstrict AND prokind = 'f' AND pronargs > 0
  AND name NOT IN (SELECT signature FROM not_strict_functions)
UNION ALL
SELECT 'STRICT, though listed as not', signature
FROM not_strict_functions
WHERE NOT EXISTS (SELECT FROM functions f WHERE f.name = signature AND NOT f.proisstrict)
UNION ALL
SELECT 'C symbol is not mt_ and the name', name
FROM functions f
WHERE prolang = (SELECT oid FROM pg_language WHERE lanname = 'c')
  AND (prosrc <> coalesce((SELECT symbol FROM symbol_exceptions WHERE signature = f.name), 'mt_' || proname)
       OR probin <> '$libdir/multitenant')
UNION ALL
SELECT 'no COMMENT', type || ' ' || name
FROM members
WHERE obj_description(objid, (SELECT relname FROM pg_class WHERE oid = classid)) IS NULL
UNION ALL
SELECT 'outside of the schema multitenant', type || ' ' || name
FROM members
WHERE schema IS DISTINCT FROM 'multitenant'
  AND NOT (classid = 'pg_namespace'::regclass AND name = 'multitenant')
UNION ALL
SELECT 'in the schema, but no member', i.type || ' ' || i.identity
FROM (SELECT 'pg_proc'::regclass AS classid, oid AS objid FROM pg_proc
      WHERE pronamespace = 'multitenant'::regnamespace
      UNION ALL
      SELECT 'pg_class'::regclass, oid FROM pg_class
      WHERE relnamespace = 'multitenant'::regnamespace AND relkind NOT IN ('i', 'I', 't', 'c')
      UNION ALL
      SELECT 'pg_type'::regclass, oid FROM pg_type
      WHERE typnamespace = 'multitenant'::regnamespace AND typrelid = 0
        AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = pg_type.oid)) o
CROSS JOIN LATERAL pg_identify_object(o.classid, o.objid, 0) i
WHERE NOT EXISTS (SELECT FROM members m WHERE m.classid = o.classid AND m.objid = o.objid)
UNION ALL
SELECT 'privilege of PUBLIC on a relation', name || ' ' || privilege_type
FROM relations, aclexplode(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, relowner)))
WHERE grantee = 0
UNION ALL
SELECT 'privilege of PUBLIC on a column', r.name || '.' || attname || ' ' || privilege_type
FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid, aclexplode(attacl)
WHERE grantee = 0
UNION ALL
SELECT 'privilege of PUBLIC on the schema', m.name || ' ' || privilege_type
FROM members m JOIN pg_namespace n ON n.oid = m.objid, aclexplode(nspacl)
WHERE m.classid = 'pg_namespace'::regclass AND grantee = 0 AND privilege_type <> 'USAGE'
UNION ALL
SELECT 'rows left out of a dump', t.name
FROM tables t, (SELECT * FROM pg_extension WHERE extname = 'multitenant') e
WHERE coalesce(e.extcondition[array_position(e.extconfig, t.oid)], 'none') <> ''
UNION ALL
SELECT 'row-level security by the install script', name
FROM tables t
WHERE relrowsecurity OR relforcerowsecurity OR EXISTS (SELECT FROM pg_policy WHERE polrelid = t.oid)
UNION ALL
SELECT 'foreign key without an index', t.name || ' ' || k.conname
FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'
WHERE NOT EXISTS (
  SELECT FROM pg_index x
  WHERE x.indrelid = t.oid AND x.indisvalid AND x.indisready AND x.indislive
    AND x.indnkeyatts >= cardinality(k.conkey)
    AND (SELECT array_agg(c ORDER BY c) FROM unnest(k.conkey) c)
      = (SELECT array_agg(x.indkey[n] ORDER BY x.indkey[n]) FROM generate_series(0, cardinality(k.conkey) - 1) n)
    AND (SELECT amname FROM pg_class i JOIN pg_am ON pg_am.oid = i.relam WHERE i.oid = x.indexrelid) = 'btree'
    AND (x.indpred IS NULL
         OR pg_get_expr(x.indpred, x.indrelid) = format('(%I IS NOT NULL)',
              (SELECT attname FROM pg_attribute WHERE attrelid = t.oid AND attnum = k.conkey[1])) AND cardinality(k.conkey) = 1))
UNION ALL
SELECT '"updatedAt" not kept', t.name
FROM tables t
WHERE NOT EXISTS (
  SELECT FROM pg_trigger g
  WHERE g.tgrelid = t.oid AND g.tgname = 'set_updated_at' AND NOT g.tgisinternal
    AND g.tgfoid = (SELECT oid FROM functions WHERE functions.name = 'set_updated_at()')
    AND g.tgtype = 1 | 2 | 16             -- FOR EACH ROW, BEFORE, UPDATE
    AND g.tgenabled = 'O' AND g.tgqual IS NULL AND cardinality(g.tgattr::int2[]) = 0 AND g.tgnargs = 0)
UNION ALL
SELECT 'no primary key', name
FROM tables t
WHERE NOT EXISTS (SELECT FROM pg_index WHERE indrelid = t.oid AND indisprimary);

\echo -- There is something to look at.
SELECT (SELECT count(*) >= 14 FROM tables) AS tables, (SELECT count(*) >= 20 FROM functions) AS functions;

\echo -- Violations: none.
SELECT violation, name FROM violations ORDER BY violation COLLATE "C", name COLLATE "C";

\echo -- Functions that no parallel worker may run: those that write.
SELECT name AS parallel_unsafe FROM functions
WHERE proparallel = 'u' AND prorettype <> 'trigger'::regtype
ORDER BY name COLLATE "C";
\echo -- Functions for the leader alone: what is given a secret (an error in a worker is logged with the statement), computes hashes (workers of one query would pass the gate together) or runs SQL.
SELECT name AS parallel_restricted FROM functions
WHERE proparallel = 'r' AND prorettype <> 'trigger'::regtype
ORDER BY name COLLATE "C";

--
-- Each check sees what it is for
--

CREATE TEMP TABLE bad_ideas (violation text, name text, sql text);
INSERT INTO bad_ideas VALUES
('function executable by PUBLIC', 'bad()', $$
  CREATE FUNCTION multitenant.bad() RETURNS int LANGUAGE sql AS 'SELECT 1';
  ALTER EXTENSION multitenant ADD FUNCTION multitenant.bad() $$),
('pure function not executable by PUBLIC', 'totp_code(text,timestamp with time zone,text,integer,integer)', $$
  REVOKE EXECUTE ON FUNCTION multitenant.totp_code FROM PUBLIC $$),
('pure function is SECURITY DEFINER', 'hash_password(text,text)', $$
  ALTER FUNCTION multitenant.hash_password SECURITY DEFINER $$),
('SECURITY DEFINER without its search_path', 'bad()', $$
  CREATE FUNCTION multitenant.bad() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
  ALTER EXTENSION multitenant ADD FUNCTION multitenant.bad() $$),
('SECURITY DEFINER without its search_path', 'bad()', $$
  CREATE FUNCTION multitenant.bad() RETURNS int LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS 'SELECT 1';
  ALTER EXTENSION multitenant ADD FUNCTION multitenant.bad() $$),
('SECURITY DEFINER without its search_path', 'bad()', $$
  CREATE FUNCTION multitenant.bad() RETURNS int LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET work_mem = '1GB' AS 'SELECT 1';
  ALTER EXTENSION multitenant ADD FUNCTION multitenant.bad() $$),
('LEAKPROOF', 'bad()', $$
  CREATE FUNCTION multitenant.bad() RETURNS int LANGUAGE sql LEAKPROOF AS 'SELECT 1';
  ALTER EXTENSION multitenant ADD FUNCTION multitenant.bad() $$),
('PARALLEL UNSAFE without need', 'bad()', $$
  CREATE FUNCTION multitenant.bad() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1';
  ALTER EXTENSION multitenant ADD FUNCTION multitenant.bad() $$),
('not STRICT', 'bad(integer)', $$
  CREATE FUNCTION multitenant.bad(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
  ALTER EXTENSION multitenant ADD FUNCTION multitenant.bad(int) $$),
('STRICT, though listed as not', 'hash_password(text,text)', $$
  ALTER FUNCTION multitenant.hash_password STRICT $$),
('C symbol is not mt_ and the name', 'bad()', $$
  CREATE FUNCTION multitenant.bad() RETURNS trigger LANGUAGE c AS '$libdir/multitenant', 'mt_set_updated_at';
  ALTER EXTENSION multitenant ADD FUNCTION multitenant.bad() $$),
('no COMMENT', 'function bad()', $$
  CREATE FUNCTION multitenant.bad() RETURNS int LANGUAGE sql AS 'SELECT 1';
  ALTER EXTENSION multitenant ADD FUNCTION multitenant.bad() $$),
('no COMMENT', 'table multitenant.bad', $$
  CREATE TABLE multitenant.bad (id int); ALTER EXTENSION multitenant ADD TABLE multitenant.bad $$),
('no COMMENT', 'type multitenant.bad', $$
  CREATE TYPE multitenant.bad AS ENUM (); ALTER EXTENSION multitenant ADD TYPE multitenant.bad $$),
('no COMMENT', 'view multitenant.bad', $$
  CREATE VIEW multitenant.bad AS SELECT 1; ALTER EXTENSION multitenant ADD VIEW multitenant.bad $$),
('no COMMENT', 'schema multitenant', $$
  COMMENT ON SCHEMA multitenant IS NULL $$),
('outside of the schema multitenant', 'function bad()', $$
  CREATE FUNCTION public.bad() RETURNS int LANGUAGE sql AS 'SELECT 1';
  ALTER EXTENSION multitenant ADD FUNCTION public.bad() $$),
('outside of the schema multitenant', 'table public.bad', $$
  CREATE TABLE public.bad (id int); ALTER EXTENSION multitenant ADD TABLE public.bad $$),
('in the schema, but no member', 'table multitenant.bad', $$
  CREATE TABLE multitenant.bad (id int) $$),
('in the schema, but no member', 'function multitenant.bad()', $$
  CREATE FUNCTION multitenant.bad() RETURNS int LANGUAGE sql AS 'SELECT 1' $$),
('in the schema, but no member', 'type multitenant.bad', $$
  CREATE DOMAIN multitenant.bad AS int $$),
('privilege of PUBLIC on a relation', 'multitenant."Users" SELECT', $$
  GRANT SELECT ON multitenant."Users" TO PUBLIC $$),
('privilege of PUBLIC on a relation', 'multitenant.bad USAGE', $$
  CREATE SEQUENCE multitenant.bad; GRANT USAGE ON SEQUENCE multitenant.bad TO PUBLIC;
  ALTER EXTENSION multitenant ADD SEQUENCE multitenant.bad $$),
('privilege of PUBLIC on a column', 'multitenant."Users".email UPDATE', $$
  GRANT UPDATE (email) ON multitenant."Users" TO PUBLIC $$),
('privilege of PUBLIC on the schema', 'multitenant CREATE', $$
  GRANT CREATE ON SCHEMA multitenant TO PUBLIC $$),
('rows left out of a dump', 'multitenant.bad', $$
  CREATE TABLE multitenant.bad (id int); ALTER EXTENSION multitenant ADD TABLE multitenant.bad $$),
('rows left out of a dump', 'multitenant."Users"', $$
  UPDATE pg_extension SET extcondition[array_position(extconfig, 'multitenant."Users"'::regclass)] = 'WHERE false'
  WHERE extname = 'multitenant' $$),
('row-level security by the install script', 'multitenant."Users"', $$
  ALTER TABLE multitenant."Users" ENABLE ROW LEVEL SECURITY $$),
('row-level security by the install script', 'multitenant."Users"', $$
  CREATE POLICY bad ON multitenant."Users" $$),
('foreign key without an index', 'multitenant."Roles" Roles_tenantId_fkey', $$
  DROP INDEX multitenant.roles_tenant_id_idx $$),
('foreign key without an index', 'multitenant."Roles" Roles_tenantId_fkey', $$
  DROP INDEX multitenant.roles_tenant_id_idx;
  CREATE INDEX ON multitenant."Roles" ("tenantId") WHERE "isDefault" $$),
('foreign key without an index', 'multitenant."Roles" Roles_tenantId_fkey', $$
  UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'multitenant.roles_tenant_id_idx'::regclass $$),
('"updatedAt" not kept', 'multitenant."Users"', $$
  DROP TRIGGER set_updated_at ON multitenant."Users" $$),
('"updatedAt" not kept', 'multitenant."Users"', $$
  ALTER TABLE multitenant."Users" DISABLE TRIGGER set_updated_at $$),
('"updatedAt" not kept', 'multitenant."Users"', $$
  DROP TRIGGER set_updated_at ON multitenant."Users";
  CREATE TRIGGER set_updated_at AFTER UPDATE ON multitenant."Users"
    FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at() $$),
('no primary key', 'multitenant.bad', $$
  CREATE TABLE multitenant.bad (id int); ALTER EXTENSION multitenant ADD TABLE multitenant.bad $$);

-- Whether the violation appears once the SQL has run; what it did is undone.
CREATE FUNCTION pg_temp.is_seen(idea bad_ideas) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  seen boolean;
BEGIN
  BEGIN
    EXECUTE idea.sql;
    seen := EXISTS (SELECT FROM violations v WHERE v.violation = idea.violation AND v.name = idea.name);
    RAISE EXCEPTION USING ERRCODE = 'UNDON';
  EXCEPTION WHEN SQLSTATE 'UNDON' THEN
    RETURN seen;
  END;
END $$;

\echo -- Bad ideas that no check sees: none.
SELECT violation, name, sql FROM bad_ideas i WHERE NOT pg_temp.is_seen(i);

\echo -- Checks for which there is no bad idea: none.
SELECT violation
FROM (SELECT DISTINCT regexp_replace(branch[1], '''''', '''', 'g') AS violation
      FROM regexp_matches(pg_get_viewdef('violations'::regclass), 'SELECT ''((?:[^'']|'''')+)''::text', 'g') branch) c
WHERE NOT EXISTS (SELECT FROM bad_ideas i WHERE i.violation = c.violation);

\echo -- Violations once all of that was undone: none.
SELECT violation, name FROM violations;
