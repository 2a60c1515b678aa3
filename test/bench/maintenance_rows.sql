-- 1,000,000 rows of the login history, all of them past their retention, and nothing else in
-- it; for a DELETE to compare with, the guard of the table is passed by in the replica role.

SET session_replication_role = replica;
DELETE FROM multitenant."LoginHistories";
DELETE FROM multitenant."SecurityAuditLogs";
VACUUM multitenant."LoginHistories", multitenant."SecurityAuditLogs";
INSERT INTO multitenant."LoginHistories" ("userId", status, "ipAddress", "userAgent", "createdAt", "updatedAt")
SELECT bench.id('user', 1 + i * 7919 % :users), 'success', '192.0.2.1', 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0)', at, at
FROM generate_series(1, 1000000::bigint) AS i, LATERAL (SELECT now() - interval '180 days' + i * interval '5 seconds') AS t (at);
VACUUM (ANALYZE) multitenant."LoginHistories", multitenant."Users";
CHECKPOINT;
