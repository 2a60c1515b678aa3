-- Row-level security, and what database roles may do.

--
-- An application's own tables
--

CREATE FUNCTION multitenant.is_member()
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_is_member'
LANGUAGE C STABLE PARALLEL SAFE COST 100 SUPPORT multitenant.once_per_query_support;
REVOKE ALL ON FUNCTION multitenant.is_member() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.is_member() IS
  'True when the acting user is an active member of the context''s tenant, and that is active; false otherwise, outside a context too. Evaluated once for a query.';

-- With the caller's rights: who protects a table owns it.
CREATE FUNCTION multitenant.protect_table(
  relation regclass, tenant_column name DEFAULT 'tenantId', read_permission text DEFAULT NULL,
  write_permission text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_protect_table'
LANGUAGE C VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.protect_table(regclass, name, text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.protect_table(regclass, name, text, text) IS
  'Enables and forces row-level security on a table, its partitions and its children: a statement reads, changes and makes rows of the context''s tenant alone, whatever other policies the table has. tenant_column: a column of type uuid. read_permission: what a member needs to see rows; null: nothing more. write_permission: what it needs to insert, update and delete; null: the same as for reading. Called again it sets what it is given then; policies of other names are left alone. For the owner of the table. Errors: 42501 not its owner; 42P01 no such table; 42809 not a table of an application; 42703 no such column; 42804 the column is not a uuid; 22023 null, empty or not a name; 54000 too long. Audit: table.protected.';

CREATE FUNCTION multitenant.unprotect_table(relation regclass)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_unprotect_table'
LANGUAGE C VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.unprotect_table(regclass) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.unprotect_table(regclass) IS
  'Undoes protect_table() on a table, its partitions and its children; row-level security stays on where there are policies of other names. For the owner of the table. Errors: 42501 not its owner; 42P01 no such table; 42809 not a table of an application; 22023 null. Audit: table.unprotected.';

--
-- The extension's own tables
--

-- USAGE on it marks an administrator: no GRANT for all tables or functions gives that.
CREATE TYPE multitenant.administrator AS ();
REVOKE ALL ON TYPE multitenant.administrator FROM PUBLIC;
COMMENT ON TYPE multitenant.administrator IS
  'A role with USAGE on it, which grant_access(..., ''admin'') gives, reads every row where enable_row_security() is in force. Nobody uses it as a type.';

CREATE TABLE multitenant."RowSecurity" (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."RowSecurity"'::regclass, '');
REVOKE ALL ON multitenant."RowSecurity" FROM PUBLIC;
COMMENT ON TABLE multitenant."RowSecurity" IS
  'A row here records that enable_row_security() is in force: a dump keeps it, but may not keep the policies, and while the two disagree no context can be set';
COMMENT ON COLUMN multitenant."RowSecurity"."createdAt" IS
  'Since when';
COMMENT ON COLUMN multitenant."RowSecurity"."updatedAt" IS
  'Time of the last UPDATE, kept by the trigger set_updated_at';

CREATE FUNCTION multitenant.row_security_changed()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_row_security_changed'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION multitenant.row_security_changed() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.row_security_changed() IS
  'Trigger of "RowSecurity": every backend looks again whether the tables are protected as recorded';

-- Whom and what the policies show. SECURITY DEFINER: who may read one table need not be
-- allowed to read another, and the policy of one does not ask that of the next.
CREATE FUNCTION multitenant.visible_user_ids()
RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT "userId" FROM multitenant."TenantUsers"
  WHERE "tenantId" = multitenant.current_tenant_id() AND multitenant.is_member()
  UNION
  SELECT multitenant.current_user_id()
$$;
REVOKE ALL ON FUNCTION multitenant.visible_user_ids() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.visible_user_ids() IS
  'The acting user and the members of the context''s tenant: whose rows of "Users" row-level security shows';

CREATE FUNCTION multitenant.visible_role_ids()
RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE ROWS 20
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT id FROM multitenant."Roles"
  WHERE "tenantId" = multitenant.current_tenant_id() AND multitenant.is_member()
$$;
REVOKE ALL ON FUNCTION multitenant.visible_role_ids() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.visible_role_ids() IS
  'The roles of the context''s tenant: whose rows of "RolePermissions" row-level security shows';

CREATE FUNCTION multitenant.enable_row_security()
RETURNS void
AS 'MODULE_PATHNAME', 'mt_enable_row_security'
LANGUAGE C VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.enable_row_security() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.enable_row_security() IS
  'Turns row-level security on for every table of the extension: who reads one sees the rows of the context''s tenant, where the acting user is its active member (of the three logs only with the permission logs:read), and the acting user''s own; an administrator (grant_access) sees all. It grants no table to anybody, and nobody may write by it. To be called again after a restore and after an upgrade. For the owner of the extension. Errors: 42501 not its owner. Audit: row_security.enabled.';

CREATE FUNCTION multitenant.disable_row_security()
RETURNS void
AS 'MODULE_PATHNAME', 'mt_disable_row_security'
LANGUAGE C VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.disable_row_security() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.disable_row_security() IS
  'Undoes enable_row_security(); row-level security stays on where an application added policies of its own. For the owner of the extension. Errors: 42501 not its owner. Audit: row_security.disabled.';

--
-- Database roles
--

CREATE FUNCTION multitenant.grant_access(grantee name, tier text)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_grant_access'
LANGUAGE C VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.grant_access(name, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.grant_access(name, text) IS
  'Gives a database role the functions of a tier, in place of those it had. tier: client (untrusted: tokens and the context only), service (a trusted back end: every function, no table) or admin (every function, and every table to read). To be called again after an upgrade. For the owner of the extension. Errors: 42501 not its owner; 42704 no such role; 22023 no such tier, PUBLIC, the owner itself, or null; 54000 too long; 55000 another role granted it functions, tables or the mark of an administrator. Audit: access.granted.';

CREATE FUNCTION multitenant.revoke_access(grantee name)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_revoke_access'
LANGUAGE C VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.revoke_access(name) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.revoke_access(name) IS
  'Takes back what grant_access() gave to a database role; does nothing where it gave nothing. For the owner of the extension. Errors: 42501 not its owner; 42704 no such role; 22023 PUBLIC, the owner itself, or null; 55000 another role granted it functions, tables or the mark of an administrator. Audit: access.revoked.';

CREATE FUNCTION multitenant.row_security_problems()
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
REVOKE ALL ON FUNCTION multitenant.row_security_problems() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.row_security_problems() IS
  'What is wrong with the protection of tables: a row for each problem; relation is null for one of a database role. Of protect_table(): row-level security turned off or not forced, a policy missing or altered, a partition that came later, a permission that does not exist, a view or materialized view that goes around it. Of enable_row_security(): a table out of step with the record, a policy altered, a view of all tenants that is not an administrator''s. Of roles to which access is granted, or that have it by membership in one: superusers, BYPASSRLS; of the former also: owners of tables, TRUNCATE, TRIGGER.';
