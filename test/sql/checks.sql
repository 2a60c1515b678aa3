-- has_any_role, has_scope, and the checks of the context. has_role and has_permission by
-- user and tenant: roles.sql.
\set VERBOSITY terse
SELECT multitenant.register_user('ada@example.org') AS ada, multitenant.register_user('ben@example.org') AS ben \gset
SELECT multitenant.create_tenant('Acme', 'acme', 'postgres://acme') AS acme \gset
SELECT multitenant.create_tenant('Umbrella', 'umbrella', 'postgres://umbrella', :'ada') AS umbrella \gset
SELECT count(multitenant.create_permission(r, a)) AS permissions FROM (VALUES ('note', 'read'), ('note', '*'), ('*', '*')) AS p(r, a);
SELECT multitenant.create_role(:'acme', 'reader', scopes => ARRAY['note:read', 'profile', 'org:billing:*', 'star*'], permissions => ARRAY['note:read']) AS reader,
       multitenant.create_role(:'acme', 'idle') AS idle \gset
SELECT multitenant.add_member(:'ada', :'acme', ARRAY['idle', 'reader']) AS m \gset

-- has_any_role
SELECT multitenant.has_any_role(:'ada', :'acme', ARRAY['reader']) AS one,
       multitenant.has_any_role(:'ada', :'acme', ARRAY['owner', NULL, 'reader']) AS among_others,
       multitenant.has_any_role(:'ada', :'acme', ARRAY[['x', 'reader'], ['y', 'z']]) AS in_two_dimensions;
SELECT multitenant.has_any_role(:'ada', :'acme', ARRAY['owner', 'member']) AS others,
       multitenant.has_any_role(:'ada', :'acme', '{}') AS none,
       multitenant.has_any_role(:'ada', :'acme', ARRAY[NULL]) AS null_element,
       multitenant.has_any_role(:'ada', :'acme', NULL) AS null_array,
       multitenant.has_any_role(NULL, :'acme', ARRAY['reader']) AS null_user,
       multitenant.has_any_role(:'ada', NULL, ARRAY['reader']) AS null_tenant,
       multitenant.has_any_role(:'ada', :'umbrella', ARRAY['reader']) AS another_tenant,
       multitenant.has_any_role(:'ben', :'acme', ARRAY['reader']) AS not_a_member,
       multitenant.has_any_role(:'ada', :'acme', ARRAY[repeat('x', 1024 * 1024)]) AS long_name;

-- has_scope
SELECT left(scope, 20) AS scope, multitenant.has_scope(:'ada', :'acme', scope) AS reader, multitenant.has_scope(:'ada', :'umbrella', scope) AS owner, multitenant.has_scope(:'ben', :'acme', scope) AS nobody
FROM (VALUES (1, 'note:read'), (2, 'note:write'), (3, 'note:*'), (4, 'note'), (5, 'note:read:all'), (6, 'profile'), (7, 'profile:read'), (8, 'Profile'), (9, 'org:billing:pay'),
             (10, 'org:billing:*'), (11, 'org:billing:'), (12, 'org:billing'), (13, 'org:*'), (14, '*'), (15, 'x'), (16, ''), (17, NULL), (18, repeat('x', 1024 * 1024)), (19, 'star*'), (20, 'stars'), (21, 'star:s')) AS v(n, scope) ORDER BY n;
SELECT multitenant.has_scope(NULL, :'acme', 'profile') AS null_user, multitenant.has_scope(:'ada', NULL, 'profile') AS null_tenant;

-- for the context: false outside of one
SELECT multitenant.has_role('reader'), multitenant.has_permission('note:read'), multitenant.has_scope('profile');
CREATE FUNCTION may(change text DEFAULT 'SELECT', OUT role bool, OUT permission bool, OUT scope bool, OUT any_role bool, OUT asked text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE change;
  role := multitenant.has_role('reader');
  permission := multitenant.has_permission('note:read');
  scope := multitenant.has_scope('note:read');
  any_role := multitenant.has_any_role(multitenant.current_user_id(), multitenant.current_tenant_id(), '{reader}');
  asked := 'allowed';
  BEGIN
    PERFORM multitenant.require_permission('note:read');
  EXCEPTION WHEN insufficient_privilege THEN asked := SQLSTATE || ' ' || SQLERRM;
  END;
  RAISE USING errcode = 'RB001';
EXCEPTION WHEN SQLSTATE 'RB001' THEN NULL;
END $$;
SELECT * FROM may();
BEGIN;
SELECT multitenant.set_context(:'ada', :'acme');
SELECT * FROM may();
-- the conditions one by one, each put back
SELECT reason, c.* FROM (VALUES
  (1, 'nothing changed', 'SELECT'),
  (2, 'user suspended', 'UPDATE multitenant."Users" SET status = ''suspended'' WHERE email LIKE ''ada%'''),
  (3, 'user inactive', 'UPDATE multitenant."Users" SET status = ''inactive'' WHERE email LIKE ''ada%'''),
  (4, 'user deleted', 'DELETE FROM multitenant."Users" WHERE email LIKE ''ada%'''),
  (5, 'tenant suspended', 'UPDATE multitenant."Tenants" SET status = ''suspended'' WHERE slug = ''acme'''),
  (6, 'tenant to be deleted', 'UPDATE multitenant."Tenants" SET status = ''pending_deletion'' WHERE slug = ''acme'''),
  (7, 'other tenant suspended', 'UPDATE multitenant."Tenants" SET status = ''suspended'' WHERE slug = ''umbrella'''),
  (8, 'not a member', 'DELETE FROM multitenant."TenantUsers" WHERE roles <> ''{owner}'''),
  (9, 'role taken away', 'UPDATE multitenant."TenantUsers" SET roles = ''{idle}'' WHERE roles <> ''{owner}'''),
  (10, 'role renamed', 'UPDATE multitenant."Roles" SET name = ''scribe'' WHERE name = ''reader'''),
  (11, 'role deleted', 'DELETE FROM multitenant."Roles" WHERE name = ''reader'''),
  (12, 'permission revoked', 'DELETE FROM multitenant."RolePermissions"'),
  (13, 'scopes changed', 'UPDATE multitenant."Roles" SET scopes = ''{}'' WHERE name = ''reader'''),
  (14, 'another context', 'SELECT multitenant.set_context(id, NULL) FROM multitenant."Users" WHERE email LIKE ''ada%'''),
  (15, 'no context', 'SELECT multitenant.clear_context()'),
  -- where no trigger followed
  (16, 'role deleted, its name left', 'SET LOCAL session_replication_role = replica; DELETE FROM multitenant."Roles" WHERE name = ''reader''')
) AS v(n, reason, change), may(change) c ORDER BY n;
SELECT multitenant.has_permission('note:*') AS the_wildcard, multitenant.has_permission(NULL) AS null_permission, multitenant.has_role(NULL) AS null_role, multitenant.has_scope(NULL) AS null_scope;
SAVEPOINT a; SELECT multitenant.require_permission('note:write'); ROLLBACK TO a;
SAVEPOINT a; SELECT 1 AS passed FROM (SELECT multitenant.require_permission('note:write')) AS unused; ROLLBACK TO a;
SAVEPOINT a; SELECT multitenant.require_permission(NULL); ROLLBACK TO a;
SAVEPOINT a; SELECT multitenant.require_permission(''); ROLLBACK TO a;
SAVEPOINT a; SELECT multitenant.require_permission(repeat('x', 1024 * 1024)); ROLLBACK TO a;
SELECT multitenant.grant_permission(:'reader', 'note:*') AS granted;
SELECT multitenant.has_permission('note:*') AS the_wildcard, multitenant.has_permission('note:write') AS another_action, multitenant.has_permission('user:write') AS another_resource;
COMMIT;

-- each row of a query is asked for itself
SELECT split_part(u.email, '@', 1) AS "user", t.slug, multitenant.has_permission(u.id, t.id, 'note:write') AS permission, multitenant.has_scope(u.id, t.id, 'profile') AS scope
FROM multitenant."Users" AS u, multitenant."Tenants" AS t ORDER BY 1, 2;

-- a cache that holds no more than one check forgets, and reads again
SET multitenant.permission_cache_size = '64kB';
SELECT count(*) FILTER (WHERE multitenant.has_permission(:'ada', :'acme', 'note:' || i)) AS granted,
       count(*) FILTER (WHERE multitenant.has_permission(:'ada', :'acme', 'user:' || i)) AS not_granted FROM generate_series(1, 5000) AS i;
RESET multitenant.permission_cache_size;
-- a transaction that has filled it and rolls back leaves nothing in it
BEGIN;
SELECT multitenant.create_role(:'acme', 'passing', permissions => ARRAY['*:*']) IS NOT NULL AS made, multitenant.assign_role(:'ada', :'acme', 'passing') AS assigned;
SELECT multitenant.has_permission(:'ada', :'acme', 'user:write');
ROLLBACK;
BEGIN;
SELECT multitenant.create_role(:'acme', 'passing') IS NOT NULL AS made, multitenant.assign_role(:'ada', :'acme', 'passing') AS assigned;
SELECT multitenant.has_permission(:'ada', :'acme', 'user:write');
ROLLBACK;
-- nor does a command that fails after somebody asked in its midst
CREATE FUNCTION ask_and_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'refused, and %', (SELECT multitenant.has_permission("userId", "tenantId", 'user:write') FROM multitenant."TenantUsers" WHERE roles <> '{owner}');
END $$;
CREATE TRIGGER ask_and_refuse AFTER INSERT ON multitenant."RolePermissions" FOR EACH ROW EXECUTE FUNCTION ask_and_refuse();
SELECT multitenant.create_permission('user', 'write') IS NOT NULL AS made;
SELECT multitenant.grant_permission(:'reader', 'user:write');
SELECT multitenant.has_permission(:'ada', :'acme', 'user:write');
BEGIN;
SELECT multitenant.create_permission('user', 'erase') IS NOT NULL AS all_forgotten;
SAVEPOINT a;
SELECT multitenant.grant_permission(:'reader', 'user:write');
ROLLBACK TO a;
SELECT multitenant.has_permission(:'ada', :'acme', 'user:write');
COMMIT;
DROP TRIGGER ask_and_refuse ON multitenant."RolePermissions";
-- an error in the middle of a fill
BEGIN;
SAVEPOINT a;
ALTER TABLE multitenant."RolePermissions" RENAME TO "Hidden";
SELECT multitenant.has_permission(:'ada', :'acme', 'note:fresh');
ROLLBACK TO a;
SELECT multitenant.has_permission(:'ada', :'acme', 'note:fresh');
COMMIT;
