-- What a client may change: as the acting user, in its tenant, no more than that user holds
\set VERBOSITY terse
INSERT INTO multitenant."Users" (id, email) VALUES
  ('00000000-0000-0000-0000-000000000001', 'olga@example.org'),
  ('00000000-0000-0000-0000-000000000002', 'max@example.org'),
  ('00000000-0000-0000-0000-000000000003', 'cleo@example.org'),
  ('00000000-0000-0000-0000-000000000004', 'newcomer@example.org'),
  ('00000000-0000-0000-0000-000000000005', 'otto@example.org');
\set olga '00000000-0000-0000-0000-000000000001'
\set max '00000000-0000-0000-0000-000000000002'
\set cleo '00000000-0000-0000-0000-000000000003'
\set newcomer '00000000-0000-0000-0000-000000000004'
\set otto '00000000-0000-0000-0000-000000000005'
\set nobody '00000000-0000-0000-0000-000000000000'
-- Olga owns Acme, Max manages it, Cleo works there; Otto owns another.
SELECT multitenant.create_tenant('Acme', 'acme', 'a', :'olga') AS acme, multitenant.create_tenant('Other', 'other', 'o', :'otto') AS other \gset
SELECT multitenant.create_permission(r, a) IS NOT NULL AS made FROM (VALUES ('members', 'manage'), ('roles', 'manage'), ('invoice', '*'), ('invoice', 'read'), ('user', 'read'), ('*', '*'), ('*', 'read')) AS v(r, a);
INSERT INTO multitenant."Permissions" (name, resource, action) VALUES ('approve_invoices', 'invoice', 'approve');
SELECT id AS owner FROM multitenant."Roles" WHERE "tenantId" = :'acme' AND name = 'owner' \gset
SELECT id AS other_owner FROM multitenant."Roles" WHERE "tenantId" = :'other' AND name = 'owner' \gset
SELECT multitenant.grant_permission(:'owner', '*:*') AS owner_may_all;
SELECT multitenant.create_role(:'acme', 'manager', scopes => '{invoice:*,plain}', permissions => '{members:manage,roles:manage,invoice:*}') AS manager,
       multitenant.create_role(:'acme', 'clerk', scopes => '{invoice:read}', permissions => '{invoice:read}') AS clerk,
       multitenant.create_role(:'acme', 'approver', permissions => '{approve_invoices}') AS approver,
       multitenant.create_role(:'acme', 'reader', permissions => '{*:read}') AS reader,
       multitenant.create_role(:'acme', 'all scopes', scopes => '{*}') AS all_scopes,
       multitenant.create_role(:'acme', 'wide scope', scopes => '{invoice}') AS wide_scope,
       multitenant.create_role(:'acme', 'empty') AS empty,
       multitenant.create_role(:'other', 'clerk') AS other_clerk \gset
SELECT multitenant.add_member(:'max', :'acme', '{manager}') IS NOT NULL AND multitenant.add_member(:'cleo', :'acme', '{clerk}') IS NOT NULL
   AND multitenant.add_member(:'max', :'other', '{owner}') IS NOT NULL AS added;

CREATE ROLE app_client;
GRANT EXECUTE ON FUNCTION multitenant.add_member, multitenant.remove_member, multitenant.assign_role, multitenant.unassign_role, multitenant.create_role,
  multitenant.rename_role, multitenant.delete_role, multitenant.grant_permission, multitenant.revoke_permission TO app_client;

-- What a call answers, or its SQLSTATE and message; undone.
CREATE FUNCTION answer(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  BEGIN
    EXECUTE 'SELECT ' || call INTO result;
    SET CONSTRAINTS ALL IMMEDIATE;
    RAISE EXCEPTION USING errcode = 'RB001';
  EXCEPTION
    WHEN SQLSTATE 'RB001' THEN RETURN CASE WHEN result ~ '^[0-9a-f-]{36}$' THEN 'done' ELSE coalesce(nullif(result, ''), 'done') END;
    WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
  END;
END $$;
-- The same as a client that acts as that user in that tenant.
CREATE FUNCTION answer_to(acting_user text, acting_tenant text, call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  PERFORM set_config('multitenant.user_id', acting_user, true), set_config('multitenant.tenant_id', acting_tenant, true);
  SET LOCAL ROLE app_client;
  result := answer(call);
  RESET ROLE;
  PERFORM set_config('multitenant.user_id', '', true), set_config('multitenant.tenant_id', '', true);
  RETURN result;
END $$;
CREATE TABLE calls (n serial, what text, call text);
INSERT INTO calls (what, call) VALUES
  ('add', format('multitenant.add_member(%L, %L)', :'newcomer', :'acme')),
  ('add as clerk', format('multitenant.add_member(%L, %L, ''{clerk}'')', :'newcomer', :'acme')),
  ('add as owner', format('multitenant.add_member(%L, %L, ''{clerk,owner}'')', :'newcomer', :'acme')),
  ('add as unknown', format('multitenant.add_member(%L, %L, ''{none}'')', :'newcomer', :'acme')),
  ('assign clerk', format('multitenant.assign_role(%L, %L, ''clerk'')', :'max', :'acme')),
  ('assign manager', format('multitenant.assign_role(%L, %L, ''manager'')', :'cleo', :'acme')),
  ('assign owner', format('multitenant.assign_role(%L, %L, ''owner'')', :'max', :'acme')),
  ('assign a name of its own', format('multitenant.assign_role(%L, %L, ''approver'')', :'cleo', :'acme')),
  ('assign a wider resource', format('multitenant.assign_role(%L, %L, ''reader'')', :'cleo', :'acme')),
  ('assign scope *', format('multitenant.assign_role(%L, %L, ''all scopes'')', :'cleo', :'acme')),
  ('assign scope invoice', format('multitenant.assign_role(%L, %L, ''wide scope'')', :'cleo', :'acme')),
  ('assign what grants nothing', format('multitenant.assign_role(%L, %L, ''empty'')', :'cleo', :'acme')),
  ('unassign clerk', format('multitenant.unassign_role(%L, %L, ''clerk'')', :'cleo', :'acme')),
  ('unassign owner', format('multitenant.unassign_role(%L, %L, ''owner'')', :'olga', :'acme')),
  ('remove the clerk', format('multitenant.remove_member(%L, %L)', :'cleo', :'acme')),
  ('remove the owner', format('multitenant.remove_member(%L, %L)', :'olga', :'acme')),
  ('create a role', format('multitenant.create_role(%L, ''new'', scopes => ''{invoice:write,invoice:*,plain}'', permissions => ''{invoice:read,invoice:*}'')', :'acme')),
  ('… with more permission', format('multitenant.create_role(%L, ''new'', permissions => ''{invoice:read,user:read}'')', :'acme')),
  ('… with more scope', format('multitenant.create_role(%L, ''new'', scopes => ''{plain,plain:x}'')', :'acme')),
  ('… with unknown permission', format('multitenant.create_role(%L, ''new'', permissions => ''{no:such}'')', :'acme')),
  ('rename clerk', format('multitenant.rename_role(%L, ''scribe'')', :'clerk')),
  ('rename owner', format('multitenant.rename_role(%L, ''boss'')', :'owner')),
  ('rename reader', format('multitenant.rename_role(%L, ''x'')', :'reader')),
  ('delete clerk', format('multitenant.delete_role(%L)', :'clerk')),
  ('delete reader', format('multitenant.delete_role(%L)', :'reader')),
  ('grant invoice:read', format('multitenant.grant_permission(%L, ''invoice:read'')', :'empty')),
  ('grant user:read', format('multitenant.grant_permission(%L, ''user:read'')', :'empty')),
  ('grant *:*', format('multitenant.grant_permission(%L, ''*:*'')', :'manager')),
  ('grant to owner', format('multitenant.grant_permission(%L, ''invoice:read'')', :'owner')),
  ('grant to reader', format('multitenant.grant_permission(%L, ''invoice:read'')', :'reader')),
  ('revoke invoice:read', format('multitenant.revoke_permission(%L, ''invoice:read'')', :'clerk')),
  ('revoke *:*', format('multitenant.revoke_permission(%L, ''*:*'')', :'owner')),
  ('revoke what it grants not', format('multitenant.revoke_permission(%L, ''invoice:read'')', :'empty')),
  ('grant unknown', format('multitenant.grant_permission(%L, ''no:such'')', :'empty'));
SELECT what, left(answer(call), 28) AS admin, left(answer_to(:'olga', :'acme', call), 28) AS owner, left(answer_to(:'max', :'acme', call), 28) AS manager, left(answer_to(:'cleo', :'acme', call), 28) AS clerk
FROM calls ORDER BY n;
-- nothing is said of what others hold
SELECT DISTINCT answer_to(:'max', :'acme', call) AS answer FROM calls WHERE answer_to(:'max', :'acme', call) ~ '^42501' ORDER BY 1;
SELECT DISTINCT answer_to(:'cleo', :'acme', call) AS answer FROM calls ORDER BY 1;

-- outside a context, in part of one, or where the acting user is not what it was: all is
-- refused (but to leave, see below)
SELECT DISTINCT answer_to('', '', call) AS answer FROM calls;
SELECT DISTINCT answer_to(:'olga', '', call) AS answer FROM calls;
SELECT DISTINCT answer_to('', :'acme', call) AS answer FROM calls;
SELECT DISTINCT left(answer_to(:'newcomer', :'acme', call), 32) AS not_a_member FROM calls;
SELECT DISTINCT left(answer_to(:'nobody', :'acme', call), 32) AS no_user FROM calls;
BEGIN;
UPDATE multitenant."TenantUsers" SET roles = '{owner}' WHERE "userId" = :'cleo';
UPDATE multitenant."Users" SET status = 'suspended' WHERE id = :'olga';
SELECT DISTINCT left(answer_to(:'olga', :'acme', call), 32) AS suspended_owner FROM calls WHERE what <> 'remove the owner';
ROLLBACK;
BEGIN;
UPDATE multitenant."Tenants" SET status = 'suspended' WHERE id = :'acme';
SELECT DISTINCT left(answer_to(:'olga', :'acme', call), 32) AS suspended_tenant FROM calls WHERE what <> 'remove the owner';
ROLLBACK;

-- Another tenant: a tenant is refused alike whether it is there or not, a role of another is
-- as one that is not there, and a user who is no member as one who is nobody.
SELECT answer_to(:'olga', :'acme', call) AS owner, count(*), array_agg(DISTINCT answer_to(:'cleo', :'acme', call)) AS clerk FROM (
  SELECT format(call, tenant) FROM unnest(ARRAY[:'other', :'nobody']) AS tenant,
    unnest(ARRAY['multitenant.add_member(%%1$L, %L)', 'multitenant.remove_member(%%1$L, %L)', 'multitenant.assign_role(%%1$L, %L, ''clerk'')',
                 'multitenant.unassign_role(%%1$L, %L, ''clerk'')', 'multitenant.create_role(%L, ''x'')']) AS call) AS c(template),
  format(template, :'max') AS call GROUP BY 1;
SELECT answer_to(:'olga', :'acme', call) AS owner, count(*), array_agg(DISTINCT answer_to(:'cleo', :'acme', call)) AS clerk FROM (
  SELECT format(call, role) FROM unnest(ARRAY[:'other_clerk', :'other_owner', :'nobody']) AS role,
    unnest(ARRAY['multitenant.rename_role(%L, ''x'')', 'multitenant.delete_role(%L)', 'multitenant.grant_permission(%L, ''invoice:read'')',
                 'multitenant.revoke_permission(%L, ''invoice:read'')']) AS call) AS c(call) GROUP BY 1;
SELECT call, array_agg(DISTINCT answer_to(:'olga', :'acme', format(call, who, :'acme'))) AS answers
FROM unnest(ARRAY[:'otto', :'nobody']) AS who,
  unnest(ARRAY['multitenant.remove_member(%L, %L)', 'multitenant.assign_role(%L, %L, ''clerk'')', 'multitenant.unassign_role(%L, %L, ''clerk'')']) AS call GROUP BY 1;
BEGIN;
UPDATE multitenant."Users" SET status = 'deleted' WHERE id = :'newcomer';
SELECT answer_to(:'olga', :'acme', format('multitenant.add_member(%L, %L)', who, :'acme')) FROM unnest(ARRAY[:'newcomer', :'nobody']) AS who;
ROLLBACK;
-- being an owner elsewhere is nothing here
SELECT answer_to(:'max', :'other', format('multitenant.assign_role(%L, %L, ''owner'')', :'max', :'acme')) AS here;

-- a member leaves without asking, but not the last owner; nobody else is sent off so
SELECT answer_to(:'cleo', :'acme', format('multitenant.remove_member(%L, %L)', :'cleo', :'acme')) AS clerk,
       answer_to(:'max', :'acme', format('multitenant.remove_member(%L, %L)', :'max', :'acme')) AS manager,
       left(answer_to(:'olga', :'acme', format('multitenant.remove_member(%L, %L)', :'olga', :'acme')), 5) AS last_owner,
       left(answer_to(:'cleo', :'acme', format('multitenant.remove_member(%L, %L)', :'cleo', :'other')), 5) AS elsewhere,
       answer_to(:'otto', :'acme', format('multitenant.remove_member(%L, %L)', :'otto', :'acme')) AS not_there;

-- default roles are bounded too
BEGIN;
UPDATE multitenant."Roles" SET "isDefault" = true WHERE id = :'reader';
SELECT left(answer_to(:'max', :'acme', format('multitenant.add_member(%L, %L)', :'newcomer', :'acme')), 28) AS more_than_his,
       answer_to(:'max', :'acme', format('multitenant.add_member(%L, %L, ''{}'')', :'newcomer', :'acme')) AS none_at_all;
ROLLBACK;

-- the name owner is the owners', whatever it grants: nobody else takes it up where it is free
SELECT multitenant.create_tenant('Third', 'third', 't') AS third \gset
DELETE FROM multitenant."Roles" WHERE "tenantId" = :'third';
SELECT multitenant.create_role(:'third', 'all', scopes => '{*}', permissions => '{*:*}') AS third_all \gset
SELECT multitenant.add_member(:'max', :'third', '{all}') IS NOT NULL AS added;
SELECT left(answer_to(:'max', :'third', format('multitenant.create_role(%L, ''owner'')', :'third')), 28) AS created,
       left(answer_to(:'max', :'third', format('multitenant.rename_role(%L, ''owner'')', :'third_all')), 28) AS renamed,
       answer_to(:'max', :'third', format('multitenant.create_role(%L, ''Owner'', permissions => ''{*:*}'', scopes => ''{*}'')', :'third')) AS another_name;

-- nor is a name that the tenant exempts from the second factor taken up, given or taken but by who has it, or by an owner
BEGIN;
UPDATE multitenant."Tenants" SET "securityPolicy" = '{"twoFactor": {"required": true, "graceLogins": 0, "exemptRoles": ["robot", "empty"]}}' WHERE id = :'acme';
CREATE TEMP TABLE exempting (what, call) AS VALUES
  ('create', format('multitenant.create_role(%L, ''robot'')', :'acme')),
  ('rename to it', format('multitenant.rename_role(%L, ''robot'')', :'clerk')),
  ('rename', format('multitenant.rename_role(%L, ''x'')', :'empty')),
  ('delete', format('multitenant.delete_role(%L)', :'empty')),
  ('assign', format('multitenant.assign_role(%L, %L, ''empty'')', :'max', :'acme')),
  ('add', format('multitenant.add_member(%L, %L, ''{empty}'')', :'newcomer', :'acme')),
  ('another name', format('multitenant.create_role(%L, ''Robot'')', :'acme')),
  ('one not listed', format('multitenant.assign_role(%L, %L, ''clerk'')', :'max', :'acme'));
SELECT what, left(answer_to(:'max', :'acme', call), 28) AS manager, left(answer_to(:'olga', :'acme', call), 28) AS owner FROM exempting;
-- evaluate_policy() agrees that it would have been a way round
SELECT outcome FROM multitenant.evaluate_policy(:'acme', :'max', NULL, false);
SELECT multitenant.assign_role(:'max', :'acme', 'empty');
SELECT outcome FROM multitenant.evaluate_policy(:'acme', :'max', NULL, false);
SELECT what, left(answer_to(:'max', :'acme', call), 28) AS who_has_one_of_them FROM exempting;
SELECT answer_to(:'max', :'acme', format('multitenant.unassign_role(%L, %L, ''empty'')', :'max', :'acme')) AS taken,
       left(answer_to(:'cleo', :'acme', format('multitenant.remove_member(%L, %L)', :'max', :'acme')), 28) AS removed;
ROLLBACK;

-- a name of the application's own is covered by itself alone
BEGIN;
SELECT multitenant.assign_role(:'max', :'acme', 'approver');
SELECT answer_to(:'max', :'acme', format('multitenant.assign_role(%L, %L, ''approver'')', :'cleo', :'acme')) AS held;
SELECT multitenant.revoke_permission(:'manager', 'invoice:*');
SELECT answer_to(:'max', :'acme', format('multitenant.assign_role(%L, %L, ''approver'')', :'cleo', :'acme')) AS held,
       left(answer_to(:'max', :'acme', format('multitenant.assign_role(%L, %L, ''clerk'')', :'max', :'acme')), 28) AS no_more;
ROLLBACK;

-- who may choose the acting user is no client: a service, by its own right or another's
GRANT EXECUTE ON FUNCTION multitenant.set_context TO app_client;
SELECT answer_to('', '', format('multitenant.assign_role(%L, %L, ''owner'')', :'cleo', :'acme')) AS service;
REVOKE EXECUTE ON FUNCTION multitenant.set_context FROM app_client;
-- a function that runs with a service's rights does not lend them to its caller
CREATE FUNCTION lend(who uuid, tenant uuid) RETURNS boolean LANGUAGE sql SECURITY DEFINER AS 'SELECT multitenant.assign_role(who, tenant, ''owner'')';
SELECT left(answer_to(:'cleo', :'acme', format('lend(%L, %L)', :'cleo', :'acme')), 28) AS lent;
-- nor does who maintains a client's table, an index or a materialized view of which calls a function of the client
CREATE SCHEMA client AUTHORIZATION app_client;
SET ROLE app_client;
CREATE TABLE client.planted AS SELECT :'cleo'::uuid AS who, :'acme'::uuid AS tenant;
CREATE FUNCTION client.plant(who uuid, tenant uuid) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
  RETURN multitenant.assign_role(who, tenant, 'owner');
EXCEPTION
  WHEN OTHERS THEN
    RAISE NOTICE '% as %', SQLSTATE, current_user;
    RETURN NULL;
END $$;
CREATE INDEX planted_idx ON client.planted (client.plant(who, tenant));
CREATE MATERIALIZED VIEW client.planted_view AS SELECT client.plant(who, tenant) FROM client.planted;
RESET ROLE;
REINDEX INDEX client.planted_idx;
ANALYZE client.planted;
REFRESH MATERIALIZED VIEW client.planted_view;
SELECT roles FROM multitenant."TenantUsers" WHERE "userId" = :'cleo' AND "tenantId" = :'acme';
DROP SCHEMA client CASCADE;
-- the acting user stands in the audit
SET multitenant.user_id = '00000000-0000-0000-0000-000000000002';
SET multitenant.tenant_id = :'acme';
SET ROLE app_client;
SELECT multitenant.assign_role(:'cleo', :'acme', 'manager');
RESET ROLE;
RESET multitenant.user_id;
RESET multitenant.tenant_id;
SELECT event, right("userId"::text, 1) AS about, right("actorId"::text, 1) AS actor, details FROM multitenant."SecurityAuditLogs" WHERE "actorId" IS NOT NULL;

DROP FUNCTION answer, answer_to, lend;
DROP TABLE calls;
DROP OWNED BY app_client;
DROP ROLE app_client;
