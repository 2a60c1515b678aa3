/*
 * test/fuzz/seal.c
 *		crypto/seal: what is sealed opens, and with one bit changed anywhere it does not;
 *		what was never sealed does not open.
 *
 * An input is the key, the nonce, the bit to change, a line that is the context, and the
 * rest, which is sealed, and unsealed as it is.
 */
#include "crypto/seal.h"

#include "fuzz.h"

static uint8_t *
take_padded(Input *input, size_t len)
{
	uint8_t *bytes = fuzz_alloc(len);
	Input piece = fuzz_take(input, len);

	memset(bytes, 0, len);
	if (piece.len > 0)
		memcpy(bytes, piece.bytes, piece.len);
	return bytes;
}

static void
must_not_open(const uint8_t *key, MtSealContext context, const uint8_t *sealed, size_t len)
{
	size_t room = len < MT_SEAL_OVERHEAD ? 0 : len - MT_SEAL_OVERHEAD;
	uint8_t *plain = fuzz_alloc(room);

	memset(plain, 0xa5, room);
	must(mt_unseal(key, context, sealed, len, plain) == MT_CRYPTO_MALFORMED);
	for (size_t i = 0; i < room; i++)
		must(plain[i] == 0);
}

static void
check(Input input)
{
	uint8_t *key = take_padded(&input, MT_SEAL_KEY_BYTES);
	uint8_t *nonce = take_padded(&input, MT_SEAL_NONCE_BYTES);
	size_t change = (size_t) fuzz_take_number(&input, 3);
	Input line = fuzz_take_line(&input);
	MtSealContext context = {fuzz_copy(line.bytes, line.len), line.len};
	MtSealContext longer = {fuzz_alloc(line.len + 1), line.len + 1};
	uint8_t *plain = fuzz_copy(input.bytes, input.len);
	size_t sealed_len = input.len + MT_SEAL_OVERHEAD;
	uint8_t *sealed = fuzz_alloc(sealed_len);
	uint8_t *opened = fuzz_alloc(input.len);

	must(mt_seal(key, nonce, context, plain, input.len, sealed) == MT_CRYPTO_OK);
	must(memcmp(sealed, nonce, MT_SEAL_NONCE_BYTES) == 0);
	must(mt_unseal(key, context, sealed, sealed_len, opened) == MT_CRYPTO_OK);
	must(memcmp(opened, plain, input.len) == 0);

	memcpy((uint8_t *) longer.bytes, context.bytes, line.len);
	((uint8_t *) longer.bytes)[line.len] = 0;
	must_not_open(key, longer, sealed, sealed_len);
	must_not_open(key, context, fuzz_copy(sealed, sealed_len - 1), sealed_len - 1);
	sealed[change / 8 % sealed_len] ^= (uint8_t) (1 << change % 8);
	must_not_open(key, context, sealed, sealed_len);
	sealed[change / 8 % sealed_len] ^= (uint8_t) (1 << change % 8);
	key[change / 8 % MT_SEAL_KEY_BYTES] ^= (uint8_t) (1 << change % 8);
	must_not_open(key, context, sealed, sealed_len);
	must_not_open(key, context, plain, input.len);
}
