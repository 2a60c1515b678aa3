-- Notifications. That they are announced is in test/t/072_notify.pl: a listener hears on commit.
\set VERBOSITY sqlstate
SET multitenant.argon2_memory = 64;
SELECT multitenant.register_user(n || '@example.org') FROM unnest('{ada,ben,cleo,dan}'::text[]) AS n \g /dev/null
SELECT id AS ada FROM multitenant."Users" WHERE email = 'ada@example.org' \gset
SELECT id AS ben FROM multitenant."Users" WHERE email = 'ben@example.org' \gset
SELECT multitenant.create_tenant('Acme', 'acme', 'u1', :'ada') AS acme \gset
SELECT multitenant.create_tenant('Umbrella', 'umbrella', 'u2', :'ben') AS umbrella \gset
SELECT count(multitenant.add_member(id, :'acme')) FROM multitenant."Users" WHERE email LIKE ANY ('{ben%,cleo%,dan%}');
SELECT multitenant.suspend_user(id) FROM multitenant."Users" WHERE email LIKE 'dan%';

-- one
BEGIN;
SELECT pg_sleep(0.01);
SELECT multitenant.send_notification(:'ada', 'Hello, Ada') AS hello \gset
SELECT "userId" = :'ada' AS ada, message, read, "createdAt" > now() AS dated_by_the_clock FROM multitenant."Notifications" WHERE id = :'hello';
COMMIT;
SELECT multitenant.unread_notifications(:'ada') AS ada, multitenant.unread_notifications(:'ben') AS ben, multitenant.unread_notifications(:'acme') AS nobody;
SELECT multitenant.mark_notification_read(:'hello') AS changed, multitenant.unread_notifications(:'ada') AS as_the_statement_saw;
SELECT multitenant.mark_notification_read(:'hello') AS again, multitenant.mark_notification_read(:'ada') AS unknown, multitenant.unread_notifications(:'ada') AS unread;
-- all of one user, and of nobody else
SELECT count(multitenant.send_notification(u, 'n')) FROM generate_series(1, 5), unnest(ARRAY[:'ada', :'ben']::uuid[]) AS u;
SELECT multitenant.mark_all_notifications_read(:'ada') AS marked, multitenant.mark_all_notifications_read(:'ada') AS again;
SELECT multitenant.mark_all_notifications_read(:'acme') AS of_nobody;
SELECT multitenant.unread_notifications(:'ada') AS ada, multitenant.unread_notifications(:'ben') AS ben;
-- refused
SELECT multitenant.send_notification(NULL, 'x');
SELECT multitenant.send_notification(:'acme', 'x');
SELECT multitenant.send_notification(:'ada', NULL);
SELECT multitenant.send_notification(:'ada', '');
SELECT multitenant.send_notification(:'ada', repeat('x', 16385));
SELECT multitenant.send_notification(:'ada', repeat('x', 16384)) IS NOT NULL AS just_fits;
SELECT multitenant.mark_notification_read(NULL);
SELECT multitenant.mark_all_notifications_read(NULL);
SELECT multitenant.unread_notifications(NULL);

-- to a tenant: ada, ben and cleo are active members
TRUNCATE multitenant."Notifications";
SELECT multitenant.notify_tenant(:'acme', 'to all');
SELECT multitenant.notify_tenant(:'acme', 'to owners', 'owner');
SELECT multitenant.notify_tenant(:'umbrella', 'to members', 'member');
SELECT n.message, u.email FROM multitenant."Notifications" n JOIN multitenant."Users" u ON u.id = n."userId" ORDER BY n.message COLLATE "C", 2;
SELECT multitenant.notify_tenant(NULL, 'x');
SELECT multitenant.notify_tenant(:'ada', 'x');
SELECT multitenant.notify_tenant(:'acme', NULL);
SELECT multitenant.notify_tenant(:'acme', '');
SELECT multitenant.notify_tenant(:'acme', repeat('x', 16385));
SELECT multitenant.notify_tenant(:'acme', 'x', 'king');
SELECT multitenant.notify_tenant(:'acme', 'x', '');
-- a suspended tenant's members may be told so; a deleted user not
SELECT id AS cleo FROM multitenant."Users" WHERE email = 'cleo@example.org' \gset
SELECT multitenant.delete_user(:'cleo');
UPDATE multitenant."Tenants" SET status = 'suspended' WHERE id = :'acme';
SELECT multitenant.notify_tenant(:'acme', 'suspended');
SELECT multitenant.send_notification(:'cleo', 'x');

-- the count reads an index, and only what is unread of one user
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM multitenant."Notifications" WHERE "userId" = '00000000-0000-0000-0000-000000000001' AND NOT read;
