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

CREATE FUNCTION bench.verify_totp(secret text, code text, at timestamptz DEFAULT clock_timestamp())
RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  key bytea := bench.base32_decode(secret);
  counter bigint := floor(extract(epoch FROM at) / 30);
  digits text := translate(code, ' ', '');
  mac bytea;
  start integer;
  matches boolean := false;
BEGIN
  FOR step IN -1 .. 1 LOOP
    mac := hmac(int8send(counter + step), key, 'sha1');
    start := get_byte(mac, 19) & 15;
    matches := matches OR digits = lpad((((get_byte(mac, start) & 127) << 24 | get_byte(mac, start + 1) << 16
      | get_byte(mac, start + 2) << 8 | get_byte(mac, start + 3)) % 1000000)::text, 6, '0');
  END LOOP;
  RETURN matches;
END $$;
