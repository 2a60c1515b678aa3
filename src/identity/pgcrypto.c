/*
 * identity/pgcrypto.c
 *		bcrypt, as the extension pgcrypto computes it.
 *
 * Notes: the functions are called in pgcrypto's library and not through the
 * catalog: pgcrypto is a trusted extension, whose owner need not be a superuser and
 * could put a function of its own in the place of crypt().  pgcrypto knows bcrypt as
 * $2a$ (and $2x$, the one with the bug of 2011) and would compute traditional DES for
 * $2b$ and $2y$, without an error: those are sent as $2a$, which is the same
 * algorithm there, and what comes back is checked to be bcrypt.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/errors.h"
#include "crypto/mcf.h"
#include "identity/pgcrypto.h"
#include "utils/builtins.h"

/* A function of pgcrypto's library, by its symbol. */
static PGFunction
library_function(const char *symbol)
{
	return (PGFunction) load_external_function("$libdir/pgcrypto", symbol, true, NULL);
}

char *
mt_pgcrypto_bcrypt(const char *password, const char *setting)
{
	text *password_text = cstring_to_text(password);
	text *setting_text = cstring_to_text(setting);
	char *known_variant = VARDATA(setting_text) + MT_BCRYPT_VARIANT_POS;
	MtBcrypt bcrypt;
	char *hash;

	if (*known_variant != 'x')
		*known_variant = 'a';
	hash = TextDatumGetCString(DirectFunctionCall2(library_function("pg_crypt"),
												   PointerGetDatum(password_text),
												   PointerGetDatum(setting_text)));
	explicit_bzero(VARDATA(password_text), VARSIZE_ANY_EXHDR(password_text));

	if (mt_mcf_parse_bcrypt(hash, strlen(hash), &bcrypt) != MT_CRYPTO_OK ||
		bcrypt.variant != *known_variant)
		mt_throw_crypto(MT_CRYPTO_LIBRARY, "bcrypt hash");
	hash[MT_BCRYPT_VARIANT_POS] = setting[MT_BCRYPT_VARIANT_POS];
	return hash;
}

char *
mt_pgcrypto_new_setting(int cost)
{
	char *setting = TextDatumGetCString(DirectFunctionCall2(library_function("pg_gen_salt_rounds"),
															CStringGetTextDatum("bf"),
															Int32GetDatum(cost)));

	if (strlen(setting) != MT_BCRYPT_SETTING_LENGTH || strncmp(setting, "$2a$", 4) != 0)
		mt_throw_crypto(MT_CRYPTO_LIBRARY, "bcrypt salt");
	setting[MT_BCRYPT_VARIANT_POS] = 'b';
	return setting;
}
