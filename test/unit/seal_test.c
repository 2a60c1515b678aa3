/*
 * test/unit/seal_test.c
 *		crypto/seal: the vectors of AES-256-GCM, and that nothing else opens.
 */
#include "crypto/seal.h"

#include "unit.h"

#define MAX_BYTES 128

typedef struct Vector
{
	const char *name;
	const char *key;
	const char *nonce;
	const char *context;
	const char *plain;
	const char *sealed; /* ciphertext || tag */
} Vector;

/* McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", appendix B. */
static const Vector vectors[] = {
	{"test case 13: nothing", "0000000000000000000000000000000000000000000000000000000000000000",
	 "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
	{"test case 14: one block", "0000000000000000000000000000000000000000000000000000000000000000",
	 "000000000000000000000000", "", "00000000000000000000000000000000",
	 "cea7403d4d606b6e074ec5d3baf39d18"
	 "d0d1c8a799996bf0265b98b5d48ab919"},
	{"test case 15: four blocks",
	 "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
	 "",
	 "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	 "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
	 "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	 "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
	 "b094dac5d93471bdec1a502270e3cc6c"},
	{"test case 16: with a context",
	 "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
	 "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	 "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	 "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
	 "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	 "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
	 "76fc6ece0f4e1768cddf8853bb2d551b"}};

typedef struct Bytes
{
	size_t len;
	uint8_t bytes[MAX_BYTES];
} Bytes;

static Bytes
from_hex(const char *hex)
{
	Bytes result = {.len = strlen(hex) / 2};

	for (size_t i = 0; i < result.len; i++)
	{
		unsigned value;

		sscanf(hex + 2 * i, "%2x", &value);
		result.bytes[i] = (uint8_t) value;
	}
	return result;
}

static MtSealContext
context_of(const Bytes *bytes)
{
	return (MtSealContext){bytes->bytes, bytes->len};
}

/* What an unseal leaves behind; the buffers end where their bytes end. */
static MtCryptoStatus
unseal(const Bytes *key, const Bytes *context, const uint8_t *sealed, size_t sealed_len,
	   Bytes *plain)
{
	uint8_t *copy = (uint8_t *) exact_copy((const char *) sealed, sealed_len);
	size_t len = sealed_len < MT_SEAL_OVERHEAD ? 0 : sealed_len - MT_SEAL_OVERHEAD;
	uint8_t *out = malloc(len > 0 ? len : 1);
	MtCryptoStatus status;

	memset(out, 0x55, len > 0 ? len : 1);
	status = mt_unseal(key->bytes, context_of(context), copy, sealed_len, out);
	plain->len = len;
	memcpy(plain->bytes, out, len);
	free(out);
	free(copy);
	return status;
}

static void
test_vector(const Vector *vector)
{
	Bytes key = from_hex(vector->key);
	Bytes nonce = from_hex(vector->nonce);
	Bytes context = from_hex(vector->context);
	Bytes plain = from_hex(vector->plain);
	Bytes expected = from_hex(vector->sealed);
	Bytes opened;
	size_t sealed_len = plain.len + MT_SEAL_OVERHEAD;
	uint8_t *sealed = malloc(sealed_len);

	ok(mt_seal(key.bytes, nonce.bytes, context_of(&context), plain.bytes, plain.len, sealed) ==
			   MT_CRYPTO_OK &&
		   memcmp(sealed, nonce.bytes, nonce.len) == 0 &&
		   memcmp(sealed + nonce.len, expected.bytes, expected.len) == 0 &&
		   nonce.len + expected.len == sealed_len,
	   vector->name);
	ok(unseal(&key, &context, sealed, sealed_len, &opened) == MT_CRYPTO_OK &&
		   opened.len == plain.len && memcmp(opened.bytes, plain.bytes, plain.len) == 0,
	   "and it opens");
	free(sealed);
}

static bool
is_wiped(const Bytes *plain)
{
	for (size_t i = 0; i < plain->len; i++)
	{
		if (plain->bytes[i] != 0)
			return false;
	}
	return true;
}

/* Each bit of what is sealed, of the key and of the context counts. */
static void
test_tampering(const Vector *vector)
{
	Bytes key = from_hex(vector->key);
	Bytes nonce = from_hex(vector->nonce);
	Bytes context = from_hex(vector->context);
	Bytes plain = from_hex(vector->plain);
	Bytes opened;
	uint8_t sealed[MAX_BYTES];
	size_t sealed_len = plain.len + MT_SEAL_OVERHEAD;
	struct
	{
		const char *name;
		uint8_t *bytes;
		size_t len;
	} parts[] = {{"a bit of what is sealed changed", sealed, sealed_len},
				 {"a bit of the key changed", key.bytes, key.len},
				 {"a bit of the context changed", context.bytes, context.len}};

	mt_seal(key.bytes, nonce.bytes, context_of(&context), plain.bytes, plain.len, sealed);
	for (size_t part = 0; part < LENGTH_OF(parts); part++)
	{
		bool is_good = true;

		for (size_t bit = 0; bit < 8 * parts[part].len; bit++)
		{
			parts[part].bytes[bit / 8] ^= (uint8_t) (1U << bit % 8);
			is_good = is_good &&
					  unseal(&key, &context, sealed, sealed_len, &opened) == MT_CRYPTO_MALFORMED &&
					  is_wiped(&opened);
			parts[part].bytes[bit / 8] ^= (uint8_t) (1U << bit % 8);
		}
		ok(is_good, parts[part].name);
	}
	ok(unseal(&key, &context, sealed, sealed_len, &opened) == MT_CRYPTO_OK,
	   "put back, it opens again");

	context.len--;
	ok(unseal(&key, &context, sealed, sealed_len, &opened) == MT_CRYPTO_MALFORMED,
	   "a shorter context");
	context.len += 2;
	ok(unseal(&key, &context, sealed, sealed_len, &opened) == MT_CRYPTO_MALFORMED,
	   "a longer context");
	context.len = 0;
	ok(unseal(&key, &context, sealed, sealed_len, &opened) == MT_CRYPTO_MALFORMED, "no context");
}

static void
test_lengths(const Vector *vector)
{
	Bytes key = from_hex(vector->key);
	Bytes nonce = from_hex(vector->nonce);
	Bytes context = from_hex(vector->context);
	Bytes plain = from_hex(vector->plain);
	Bytes opened;
	uint8_t sealed[MAX_BYTES] = {0};
	size_t sealed_len = plain.len + MT_SEAL_OVERHEAD;
	bool is_good = true;

	mt_seal(key.bytes, nonce.bytes, context_of(&context), plain.bytes, plain.len, sealed);
	for (size_t len = 0; len < sealed_len; len++)
		is_good = is_good && unseal(&key, &context, sealed, len, &opened) == MT_CRYPTO_MALFORMED;
	ok(is_good, "cut short at every place");
	ok(unseal(&key, &context, sealed, sealed_len + 1, &opened) == MT_CRYPTO_MALFORMED,
	   "a byte too many");
	ok(mt_seal(key.bytes, nonce.bytes, context_of(&context), plain.bytes, SIZE_MAX, sealed) ==
		   MT_CRYPTO_TOO_LONG,
	   "more than OpenSSL counts");
}

int
main(void)
{
	for (size_t i = 0; i < LENGTH_OF(vectors); i++)
		test_vector(&vectors[i]);
	test_tampering(&vectors[LENGTH_OF(vectors) - 1]);
	test_lengths(&vectors[LENGTH_OF(vectors) - 1]);
	return finish();
}
