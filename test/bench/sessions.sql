-- One session for each user, in the first of its tenants, whose access token is its number.
-- Written as rows, since it would take long to sign in for each; last used tomorrow, so that none
-- is due to be written while reading is measured.

SET session_replication_role = replica;   -- neither triggers nor foreign keys while it loads

INSERT INTO multitenant."OAuthClients" (id, "clientId", name, type, "tenantId")
SELECT id, 'first-party:' || id, 'First party', 'first_party', id FROM multitenant."Tenants";

INSERT INTO multitenant."OAuthTokens" ("userId", "clientId", type, "accessToken", "accessTokenExpiresAt", "refreshToken",
                                       "refreshTokenExpiresAt", "refreshTokenFamily", "refreshTokenKey", "lastUsedAt")
SELECT bench.id('user', i), bench.id('tenant', 1 + i % :tenants), 'session',
       encode(sha256(('mta_' || lpad(i::text, 43, 'A'))::bytea), 'hex'), now() + '1 day',
       encode(sha256(('refresh' || i)::bytea), 'hex'), now() + '30 days',
       encode(sha256(('family' || i)::bytea), 'hex'), encode(sha256(('key' || i)::bytea), 'hex'), now() + '1 day'
FROM generate_series(1, :users) AS i;

RESET session_replication_role;
VACUUM (ANALYZE) multitenant."OAuthTokens", multitenant."OAuthClients", multitenant."Users";

-- all of them are good before any is timed
SELECT count(*) = least(:users, 1000) AS they_are_good
FROM generate_series(1, least(:users, 1000)) AS i, multitenant.verify_session('mta_' || lpad(i::text, 43, 'A')) \gset
\if :they_are_good
\else
  DO $$ BEGIN RAISE 'verify_session refuses a session'; END $$;
\endif

-- What verify_session returns, as rows of a table: a lookup done the same way returns them by primary key.
CREATE TABLE bench.session_row AS
SELECT bench.id('session', i) AS id, bench.id('user', i) AS user_id, bench.id('tenant', 1 + i % :tenants) AS tenant_id,
       ARRAY['editor', 'member'] AS roles, ARRAY[]::text[] AS scopes, now() AS expires_at
FROM generate_series(1, :users) AS i;
ALTER TABLE bench.session_row ADD PRIMARY KEY (id);
VACUUM (ANALYZE) bench.session_row;
