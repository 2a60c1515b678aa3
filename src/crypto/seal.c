/*
 * crypto/seal.c
 *		Sealing bytes with AES-256-GCM (NIST SP 800-38D).
 */
#include "crypto/seal.h"

#include <limits.h>
#include <stdbool.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

static bool
encrypt(EVP_CIPHER_CTX *cipher, const uint8_t *key, const uint8_t *nonce, MtSealContext context,
		const uint8_t *plain, size_t len, uint8_t *out)
{
	int written = 0;
	uint8_t *end = out + len;

	return EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
		   EVP_EncryptUpdate(cipher, NULL, &written, context.bytes, (int) context.len) == 1 &&
		   EVP_EncryptUpdate(cipher, out, &written, plain, (int) len) == 1 &&
		   written == (int) len && EVP_EncryptFinal_ex(cipher, end, &written) == 1 &&
		   written == 0 &&
		   EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, MT_SEAL_TAG_BYTES, end) == 1;
}

/*
 * mt_seal writes len + MT_SEAL_OVERHEAD bytes.  key has MT_SEAL_KEY_BYTES, nonce
 * MT_SEAL_NONCE_BYTES.
 *
 * Returns MT_CRYPTO_TOO_LONG when OpenSSL cannot count the bytes.
 */
MtCryptoStatus
mt_seal(const uint8_t *key, const uint8_t *nonce, MtSealContext context, const uint8_t *plain,
		size_t len, uint8_t *sealed)
{
	EVP_CIPHER_CTX *cipher;
	bool is_sealed;

	if (len > INT_MAX - MT_SEAL_OVERHEAD || context.len > INT_MAX)
		return MT_CRYPTO_TOO_LONG;
	cipher = EVP_CIPHER_CTX_new();
	if (cipher == NULL)
		return MT_CRYPTO_NO_MEMORY;

	for (size_t i = 0; i < MT_SEAL_NONCE_BYTES; i++)
		sealed[i] = nonce[i];
	is_sealed = encrypt(cipher, key, nonce, context, plain, len, sealed + MT_SEAL_NONCE_BYTES);
	EVP_CIPHER_CTX_free(cipher); /* wipes it */
	return is_sealed ? MT_CRYPTO_OK : MT_CRYPTO_LIBRARY;
}

/*
 * mt_unseal writes sealed_len - MT_SEAL_OVERHEAD bytes.
 *
 * Returns MT_CRYPTO_MALFORMED when it does not open: too short, changed, or
 * sealed with another key or in another context.  Nothing of the content is then
 * left in "plain".
 */
MtCryptoStatus
mt_unseal(const uint8_t *key, MtSealContext context, const uint8_t *sealed, size_t sealed_len,
		  uint8_t *plain)
{
	MtCryptoStatus status = MT_CRYPTO_LIBRARY;
	const uint8_t *text;
	EVP_CIPHER_CTX *cipher;
	uint8_t tag[MT_SEAL_TAG_BYTES];
	size_t len;
	int written = 0;

	if (sealed_len < MT_SEAL_OVERHEAD)
		return MT_CRYPTO_MALFORMED;
	if (sealed_len > INT_MAX || context.len > INT_MAX)
		return MT_CRYPTO_TOO_LONG;
	len = sealed_len - MT_SEAL_OVERHEAD;
	text = sealed + MT_SEAL_NONCE_BYTES;
	for (size_t i = 0; i < MT_SEAL_TAG_BYTES; i++)
		tag[i] = text[len + i];

	cipher = EVP_CIPHER_CTX_new();
	if (cipher == NULL)
		return MT_CRYPTO_NO_MEMORY;
	if (EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, sealed) == 1 &&
		EVP_DecryptUpdate(cipher, NULL, &written, context.bytes, (int) context.len) == 1 &&
		EVP_DecryptUpdate(cipher, plain, &written, text, (int) len) == 1 &&
		EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, MT_SEAL_TAG_BYTES, tag) == 1)
	{
		/* the tag is compared here, in constant time */
		status = EVP_DecryptFinal_ex(cipher, plain + len, &written) == 1 ? MT_CRYPTO_OK
																		 : MT_CRYPTO_MALFORMED;
	}
	EVP_CIPHER_CTX_free(cipher);
	if (status != MT_CRYPTO_OK)
		OPENSSL_cleanse(plain, len);
	return status;
}
