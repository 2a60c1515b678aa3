-- The addresses of a security policy against the server's own inet: random lists and random
-- addresses, judged by evaluate_policy() and by <<=
\set VERBOSITY terse
SET client_min_messages = warning;
INSERT INTO multitenant."Users" (id, email, status) VALUES ('00000000-0000-0000-0000-000000000001', 'ada@example.org', 'active');
SELECT multitenant.create_tenant('Acme', 'acme', 'u', '00000000-0000-0000-0000-000000000001') AS acme \gset
SELECT setseed(0.6);

-- addresses that lie close together, so that many are in a range and many just outside of it
CREATE FUNCTION some_address() RETURNS inet LANGUAGE sql VOLATILE AS $$
  SELECT (ARRAY['10.0.0.0', '10.255.255.0', '0.0.0.0', '255.255.255.0', '2001:db8::', '::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00']::inet[])[1 + floor(random() * 7)::int]
         + (ARRAY[0, 1, 2, 255, floor(random() * 256)::int])[1 + floor(random() * 5)::int]
$$;
-- an IPv4 address or range written as it is, or as the IPv6 one that is mapped to it
CREATE FUNCTION written(address inet, with_prefix boolean) RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT CASE WHEN family(address) = 4 AND random() < 0.3 THEN '::ffff:' || host(address) || CASE WHEN with_prefix THEN '/' || masklen(address) + 96 ELSE '' END
              ELSE host(address) || CASE WHEN with_prefix THEN '/' || masklen(address) ELSE '' END END
$$;

CREATE TABLE entry AS
  SELECT policy, list, range, written(range, list = 'allowedRanges' OR list = 'blockList' AND (masklen(range) < CASE family(range) WHEN 4 THEN 32 ELSE 128 END OR random() < 0.5)) AS written
  FROM (SELECT policy, list,
               CASE WHEN list = 'allowedIPs' THEN address
                    ELSE network(set_masklen(address, CASE WHEN random() < 0.2 THEN floor(random() * 9)::int
                                                           ELSE CASE family(address) WHEN 4 THEN 32 ELSE 128 END - floor(random() * 10)::int END))::inet END AS range
        FROM (SELECT policy, list, some_address() AS address
              FROM generate_series(1, 200) policy, unnest(ARRAY['allowedIPs', 'allowedRanges', 'blockList']) list, generate_series(0, 4) n
              WHERE random() < 0.4 AND (policy % 4 > 0 OR list = 'blockList')) made) ranges;
CREATE TABLE probe AS
  SELECT policy, address, written(address, false) AS written FROM (SELECT policy, some_address() AS address FROM generate_series(1, 200) policy, generate_series(1, 25)) made;
ALTER TABLE probe ADD denied boolean;

DO $$
DECLARE
  acme uuid := (SELECT id FROM multitenant."Tenants" WHERE slug = 'acme');
  lists jsonb;
BEGIN
  FOR n IN 1..200 LOOP
    SELECT coalesce(jsonb_object_agg(list, addresses), '{}') INTO lists
    FROM (SELECT list, jsonb_agg(written ORDER BY random()) AS addresses FROM entry WHERE policy = n GROUP BY list) grouped;
    UPDATE multitenant."Tenants" SET "securityPolicy" = jsonb_build_object('ipRestrictions', lists || '{"enabled": true}') WHERE id = acme;
    UPDATE probe SET denied = (SELECT outcome = 'ip_denied' FROM multitenant.evaluate_policy(acme, '00000000-0000-0000-0000-000000000001', written, true)) WHERE policy = n;
  END LOOP;
END $$;

-- the same by the server: in no blocked range, and in an allowed one where there is any
CREATE VIEW judged AS
  SELECT *, EXISTS (SELECT FROM entry e WHERE e.policy = p.policy AND list = 'blockList' AND p.address <<= e.range)
            OR (EXISTS (SELECT FROM entry e WHERE e.policy = p.policy AND list <> 'blockList')
                AND NOT EXISTS (SELECT FROM entry e WHERE e.policy = p.policy AND list <> 'blockList' AND p.address <<= e.range)) AS expected
  FROM probe p;
SELECT count(*) > 4000 AS many, count(*) FILTER (WHERE expected) > 500 AS many_denied, count(*) FILTER (WHERE NOT expected) > 500 AS many_let_in FROM judged;
SELECT policy, written, denied, expected FROM judged WHERE denied IS DISTINCT FROM expected ORDER BY 1, 2 LIMIT 20;
