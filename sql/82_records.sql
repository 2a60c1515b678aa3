-- Records: what an application writes into the logs, notifications, maintenance, and the
-- views for dashboards.

CREATE FUNCTION multitenant.log_activity(
  user_id uuid, action text, details jsonb DEFAULT NULL, ip_address text DEFAULT NULL,
  user_agent text DEFAULT NULL, tenant_id uuid DEFAULT NULL)
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_log_activity'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.log_activity(uuid, text, jsonb, text, text, uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.log_activity(uuid, text, jsonb, text, text, uuid) IS
  'Writes a row of "ActivityLogs", dated by the clock, and returns its id. action: what was done, in the application''s words, at most 255 bytes. details: at most 64 kB. ip_address: IPv4 or IPv6. user_agent: cut at 1024 bytes. tenant_id: null for the tenant of the context, where there is one. Errors: P0002 no such user or tenant; 22023 null or empty; 22P02 ip_address is not one; 54000 too long.';

CREATE FUNCTION multitenant.log_security_event(
  user_id uuid, event text, details jsonb DEFAULT NULL, severity text DEFAULT 'low',
  ip_address text DEFAULT NULL, user_agent text DEFAULT NULL, tenant_id uuid DEFAULT NULL)
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_log_security_event'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.log_security_event(uuid, text, jsonb, text, text, text, uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.log_security_event(uuid, text, jsonb, text, text, text, uuid) IS
  'Writes a row of "SecurityAuditLogs", dated by the clock, with the acting user of the context, and returns its id. user_id: whom it is about, null where nobody is known. event: at most 255 bytes. details: at most 64 kB, never a credential. severity: low, medium, high or critical. The others as in log_activity. Errors: P0002 no such user or tenant; 22023 null or empty, or no severity; 22P02 ip_address is not one; 54000 too long.';

-- The channel is open to every role that may connect, so it carries ids and no text.
CREATE FUNCTION multitenant.send_notification(user_id uuid, message text)
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_send_notification'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.send_notification(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.send_notification(uuid, text) IS
  'Writes a row of "Notifications" and returns its id; on commit NOTIFY multitenant_notifications says {"id": ..., "userId": ...}. message: at most 16 kB. Not in a transaction that is prepared (two-phase commit). Errors: P0002 no such user; 55000 the user is deleted; 22023 null or empty; 54000 too long.';

CREATE FUNCTION multitenant.notify_tenant(tenant_id uuid, message text, role text DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'mt_notify_tenant'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.notify_tenant(uuid, text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.notify_tenant(uuid, text, text) IS
  'Writes a notification for every member of a tenant whose user is active, and returns how many. role: only for members with that role; null for all. Each is announced as by send_notification; more than 1000 are announced at once, as {"tenantId": ...}. Errors: P0002 no such tenant, or no such role in it; 22023 null or empty; 54000 too long.';

CREATE FUNCTION multitenant.mark_notification_read(id uuid)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_mark_notification_read'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.mark_notification_read(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.mark_notification_read(uuid) IS
  'Marks a notification read; true when it was not. Errors: 22023 null.';

CREATE FUNCTION multitenant.mark_all_notifications_read(user_id uuid)
RETURNS bigint
AS 'MODULE_PATHNAME', 'mt_mark_all_notifications_read'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.mark_all_notifications_read(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.mark_all_notifications_read(uuid) IS
  'Marks every unread notification of a user read, and returns how many. Errors: 22023 null.';

CREATE FUNCTION multitenant.unread_notifications(user_id uuid)
RETURNS bigint
AS 'MODULE_PATHNAME', 'mt_unread_notifications'
LANGUAGE C STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.unread_notifications(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.unread_notifications(uuid) IS
  'Number of notifications of a user that are not read; read from an index alone. Errors: 22023 null.';

CREATE FUNCTION multitenant.run_maintenance(batch_size integer DEFAULT 10000)
RETURNS TABLE (task text, affected bigint)
AS 'MODULE_PATHNAME', 'mt_run_maintenance'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.run_maintenance(integer) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.run_maintenance(integer) IS
  'Expires invitations, deletes tokens and tenants whose time has come, trims the logs past their retention, clears expired recovery tokens and two-factor setups: at most batch_size rows (1 to 1000000) of each task, and a row with the number for each. Repeat until all are 0. Takes only rows that nobody holds, so it does not wait for live traffic, and several may run at once. pg_stat_activity shows the task under way. A tenant that something still refers to is left, with a warning. Errors: 22023 bad batch_size. Audit: tenant.deleted, audit.trimmed.';

CREATE FUNCTION multitenant.retention_limit(log text)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'mt_retention_limit'
LANGUAGE C STABLE PARALLEL SAFE;
REVOKE ALL ON FUNCTION multitenant.retention_limit(text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.retention_limit(text) IS
  'The time before which rows of a log (LoginHistories, ActivityLogs or SecurityAuditLogs) are past their retention; null where they are kept for ever. Errors: 22023 null, or no such log.';

-- Both views read as their owner; whoever may read them needs retention_limit() too. What is counted is found through an index of just that:
-- the hour and the day of the sign-ins, the locked, the sessions not run out, the pending. BETWEEN asks for the index that
-- has the tenants first: from the oldest row of all on it may be far to the oldest of one.

CREATE VIEW multitenant.stats AS
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
   WHERE "endsAt" > statement_timestamp()
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
REVOKE ALL ON multitenant.stats FROM PUBLIC;
COMMENT ON VIEW multitenant.stats IS
  'One row for a dashboard: sign-ins of the last hour and day by outcome (success, or the reason of the failure), accounts whose password or second factor is locked, sessions not ended, pending invitations, and the time of the oldest log row past its retention, which run_maintenance() deletes next (null: none)';

CREATE VIEW multitenant.tenant_stats AS
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
     AND s."endsAt" > statement_timestamp()
     AND NOT s.revoked AND s."userId" IS NOT NULL AND s.type = 'session'
  ) AS live_sessions,
  (SELECT count(*) FROM multitenant."Invitations" i
   WHERE i."tenantId" = t.id AND i.status = 'pending' AND i."expiresAt" > statement_timestamp()
  ) AS pending_invitations,
  least(
    (SELECT "createdAt" FROM (SELECT "createdAt" FROM multitenant."LoginHistories"
                              WHERE "tenantId" BETWEEN t.id AND t.id ORDER BY "tenantId", "createdAt" LIMIT 1) AS oldest
     WHERE "createdAt" < multitenant.retention_limit('LoginHistories')),
    (SELECT "createdAt" FROM (SELECT "createdAt" FROM multitenant."ActivityLogs"
                              WHERE "tenantId" BETWEEN t.id AND t.id ORDER BY "tenantId", "createdAt" LIMIT 1) AS oldest
     WHERE "createdAt" < multitenant.retention_limit('ActivityLogs')),
    (SELECT "createdAt" FROM (SELECT "createdAt" FROM multitenant."SecurityAuditLogs"
                              WHERE "tenantId" BETWEEN t.id AND t.id ORDER BY "tenantId", "createdAt" LIMIT 1) AS oldest
     WHERE "createdAt" < multitenant.retention_limit('SecurityAuditLogs'))
  ) AS oldest_row_past_retention
FROM multitenant."Tenants" t LEFT JOIN locked l ON l."tenantId" = t.id;
REVOKE ALL ON multitenant.tenant_stats FROM PUBLIC;
COMMENT ON VIEW multitenant.tenant_stats IS
  'A row for each tenant, with the columns of stats for its sign-ins, its members, its sessions and its records';
