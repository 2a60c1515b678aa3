/*
 * crypto/status.h
 *		What every function of crypto/ that can fail returns.
 *
 * core/errors.c turns a status into an SQLSTATE; crypto/ itself raises nothing.
 */
#ifndef MT_STATUS_H
#define MT_STATUS_H

typedef enum MtCryptoStatus
{
	MT_CRYPTO_OK = 0,
	MT_CRYPTO_MALFORMED,	 /* the text is not of its form */
	MT_CRYPTO_OUT_OF_RANGE,	 /* a number is outside of its bounds */
	MT_CRYPTO_UNSUPPORTED,	 /* well formed, but of a kind that is not read */
	MT_CRYPTO_TOO_LONG,		 /* longer than its limit */
	MT_CRYPTO_TOO_EXPENSIVE, /* computing it would burn the server */
	MT_CRYPTO_NO_MEMORY,
	MT_CRYPTO_LIBRARY /* OpenSSL or libargon2 failed */
} MtCryptoStatus;

#endif /* MT_STATUS_H */
