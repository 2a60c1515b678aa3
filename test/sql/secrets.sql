-- Secrets at rest, what needs no file: arguments, rights, and the setting itself.
-- test/t/080_secrets.pl has the rest.
SELECT multitenant.register_user('ada@example.org') AS ada \gset
UPDATE multitenant."Users" SET "twoFactorSecret" = 'GEZDGNBVGY3TQOJQ';

SELECT multitenant.rewrap_secrets();
SELECT multitenant.rewrap_secrets(NULL);
SELECT multitenant.rewrap_secrets(0);
SELECT multitenant.rewrap_secrets(-1);
SELECT multitenant.rewrap_secrets(100001);

-- the setting: an absolute path or nothing, and good or not when it is used
SET multitenant.key_file = 'keys';
SET multitenant.key_file = '../keys';
SET multitenant.key_file = '/nonexistent/keys';
SELECT multitenant.rewrap_secrets();
SET multitenant.key_file = '/dev/zero';
SELECT multitenant.rewrap_secrets();
SET multitenant.key_file = '/';
SELECT multitenant.rewrap_secrets();
SET multitenant.key_file = '';
SELECT multitenant.rewrap_secrets();

-- a role has neither the function nor the setting, until it is given the function
CREATE ROLE regress_secrets_user;
\set VERBOSITY sqlstate
SET ROLE regress_secrets_user;
SELECT multitenant.rewrap_secrets();
SET multitenant.key_file = '/tmp/mine';
SHOW multitenant.key_file;
RESET ROLE;
\set VERBOSITY default
GRANT EXECUTE ON FUNCTION multitenant.rewrap_secrets(integer) TO regress_secrets_user;
SET multitenant.key_file = '/nonexistent/keys';
SET ROLE regress_secrets_user;
-- where the file is, is not told
SELECT multitenant.rewrap_secrets();
RESET ROLE;
REVOKE ALL ON FUNCTION multitenant.rewrap_secrets(integer) FROM regress_secrets_user;
DROP ROLE regress_secrets_user;

-- nothing of all that changed anything
SELECT "twoFactorSecret" FROM multitenant."Users";
SELECT event FROM multitenant."SecurityAuditLogs" WHERE event LIKE 'secrets.%';
