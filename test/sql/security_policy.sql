-- The securityPolicy of a tenant as a document: what check_security_policy() takes
\set VERBOSITY terse

-- the document's own default, every section empty, nothing at all
INSERT INTO multitenant."Tenants" (name, slug, "databaseUrl") VALUES ('Acme', 'acme', 'u');
SELECT multitenant.check_security_policy("securityPolicy") FROM multitenant."Tenants";
SELECT multitenant.check_security_policy('{"session": {}, "twoFactor": {}, "ipRestrictions": {}}'), multitenant.check_security_policy('{}'), multitenant.check_security_policy(NULL);

-- what the function says of a value of a key: NULL, or the error
CREATE FUNCTION problem(section text, key text, value jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF NOT multitenant.check_security_policy(jsonb_build_object(section, jsonb_build_object(key, value))) THEN
    RETURN 'false';
  END IF;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

-- every key of the document against values of every type: which are taken
CREATE TEMP TABLE sample (name text, value jsonb);
INSERT INTO sample VALUES
  ('null', 'null'), ('bool', 'true'), ('0', '0'), ('1', '1'), ('-1', '-1'), ('1.5', '1.5'), ('1e400', '1e400'), ('2^31', '2147483648'), ('2^32+1', '4294967297'),
  ('text', '"x"'), ('"1"', '"1"'), ('"true"', '"true"'), ('""', '""'), ('array', '[]'), ('object', '{}'), ('["a"]', '["a"]'), ('[1]', '[1]'), ('[null]', '[null]'), ('[["a"]]', '[["a"]]'), ('date', '"2026-01-31"');
SELECT section.key AS section, entry.key, string_agg(sample.name, ' ' ORDER BY sample.name COLLATE "C") AS taken
FROM multitenant."Tenants", jsonb_each("securityPolicy") section, jsonb_each(section.value) entry, sample
WHERE problem(section.key, entry.key, sample.value) IS NULL
GROUP BY 1, 2 ORDER BY 1, 2;
-- each refusal is 22023 and names the key
SELECT count(*) > 200 AS many, bool_and(problem LIKE '22023 invalid security policy: "' || section || '.' || key || '%" must be %') AS named FROM
  (SELECT section.key AS section, entry.key, problem(section.key, entry.key, sample.value) AS problem
   FROM multitenant."Tenants", jsonb_each("securityPolicy") section, jsonb_each(section.value) entry, sample) s
WHERE problem IS NOT NULL;

-- the ends of the ranges
SELECT key, value, problem(section, key, to_jsonb(value)) FROM (VALUES
  ('session', 'maxConcurrentSessions', 1000000), ('session', 'maxConcurrentSessions', 1000001),
  ('session', 'sessionTimeout', 0), ('session', 'sessionTimeout', 1), ('session', 'sessionTimeout', 31536000), ('session', 'sessionTimeout', 31536001),
  ('twoFactor', 'graceLogins', 1000), ('twoFactor', 'graceLogins', 1001),
  ('twoFactor', 'gracePeriodDays', 3650), ('twoFactor', 'gracePeriodDays', 3651)) v(section, key, value);

-- what is not known is a slip of the pen: it would silently weaken the policy
SELECT multitenant.check_security_policy('{"sesion": {"requireMFA": true}}');
SELECT multitenant.check_security_policy('{"session": {"requireMfa": true}}');
SELECT multitenant.check_security_policy('{"twoFactor": {"requireMFA": true}}');
SELECT multitenant.check_security_policy('{"requireMFA": true}');
SELECT multitenant.check_security_policy('{"": {}}');
SELECT multitenant.check_security_policy('{"session": {"": 1}}');
SELECT multitenant.check_security_policy(jsonb_build_object(repeat('é', 100000), 1)) \g (format=unaligned)
\set VERBOSITY default
SELECT multitenant.check_security_policy('{"theme": "dark"}');
\set VERBOSITY terse
-- a section is an object, and so is the whole
SELECT policy, multitenant.check_security_policy(policy) FROM (VALUES ('{"session": null}'::jsonb)) v(policy);
SELECT multitenant.check_security_policy('{"twoFactor": []}');
SELECT multitenant.check_security_policy('{"ipRestrictions": "10.0.0.0/8"}');
SELECT multitenant.check_security_policy('[]');
SELECT multitenant.check_security_policy('null');
SELECT multitenant.check_security_policy('[{"session": {}}]');
SELECT multitenant.check_security_policy('"session"');

-- addresses: one by one; "alone" belongs in allowedIPs, "range" in allowedRanges, either in blockList
SELECT text, problem('ipRestrictions', 'allowedIPs', jsonb_build_array(text)) IS NULL AS alone,
       problem('ipRestrictions', 'allowedRanges', jsonb_build_array(text)) IS NULL AS range,
       problem('ipRestrictions', 'blockList', jsonb_build_array(text)) IS NULL AS either
FROM unnest(ARRAY[
  '192.0.2.1', '0.0.0.0', '255.255.255.255', '::', '::1', '2001:db8::1', '2001:DB8:0:0:0:0:0:1', '::ffff:192.0.2.1', '::ffff:c000:201', '64:ff9b::192.0.2.1',
  '192.0.2.0/24', '192.0.2.1/32', '0.0.0.0/0', '128.0.0.0/1', '2001:db8::/32', '::/0', '2001:db8::1/128', '::ffff:192.0.2.0/120', '::ffff:0.0.0.0/96', '::ffff:0:0/95',
  '192.0.2.1/24', '0.0.0.1/0', '2001:db8::1/32', '::ffff:192.0.2.1/120',
  '192.0.2', '192.0.2/24', '10/8', '192.0.2.256', '192.0.2.01', '010.0.0.1', '0x0a.0.0.1', '3221225985', '1.2.3.4.5', '192.0.2.-1',
  '192.0.2.0/', '192.0.2.0/33', '192.0.2.0/-1', '192.0.2.0/08', '192.0.2.0/+8', '192.0.2.0/8x', '192.0.2.0/24/24', '192.0.2.0/255.255.255.0', '192.0.2.0/4294967320',
  '2001:db8::/129', '2001:db8', '2001:db8:::1', '2001:db8::1::2', 'fe80::1%eth0', '[::1]', '::ffff:192.0.2.256', '12345::', 'g::',
  ' 192.0.2.1', '192.0.2.1 ', '192.0.2.1:80', 'localhost', '*', '192.0.2.*', '', '/', '/24', E'192.0.2.1\n', '１９２.0.2.1', repeat('1', 101)]) AS text;
-- an entry is named by its place
SELECT multitenant.check_security_policy('{"ipRestrictions": {"blockList": ["192.0.2.1", "10.0.0.0/8", "10.0.0.1/8"]}}');
SELECT multitenant.check_security_policy('{"ipRestrictions": {"allowedRanges": ["192.0.2.0/24", "192.0.2.0"]}}');
SELECT multitenant.check_security_policy('{"ipRestrictions": {"allowedIPs": [17]}}');
SELECT multitenant.check_security_policy('{"twoFactor": {"exemptRoles": ["owner", ""]}}');
-- ten thousand of them and no more, a thousand roles
SELECT problem('ipRestrictions', 'blockList', jsonb_agg('2001:db8::' || to_hex(n))) FROM generate_series(1, 10000) n;
SELECT problem('ipRestrictions', 'blockList', jsonb_agg('2001:db8::' || to_hex(n))) FROM generate_series(1, 10001) n;
SELECT problem('twoFactor', 'exemptRoles', jsonb_agg('r' || n)) FROM generate_series(1, 1000) n;
SELECT problem('twoFactor', 'exemptRoles', jsonb_agg('r' || n)) FROM generate_series(1, 1001) n;
SELECT problem('twoFactor', 'exemptRoles', jsonb_build_array(repeat('x', 100))), problem('twoFactor', 'exemptRoles', jsonb_build_array(repeat('x', 101)));

-- dates: taken or not
SELECT text, problem('twoFactor', 'enforcementDate', to_jsonb(text)) IS NULL AS taken FROM unnest(ARRAY[
  '2026-01-31', '2024-02-29', '2000-02-29', '2026-01-31T12:00', '2026-01-31T12:00Z', '2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z', '2026-01-31T12:00:00.123456789Z',
  '2026-01-31 12:00:00+00', '2026-01-31T12:00:00+05:30', '2026-01-31T12:00:00-08', '2026-01-31T23:59:59.999999Z', '0001-01-01', '9999-12-31',
  '2026-02-29', '1900-02-29', '2026-13-01', '2026-00-01', '2026-01-32', '2026-01-00', '2026-1-31', '26-01-31', '0000-01-01', '31-01-2026', '01/31/2026', '20260131',
  '2026-01-31T', '2026-01-31T24:00Z', '2026-01-31T12:60Z', '2026-01-31T12:00:60Z', '2026-01-31T12', '2026-01-31T12:00:00.Z', '2026-01-31T12:00:00.1234567890Z', '2026-01-31T12:00:00 Z',
  '2026-01-31Z', '2026-01-31T12:00:00+24', '2026-01-31T12:00:00+05:60', '2026-01-31T12:00:00+5', '2026-01-31T12:00:00+', '2026-01-31T12:00:00 Europe/Berlin', '2026-01-31T12:00:00CET',
  '2026-01-31 ', ' 2026-01-31', 'now', 'today', 'tomorrow', 'infinity', '-infinity', 'epoch', '-4713-01-01', '294276-12-31', '12026-01-31', '2026-01-31 BC']) AS text;

--
-- The column
--

-- every way in is judged
UPDATE multitenant."Tenants" SET "securityPolicy" = '{"session": {"sessionTimeout": "1 hour"}}';
INSERT INTO multitenant."Tenants" (name, slug, "databaseUrl", "securityPolicy") VALUES ('x', 'x', 'x', '{"ipRestrictions": {"blockList": ["10.0.0.256"]}}');
UPDATE multitenant."Tenants" SET "securityPolicy" = jsonb_set("securityPolicy", '{twoFactor,required}', 'true') RETURNING "securityPolicy"->'twoFactor'->'required' AS required;
-- whoever may write the table may: the function computes from its argument alone
CREATE ROLE policy_writer;
GRANT INSERT, SELECT, UPDATE ON multitenant."Tenants" TO policy_writer;
SET ROLE policy_writer;
UPDATE multitenant."Tenants" SET "securityPolicy" = '{"session": {"sessionTimeout": 60}}';
UPDATE multitenant."Tenants" SET "securityPolicy" = '{"session": {"sessionTimeout": -60}}';
INSERT INTO multitenant."Tenants" (name, slug, "databaseUrl") VALUES ('y', 'y', 'y');
RESET ROLE;
DROP OWNED BY policy_writer;
DROP ROLE policy_writer;
-- and whatever the session's settings
SET DateStyle = 'German'; SET TimeZone = 'Asia/Kolkata'; SET search_path = '';
UPDATE multitenant."Tenants" SET "securityPolicy" = '{"twoFactor": {"enforcementDate": "2026-01-31T12:00"}}' WHERE slug = 'acme';
