-- The life of a tenant: suspension, deletion, onboarding, features
\set VERBOSITY terse
INSERT INTO multitenant."Users" (id, email) VALUES ('00000000-0000-0000-0000-000000000001', 'ada@example.org'), ('00000000-0000-0000-0000-000000000002', 'ben@example.org');
SELECT multitenant.create_tenant('Acme', 'acme', 'u', '00000000-0000-0000-0000-000000000001') AS acme \gset
CREATE VIEW now_is AS SELECT status, "statusReason" AS reason, "suspendedAt" IS NOT NULL AS suspended, "deletionRequestedAt" IS NOT NULL AS requested, "deletionScheduledAt" - "deletionRequestedAt" AS ahead,
  multitenant.has_role('00000000-0000-0000-0000-000000000001', id, 'owner') AS checks FROM multitenant."Tenants" WHERE slug = 'acme';
CREATE VIEW audited AS SELECT event, severity, "tenantId" IS NOT NULL AS tenant, right("actorId"::text, 1) AS actor, details - 'scheduled' - 'tenantId' AS details FROM multitenant."SecurityAuditLogs" WHERE event LIKE 'tenant.%' ORDER BY "createdAt";

-- suspended and back; the acting user is in the audit
SET multitenant.user_id = '00000000-0000-0000-0000-000000000002';
SELECT multitenant.suspend_tenant(:'acme', 'unpaid');
SELECT * FROM now_is;
SELECT multitenant.suspend_tenant(:'acme');
SELECT multitenant.activate_tenant(:'acme');
SELECT * FROM now_is;
SELECT multitenant.activate_tenant(:'acme');
SELECT multitenant.cancel_tenant_deletion(:'acme');
RESET multitenant.user_id;

-- a request for deletion: gracePeriodDays of 24 hours ahead, also over a change of the clocks
SET TimeZone = 'Europe/Berlin';
UPDATE multitenant."Tenants" SET "gracePeriodDays" = 300;
SELECT multitenant.request_tenant_deletion(:'acme') AS due \gset
SELECT extract(epoch FROM :'due'::timestamptz - clock_timestamp())::numeric BETWEEN 300 * 86400 - 30 AND 300 * 86400 AS due;
SELECT status, reason, suspended, requested, extract(epoch FROM ahead)::numeric BETWEEN 300 * 86400 AND 300 * 86400 + 30 AS ahead, checks FROM now_is;
RESET TimeZone;
-- a second one changes nothing and says the same; nothing else but the cancelling moves it
SELECT multitenant.request_tenant_deletion(:'acme') = :'due' AS same;
SELECT multitenant.suspend_tenant(:'acme');
SELECT multitenant.activate_tenant(:'acme');
SELECT multitenant.cancel_tenant_deletion(:'acme');
SELECT * FROM now_is;
-- a suspended tenant is suspended again, and no request and its cancelling set it free
SELECT multitenant.suspend_tenant(:'acme', 'fraud');
SELECT "suspendedAt" AS since FROM multitenant."Tenants" WHERE slug = 'acme' \gset
SELECT multitenant.request_tenant_deletion(:'acme') IS NOT NULL AS due;
SELECT status, reason, suspended FROM now_is;
SELECT multitenant.cancel_tenant_deletion(:'acme');
SELECT status, reason, suspended, requested FROM now_is;
SELECT "suspendedAt" = :'since' AS as_before FROM multitenant."Tenants" WHERE slug = 'acme';
-- nor one that was never suspended by an UPDATE
INSERT INTO multitenant."Tenants" (name, slug, "databaseUrl", status) VALUES ('Born suspended', 'born', 'b', 'suspended');
SELECT multitenant.request_tenant_deletion(id) IS NOT NULL AS due FROM multitenant."Tenants" WHERE slug = 'born';
SELECT multitenant.cancel_tenant_deletion(id) FROM multitenant."Tenants" WHERE slug = 'born';
SELECT status FROM multitenant."Tenants" WHERE slug = 'born';
SELECT multitenant.activate_tenant(:'acme');
SELECT * FROM audited;
SELECT count(*) AS scheduled FROM multitenant."SecurityAuditLogs" WHERE event = 'tenant.deletion_requested' AND (details->>'scheduled')::timestamptz = :'due';

-- plain SQL: the columns follow, what it supplies itself stays, and the audit is the same
UPDATE multitenant."Tenants" SET status = 'pending_deletion', "deletionScheduledAt" = '2040-01-01 00:00Z', "deletionRequestedAt" = '2039-12-01 00:00Z' WHERE slug = 'acme';
SELECT * FROM now_is;
UPDATE multitenant."Tenants" SET status = 'suspended', "statusReason" = 'by hand' WHERE slug = 'acme';
SELECT * FROM now_is;
UPDATE multitenant."Tenants" SET status = 'active' WHERE slug = 'acme';
SELECT * FROM now_is;
UPDATE multitenant."Tenants" SET status = 'pending_deletion', "gracePeriodDays" = 0 WHERE slug = 'acme';
SELECT status, requested, abs(extract(epoch FROM ahead)) < 30 AS at_once FROM now_is;
-- off the schedule, and back
UPDATE multitenant."Tenants" SET "deletionScheduledAt" = NULL WHERE slug = 'acme';
SELECT multitenant.request_tenant_deletion(:'acme') AS due;
UPDATE multitenant."Tenants" SET status = 'active', "gracePeriodDays" = 7 WHERE slug = 'acme';
SELECT * FROM now_is;
UPDATE multitenant."Tenants" SET status = status, name = 'Acme Inc.' WHERE slug = 'acme';
SELECT * FROM audited OFFSET 11;
-- a grace that ends beyond time is refused
UPDATE multitenant."Tenants" SET "gracePeriodDays" = 2147483647 WHERE slug = 'acme';
SELECT multitenant.request_tenant_deletion(:'acme');
UPDATE multitenant."Tenants" SET "gracePeriodDays" = 7 WHERE slug = 'acme';
-- whoever may update the status needs no right on the logs
CREATE ROLE janitor;
GRANT SELECT (id, slug), UPDATE (status) ON multitenant."Tenants" TO janitor;
GRANT DELETE ON multitenant."Tenants" TO janitor;
SET ROLE janitor;
UPDATE multitenant."Tenants" SET status = 'suspended' WHERE slug = 'acme';
DELETE FROM multitenant."Tenants" WHERE slug = 'born';
SELECT multitenant.suspend_tenant(:'acme');
RESET ROLE;
DROP OWNED BY janitor;
DROP ROLE janitor;
SELECT status FROM now_is;
SELECT * FROM audited OFFSET 16;
SELECT multitenant.activate_tenant(:'acme');

-- what is misused
SELECT multitenant.suspend_tenant(NULL);
SELECT multitenant.activate_tenant(NULL);
SELECT multitenant.request_tenant_deletion(NULL);
SELECT multitenant.cancel_tenant_deletion(NULL);
SELECT multitenant.suspend_tenant('00000000-0000-0000-0000-000000000000');
SELECT multitenant.activate_tenant('00000000-0000-0000-0000-000000000000');
SELECT multitenant.request_tenant_deletion('00000000-0000-0000-0000-000000000000');
SELECT multitenant.cancel_tenant_deletion('00000000-0000-0000-0000-000000000000');
SELECT multitenant.suspend_tenant(:'acme', repeat('x', 1025));

--
-- Onboarding: forward only
--
\set VERBOSITY sqlstate
SELECT multitenant.set_onboarding_status(:'acme', 'pending');
SELECT multitenant.set_onboarding_status(:'acme', 'in_progress');
SELECT "onboardingStatus" FROM multitenant."Tenants" WHERE slug = 'acme';
SELECT multitenant.set_onboarding_status(:'acme', 'pending');
SELECT multitenant.set_onboarding_status(:'acme', 'in_progress');
SELECT multitenant.set_onboarding_status(:'acme', 'completed');
SELECT multitenant.set_onboarding_status(:'acme', 'in_progress');
SELECT multitenant.set_onboarding_status(:'acme', 'Completed');
SELECT multitenant.set_onboarding_status(:'acme', 'done');
SELECT multitenant.set_onboarding_status(:'acme', '');
SELECT multitenant.set_onboarding_status(:'acme', NULL);
SELECT multitenant.set_onboarding_status(NULL, 'completed');
SELECT multitenant.set_onboarding_status('00000000-0000-0000-0000-000000000000', 'completed');
SELECT "onboardingStatus" FROM multitenant."Tenants" WHERE slug = 'acme';
SELECT event, details FROM multitenant."SecurityAuditLogs" WHERE event = 'tenant.onboarding_changed' ORDER BY "createdAt";
-- a step may be left out
SELECT multitenant.create_tenant('Quick', 'quick', 'q') AS quick \gset
SELECT multitenant.set_onboarding_status(:'quick', 'completed');
\set VERBOSITY terse

--
-- Features
--
UPDATE multitenant."Tenants" SET features = '{"a": true, "b": {"enabled": true}, "c": true, "d": {"enabled": true}, "e": true, "f": true, "off": false, "one": 1, "text": "true", "null": null, "list": [true], "nested": {"enabled": {"enabled": true}}, "texted": {"enabled": "true"}, "empty": {}}',
  "featureFlags" = '{"c": false, "d": {"enabled": false}, "e": null, "f": "junk", "g": true, "h": {"enabled": true, "since": 2026}, "off": true}' WHERE slug = 'acme';
SELECT string_agg(name, ' ') FILTER (WHERE has) AS has, string_agg(coalesce(nullif(name, ''), '""'), ' ') FILTER (WHERE NOT has) AS has_not, count(*) FILTER (WHERE has IS NULL) AS nulls
FROM (SELECT name, multitenant.tenant_has_feature(:'acme', name) AS has FROM unnest(ARRAY['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'off', 'one', 'text', 'null', 'list', 'nested', 'texted', 'empty', 'none', 'A', '', 'enabled']) WITH ORDINALITY n(name, at) ORDER BY at) f;
-- anything else is false
SELECT multitenant.tenant_has_feature(NULL, 'a') AS no_tenant, multitenant.tenant_has_feature(:'acme', NULL) AS no_name, multitenant.tenant_has_feature('00000000-0000-0000-0000-000000000000', 'a') AS unknown,
       multitenant.tenant_has_feature(:'acme', repeat('a', 1000000)) AS endless;
UPDATE multitenant."Tenants" SET features = '["a", {"a": true}]', "featureFlags" = '"a"' WHERE slug = 'acme';
SELECT multitenant.tenant_has_feature(:'acme', 'a'), multitenant.tenant_has_feature(:'acme', '1');
UPDATE multitenant."Tenants" SET features = '{"a": true}', "featureFlags" = 'null' WHERE slug = 'acme';
SELECT multitenant.tenant_has_feature(:'acme', 'a');
-- as of a suspended tenant
BEGIN;
SELECT multitenant.suspend_tenant(:'acme');
SELECT multitenant.tenant_has_feature(:'acme', 'a');
ROLLBACK;
SELECT multitenant.tenant_has_feature(:'acme', 'a');
