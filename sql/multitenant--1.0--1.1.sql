\echo Use "ALTER EXTENSION multitenant UPDATE" to load this file. \quit

COMMENT ON FUNCTION multitenant.export_user(uuid) IS
  'Everything held about a user, as one JSON object: user, memberships, authenticators, tokens, signInChallenges, rememberedDevices, loginHistory, activity, securityEvents, notifications, invitations; no credential. Errors: P0002 no such user. Audit: user.exported.';

COMMENT ON FUNCTION multitenant.enable_row_security() IS
  'Turns row-level security on for every table of the extension: who reads one sees the rows of the context''s tenant, where the acting user is its active member (of the three logs only with the permission logs:read), and the acting user''s own; an administrator (grant_access) sees all. It grants no table to anybody, and nobody may write by it. To be called again after a restore and after an upgrade. For the owner of the extension. Errors: 42501 not its owner. Audit: row_security.enabled.';

CREATE OR REPLACE VIEW multitenant.stats AS
SELECT
  (SELECT coalesce(jsonb_object_agg(outcome, number), '{}')
   FROM (SELECT coalesce("failureReason", status::text) AS outcome, count(*) AS number
         FROM multitenant."LoginHistories" WHERE "createdAt" > statement_timestamp() - interval '1 hour' GROUP BY 1
         UNION ALL
         SELECT 'unknown_user', count(*) FROM multitenant."SecurityAuditLogs"
         WHERE event = 'sign_in.unknown_user' AND "createdAt" > statement_timestamp() - interval '1 hour' HAVING count(*) > 0) h
  ) AS sign_ins_last_hour,
  (SELECT coalesce(jsonb_object_agg(outcome, number), '{}')
   FROM (SELECT coalesce("failureReason", status::text) AS outcome, count(*) AS number
         FROM multitenant."LoginHistories" WHERE "createdAt" > statement_timestamp() - interval '1 day' GROUP BY 1
         UNION ALL
         SELECT 'unknown_user', count(*) FROM multitenant."SecurityAuditLogs"
         WHERE event = 'sign_in.unknown_user' AND "createdAt" > statement_timestamp() - interval '1 day' HAVING count(*) > 0) d
  ) AS sign_ins_last_day,
  (SELECT count(*) FROM multitenant."Users"
   WHERE "accountLockedUntil" > statement_timestamp() OR "twoFactorLockedUntil" > statement_timestamp()
  ) AS locked_accounts,
  (SELECT count(*) FROM multitenant."OAuthTokens"
   WHERE coalesce("refreshTokenExpiresAt", "accessTokenExpiresAt") > statement_timestamp()
     AND NOT revoked AND "userId" IS NOT NULL AND type = 'session'
  ) AS live_sessions,
  (SELECT count(*) FROM multitenant."Invitations"
   WHERE status = 'pending' AND "expiresAt" > statement_timestamp()
  ) AS pending_invitations,
  least(
    (SELECT min("createdAt") FROM multitenant."LoginHistories" WHERE "createdAt" < multitenant.retention_limit('LoginHistories')),
    (SELECT min("createdAt") FROM multitenant."ActivityLogs" WHERE "createdAt" < multitenant.retention_limit('ActivityLogs')),
    (SELECT min("createdAt") FROM multitenant."SecurityAuditLogs" WHERE "createdAt" < multitenant.retention_limit('SecurityAuditLogs'))
  ) AS oldest_row_past_retention;

CREATE OR REPLACE VIEW multitenant.tenant_stats AS
WITH locked AS (
  SELECT m."tenantId", count(*) AS number
  FROM multitenant."Users" u JOIN multitenant."TenantUsers" m ON m."userId" = u.id
  WHERE u."accountLockedUntil" > statement_timestamp() OR u."twoFactorLockedUntil" > statement_timestamp()
  GROUP BY 1)
SELECT
  t.id AS tenant_id, t.slug::text AS slug,
  (SELECT coalesce(jsonb_object_agg(outcome, number), '{}')
   FROM (SELECT coalesce("failureReason", status::text) AS outcome, count(*) AS number
         FROM multitenant."LoginHistories"
         WHERE "tenantId" = t.id AND "createdAt" > statement_timestamp() - interval '1 hour' GROUP BY 1) h
  ) AS sign_ins_last_hour,
  (SELECT coalesce(jsonb_object_agg(outcome, number), '{}')
   FROM (SELECT coalesce("failureReason", status::text) AS outcome, count(*) AS number
         FROM multitenant."LoginHistories"
         WHERE "tenantId" = t.id AND "createdAt" > statement_timestamp() - interval '1 day' GROUP BY 1) d
  ) AS sign_ins_last_day,
  coalesce(l.number, 0) AS locked_accounts,
  (SELECT count(*)
   FROM multitenant."OAuthClients" c JOIN multitenant."OAuthTokens" s ON s."clientId" = c.id
   WHERE c."tenantId" = t.id
     AND coalesce(s."refreshTokenExpiresAt", s."accessTokenExpiresAt") > statement_timestamp()
     AND NOT s.revoked AND s."userId" IS NOT NULL AND s.type = 'session'
  ) AS live_sessions,
  (SELECT count(*) FROM multitenant."Invitations" i
   WHERE i."tenantId" = t.id AND i.status = 'pending' AND i."expiresAt" > statement_timestamp()
  ) AS pending_invitations,
  least(
    (SELECT min("createdAt") FROM multitenant."LoginHistories"
     WHERE "tenantId" = t.id AND "createdAt" < multitenant.retention_limit('LoginHistories')),
    (SELECT min("createdAt") FROM multitenant."ActivityLogs"
     WHERE "tenantId" = t.id AND "createdAt" < multitenant.retention_limit('ActivityLogs')),
    (SELECT min("createdAt") FROM multitenant."SecurityAuditLogs"
     WHERE "tenantId" = t.id AND "createdAt" < multitenant.retention_limit('SecurityAuditLogs'))
  ) AS oldest_row_past_retention
FROM multitenant."Tenants" t LEFT JOIN locked l ON l."tenantId" = t.id;
