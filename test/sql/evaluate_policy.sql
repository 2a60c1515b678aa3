-- What evaluate_policy() says of a user, and how grace logins are counted
\set VERBOSITY terse
SET client_min_messages = warning;
INSERT INTO multitenant."Users" (id, email, status, "twoFactorEnabled") VALUES
  ('00000000-0000-0000-0000-000000000001', 'ada@example.org', 'active', false),
  ('00000000-0000-0000-0000-000000000002', 'ben@example.org', 'active', true),
  ('00000000-0000-0000-0000-000000000003', 'eve@example.org', 'active', false);
SELECT multitenant.create_tenant('Acme', 'acme', 'u', '00000000-0000-0000-0000-000000000001') AS acme \gset
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000002', :'acme') IS NOT NULL AS added;

-- the policy of acme from now on, and what it says of a user by the last digit of the id
CREATE PROCEDURE policy(document jsonb) LANGUAGE sql AS $$ UPDATE multitenant."Tenants" SET "securityPolicy" = document WHERE slug = 'acme' $$;
CREATE FUNCTION says(who int, ip text DEFAULT NULL, done boolean DEFAULT false,
                     OUT outcome text, OUT reason text, OUT grace_logins_left int) LANGUAGE sql STABLE AS $$
  SELECT e.outcome, e.reason, e.grace_logins_left
  FROM multitenant."Tenants" t, multitenant.evaluate_policy(t.id, ('00000000-0000-0000-0000-' || lpad(who::text, 12, '0'))::uuid, ip, done) e
  WHERE slug = 'acme' $$;
CREATE FUNCTION iso(at timestamptz) RETURNS text LANGUAGE sql AS $$ SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') $$;

--
-- The order of judgement: all is wrong, and is put right step by step
--
CALL policy('{"ipRestrictions": {"enabled": true, "allowedIPs": ["192.0.2.1"]}, "session": {"requireMFA": true}}');
SELECT multitenant.suspend_tenant(:'acme'), multitenant.suspend_user('00000000-0000-0000-0000-000000000003');
SELECT * FROM says(3, '198.51.100.1');
SELECT multitenant.activate_user('00000000-0000-0000-0000-000000000003');
SELECT * FROM says(3, '198.51.100.1');
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000003', :'acme') IS NOT NULL AS added;
SELECT * FROM says(3, '198.51.100.1');
SELECT multitenant.request_tenant_deletion(:'acme') IS NOT NULL AS due;
SELECT * FROM says(3, '198.51.100.1');
SELECT multitenant.cancel_tenant_deletion(:'acme'), multitenant.activate_tenant(:'acme');
SELECT * FROM says(3, '198.51.100.1');
SELECT * FROM says(3, '192.0.2.1');
UPDATE multitenant."Users" SET "twoFactorEnabled" = true WHERE id = '00000000-0000-0000-0000-000000000003';
SELECT * FROM says(3, '192.0.2.1');
SELECT * FROM says(3, '192.0.2.1', true);
SELECT multitenant.delete_user('00000000-0000-0000-0000-000000000003');
SELECT * FROM says(3, '192.0.2.1', true);

--
-- Misuse
--
SELECT * FROM multitenant.evaluate_policy(NULL, '00000000-0000-0000-0000-000000000001', NULL, false);
SELECT * FROM multitenant.evaluate_policy(:'acme', NULL, NULL, false);
SELECT * FROM multitenant.evaluate_policy('00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000001', NULL, false);
SELECT * FROM multitenant.evaluate_policy(:'acme', '00000000-0000-0000-0000-000000000000', NULL, false);
SELECT * FROM says(1, 'somewhere');
SELECT * FROM says(1, '192.0.2.0/24');
SELECT * FROM says(1, repeat('1', 1000));
SELECT multitenant.count_grace_login(NULL, '00000000-0000-0000-0000-000000000001');
SELECT multitenant.count_grace_login(:'acme', NULL);
SELECT multitenant.count_grace_login('00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000001');
SELECT multitenant.count_grace_login(:'acme', '00000000-0000-0000-0000-000000000000');

--
-- Addresses
--
-- switched off, the lists count for nothing, nor does the block list
CALL policy('{"ipRestrictions": {"enabled": false, "allowedIPs": ["192.0.2.1"], "blockList": ["198.51.100.1"]}}');
SELECT outcome FROM says(1, '198.51.100.1') UNION ALL SELECT outcome FROM says(1);
-- on, with both lists empty, only the block list counts; no address is no entry
CALL policy('{"ipRestrictions": {"enabled": true, "blockList": ["198.51.100.1"]}}');
SELECT outcome, reason FROM says(1, '198.51.100.1') UNION ALL SELECT outcome, reason FROM says(1, '198.51.100.2') UNION ALL SELECT outcome, reason FROM says(1);
-- it beats both others
CALL policy('{"ipRestrictions": {"enabled": true, "allowedIPs": ["192.0.2.1"], "allowedRanges": ["192.0.2.0/24"], "blockList": ["192.0.2.0/31"]}}');
SELECT ip, s.* FROM unnest(ARRAY['192.0.2.0', '192.0.2.1', '192.0.2.2', '192.0.2.255', '192.0.3.0', '192.0.1.255', '::192.0.2.2', '::ffff:192.0.2.1', '::ffff:192.0.2.2', '::ffff:c000:0202', '::fffe:192.0.2.2']) ip, says(1, ip) s;
-- an IPv4-mapped entry is the IPv4 one; an IPv6 range around all of them holds IPv6 alone
CALL policy('{"ipRestrictions": {"enabled": true, "allowedIPs": ["::ffff:203.0.113.7"], "allowedRanges": ["::ffff:192.0.2.0/120", "::/0"], "blockList": ["::ffff:192.0.2.128/121"]}}');
SELECT ip, s.* FROM unnest(ARRAY['203.0.113.7', '203.0.113.8', '192.0.2.127', '192.0.2.128', '::ffff:192.0.2.1', '2001:db8::1', '::']) ip, says(1, ip) s;

-- Any lists, any address: as inet says it, with each mapped address and range made IPv4.
CREATE FUNCTION unmapped(a inet) RETURNS inet LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN family(a) = 6 AND a <<= '::ffff:0:0/96' THEN set_masklen('0.0.0.0'::inet + (host(a)::inet - '::ffff:0:0'::inet), masklen(a) - 96) ELSE a END $$;
CREATE FUNCTION is_in(list jsonb, ip text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(bool_or(unmapped(ip::inet) <<= unmapped(entry::inet)), false) FROM jsonb_array_elements_text(list) entry $$;
CREATE FUNCTION model(p jsonb, ip text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN is_in(p->'blockList', ip) THEN 'address_blocked'
              WHEN p->'allowedIPs' = '[]' AND p->'allowedRanges' = '[]' THEN NULL
              WHEN is_in((p->'allowedIPs') || (p->'allowedRanges'), ip) THEN NULL
              ELSE 'address_not_allowed' END $$;
CREATE TEMP TABLE address (n int, alone text, range text);
INSERT INTO address SELECT n, a, network(set_masklen(a::inet, CASE family(a::inet) WHEN 4 THEN b % 33 ELSE CASE WHEN a LIKE '::f%' THEN 96 + b % 33 ELSE 16 + b % 113 END END))::text
FROM (SELECT n, x[2] AS b, CASE x[1] % 3 WHEN 0 THEN format('10.%s.%s.%s', x[3] % 3, x[4] % 3, x[5])
                        WHEN 1 THEN format('::ffff:10.%s.%s.%s', x[3] % 3, x[4] % 3, x[5])
                        ELSE format('2001:db8:%s:%s::%s', x[3] % 3, x[4] % 3, to_hex(x[5])) END AS a
      FROM generate_series(1, 300) n, LATERAL (SELECT array_agg(('x' || substr(md5(n::text), 2 * i + 1, 2))::bit(8)::int ORDER BY i) AS x FROM generate_series(0, 5) i) bytes) made;
CREATE FUNCTION compare(OUT judged bigint, OUT blocked bigint, OUT not_allowed bigint, OUT let_in bigint, OUT differ bigint) LANGUAGE plpgsql AS $$
DECLARE
  lists jsonb;
BEGIN
  judged := 0; blocked := 0; not_allowed := 0; let_in := 0; differ := 0;
  FOR i IN 1..60 LOOP
    SELECT jsonb_build_object('enabled', true,
      'allowedIPs', coalesce(jsonb_agg(alone) FILTER (WHERE n % 3 = 0), '[]'),
      'allowedRanges', coalesce(jsonb_agg(range) FILTER (WHERE n % 3 = 1), '[]'),
      'blockList', coalesce(jsonb_agg(CASE n % 2 WHEN 0 THEN alone ELSE range END) FILTER (WHERE n % 3 = 2), '[]'))
    INTO lists FROM address WHERE n BETWEEN i * 4 AND i * 4 + i % 7;
    CALL policy(jsonb_build_object('ipRestrictions', lists));
    SELECT judged + count(*), blocked + count(*) FILTER (WHERE model = 'address_blocked'), not_allowed + count(*) FILTER (WHERE model = 'address_not_allowed'),
           let_in + count(*) FILTER (WHERE model IS NULL), differ + count(*) FILTER (WHERE model IS DISTINCT FROM reason OR (reason IS NULL) <> (outcome = 'success'))
    INTO judged, blocked, not_allowed, let_in, differ
    FROM (SELECT model(lists, alone), s.* FROM address, says(1, alone) s) r;
  END LOOP;
END $$;
SELECT judged, blocked > 1000 AND not_allowed > 1000 AND let_in > 1000 AS all_kinds, differ FROM compare();

--
-- The second factor
--
-- a user who has one is asked for it, whatever the policy
CALL policy('{}');
SELECT * FROM says(2);
SELECT * FROM says(2, NULL, NULL);
SELECT * FROM says(2, NULL, true);
-- who has none is not, where nothing demands it, and no grace is counted
SELECT * FROM says(1);
SELECT multitenant.count_grace_login(:'acme', '00000000-0000-0000-0000-000000000001') AS "left";
SELECT "graceLoginsUsed", "graceStartedAt" FROM multitenant."TenantUsers" WHERE "userId" = '00000000-0000-0000-0000-000000000001';

-- demanded at once, with the document's grace of 3 sign-ins
CALL policy('{"twoFactor": {"required": true}}');
SELECT * FROM says(1);
SELECT * FROM says(1, NULL, true);
SELECT * FROM says(2);
SELECT multitenant.count_grace_login(:'acme', '00000000-0000-0000-0000-000000000002') AS "left";
SELECT multitenant.count_grace_login(:'acme', '00000000-0000-0000-0000-000000000001') AS "left", s.* FROM says(1) s;
SELECT "graceLoginsUsed", "graceStartedAt" > now() - interval '1 minute' AS started FROM multitenant."TenantUsers" WHERE "userId" = '00000000-0000-0000-0000-000000000001';
-- the last one
SELECT multitenant.count_grace_login(:'acme', '00000000-0000-0000-0000-000000000001') AS "left";
SELECT * FROM says(1);
SELECT multitenant.count_grace_login(:'acme', '00000000-0000-0000-0000-000000000001') AS "left";
SELECT * FROM says(1);
SELECT multitenant.count_grace_login(:'acme', '00000000-0000-0000-0000-000000000001') AS "left";
SELECT "graceLoginsUsed", "graceStartedAt" < "updatedAt" + interval '1 minute' AS kept FROM multitenant."TenantUsers" WHERE "userId" = '00000000-0000-0000-0000-000000000001';
SELECT event, right("userId"::text, 1) AS about, details FROM multitenant."SecurityAuditLogs" WHERE event LIKE 'two_factor.grace%' ORDER BY "createdAt";
-- a policy that gives more gives what is left of it; one that gives less, nothing
CALL policy('{"twoFactor": {"required": true, "graceLogins": 5}}');
SELECT * FROM says(1);
CALL policy('{"twoFactor": {"required": true, "graceLogins": 2}}');
SELECT * FROM says(1);
CALL policy('{"twoFactor": {"required": true, "graceLogins": 0}}');
SELECT * FROM says(1);

-- the period: from the first of them, to the second
UPDATE multitenant."TenantUsers" SET "graceLoginsUsed" = 1, "graceStartedAt" = clock_timestamp() - interval '7 days' + interval '10 seconds' WHERE "userId" = '00000000-0000-0000-0000-000000000001';
CALL policy('{"twoFactor": {"required": true}}');
SELECT * FROM says(1);
UPDATE multitenant."TenantUsers" SET "graceStartedAt" = clock_timestamp() - interval '7 days' WHERE "userId" = '00000000-0000-0000-0000-000000000001';
SELECT * FROM says(1);
SELECT multitenant.count_grace_login(:'acme', '00000000-0000-0000-0000-000000000001') AS "left";
CALL policy('{"twoFactor": {"required": true, "gracePeriodDays": 8}}');
SELECT * FROM says(1);
-- of no days: no grace, nor for the first one
CALL policy('{"twoFactor": {"required": true, "gracePeriodDays": 0}}');
UPDATE multitenant."TenantUsers" SET "graceLoginsUsed" = 0, "graceStartedAt" = NULL WHERE "userId" = '00000000-0000-0000-0000-000000000001';
SELECT * FROM says(1);
SELECT multitenant.count_grace_login(:'acme', '00000000-0000-0000-0000-000000000001') AS "left";

-- the date of enforcement: not before it, and with all of the grace after it
SELECT jsonb_build_object('twoFactor', jsonb_build_object('required', true, 'enforcementDate', iso(clock_timestamp() + interval '1 minute') || 'Z')) AS later,
       jsonb_build_object('twoFactor', jsonb_build_object('required', true, 'enforcementDate', iso(clock_timestamp() - interval '1 second') || 'Z')) AS earlier \gset
CALL policy(:'later');
SELECT * FROM says(1);
SELECT multitenant.count_grace_login(:'acme', '00000000-0000-0000-0000-000000000001') AS "left";
CALL policy(:'earlier');
SELECT * FROM says(1);
-- without a zone it is UTC, wherever the session is; with one it is that one's
SET TimeZone = 'Asia/Kolkata';
CREATE FUNCTION at_date(ahead interval, zone text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  CALL policy(jsonb_build_object('twoFactor', jsonb_build_object('required', true, 'enforcementDate', iso(clock_timestamp() + ahead) || zone)));
  RETURN (SELECT coalesce(reason, 'not yet') FROM says(1));
END $$;
SELECT ahead, zone, at_date(ahead, zone) FROM (VALUES ('1 minute'::interval, ''), ('-1 minute', ''), ('5 hours 31 minutes', '+05:30'), ('5 hours 29 minutes', '+05:30'), ('-7 hours -59 minutes', '-08'), ('-8 hours -1 minute', '-08')) v(ahead, zone);
-- a date alone is its midnight, UTC
CALL policy(jsonb_build_object('twoFactor', jsonb_build_object('required', true, 'enforcementDate', left(iso(now()), 10))));
SELECT reason FROM says(1);
CALL policy(jsonb_build_object('twoFactor', jsonb_build_object('required', true, 'enforcementDate', left(iso(now() + interval '2 days'), 10))));
SELECT reason FROM says(1);
RESET TimeZone;
-- a date without "required" demands nothing
CALL policy('{"twoFactor": {"enforcementDate": "2000-01-01"}}');
SELECT * FROM says(1);

-- exempt roles: by name, any of the member's; they follow nothing
CALL policy('{"twoFactor": {"required": true, "graceLogins": 0, "exemptRoles": ["Owner", "own", "owner2", "auditor"]}}');
SELECT * FROM says(1);
SELECT multitenant.create_role(:'acme', 'auditor') IS NOT NULL AS made, multitenant.assign_role('00000000-0000-0000-0000-000000000001', :'acme', 'auditor');
SELECT * FROM says(1);
SELECT * FROM says(2);
SELECT multitenant.count_grace_login(:'acme', '00000000-0000-0000-0000-000000000001') AS "left";
UPDATE multitenant."Roles" SET name = 'inspector' WHERE name = 'auditor';
SELECT * FROM says(1);

-- sessions that demand a second factor: no grace and no exemption
CALL policy('{"session": {"requireMFA": true}, "twoFactor": {"exemptRoles": ["owner"]}}');
SELECT * FROM says(1);
CALL policy('{"session": {"requireMFA": true}, "twoFactor": {"required": true, "exemptRoles": ["owner"]}}');
SELECT * FROM says(1);
SELECT * FROM says(2);
SELECT * FROM says(1, NULL, true);
SELECT multitenant.count_grace_login(:'acme', '00000000-0000-0000-0000-000000000001') AS "left";

--
-- As fresh as the row that is read
--
BEGIN;
CALL policy('{"ipRestrictions": {"enabled": true}}');
SELECT outcome FROM says(1);
SAVEPOINT s;
CALL policy('{}');
SELECT outcome FROM says(1);
ROLLBACK TO s;
SELECT outcome FROM says(1);
ROLLBACK;
SELECT outcome FROM says(1);
-- also one that is compressed, and one that is stored out of line
CREATE FUNCTION many(last text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('ipRestrictions', jsonb_build_object('enabled', true, 'blockList', jsonb_agg('2001:db8::' || to_hex(n)) || to_jsonb(last))) FROM generate_series(1, 10000 - 1) n $$;
CALL policy(many('192.0.2.1'));
SELECT pg_column_size("securityPolicy") > 20000 AS large FROM multitenant."Tenants" WHERE slug = 'acme';
SELECT ip, reason FROM unnest(ARRAY['2001:db8::270f', '2001:db8::2710', '192.0.2.1', '192.0.2.2']) ip, says(1, ip);
CALL policy(many('192.0.2.2'));
SELECT ip, reason FROM unnest(ARRAY['2001:db8::270f', '2001:db8::2710', '192.0.2.1', '192.0.2.2']) ip, says(1, ip);

-- read-only transactions judge, and do not count
CALL policy('{"twoFactor": {"required": true}}');
BEGIN READ ONLY;
SELECT * FROM says(1);
SELECT multitenant.count_grace_login(:'acme', '00000000-0000-0000-0000-000000000001');
ROLLBACK;

-- more tenants than a backend remembers
INSERT INTO multitenant."Tenants" (name, slug, "databaseUrl", "securityPolicy") SELECT 'n', 'n' || n, 'n' || n, CASE n % 2 WHEN 0 THEN '{"session": {"requireMFA": true}}' ELSE '{}' END::jsonb FROM generate_series(1, 2500) n;
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId") SELECT '00000000-0000-0000-0000-000000000001', id FROM multitenant."Tenants" WHERE slug LIKE 'n%';
SELECT round, right(slug, 1)::int % 2 AS odd, outcome, count(*) FROM (SELECT * FROM multitenant."Tenants", generate_series(1, 2) round WHERE slug LIKE 'n%' ORDER BY round, slug) t,
  multitenant.evaluate_policy(id, '00000000-0000-0000-0000-000000000001', NULL, false) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

--
-- Every set of reasons that can hold at once: the first of them in the order is the answer
--
INSERT INTO multitenant."Users" (id, email) VALUES ('00000000-0000-0000-0000-000000000006', 'fay@example.org');
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000006', :'acme') IS NOT NULL AS added;
CALL policy('{}');
CREATE TABLE reason (place int, verdict text, change text);
INSERT INTO reason VALUES
  (0, 'inactive user_not_active', 'UPDATE multitenant."Users" SET status = ''inactive'' WHERE email = ''fay@example.org'''),
  (1, 'not_a_member not_a_member', 'DELETE FROM multitenant."TenantUsers" WHERE "userId" = ''00000000-0000-0000-0000-000000000006'''),
  (2, 'tenant_unavailable tenant_suspended', 'UPDATE multitenant."Tenants" SET status = ''suspended'' WHERE slug = ''acme'''),
  (3, 'ip_denied address_blocked', 'UPDATE multitenant."Tenants" SET "securityPolicy" = "securityPolicy" || ''{"ipRestrictions": {"enabled": true, "allowedIPs": ["192.0.2.1"], "blockList": ["192.0.2.0/24"]}}'' WHERE slug = ''acme'''),
  (4, 'two_factor_required two_factor_enabled', 'UPDATE multitenant."Users" SET "twoFactorEnabled" = true WHERE email = ''fay@example.org'''),
  (5, 'two_factor_setup_required session_requires_two_factor', 'UPDATE multitenant."Tenants" SET "securityPolicy" = "securityPolicy" || ''{"session": {"requireMFA": true}}'' WHERE slug = ''acme'''),
  (6, 'success grace', 'UPDATE multitenant."Tenants" SET "securityPolicy" = "securityPolicy" || ''{"twoFactor": {"required": true}}'' WHERE slug = ''acme''');
CREATE FUNCTION judged(chosen int, done boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  r reason;
  answer text;
BEGIN
  FOR r IN SELECT * FROM reason WHERE chosen & (1 << place) <> 0 LOOP
    EXECUTE r.change;
  END LOOP;
  SELECT concat_ws(' ', outcome, reason) INTO answer FROM says(6, '192.0.2.1', done);
  RAISE EXCEPTION USING errcode = 'RB001';
EXCEPTION WHEN SQLSTATE 'RB001' THEN
  RETURN answer;
END $$;
-- with the second factor done none of the last three is a reason
SELECT done, expected, count(*), count(*) FILTER (WHERE answer IS DISTINCT FROM expected) AS wrong
FROM (SELECT done, coalesce((SELECT verdict FROM reason WHERE chosen & (1 << place) <> 0 AND NOT (done AND place > 3) ORDER BY place LIMIT 1), 'success') AS expected, judged(chosen, done) AS answer
      FROM generate_series(0, 127) chosen, unnest('{f,t}'::boolean[]) done) v
GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2;

-- To the moment: what is judged before a time and after it, by the clock before and after each judgement. It
-- goes on until the time has passed, so it says the same on a slow machine.
CREATE FUNCTION passes(end_at timestamptz, before_it text, from_it text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  asked_at timestamptz;
  answer text;
  deadline timestamptz := end_at + interval '0.2 s';
BEGIN
  LOOP
    asked_at := clock_timestamp();
    SELECT coalesce(reason, 'none') INTO answer FROM says(6);
    IF asked_at >= end_at AND answer <> from_it THEN
      RETURN format('%s after it', answer);
    ELSIF clock_timestamp() < end_at AND answer <> before_it THEN
      RETURN format('%s before it', answer);
    END IF;
    EXIT WHEN asked_at > deadline;
  END LOOP;
  RETURN 'right';
END $$;
SELECT clock_timestamp() + interval '0.3 s' AS moment \gset
CALL policy(jsonb_build_object('twoFactor', jsonb_build_object('required', true, 'enforcementDate', to_char(:'moment'::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))));
SELECT passes(:'moment', 'none', 'grace') AS enforcement_date;
CALL policy('{"twoFactor": {"required": true, "gracePeriodDays": 7}}');
SELECT clock_timestamp() + interval '0.3 s' AS moment \gset
UPDATE multitenant."TenantUsers" SET "graceLoginsUsed" = 1, "graceStartedAt" = :'moment'::timestamptz - interval '168 hours' WHERE "userId" = '00000000-0000-0000-0000-000000000006';
SELECT passes(:'moment', 'grace', 'grace_period_over') AS grace_period;
