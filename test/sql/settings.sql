-- The settings: their levels, units and bounds
\set VERBOSITY terse
LOAD 'multitenant';
SELECT name, setting, unit, context, min_val, max_val, enumvals FROM pg_settings WHERE name LIKE 'multitenant.%' ORDER BY name COLLATE "C";
-- every one says what it is for
SELECT name FROM pg_settings WHERE name LIKE 'multitenant.%' AND coalesce(short_desc, '') = '';

-- units, and values that are none
SET multitenant.lockout_duration = '2h';
SHOW multitenant.lockout_duration;
SET multitenant.argon2_memory = '64MB';
SHOW multitenant.argon2_memory;
\set VERBOSITY sqlstate
SET multitenant.lockout_threshold = -1;
SET multitenant.lockout_duration = 0;
SET multitenant.lockout_max_duration = '100000d';
SET multitenant.argon2_memory = '2GB';
SET multitenant.argon2_iterations = 0;
SET multitenant.bcrypt_cost = 3;
SET multitenant.bcrypt_cost = 17;
SET multitenant.password_max_length = 63;
SET multitenant.password_algorithm = 'md5';
\set VERBOSITY terse

-- the context: a UUID or nothing
SET multitenant.user_id = '6F9619FF-8B86-D011-B42D-00CF4FC964FF';
SELECT multitenant.current_user_id(), multitenant.current_tenant_id();
SET multitenant.user_id = '';
SELECT multitenant.current_user_id() IS NULL AS none;
SET multitenant.user_id = '6F9619FF8B86D011B42D00CF4FC964FF';
SET multitenant.user_id = '6F9619FF-8B86-D011-B42D-00CF4FC964FG';
SET multitenant.user_id = '6F9619FF-8B86-D011-B42D-00CF4FC964F';
SET multitenant.user_id = '6F9619FF-8B86-D011-B42D-00CF4FC964FFF';
SET multitenant.user_id = '6F9619FF08B86-D011-B42D-00CF4FC964FF';
SET multitenant.user_id = 'é';
-- and ends with the transaction, or with a savepoint that is rolled back
BEGIN;
SET LOCAL multitenant.tenant_id = '00000000-0000-0000-0000-000000000001';
SAVEPOINT a;
SET LOCAL multitenant.tenant_id = '00000000-0000-0000-0000-000000000002';
SELECT multitenant.current_tenant_id();
ROLLBACK TO a;
SELECT multitenant.current_tenant_id();
COMMIT;
SELECT multitenant.current_tenant_id() IS NULL AS none;
-- an answer stays what it was when the setting changes within the query
BEGIN;
SET LOCAL multitenant.tenant_id = '00000000-0000-0000-0000-000000000001';
SELECT multitenant.current_tenant_id() AS before, set_config('multitenant.tenant_id', '00000000-0000-0000-0000-000000000002', true) AS set, multitenant.current_tenant_id() AS after;
COMMIT;

-- the issuer is one that an authenticator can show
SET multitenant.totp_issuer = '';
SET multitenant.totp_issuer = 'Example: Inc';
SET multitenant.totp_issuer = E'Example\tInc';
SET multitenant.totp_issuer = E'Example\x7fInc';
SELECT set_config('multitenant.totp_issuer', repeat('x', 256), false);
SHOW multitenant.totp_issuer;
SET multitenant.totp_issuer = 'Éxample, Inc';
SHOW multitenant.totp_issuer;
RESET multitenant.totp_issuer;

-- an ordinary role has no way to any of them
CREATE ROLE settings_user;
GRANT EXECUTE ON FUNCTION multitenant.current_user_id() TO settings_user;
SET ROLE settings_user;
SET multitenant.user_id = '00000000-0000-0000-0000-000000000001';
SET LOCAL multitenant.user_id = '00000000-0000-0000-0000-000000000001';
SELECT set_config('multitenant.user_id', '00000000-0000-0000-0000-000000000001', true);
SELECT set_config('multitenant.user_id', '00000000-0000-0000-0000-000000000001', false);
UPDATE pg_settings SET setting = '00000000-0000-0000-0000-000000000001' WHERE name = 'multitenant.user_id';
ALTER ROLE settings_user SET multitenant.user_id = '00000000-0000-0000-0000-000000000001';
CREATE FUNCTION pg_temp.sneak() RETURNS uuid LANGUAGE sql SET multitenant.user_id = '00000000-0000-0000-0000-000000000001'
  AS 'SELECT multitenant.current_user_id()';
SET multitenant.lockout_threshold = 0;
SET multitenant.require_verified_email = off;
SELECT multitenant.current_user_id() IS NULL AS none;
RESET ROLE;
REVOKE ALL ON FUNCTION multitenant.current_user_id() FROM settings_user;
DROP ROLE settings_user;
