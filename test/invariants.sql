-- What holds of the tables at any moment at which nobody writes, whatever happened before: a line
-- for each rule, with how many break it. The load and the crash test judge by it.
--
--   psql -XAtq -f test/invariants.sql        prints RULE|VIOLATIONS

SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS amcheck;
SET client_min_messages = warning;
-- a plan that is forced looks so dear that compiling it would take most of the time
SET jit = off;

-- How many B-tree indexes disagree with themselves or with their table. Each is named in a warning.
CREATE FUNCTION pg_temp.broken_indexes() RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  index regclass;
  broken bigint := 0;
BEGIN
  FOR index IN
    SELECT c.oid FROM pg_class c JOIN pg_am a ON a.oid = c.relam
    WHERE c.relnamespace = 'multitenant'::regnamespace AND c.relkind = 'i' AND a.amname = 'btree'
  LOOP
    BEGIN
      PERFORM bt_index_check(index, true);
    EXCEPTION WHEN index_corrupted OR data_corrupted THEN
      RAISE WARNING '%: %', index, SQLERRM;
      broken := broken + 1;
    END;
  END LOOP;
  RETURN broken;
END $$;

-- How many rows refer to one that is not there. The triggers that see to it are the server's: what is looked for here
-- is a transaction of which a part is lost.
CREATE FUNCTION pg_temp.dangling_references() RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  reference record;
  number bigint;
  dangling bigint := 0;
BEGIN
  FOR reference IN
    SELECT c.conname, c.conrelid::regclass AS source, c.confrelid::regclass AS target, a.attname AS of, b.attname AS key
    FROM pg_constraint c
      JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
      JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
    WHERE c.contype = 'f' AND c.connamespace = 'multitenant'::regnamespace
  LOOP
    EXECUTE format('SELECT count(*) FROM %s s WHERE %I IS NOT NULL AND NOT EXISTS (SELECT FROM %s t WHERE t.%I = s.%I)',
                   reference.source, reference.of, reference.target, reference.key, reference.of) INTO number;
    IF number > 0 THEN
      RAISE WARNING '%: % rows', reference.conname, number;
    END IF;
    dangling := dangling + number;
  END LOOP;
  RETURN dangling;
END $$;

-- By how many rows an index and its table differ in what they find; for the indexes that amcheck does not know.
CREATE FUNCTION pg_temp.difference(source regclass, condition text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  by_scan bigint;
  by_index bigint;
BEGIN
  SET LOCAL enable_bitmapscan = off;
  SET LOCAL enable_indexscan = off;
  SET LOCAL enable_indexonlyscan = off;
  EXECUTE format('SELECT count(*) FROM %s WHERE %s', source, condition) INTO by_scan;
  SET LOCAL enable_bitmapscan = on;
  SET LOCAL enable_seqscan = off;
  EXECUTE format('SELECT count(*) FROM %s WHERE %s', source, condition) INTO by_index;
  SET LOCAL enable_seqscan = on;
  SET LOCAL enable_indexscan = on;
  SET LOCAL enable_indexonlyscan = on;
  RETURN abs(by_scan - by_index);
END $$;

CREATE TEMP VIEW session AS
SELECT t.*, c."tenantId", NOT t.revoked AND greatest(t."accessTokenExpiresAt", t."refreshTokenExpiresAt") > now() AS is_live
FROM multitenant."OAuthTokens" t JOIN multitenant."OAuthClients" c ON c.id = t."clientId" WHERE t.type = 'session';

SELECT 'indexes agree with their tables', pg_temp.broken_indexes();
-- every row with a document is in the index, and under what the document says
SELECT 'indexes of JSON find what is there',
       (SELECT sum(pg_temp.difference(i.indrelid::regclass, format('%I @> ''{}''', a.attname)))
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE c.relnamespace = 'multitenant'::regnamespace AND m.amname = 'gin')
       + pg_temp.difference('multitenant."SecurityAuditLogs"', 'details @> ''{"to": "suspended"}''')
       + pg_temp.difference('multitenant."Users"', 'preferences @> ''{"theme": 1}''')
       + pg_temp.difference('multitenant."Users"', 'profile @> ''{"timezone": "UTC"}''')
       + pg_temp.difference('multitenant."Tenants"', '"featureFlags" @> ''{"theme": true}''');
SELECT 'tables are sound', count(*)
FROM pg_class c, LATERAL verify_heapam(c.oid) WHERE c.relnamespace = 'multitenant'::regnamespace AND c.relkind = 'r';
SELECT 'what is referred to is there', pg_temp.dangling_references();
SELECT 'no member has more sessions than the policy allows', count(*)
FROM (SELECT FROM session s JOIN multitenant."Tenants" t ON t.id = s."tenantId" WHERE s.is_live
      GROUP BY s."userId", t.id HAVING count(*) > nullif((t."securityPolicy" -> 'session' ->> 'maxConcurrentSessions')::integer, 0)) AS crowds;
SELECT 'only active users have sessions', count(*)
FROM session s JOIN multitenant."Users" u ON u.id = s."userId" WHERE s.is_live AND u.status <> 'active';
SELECT 'only members have sessions in a tenant', count(*)
FROM session s JOIN multitenant."Tenants" t ON t.id = s."tenantId" AND t.status <> 'pending_deletion'
WHERE s.is_live AND NOT EXISTS (SELECT FROM multitenant."TenantUsers" m WHERE m."userId" = s."userId" AND m."tenantId" = t.id);
SELECT 'a session that was renewed has all that its renewal wrote', count(*)
FROM session
WHERE (("refreshedAt" IS NULL) <> ("previousRefreshToken" IS NULL)) OR (("refreshedAt" IS NULL) <> ("refreshTokenSalt" IS NULL))
   OR revoked <> ("revokedAt" IS NOT NULL);
SELECT 'every tenant has an active owner', count(*)
FROM multitenant."Tenants" t
WHERE status <> 'pending_deletion'
  AND NOT EXISTS (SELECT FROM multitenant."TenantUsers" m JOIN multitenant."Users" u ON u.id = m."userId"
                  WHERE m."tenantId" = t.id AND 'owner' = ANY (m.roles) AND u.status = 'active');
SELECT 'memberships name roles that are there', count(*)
FROM multitenant."TenantUsers" m, unnest(m.roles) AS named
WHERE NOT EXISTS (SELECT FROM multitenant."Roles" r WHERE r."tenantId" = m."tenantId" AND r.name = named);
SELECT 'as many failures as lock an account have locked it, and no fewer', count(*)
FROM multitenant."Users"
WHERE ("failedLoginAttempts" >= 5) <> ("accountLockedUntil" IS NOT NULL)
   OR ("twoFactorVerificationAttempts" >= 5) <> ("twoFactorLockedUntil" IS NOT NULL);
SELECT 'a second factor is there as a whole or not at all', count(*)
FROM multitenant."Users"
WHERE ("twoFactorEnabled" OR "twoFactorPendingVerification") <> ("twoFactorSecret" IS NOT NULL)
   OR "twoFactorEnabled" AND "twoFactorPendingVerification"
   OR NOT "twoFactorEnabled" AND "twoFactorBackupCodes" <> '{}'
   OR "twoFactorPendingVerification" <> ("twoFactorSetupStartedAt" IS NOT NULL);
SELECT 'devices are of users with a second factor', count(*)
FROM multitenant."RememberedDevices" d JOIN multitenant."Users" u ON u.id = d."userId" WHERE NOT u."twoFactorEnabled";
SELECT 'the view of figures counts what the tables have', count(*)
FROM multitenant.stats
WHERE live_sessions <> (SELECT count(*) FROM multitenant."OAuthTokens" t WHERE type = 'session' AND "userId" IS NOT NULL AND NOT revoked
                                          AND coalesce("refreshTokenExpiresAt", "accessTokenExpiresAt") > statement_timestamp())
   OR locked_accounts <> (SELECT count(*) FILTER (WHERE statement_timestamp() < greatest("accountLockedUntil", "twoFactorLockedUntil"))
                          FROM multitenant."Users")
   OR pending_invitations <> (SELECT count(*) FILTER (WHERE status = 'pending' AND "expiresAt" > statement_timestamp())
                              FROM multitenant."Invitations");
