-- The same work in plain SQL and PL/pgSQL, as one would write it who cares for speed.

--
-- One-time passwords, on pgcrypto's hmac()
--

CREATE FUNCTION bench.base32_decode(secret text) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  letters text := translate(upper(secret), ' -=', '');
  word bigint := 0;
  digit integer;
  hex text := '';
  rest integer := length(letters) % 8;
BEGIN
  FOR i IN 1 .. length(letters) LOOP
    digit := strpos('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', substr(letters, i, 1)) - 1;
    IF digit < 0 THEN
      RAISE invalid_text_representation USING MESSAGE = 'malformed base32 secret';
    END IF;
    word := word << 5 | digit;
    IF i % 8 = 0 THEN
      hex := hex || lpad(to_hex(word), 10, '0');
      word := 0;
    END IF;
  END LOOP;
  IF rest > 0 THEN
    hex := hex || left(lpad(to_hex(word << 5 * (8 - rest)), 10, '0'), rest * 5 / 8 * 2);
  END IF;
  RETURN decode(hex, 'hex');
END $$;

-- The same with the loop written out: eight digits in one expression. For secrets of whole
-- groups of eight alone.
CREATE FUNCTION bench.base32_decode_unrolled(secret text) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  letters text := translate(upper(secret), ' -=', '');
  digits constant text := 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  hex text := '';
BEGIN
  IF letters COLLATE "C" !~ '^([A-Z2-7]{8})*$' THEN
    RAISE invalid_text_representation USING MESSAGE = 'malformed base32 secret';
  END IF;
  FOR i IN 0 .. length(letters) / 8 - 1 LOOP
    hex := hex || lpad(to_hex(
      ((strpos(digits, substr(letters, i * 8 + 1, 1)) - 1)::bigint << 35)
      | ((strpos(digits, substr(letters, i * 8 + 2, 1)) - 1)::bigint << 30)
      | ((strpos(digits, substr(letters, i * 8 + 3, 1)) - 1)::bigint << 25)
      | ((strpos(digits, substr(letters, i * 8 + 4, 1)) - 1)::bigint << 20)
      | ((strpos(digits, substr(letters, i * 8 + 5, 1)) - 1)::bigint << 15)
      | ((strpos(digits, substr(letters, i * 8 + 6, 1)) - 1)::bigint << 10)
      | ((strpos(digits, substr(letters, i * 8 + 7, 1)) - 1)::bigint << 5)
      | (strpos(digits, substr(letters, i * 8 + 8, 1)) - 1)), 10, '0');
  END LOOP;
  RETURN decode(hex, 'hex');
END $$;

-- Takes the key, so that it can be had with either decoder.
CREATE FUNCTION bench.verify_totp(
  key bytea, code text, at timestamptz DEFAULT clock_timestamp(), steps integer DEFAULT 1,
  algorithm text DEFAULT 'sha1', digits integer DEFAULT 6, period integer DEFAULT 30)
RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  counter bigint := floor(extract(epoch FROM at) / period);
  typed text := translate(code, ' ', '');
  mac bytea;
  start integer;
  matches boolean := false;
BEGIN
  FOR step IN -steps .. steps LOOP
    mac := hmac(int8send(counter + step), key, algorithm);
    start := get_byte(mac, length(mac) - 1) & 15;
    matches := matches OR typed = lpad(((((get_byte(mac, start) & 127) << 24) | (get_byte(mac, start + 1) << 16)
      | (get_byte(mac, start + 2) << 8) | get_byte(mac, start + 3)) % (10 ^ digits)::integer)::text, digits, '0');
  END LOOP;
  RETURN matches;
END $$;

--
-- Sign-in, with the default limits as constants
--

CREATE FUNCTION bench.authenticate(
  email text, password text, ip_address text DEFAULT NULL, user_agent text DEFAULT NULL,
  OUT outcome multitenant.auth_outcome, OUT user_id uuid, OUT locked_until timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  threshold constant integer := 5;
  duration constant interval := '15 minutes';
  max_duration constant interval := '24 hours';
  reset_after constant interval := '24 hours';
  hash_of_nobody constant text := '$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  address text := host(ip_address::inet);
  agent text := left(user_agent, 1024);
  account record;
  judged text;
  matches boolean;
  new_hash text;
  reason text;
  clock timestamptz;
BEGIN
  SELECT u.id, u.password, u."accountLockedUntil" INTO account
  FROM multitenant."Users" AS u
  WHERE lower(u.email COLLATE "C") = lower(authenticate.email COLLATE "C");

  IF NOT FOUND THEN
    PERFORM multitenant.verify_password(coalesce(authenticate.password, ''), hash_of_nobody);
    clock := clock_timestamp();
    INSERT INTO multitenant."SecurityAuditLogs"
      (event, severity, details, "ipAddress", "userAgent", "createdAt", "updatedAt")
    VALUES ('sign_in.unknown_user', 'low', jsonb_build_object('email', substring(authenticate.email FROM '^[^@[:space:]]+@[^@[:space:]]+$')), address, agent, clock, clock);
    outcome := 'invalid_credentials';
    RETURN;
  END IF;

  clock := clock_timestamp();
  IF account."accountLockedUntil" > clock THEN
    outcome := 'locked';
    locked_until := account."accountLockedUntil";
    reason := 'locked';
  ELSE
    judged := account.password;
    matches := multitenant.verify_password(authenticate.password, coalesce(judged, hash_of_nobody)) AND judged IS NOT NULL;
    IF matches AND multitenant.password_needs_rehash(judged) THEN
      new_hash := multitenant.hash_password(authenticate.password);
    END IF;

    SELECT u.id, u.password, u.status, u."deletedAt", u."failedLoginAttempts" AS failures, u."lastFailedLoginAt", u."accountLockedUntil" INTO account
    FROM multitenant."Users" AS u WHERE u.id = account.id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
      outcome := 'invalid_credentials';
      RETURN;
    END IF;
    IF account.password IS DISTINCT FROM judged THEN
      matches := multitenant.verify_password(authenticate.password, coalesce(account.password, hash_of_nobody)) AND account.password IS NOT NULL;
      new_hash := NULL;
    END IF;

    clock := clock_timestamp();
    IF account."accountLockedUntil" > clock THEN
      outcome := 'locked';
      locked_until := account."accountLockedUntil";
      reason := 'locked';
    ELSIF NOT matches THEN
      IF account."lastFailedLoginAt" IS NULL OR clock - account."lastFailedLoginAt" >= reset_after THEN
        account.failures := 0;
      END IF;
      account.failures := account.failures + 1;
      IF account.failures >= threshold THEN
        locked_until := clock + least(duration * power(2, least(account.failures - threshold, 30)), max_duration);
      END IF;
      UPDATE multitenant."Users" AS u
      SET "failedLoginAttempts" = account.failures, "lastFailedLoginAt" = clock, "accountLockedUntil" = authenticate.locked_until
      WHERE u.id = account.id;
      IF locked_until IS NOT NULL THEN
        INSERT INTO multitenant."SecurityAuditLogs"
          (event, severity, "userId", details, "ipAddress", "userAgent", "createdAt", "updatedAt")
        VALUES ('user.locked', 'high', account.id, jsonb_build_object('failedLoginAttempts', account.failures), address, agent, clock, clock);
      END IF;
      outcome := 'invalid_credentials';
      reason := CASE WHEN account.password IS NULL THEN 'no_password' ELSE 'wrong_password' END;
    ELSIF account.status <> 'active' OR account."deletedAt" IS NOT NULL THEN
      outcome := 'inactive';
      reason := 'inactive';
    ELSE
      UPDATE multitenant."Users" AS u
      SET "failedLoginAttempts" = 0, "accountLockedUntil" = NULL, "lastLoginAt" = clock, "lastActivity" = clock,
          "loginCount" = u."loginCount" + 1, password = coalesce(new_hash, u.password)
      WHERE u.id = account.id;
      outcome := 'success';
      user_id := account.id;
    END IF;
  END IF;

  clock := clock_timestamp();
  INSERT INTO multitenant."LoginHistories"
    ("userId", status, "failureReason", "ipAddress", "userAgent", "createdAt", "updatedAt")
  VALUES (account.id, CASE WHEN reason IS NULL THEN 'success' ELSE 'failed' END::multitenant."enum_LoginHistories_status",
          reason, address, agent, clock, clock);
END $$;

--
-- Permissions: the join as one writes it, with and without the wildcards
--

CREATE FUNCTION bench.has_permission(user_id uuid, tenant_id uuid, permission text)
RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN EXISTS (
    SELECT 1
    FROM multitenant."TenantUsers" AS m
    JOIN multitenant."Users" AS u ON u.id = m."userId"
    JOIN multitenant."Tenants" AS t ON t.id = m."tenantId"
    JOIN multitenant."Roles" AS r ON r."tenantId" = m."tenantId" AND r.name = ANY (m.roles)
    JOIN multitenant."RolePermissions" AS rp ON rp."roleId" = r.id
    JOIN multitenant."Permissions" AS p ON p.id = rp."permissionId"
    WHERE m."userId" = user_id AND m."tenantId" = tenant_id
      AND u.status = 'active' AND u."deletedAt" IS NULL AND t.status = 'active'
      AND (p.name = permission
           OR (p.resource IN (split_part(permission, ':', 1), '*') AND p.action IN (split_part(permission, ':', 2), '*'))));
END $$;
