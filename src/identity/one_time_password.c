/*
 * identity/one_time_password.c
 *		HOTP and TOTP as SQL functions, and the URI that enrols an authenticator.
 *
 * Secrets are base32 as people type it.  No secret and no code appears in a
 * message; the key that a secret stands for is wiped as soon as it was used.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "crypto/base32.h"
#include "crypto/otp.h"
#include "identity/one_time_password.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include <openssl/crypto.h>

MT_FUNCTION_INFO_V1(mt_generate_totp_secret);

#define MIN_SECRET_BYTES 16 /* RFC 4226, section 4, R6 */
#define MAX_SECRET_BYTES 64
#define MAX_SECRET_TEXT 1024
#define MAX_ALGORITHM_TEXT 16
#define MAX_LABEL_BYTES 255

/* What the second factor uses, and every authenticator app knows. */
#define DEFAULT_SECRET_BYTES 20
#define DEFAULT_DIGITS 6
#define DEFAULT_PERIOD 30
#define DEFAULT_STEPS 1

typedef struct Key
{
	size_t len;
	uint8_t bytes[MAX_SECRET_TEXT * 5 / 8];
} Key;

static void
wipe_key(Key *key)
{
	OPENSSL_cleanse(key->bytes, key->len);
}

/*
 * Read a secret.  22P02 when it is not base32 or stands for no bytes at all,
 * 54000 when it is too long.
 */
static void
decode_secret(const char *secret, Size length, Key *key)
{
	MtCryptoStatus status = MT_CRYPTO_TOO_LONG;

	key->len = 0;
	if (length <= MAX_SECRET_TEXT)
		status = mt_base32_decode(secret, length, key->bytes, sizeof(key->bytes), &key->len);
	if (status == MT_CRYPTO_OK && key->len == 0)
		status = MT_CRYPTO_MALFORMED;
	if (status != MT_CRYPTO_OK)
	{
		OPENSSL_cleanse(key->bytes, sizeof(key->bytes));
		mt_throw_crypto(status, "base32 secret");
	}
}

/* The same for an argument. */
static void
read_secret(FunctionCallInfo fcinfo, int at, Key *key)
{
	const text *secret = mt_bounded_text(fcinfo, at, MAX_SECRET_TEXT);

	if (secret == NULL)
		mt_throw_crypto(MT_CRYPTO_TOO_LONG, "base32 secret");
	decode_secret(VARDATA_ANY(secret), VARSIZE_ANY_EXHDR(secret), key);
}

static MtOtpHash
read_hash(FunctionCallInfo fcinfo, int at)
{
	const text *name = mt_bounded_text(fcinfo, at, MAX_ALGORITHM_TEXT);
	MtOtpHash hash;

	if (name == NULL || !mt_otp_find_hash(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), &hash))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown one-time password algorithm"),
				 errhint("Use SHA1, SHA256 or SHA512.")));
	return hash;
}

static int32
check_range(const char *name, int32 value, int32 min, int32 max)
{
	if (value < min || value > max)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between %d and %d", name, min, max)));
	return value;
}

static int32
check_digits(int32 digits)
{
	return check_range("digits", digits, MT_OTP_MIN_DIGITS, MT_OTP_MAX_DIGITS);
}

static int32
check_period(int32 period)
{
	return check_range("period", period, MT_OTP_MIN_PERIOD, MT_OTP_MAX_PERIOD);
}

/* Seconds since 1970, whatever the session's time zone; 22023 before that and at infinity. */
static uint64
unix_seconds(TimestampTz at)
{
	const int64 epoch = (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY * USECS_PER_SEC;

	if (TIMESTAMP_NOT_FINITE(at) || at < -epoch)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time must be finite and not before 1970-01-01 00:00:00 UTC")));
	/* the sum of the largest time and the epoch does not fit a signed number */
	return ((uint64) at + (uint64) epoch) / USECS_PER_SEC;
}

static text *
code_text(FunctionCallInfo fcinfo, MtOtpHash hash, uint64 counter, int32 digits)
{
	char result[MT_OTP_MAX_DIGITS + 1];
	uint32_t code;
	MtCryptoStatus status;
	Key key;

	read_secret(fcinfo, 0, &key);
	status = mt_otp_code(hash, key.bytes, key.len, counter, digits, &code);
	wipe_key(&key);
	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "one-time password");
	mt_otp_format_code(code, digits, result);
	return cstring_to_text_with_len(result, digits);
}

/* So many random bytes in base32, in the current memory context. */
static char *
new_secret(int32 len)
{
	uint8_t bytes[MAX_SECRET_BYTES];
	char *secret = palloc(MT_BASE32_LENGTH(MAX_SECRET_BYTES) + 1);

	if (!pg_strong_random(bytes, len))
		mt_throw_crypto(MT_CRYPTO_LIBRARY, "base32 secret");
	mt_base32_encode(bytes, len, secret);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return secret;
}

/* SQL: multitenant.generate_totp_secret(bytes integer) returns text */
Datum
mt_generate_totp_secret(PG_FUNCTION_ARGS)
{
	int32 len = check_range("bytes", PG_GETARG_INT32(0), MIN_SECRET_BYTES, MAX_SECRET_BYTES);

	PG_RETURN_TEXT_P(cstring_to_text(new_secret(len)));
}

/*
 * SQL: multitenant.hotp_code(secret text, counter bigint, algorithm text, digits integer)
 * returns text
 */
MT_SECRET_FUNCTION(mt_hotp_code)
{
	int64 counter = PG_GETARG_INT64(1);
	MtOtpHash hash = read_hash(fcinfo, 2);
	int32 digits = check_digits(PG_GETARG_INT32(3));

	if (counter < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("counter must not be negative")));
	PG_RETURN_TEXT_P(code_text(fcinfo, hash, (uint64) counter, digits));
}

/*
 * SQL: multitenant.totp_code(secret text, at timestamptz, algorithm text, digits integer,
 * period integer) returns text
 */
MT_SECRET_FUNCTION(mt_totp_code)
{
	uint64 now = unix_seconds(PG_GETARG_TIMESTAMPTZ(1));
	MtOtpHash hash = read_hash(fcinfo, 2);
	int32 digits = check_digits(PG_GETARG_INT32(3));
	int32 period = check_period(PG_GETARG_INT32(4));

	PG_RETURN_TEXT_P(code_text(fcinfo, hash, mt_otp_window(now, period, 0).first, digits));
}

static bool
has_null_argument(FunctionCallInfo fcinfo)
{
	for (int i = 0; i < PG_NARGS(); i++)
	{
		if (PG_ARGISNULL(i))
			return true;
	}
	return false;
}

/*
 * SQL: multitenant.verify_totp(secret text, code text, at timestamptz, steps integer,
 * algorithm text, digits integer, period integer) returns boolean
 */
MT_SECRET_FUNCTION(mt_verify_totp)
{
	const text *code_typed;
	uint64 now;
	int32 steps, digits, period;
	uint32_t code;
	int64_t matched = -1;
	MtOtpHash hash;
	MtCryptoStatus status;
	Key key;

	if (has_null_argument(fcinfo))
		PG_RETURN_BOOL(false);
	code_typed = mt_bounded_text(fcinfo, 1, MT_OTP_MAX_CODE_TEXT);
	now = unix_seconds(PG_GETARG_TIMESTAMPTZ(2));
	steps = check_range("steps", PG_GETARG_INT32(3), 0, MT_OTP_MAX_WINDOW);
	hash = read_hash(fcinfo, 4);
	digits = check_digits(PG_GETARG_INT32(5));
	period = check_period(PG_GETARG_INT32(6));

	read_secret(fcinfo, 0, &key);
	if (code_typed == NULL ||
		!mt_otp_parse_code(VARDATA_ANY(code_typed), VARSIZE_ANY_EXHDR(code_typed), digits, &code))
	{
		wipe_key(&key);
		PG_RETURN_BOOL(false);
	}
	status = mt_otp_match_step(hash, key.bytes, key.len, mt_otp_window(now, period, steps), digits,
							   code, &matched);
	wipe_key(&key);
	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "one-time password");
	PG_RETURN_BOOL(matched >= 0);
}

/* Append a text in UTF-8, all but the unreserved characters (RFC 3986, section 2.3) as %XX. */
static void
append_encoded(StringInfo uri, const char *value)
{
	const char *utf8 = pg_server_to_any(value, (int) strlen(value), PG_UTF8);

	for (const char *at = utf8; *at != '\0'; at++)
	{
		unsigned char c = (unsigned char) *at;

		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '.' || c == '_' || c == '~')
			appendStringInfoChar(uri, (char) c);
		else
			appendStringInfo(uri, "%%%02X", c);
	}
}

/* The colon separates issuer and account in the URI, and neither may contain one. */
static void
check_label(const char *value, const char *name)
{
	if (strchr(value, ':') != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not contain a colon", name)));
}

/* The issuer or the account: a name that people read. */
static char *
label_argument(FunctionCallInfo fcinfo, int at, const char *name)
{
	char *value = mt_required_name(fcinfo, at, name, MAX_LABEL_BYTES);

	check_label(value, name);
	return value;
}

/* otpauth://totp/Issuer:account?secret=GEZDGNBV&issuer=Issuer&algorithm=SHA1&digits=6&period=30 */
static char *
format_uri(const Key *key, const char *account, const char *issuer, MtOtpHash hash, int32 digits,
		   int32 period)
{
	char secret[MT_BASE32_LENGTH(sizeof(((Key *) NULL)->bytes)) + 1];
	StringInfoData uri;

	mt_base32_encode(key->bytes, key->len, secret);
	initStringInfo(&uri);
	appendStringInfoString(&uri, "otpauth://totp/");
	append_encoded(&uri, issuer);
	appendStringInfoChar(&uri, ':');
	append_encoded(&uri, account);
	appendStringInfo(&uri, "?secret=%s&issuer=", secret);
	append_encoded(&uri, issuer);
	appendStringInfo(&uri, "&algorithm=%s&digits=%d&period=%d", mt_otp_hash_name(hash), digits,
					 period);
	OPENSSL_cleanse(secret, sizeof(secret));
	return uri.data;
}

/*
 * SQL: multitenant.totp_uri(secret text, account text, issuer text, algorithm text,
 * digits integer, period integer) returns text
 */
MT_SECRET_FUNCTION(mt_totp_uri)
{
	char *account = label_argument(fcinfo, 1, "account");
	char *issuer = label_argument(fcinfo, 2, "issuer");
	MtOtpHash hash = read_hash(fcinfo, 3);
	int32 digits = check_digits(PG_GETARG_INT32(4));
	int32 period = check_period(PG_GETARG_INT32(5));
	char *uri;
	Key key;

	read_secret(fcinfo, 0, &key);
	uri = format_uri(&key, account, issuer, hash, digits, period);
	wipe_key(&key);
	PG_RETURN_TEXT_P(cstring_to_text(uri));
}

char *
mt_totp_new_secret(void)
{
	return new_secret(DEFAULT_SECRET_BYTES);
}

char *
mt_totp_uri_of(const char *secret, const char *account, const char *issuer)
{
	char *uri;
	Key key;

	check_label(account, "e-mail address");
	check_label(issuer, "issuer");
	decode_secret(secret, strlen(secret), &key);
	uri = format_uri(&key, account, issuer, MT_OTP_SHA1, DEFAULT_DIGITS, DEFAULT_PERIOD);
	wipe_key(&key);
	return uri;
}

int64
mt_totp_matching_step(const char *secret, const char *code, TimestampTz now)
{
	MtOtpWindow window = mt_otp_window(unix_seconds(now), DEFAULT_PERIOD, DEFAULT_STEPS);
	int64_t matched = -1;
	MtCryptoStatus status;
	uint32_t number;
	Key key;

	if (!mt_otp_parse_code(code, strlen(code), DEFAULT_DIGITS, &number))
		return -1;
	decode_secret(secret, strlen(secret), &key);
	status = mt_otp_match_step(MT_OTP_SHA1, key.bytes, key.len, window, DEFAULT_DIGITS, number,
							   &matched);
	wipe_key(&key);
	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "one-time password");
	return matched;
}
