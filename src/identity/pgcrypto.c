/*
 * identity/pgcrypto.c
 *		bcrypt, as the extension pgcrypto computes it.
 *
 * Notes: the functions are looked up among the members of the extension, so
 * that neither a search_path nor a function of the same name elsewhere can have
 * a password handed to it.  pgcrypto knows bcrypt as $2a$ (and $2x$, the one
 * with the bug of 2011) and would compute traditional DES for $2b$ and $2y$,
 * without an error: those are sent as $2a$, which is the same algorithm there,
 * and what comes back is checked to be bcrypt.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "core/errors.h"
#include "crypto/mcf.h"
#include "identity/pgcrypto.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/syscache.h"

/* Does the extension's function have two arguments of these types? */
static bool
takes(HeapTuple function, Oid first, Oid second)
{
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(function);

	return form->proargtypes.dim1 == 2 && form->proargtypes.values[0] == first &&
		   form->proargtypes.values[1] == second;
}

/* The function of pgcrypto with this name and two such arguments; 55000 when there is none. */
static Oid
find_function(const char *name, Oid first, Oid second)
{
	Oid extension = get_extension_oid("pgcrypto", true);
	CatCList *list = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));
	Oid found = InvalidOid;

	for (int i = 0; i < list->n_members && OidIsValid(extension); i++)
	{
		HeapTuple function = &list->members[i]->tuple;
		Oid oid = ((Form_pg_proc) GETSTRUCT(function))->oid;

		if (takes(function, first, second) &&
			getExtensionOfObject(ProcedureRelationId, oid) == extension)
			found = oid;
	}
	ReleaseSysCacheList(list);
	if (!OidIsValid(found))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the extension pgcrypto has no function %s in this database", name),
				 errhint("Run CREATE EXTENSION pgcrypto, or drop and create it anew.")));
	return found;
}

char *
mt_pgcrypto_bcrypt(const char *password, const char *setting)
{
	Oid crypt = find_function("crypt", TEXTOID, TEXTOID);
	text *password_text = cstring_to_text(password);
	text *setting_text = cstring_to_text(setting);
	char *known_variant = VARDATA(setting_text) + MT_BCRYPT_VARIANT_POS;
	MtBcrypt bcrypt;
	char *hash;

	if (*known_variant != 'x')
		*known_variant = 'a';
	hash = TextDatumGetCString(
		OidFunctionCall2(crypt, PointerGetDatum(password_text), PointerGetDatum(setting_text)));
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
	Oid gen_salt = find_function("gen_salt", TEXTOID, INT4OID);
	char *setting = TextDatumGetCString(
		OidFunctionCall2(gen_salt, CStringGetTextDatum("bf"), Int32GetDatum(cost)));

	if (strlen(setting) != MT_BCRYPT_SETTING_LENGTH || strncmp(setting, "$2a$", 4) != 0)
		mt_throw_crypto(MT_CRYPTO_LIBRARY, "bcrypt salt");
	setting[MT_BCRYPT_VARIANT_POS] = 'b';
	return setting;
}
