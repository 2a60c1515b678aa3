-- What the soak stands on besides test/bench/data.sql: sessions, users with a second factor,
-- tenants in which everything changes all the time, and the bookkeeping. Variables: users, tenants.
--
-- The last digit of a user's number says what the scripts do with it:
--   0 to 3  sign in with the right password     6  change their passwords
--   4       sign in with a wrong one            7  are suspended, deleted and given back
--   5       have a second factor                8  are invited, added and removed
--   9       have a session that nobody ends

CREATE SCHEMA soak;
SET maintenance_work_mem = '512MB';
SET session_replication_role = replica;   -- neither triggers nor foreign keys while it loads

INSERT INTO multitenant."OAuthClients" (id, "clientId", name, type, "tenantId")
SELECT id, 'first-party:' || id, 'First party', 'first_party', id FROM multitenant."Tenants";

INSERT INTO multitenant."OAuthTokens" ("userId", "clientId", type, "accessToken", "accessTokenExpiresAt", "refreshToken",
                                       "refreshTokenExpiresAt", "refreshTokenFamily", "refreshTokenKey")
SELECT bench.id('user', i), bench.id('tenant', 1 + i % :tenants), 'session',
       encode(sha256(('mta_' || lpad(i::text, 43, 'A'))::bytea), 'hex'), now() + '1 day',
       encode(sha256(('refresh' || i)::bytea), 'hex'), now() + '30 days',
       encode(sha256(('family' || i)::bytea), 'hex'), encode(sha256(('key' || i)::bytea), 'hex')
FROM generate_series(9, :users, 10) AS i;

UPDATE multitenant."Users" SET "twoFactorEnabled" = true, "twoFactorSecret" = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
WHERE id IN (SELECT bench.id('user', i) FROM generate_series(5, :users, 10) AS i);

-- A year of history, for maintenance to trim and for the views to count past.
INSERT INTO multitenant."LoginHistories" ("userId", status, "ipAddress", "createdAt", "updatedAt", "tenantId")
SELECT bench.id('user', 1 + i * 7919 % :users), 'success', '192.0.2.1', at, at, bench.id('tenant', 1 + i % :tenants)
FROM generate_series(1, :users::bigint) AS i, LATERAL (SELECT now() - (:users - i) * interval '1 year' / :users) AS t (at);

RESET session_replication_role;

-- Tenants that all change at once, with members among the users that change.
SELECT count(multitenant.create_tenant('Hot ' || t, 'hot-' || t, 'hot-' || t, bench.id('user', t * 10 - 3))) FROM generate_series(1, 8) AS t;
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles)
SELECT bench.id('user', i), t.id, ARRAY['member']
FROM generate_series(101, 600) AS i, multitenant."Tenants" AS t WHERE t.slug LIKE 'hot-%' AND i % 10 IN (7, 8);
SELECT count(multitenant.create_role(id, 'clerk', permissions => ARRAY['resource3:read'])) FROM multitenant."Tenants" WHERE slug LIKE 'hot-%';

-- Sessions that clients share, as the tabs of a browser do: a token that two of them renew at once.
CREATE TABLE soak.jar (slot integer PRIMARY KEY, access varchar NOT NULL, refresh varchar NOT NULL) WITH (fillfactor = 50);
INSERT INTO soak.jar SELECT s, '', '' FROM generate_series(1, 200) AS s;

-- An application's table, behind row-level security, and the role that reads it.
CREATE TABLE soak.document (id bigserial PRIMARY KEY, "tenantId" uuid NOT NULL, title text);
INSERT INTO soak.document ("tenantId", title) SELECT bench.id('tenant', 1 + i % :tenants), 'Document ' || i FROM generate_series(1, 20 * :tenants) AS i;
CREATE INDEX ON soak.document ("tenantId");
SELECT multitenant.protect_table('soak.document');
CREATE ROLE soak_client;
SELECT multitenant.grant_access('soak_client', 'client');
GRANT USAGE ON SCHEMA soak TO soak_client;
GRANT SELECT ON soak.document TO soak_client;

-- What was refused, as it may be: the last owner stays, a member is there already …
CREATE UNLOGGED TABLE soak.refusals (at timestamptz NOT NULL DEFAULT clock_timestamp(), script text NOT NULL, sqlstate text NOT NULL);

-- Runs a statement that may be refused with one of these SQLSTATEs, and counts that. Any other error goes on.
CREATE FUNCTION soak.attempt(script text, statement text, VARIADIC expected text[]) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
  SET CONSTRAINTS ALL IMMEDIATE;
  EXECUTE statement;
  RETURN 'done';
EXCEPTION WHEN OTHERS THEN
  -- no trigger here holds anything back: what was not stored was lost, whatever its SQLSTATE
  IF SQLSTATE <> ALL (expected) OR SQLERRM LIKE '%was not stored%' THEN
    RAISE;
  END IF;
  INSERT INTO soak.refusals (script, sqlstate) VALUES (script, SQLSTATE);
  RETURN SQLSTATE;
END $$;

CREATE FUNCTION soak.tenant(number integer) RETURNS uuid
LANGUAGE sql STABLE RETURN (SELECT id FROM multitenant."Tenants" WHERE slug = 'hot-' || number);

-- The token of the last invitation of a mailbox, which a mail would have brought.
CREATE TABLE soak.mail (email text PRIMARY KEY, token text NOT NULL) WITH (fillfactor = 50);
CREATE FUNCTION soak.invite(tenant uuid, number integer) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO soak.mail
  SELECT 'user' || number || '@example.com', token
  FROM multitenant.create_invitation(tenant, 'user' || number || '@example.com', bench.id('user', 9), ARRAY['clerk'])
  ON CONFLICT (email) DO UPDATE SET token = EXCLUDED.token $$;

CREATE EXTENSION pgstattuple;
VACUUM (ANALYZE);

-- Figures over time: what the tables and their indexes are at a moment.
CREATE TABLE soak.measured (at timestamptz NOT NULL DEFAULT now(), relation text NOT NULL, table_bytes bigint NOT NULL,
                            index_bytes bigint NOT NULL, live bigint NOT NULL, dead bigint NOT NULL, updates bigint NOT NULL, hot bigint NOT NULL,
                            autovacuums bigint NOT NULL);
CREATE FUNCTION soak.measure() RETURNS void
LANGUAGE sql AS $$
  INSERT INTO soak.measured (relation, table_bytes, index_bytes, live, dead, updates, hot, autovacuums)
  SELECT relname, pg_table_size(relid), pg_indexes_size(relid), n_live_tup, n_dead_tup, n_tup_upd, n_tup_hot_upd, autovacuum_count
  FROM pg_stat_user_tables WHERE schemaname = 'multitenant' $$;
