-- What is asked of all members of a tenant reads each of them once, however few there were when
-- the session first asked: a plan made for those would read all users for each.
\set VERBOSITY terse
SELECT multitenant.create_tenant('Acme', 'acme', 'a') AS acme \gset
SELECT multitenant.create_permission('invoice', 'read') IS NOT NULL AND multitenant.create_role(:'acme', 'clerk', permissions => '{invoice:read}') IS NOT NULL AS made;
VACUUM ANALYZE multitenant."Users";
VACUUM ANALYZE multitenant."TenantUsers";
SELECT count(m) FROM generate_series(1, 10) AS i, multitenant.members_with_permission(:'acme', 'invoice:read' || left(i::text, 0)) AS m;
SELECT sum(multitenant.notify_tenant(:'acme', i::text)) FROM generate_series(1, 10) AS i;
INSERT INTO multitenant."Users" (email) SELECT 'many' || n FROM generate_series(1, 1000) AS n;
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles) SELECT id, :'acme', '{clerk}' FROM multitenant."Users";
CREATE FUNCTION users_read() RETURNS bigint LANGUAGE sql AS
  'SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relid = ''multitenant."Users"''::regclass';
CREATE FUNCTION ask(query text, OUT answer bigint, OUT reads_few boolean) LANGUAGE plpgsql AS $$
DECLARE
  before bigint := users_read();
BEGIN
  EXECUTE query INTO answer;
  reads_few := users_read() - before < 10 * 1000;
END $$;
SELECT * FROM ask(format('SELECT count(*) FROM multitenant.members_with_permission(%L, ''invoice:read'')', :'acme'));
SELECT * FROM ask(format('SELECT multitenant.notify_tenant(%L, ''hello'')', :'acme'));
