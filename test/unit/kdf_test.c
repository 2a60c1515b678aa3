/*
 * test/unit/kdf_test.c
 *		crypto/kdf: the encoded hashes that the reference implementation's own
 *		tests expect, and the threaded computation of libargon2.
 */
#include "crypto/kdf.h"

#include <argon2.h>
#include <time.h>

#include "unit.h"

static bool
verifies(const char *password, const char *text)
{
	MtArgon2 argon2;
	bool matches = false;
	char *copy = exact_copy(password, strlen(password));
	char none = 0;
	MtCryptoStatus status = mt_phc_parse_argon2(text, strlen(text), &argon2);

	if (status == MT_CRYPTO_OK)
		status = mt_kdf_argon2_verify(copy != NULL ? copy : &none, strlen(password), &argon2,
									  &matches);
	free(copy);
	return status == MT_CRYPTO_OK && matches;
}

/* src/test.c of the reference implementation. */
static void
test_reference(void)
{
	static const char *const vectors[][2] = {
		{"password",
		 "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY"},
		{"password",
		 "$argon2i$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs"},
		{"password",
		 "$argon2i$m=65536,t=1,p=1$c29tZXNhbHQ$gWMFUrjzsfSM2xmSxMZ4ZD1JCytetP9sSzQ4tWIXJLI"},
		{"password",
		 "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8"},
		{"password",
		 "$argon2i$v=19$m=256,t=2,p=2$c29tZXNhbHQ$T/XOJ2mh1/TIpJHfCdQan76Q5esCFVoT5MAeIM1Oq2E"},
		{"differentpassword",
		 "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$FK6NoBr+qHAMI1jc73xTWNkCEoK9iGY6RWL1n7dNIu4"},
		{"password",
		 "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"},
		{"password",
		 "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"},
		{"password",
		 "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"},
		{"password",
		 "$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw"}};

	for (size_t i = 0; i < LENGTH_OF(vectors); i++)
		ok(verifies(vectors[i][0], vectors[i][1]), vectors[i][1]);
	ok(!verifies("passwore", vectors[6][1]), "a wrong password");
	ok(!verifies("passwor", vectors[6][1]), "a password cut short");
	ok(!verifies("", vectors[6][1]), "no password");
}

/* One thread computes what a thread for each lane computes. */
static void
test_lanes(void)
{
	for (uint32_t lanes = 1; lanes <= MT_ARGON2_MAX_LANES; lanes++)
	{
		MtArgon2 ours = {.type = MT_ARGON2_ID,
						 .version = MT_ARGON2_VERSION_13,
						 .memory = 256,
						 .iterations = 3,
						 .lanes = lanes,
						 .salt_len = 16,
						 .hash_len = 32};
		uint8_t theirs[32];
		char name[64];

		memset(ours.salt, (int) lanes, ours.salt_len);
		snprintf(name, sizeof(name), "%u lanes, as on %u threads", lanes, lanes);
		ok(argon2id_hash_raw(3, 256, lanes, "pass", 4, ours.salt, 16, theirs, 32) == ARGON2_OK &&
			   mt_kdf_argon2_hash("pass", 4, &ours) == MT_CRYPTO_OK &&
			   memcmp(ours.hash, theirs, 32) == 0,
		   name);
	}
}

static double
seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* A backend must not start threads: all of the work is the caller's own. */
static void
test_threads(void)
{
	MtArgon2 argon2 = {.type = MT_ARGON2_ID,
					   .version = MT_ARGON2_VERSION_13,
					   .memory = 16384,
					   .iterations = 2,
					   .lanes = 4,
					   .salt_len = 8,
					   .hash_len = 32};
	double thread = seconds(CLOCK_THREAD_CPUTIME_ID);
	double process = seconds(CLOCK_PROCESS_CPUTIME_ID);
	bool is_computed = mt_kdf_argon2_hash("pass", 4, &argon2) == MT_CRYPTO_OK;

	thread = seconds(CLOCK_THREAD_CPUTIME_ID) - thread;
	process = seconds(CLOCK_PROCESS_CPUTIME_ID) - process;
	ok(is_computed && thread > 0.9 * process, "four lanes are computed on the caller's thread");
}

/* Every byte of the stored hash counts, and a hash of any length is read. */
static void
test_compare(void)
{
	bool is_good = true;
	bool matches;

	for (size_t len = MT_ARGON2_MIN_HASH; len <= MT_ARGON2_MAX_HASH; len++)
	{
		MtArgon2 argon2 = {.type = MT_ARGON2_I,
						   .version = MT_ARGON2_VERSION_10,
						   .memory = 8,
						   .iterations = 1,
						   .lanes = 1,
						   .salt_len = 8,
						   .hash_len = len};

		is_good = is_good && mt_kdf_argon2_hash("pass", 4, &argon2) == MT_CRYPTO_OK &&
				  mt_kdf_argon2_verify("pass", 4, &argon2, &matches) == MT_CRYPTO_OK && matches;
		for (size_t i = 0; i < len; i++)
		{
			argon2.hash[i] ^= 0x01;
			is_good = is_good &&
					  mt_kdf_argon2_verify("pass", 4, &argon2, &matches) == MT_CRYPTO_OK &&
					  !matches;
			argon2.hash[i] ^= 0x01;
		}
	}
	ok(is_good, "every byte of the hash counts");
}

int
main(void)
{
	bool matches = true;
	MtArgon2 impossible = {.version = MT_ARGON2_VERSION_13, .salt_len = 8, .hash_len = 32};

	test_reference();
	test_lanes();
	test_threads();
	test_compare();
	ok(mt_kdf_argon2_verify("pass", 4, &impossible, &matches) == MT_CRYPTO_LIBRARY && !matches,
	   "what libargon2 refuses matches nothing");
	return finish();
}
