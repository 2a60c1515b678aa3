-- Inviting a mailbox into a tenant
\set VERBOSITY terse
INSERT INTO multitenant."Users" (id, email, status, "deletedAt") VALUES
  ('00000000-0000-0000-0000-000000000001', 'ada@example.org', 'active', NULL),
  ('00000000-0000-0000-0000-000000000002', 'Ben@Example.org', 'active', NULL),
  ('00000000-0000-0000-0000-000000000003', 'eve@example.org', 'active', NULL),
  ('00000000-0000-0000-0000-000000000004', 'gone@example.org', 'deleted', now()),
  ('00000000-0000-0000-0000-000000000005', 'idle@example.org', 'suspended', NULL);
SELECT multitenant.create_tenant('Acme', 'acme', 'u', '00000000-0000-0000-0000-000000000001') AS acme \gset
SELECT multitenant.create_tenant('Umbrella', 'umbrella', 'v') AS umbrella \gset
SELECT multitenant.create_role(:'acme', name) IS NOT NULL AS made FROM unnest('{clerk,auditor}'::text[]) name;
CREATE VIEW invited AS SELECT email, status, roles, "cancelledAt" IS NOT NULL AS cancelled, right("cancelledBy"::text, 1) AS by, round(extract(epoch FROM "expiresAt" - "createdAt") / 3600) AS hours FROM multitenant."Invitations" ORDER BY "createdAt", status;
CREATE VIEW members AS SELECT slug, email, roles FROM multitenant."TenantUsers" m JOIN multitenant."Users" u ON u.id = m."userId" JOIN multitenant."Tenants" t ON t.id = m."tenantId" ORDER BY 1, 2;

-- the token is good for the mailbox, in whatever case, and once; it is stored as its hash
SELECT id, token FROM multitenant.create_invitation(:'acme', 'BEN@example.org', '00000000-0000-0000-0000-000000000001', ARRAY['clerk', 'auditor', 'clerk']) \gset
SELECT :'token' ~ '^mti_[A-Za-z0-9_-]{43}$' AS form, token = encode(sha256(:'token'), 'hex') AS hashed, right("invitedById"::text, 1) AS by, id = :'id' AS id FROM multitenant."Invitations";
SELECT * FROM invited;
SELECT * FROM multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000003');
SELECT outcome, tenant_id = :'acme' AS acme FROM multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000002');
SELECT * FROM multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000002');
SELECT * FROM invited;
SELECT * FROM members;

-- what is no token of an invitation
SELECT token, outcome, tenant_id FROM unnest(ARRAY[NULL, '', 'mti_', 'mti_' || repeat('A', 43), 'mtv_' || repeat('A', 43), repeat('x', 100), (SELECT token FROM multitenant."Invitations" LIMIT 0)]) AS token, multitenant.accept_invitation(token, '00000000-0000-0000-0000-000000000003');
SELECT outcome FROM multitenant.accept_invitation(repeat('x', 10000000), '00000000-0000-0000-0000-000000000003');
SELECT outcome FROM multitenant.accept_invitation((SELECT token FROM multitenant."Invitations"), '00000000-0000-0000-0000-000000000002');
SELECT multitenant.accept_invitation(:'token', NULL);
SELECT multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000000');

-- a new one replaces the one that is pending, in that tenant alone
SELECT token AS old FROM multitenant.create_invitation(:'acme', 'eve@example.org', '00000000-0000-0000-0000-000000000001') \gset
SELECT token AS other FROM multitenant.create_invitation(:'umbrella', 'eve@example.org', '00000000-0000-0000-0000-000000000001') \gset
SET multitenant.user_id = '00000000-0000-0000-0000-000000000002';
SELECT token FROM multitenant.create_invitation(:'acme', 'EVE@example.org', '00000000-0000-0000-0000-000000000002', '{}', '1 hour') \gset
RESET multitenant.user_id;
SELECT * FROM invited WHERE lower(email) = 'eve@example.org';
SELECT outcome FROM multitenant.accept_invitation(:'old', '00000000-0000-0000-0000-000000000003');
SELECT outcome FROM multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000003');
SELECT outcome FROM multitenant.accept_invitation(:'other', '00000000-0000-0000-0000-000000000003');
-- no roles are none; null is the default ones of the time of acceptance
SELECT * FROM members;

-- who is a member by then keeps all roles, and gets those of the invitation besides
DELETE FROM multitenant."TenantUsers" WHERE "userId" = '00000000-0000-0000-0000-000000000003';
SELECT token FROM multitenant.create_invitation(:'acme', 'eve@example.org', '00000000-0000-0000-0000-000000000001', ARRAY['clerk', 'auditor']) \gset
SELECT token AS defaults FROM multitenant.create_invitation(:'umbrella', 'eve@example.org', '00000000-0000-0000-0000-000000000001') \gset
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000003', :'acme', ARRAY['member', 'clerk']) IS NOT NULL AS added, multitenant.add_member('00000000-0000-0000-0000-000000000003', :'umbrella', '{}') IS NOT NULL AS added;
SELECT outcome FROM multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000003');
SELECT outcome FROM multitenant.accept_invitation(:'defaults', '00000000-0000-0000-0000-000000000003');
SELECT * FROM members WHERE email = 'eve@example.org';

-- roles that are gone or renamed by then are left out
DELETE FROM multitenant."TenantUsers" WHERE "userId" = '00000000-0000-0000-0000-000000000003';
SELECT multitenant.create_role(:'acme', 'scribe') AS scribe \gset
SELECT token FROM multitenant.create_invitation(:'acme', 'eve@example.org', '00000000-0000-0000-0000-000000000001', ARRAY['clerk', 'scribe', 'auditor']) \gset
DELETE FROM multitenant."Roles" WHERE id = :'scribe';
UPDATE multitenant."Roles" SET name = 'inspector' WHERE name = 'auditor';
SELECT outcome FROM multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000003');
SELECT * FROM members WHERE email = 'eve@example.org';
DELETE FROM multitenant."TenantUsers" WHERE "userId" = '00000000-0000-0000-0000-000000000003';
SELECT token FROM multitenant.create_invitation(:'umbrella', 'eve@example.org', '00000000-0000-0000-0000-000000000001', ARRAY['member']) \gset
DELETE FROM multitenant."Roles" WHERE "tenantId" = :'umbrella';
SELECT outcome FROM multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000003');
SELECT * FROM members WHERE email = 'eve@example.org';
DELETE FROM multitenant."TenantUsers" WHERE "userId" = '00000000-0000-0000-0000-000000000003';

-- expired: by time, and marked so; another's mailbox does not learn it
SELECT id, token FROM multitenant.create_invitation(:'acme', 'eve@example.org', '00000000-0000-0000-0000-000000000001') \gset
UPDATE multitenant."Invitations" SET "expiresAt" = clock_timestamp() WHERE id = :'id';
SELECT * FROM multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000003');
SELECT * FROM multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000001');
UPDATE multitenant."Invitations" SET status = 'expired' WHERE id = :'id';
SELECT * FROM multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000003');
SELECT multitenant.cancel_invitation(:'id');
UPDATE multitenant."Invitations" SET status = 'pending', "expiresAt" = clock_timestamp() + interval '1 minute' WHERE id = :'id';
-- neither user nor tenant may be suspended; the token stays good
SELECT multitenant.suspend_user('00000000-0000-0000-0000-000000000003'), multitenant.suspend_tenant(:'acme');
SELECT * FROM multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000003');
SELECT multitenant.activate_user('00000000-0000-0000-0000-000000000003');
SELECT * FROM multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000003');
SELECT multitenant.create_invitation(:'acme', 'new@example.org', '00000000-0000-0000-0000-000000000001');
SELECT multitenant.activate_tenant(:'acme'), multitenant.request_tenant_deletion(:'acme') IS NOT NULL AS due;
SELECT outcome FROM multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000003');
SELECT multitenant.create_invitation(:'acme', 'new@example.org', '00000000-0000-0000-0000-000000000001');
SELECT multitenant.cancel_tenant_deletion(:'acme');
BEGIN READ ONLY;
SELECT outcome FROM multitenant.accept_invitation('nonsense', '00000000-0000-0000-0000-000000000003');
ROLLBACK;
SELECT outcome FROM multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000003');

-- cancelled
SELECT id, token FROM multitenant.create_invitation(:'umbrella', 'eve@example.org', '00000000-0000-0000-0000-000000000001') \gset
SET multitenant.user_id = '00000000-0000-0000-0000-000000000001';
SELECT multitenant.cancel_invitation(:'id');
RESET multitenant.user_id;
SELECT multitenant.cancel_invitation(:'id');
SELECT status, "cancelledAt" IS NOT NULL AS at, right("cancelledBy"::text, 1) AS by FROM multitenant."Invitations" WHERE id = :'id';
SELECT outcome FROM multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000003');
SELECT multitenant.cancel_invitation(NULL);
SELECT multitenant.cancel_invitation('00000000-0000-0000-0000-000000000000');

-- what cannot be invited, and by whom
\set VERBOSITY sqlstate
SELECT multitenant.create_invitation(NULL, 'new@example.org', '00000000-0000-0000-0000-000000000001');
SELECT multitenant.create_invitation(:'acme', NULL, '00000000-0000-0000-0000-000000000001');
SELECT multitenant.create_invitation(:'acme', 'new@example.org', NULL);
SELECT multitenant.create_invitation(:'acme', 'new@example.org', '00000000-0000-0000-0000-000000000001', expires_in => NULL);
SELECT multitenant.create_invitation('00000000-0000-0000-0000-000000000000', 'new@example.org', '00000000-0000-0000-0000-000000000001');
SELECT multitenant.create_invitation(:'acme', 'new@example.org', '00000000-0000-0000-0000-000000000000');
SELECT multitenant.create_invitation(:'acme', 'new@example.org', '00000000-0000-0000-0000-000000000004');
SELECT multitenant.create_invitation(:'acme', 'new@example.org', '00000000-0000-0000-0000-000000000005');
SELECT multitenant.create_invitation(:'acme', 'new', '00000000-0000-0000-0000-000000000001');
SELECT multitenant.create_invitation(:'acme', '', '00000000-0000-0000-0000-000000000001');
SELECT multitenant.create_invitation(:'acme', 'a b@example.org', '00000000-0000-0000-0000-000000000001');
SELECT multitenant.create_invitation(:'acme', repeat('x', 10000000) || '@example.org', '00000000-0000-0000-0000-000000000001');
SELECT multitenant.create_invitation(:'acme', 'new@example.org', '00000000-0000-0000-0000-000000000001', ARRAY['clerk', 'janitor']);
SELECT multitenant.create_invitation(:'umbrella', 'new@example.org', '00000000-0000-0000-0000-000000000001', ARRAY['clerk']);
SELECT multitenant.create_invitation(:'acme', 'new@example.org', '00000000-0000-0000-0000-000000000001', ARRAY['clerk', NULL]);
SELECT multitenant.create_invitation(:'acme', 'new@example.org', '00000000-0000-0000-0000-000000000001', ARRAY[['clerk'], ['member']]);
SELECT multitenant.create_invitation(:'acme', 'new@example.org', '00000000-0000-0000-0000-000000000001', ARRAY[repeat('x', 1000000)]);
SELECT multitenant.create_invitation(:'acme', 'ADA@example.org', '00000000-0000-0000-0000-000000000001');
-- for how long: more than nothing, at most a year
SELECT multitenant.create_invitation(:'acme', 'new@example.org', '00000000-0000-0000-0000-000000000001', NULL, '0');
SELECT multitenant.create_invitation(:'acme', 'new@example.org', '00000000-0000-0000-0000-000000000001', NULL, '-1 second');
SELECT multitenant.create_invitation(:'acme', 'new@example.org', '00000000-0000-0000-0000-000000000001', NULL, '366 days 1 second');
SELECT multitenant.create_invitation(:'acme', 'new@example.org', '00000000-0000-0000-0000-000000000001', NULL, '13 months');
SELECT multitenant.create_invitation(:'acme', 'new@example.org', '00000000-0000-0000-0000-000000000001', NULL, '178000000 years');
SELECT count(multitenant.create_invitation(:'acme', 'new@example.org', '00000000-0000-0000-0000-000000000001', NULL, lifetime)) FROM unnest('{1 microsecond,7 days,366 days,1 year,12 months}'::interval[]) lifetime;
SELECT count(*) FROM multitenant."Invitations" WHERE email = 'new@example.org';
-- a deleted user is no member
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000005', :'acme') IS NOT NULL AS added;
SELECT multitenant.create_invitation(:'acme', 'idle@example.org', '00000000-0000-0000-0000-000000000001');
SELECT multitenant.delete_user('00000000-0000-0000-0000-000000000005');
SELECT count(multitenant.create_invitation(:'acme', 'idle@example.org', '00000000-0000-0000-0000-000000000001'));
-- the index keeps the rule for plain SQL too
INSERT INTO multitenant."Invitations" (email, token, "expiresAt", "tenantId", "invitedById") VALUES ('New@example.org', 'x', now(), :'acme', '00000000-0000-0000-0000-000000000001');
\set VERBOSITY terse

-- what is written down: no address, no token
SELECT event, severity, right("userId"::text, 1) AS about, right("actorId"::text, 1) AS actor, details->>'roles' AS roles, count(*)
FROM multitenant."SecurityAuditLogs" WHERE event LIKE 'invitation.%' AND (details->>'invitationId')::uuid IN (SELECT id FROM multitenant."Invitations") GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5;
SELECT count(*) AS leaks FROM multitenant."SecurityAuditLogs" WHERE event LIKE 'invitation.%' AND (details::text LIKE '%@%' OR details::text LIKE '%mti_%');

-- An invitation does not outlast the standing of who made it
INSERT INTO multitenant."Users" (id, email) SELECT ('00000000-0000-0000-0000-0000000000' || n)::uuid, m || '@example.org' FROM (VALUES ('10', 'chief'), ('11', 'alias'), ('12', 'other'), ('13', 'third')) AS v (n, m);
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000010', :'acme', '{owner,clerk}') IS NOT NULL AS added, multitenant.add_member('00000000-0000-0000-0000-000000000010', :'umbrella', '{}') IS NOT NULL AS added;
CREATE VIEW of_chief AS SELECT split_part(email, '@', 1) AS mailbox, slug, i.status, i.roles, right("cancelledBy"::text, 1) AS by FROM multitenant."Invitations" i JOIN multitenant."Tenants" t ON t.id = "tenantId" WHERE "invitedById" = '00000000-0000-0000-0000-000000000010' ORDER BY 1, 2, i."createdAt";
-- who loses a role gives none by name any more, neither that one nor another
SELECT token FROM multitenant.create_invitation(:'acme', 'alias@example.org', '00000000-0000-0000-0000-000000000010', '{owner}') \gset
SELECT token AS plain FROM multitenant.create_invitation(:'acme', 'other@example.org', '00000000-0000-0000-0000-000000000010') \gset
SELECT count(multitenant.create_invitation(:'acme', 'third@example.org', '00000000-0000-0000-0000-000000000010', '{}'));
SELECT count(multitenant.create_invitation(:'acme', 'fourth@example.org', '00000000-0000-0000-0000-000000000001', '{clerk}')); -- another's
SET multitenant.user_id = '00000000-0000-0000-0000-000000000001';
SELECT multitenant.assign_role('00000000-0000-0000-0000-000000000010', :'acme', 'member'), multitenant.unassign_role('00000000-0000-0000-0000-000000000010', :'acme', 'member');
RESET multitenant.user_id;
SELECT * FROM of_chief;
SELECT outcome FROM multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000011');
-- a suspension holds them back, whoever has the token
SELECT multitenant.suspend_user('00000000-0000-0000-0000-000000000010');
SELECT outcome FROM multitenant.accept_invitation(:'plain', '00000000-0000-0000-0000-000000000012');
SELECT multitenant.activate_user('00000000-0000-0000-0000-000000000010');
-- who is removed leaves none behind in that tenant
SELECT token FROM multitenant.create_invitation(:'acme', 'alias@example.org', '00000000-0000-0000-0000-000000000010', '{owner}') \gset
SELECT token AS elsewhere FROM multitenant.create_invitation(:'umbrella', 'alias@example.org', '00000000-0000-0000-0000-000000000010') \gset
SET multitenant.user_id = '00000000-0000-0000-0000-000000000001';
SELECT multitenant.remove_member('00000000-0000-0000-0000-000000000010', :'acme');
RESET multitenant.user_id;
SELECT * FROM of_chief;
SELECT status FROM multitenant."Invitations" WHERE email = 'fourth@example.org';
SELECT outcome FROM multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000011');
SELECT outcome FROM multitenant.accept_invitation(:'plain', '00000000-0000-0000-0000-000000000012');
SELECT outcome FROM multitenant.accept_invitation(:'elsewhere', '00000000-0000-0000-0000-000000000011');
SELECT right("actorId"::text, 1) AS actor, count(*) FROM multitenant."SecurityAuditLogs" WHERE event = 'invitation.cancelled' AND (details->>'invitationId')::uuid IN (SELECT id FROM multitenant."Invitations" WHERE "invitedById" = '00000000-0000-0000-0000-000000000010') GROUP BY 1;
DROP VIEW of_chief;

-- an application's trigger sees one that is made once, and the one before it cancelled
CREATE TABLE public.seen (pending bigint);
CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.seen SELECT count(*) FROM multitenant."Invitations" WHERE status = 'pending' AND email = new.email; RETURN new; END $$;
CREATE TRIGGER see BEFORE INSERT ON multitenant."Invitations" FOR EACH ROW EXECUTE FUNCTION see();
SELECT count(multitenant.create_invitation(:'umbrella', 'seen@example.org', '00000000-0000-0000-0000-000000000001')) FROM generate_series(1, 2);
SELECT pending, count(*) FROM seen GROUP BY pending;
DROP TRIGGER see ON multitenant."Invitations";
DROP FUNCTION see;
DROP TABLE seen;
-- an application's trigger that lets none be made is not asked for ever
SELECT count(multitenant.create_invitation(:'umbrella', 'held@example.org', '00000000-0000-0000-0000-000000000001'));
SET statement_timeout = '60s';
CREATE FUNCTION hold_back() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER hold_back BEFORE INSERT ON multitenant."Invitations" FOR EACH ROW EXECUTE FUNCTION hold_back();
SELECT multitenant.create_invitation(:'umbrella', 'held@example.org', '00000000-0000-0000-0000-000000000001');
DROP TRIGGER hold_back ON multitenant."Invitations";
CREATE TRIGGER hold_back BEFORE UPDATE ON multitenant."Invitations" FOR EACH ROW EXECUTE FUNCTION hold_back();
SELECT multitenant.create_invitation(:'umbrella', 'held@example.org', '00000000-0000-0000-0000-000000000001');
DROP TRIGGER hold_back ON multitenant."Invitations";
RESET statement_timeout;
SELECT status FROM multitenant."Invitations" WHERE email = 'held@example.org';

-- an erased user's invitations name nobody, and the tenant's go with it
SELECT token FROM multitenant.create_invitation(:'umbrella', 'eve@example.org', '00000000-0000-0000-0000-000000000001') \gset
SELECT multitenant.delete_user('00000000-0000-0000-0000-000000000003'), multitenant.erase_user('00000000-0000-0000-0000-000000000003');
SELECT count(*) FROM multitenant."Invitations" WHERE lower(email) = 'eve@example.org';
SELECT outcome FROM multitenant.accept_invitation(:'token', '00000000-0000-0000-0000-000000000003');
DELETE FROM multitenant."Tenants";
SELECT count(*) FROM multitenant."Invitations";
