/*
 * test/fuzz/blocklist.c
 *		identity/blocklist: a file of either form, sound, damaged, or cut while it is read.
 *
 * An input is a password's number, what is to be done with the file, where, and then
 * either the file or what a sound one is made of.
 */
#include "backend.h"

#include <sys/stat.h>
#include <unistd.h>

#include <openssl/sha.h>

/* What stands in for the file. */
static uint8_t *file_bytes;
static size_t file_len;	   /* as fstat() says */
static size_t file_is_cut; /* what can be read */

static ssize_t
read_file(int fd, void *buffer, size_t len, off_t offset)
{
	size_t end = file_is_cut;

	must(fd == 7 && offset >= 0);
	if ((size_t) offset >= end)
		return 0;
	if (len > end - (size_t) offset)
		len = end - (size_t) offset;
	if (len > 100)
		len = 100; /* a read may be short */
	memcpy(buffer, file_bytes + offset, len);
	return (ssize_t) len;
}

static int
stat_file(int fd, struct stat *status)
{
	*status = (struct stat){.st_mode = S_IFREG | 0600, .st_size = (off_t) file_len};
	return 0;
}

#define pread read_file
#define fstat(fd, status) stat_file(fd, status)
#include "identity/blocklist.c"
#undef pread
#undef fstat

char *mt_password_blocklist_file = "/blocklist";

int
OpenTransientFile(const char *path, int flags)
{
	return 7;
}

int
CloseTransientFile(int fd)
{
	return 0;
}

void
mt_throw_crypto(MtCryptoStatus status, const char *what)
{
	fuzz_fail(__FILE__, __LINE__, what);
}

int
errcode_for_file_access(void)
{
	return errcode(ERRCODE_CONFIG_FILE_ERROR);
}

/* ---- what the file says, read from its beginning to its end ---- */

/* 40 hexadecimal digits, a count if it likes, and what is left of CRLF. */
static bool
is_sound_line(Input line)
{
	const char *text = fuzz_string(line.bytes, line.len);
	size_t at = strspn(text, "0123456789abcdefABCDEF");

	if (at != SHA1_DIGITS)
		return false;
	if (text[at] == ':')
	{
		size_t count = strspn(text + at + 1, "0123456789");

		if (count > 20)
			return false;
		at += 1 + count;
	}
	if (text[at] == '\r')
		at++;
	return at == line.len;
}

/* Is it a sound list, and are the digits in it? */
static bool
is_text_list(const char *digits, bool *is_listed)
{
	Input rest = {file_bytes, file_len};
	char last[SHA1_DIGITS] = "";

	*is_listed = false;
	while (rest.len > 0)
	{
		Input line = fuzz_take_line(&rest);

		if (!is_sound_line(line) || strncasecmp((const char *) line.bytes, last, SHA1_DIGITS) < 0)
			return false;
		memcpy(last, line.bytes, SHA1_DIGITS);
		if (strncasecmp(last, digits, SHA1_DIGITS) == 0)
			*is_listed = true;
	}
	return true;
}

static bool
is_packed_list(const uint8_t *sha1, bool *is_listed)
{
	size_t count = file_len < 16 ? 0 : (file_len - 16) / 8;
	uint64_t stated = 0;

	*is_listed = false;
	if (file_len < 16 || (file_len - 16) % 8 != 0 || count == 0)
		return false;
	for (int i = 8; i < 16; i++)
		stated = stated << 8 | file_bytes[i];
	for (size_t i = 0; i < count; i++)
	{
		const uint8_t *entry = file_bytes + 16 + 8 * i;

		if (i > 0 && memcmp(entry - 8, entry, 8) > 0)
			return false;
		if (memcmp(entry, sha1, 8) == 0)
			*is_listed = true;
	}
	return stated == count;
}

/* Whether the bytes of an answer "yes" stand anywhere in it. */
static bool
stands_anywhere(const char *digits, const uint8_t *sha1)
{
	for (size_t at = 0; at < file_len; at++)
	{
		if (file_len - at >= SHA1_DIGITS && toupper(file_bytes[at]) == digits[0] &&
			strncasecmp((const char *) file_bytes + at, digits, SHA1_DIGITS) == 0)
			return true;
		if (file_len - at >= 8 && file_bytes[at] == sha1[0] &&
			memcmp(file_bytes + at, sha1, 8) == 0)
			return true;
	}
	return false;
}

/* ---- making a sound one ---- */

static int
compare_hashes(const void *left, const void *right)
{
	return memcmp(left, right, SHA1_BYTES);
}

/* Append one entry; its bytes of the input say how it is written. */
static size_t
append_entry(uint8_t *at, const uint8_t *hash, bool is_packed, unsigned style)
{
	static const char *const ends[] = {"\n", ":1\n", ":12345678901234567890\r\n", "\r\n"};
	const char *hex = style & 1 ? "0123456789abcdef" : "0123456789ABCDEF";
	size_t len = 0;

	if (is_packed)
	{
		memcpy(at, hash, 8);
		return 8;
	}
	for (int i = 0; i < SHA1_BYTES; i++)
	{
		at[len++] = (uint8_t) hex[hash[i] >> 4];
		at[len++] = (uint8_t) hex[hash[i] & 15];
	}
	return len + strlen(strcpy((char *) at + len, ends[style >> 1 & 3]));
}

static void
make_list(Input input, bool is_packed)
{
	size_t count = input.len < 200 ? input.len : 200;
	uint8_t(*hashes)[SHA1_BYTES] = fuzz_alloc(count * SHA1_BYTES);
	uint8_t *list = fuzz_alloc(16 + count * 70);
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
	{
		/* the numbers below 10 are those that are asked for */
		char *password = psprintf("%zu", input.bytes[i] + (input.bytes[i] < 10 ? 0 : i * 256));

		SHA1((const unsigned char *) password, strlen(password), hashes[i]);
	}
	qsort(hashes, count, SHA1_BYTES, compare_hashes);
	if (is_packed)
	{
		memcpy(list, "MTBLOCK1", 8);
		for (int i = 0; i < 8; i++)
			list[8 + i] = (uint8_t) ((uint64_t) count >> (56 - 8 * i));
		len = 16;
	}
	for (size_t i = 0; i < count; i++)
		len += append_entry(list + len, hashes[i], is_packed, input.bytes[i]);
	/* the last line need not end */
	if (!is_packed && count > 0 && (input.bytes[0] & 1))
		len -= strspn((const char *) list + len - 1, "\n");
	file_bytes = fuzz_copy(list, len);
	file_len = len;
}

static void
check(Input input)
{
	char *password = psprintf("%d", (int) (fuzz_take_number(&input, 1) % 10));
	unsigned deed = (unsigned) fuzz_take_number(&input, 1);
	size_t place = (size_t) fuzz_take_number(&input, 2);
	uint8_t sha1[SHA1_BYTES];
	char digits[SHA1_DIGITS + 1];
	bool is_sound;
	bool is_listed = false;

	SHA1((const unsigned char *) password, strlen(password), sha1);
	for (int i = 0; i < SHA1_BYTES; i++)
		snprintf(digits + 2 * i, 3, "%02X", sha1[i]);
	if (deed & 1)
		make_list(input, deed & 2);
	else
	{
		file_bytes = fuzz_copy(input.bytes, input.len);
		file_len = input.len;
	}
	if ((deed & 4) && file_len > 0)
		file_bytes[place % file_len] ^= (uint8_t) (1 << (deed >> 5));
	file_is_cut = (deed & 8) && file_len > 0 ? place % file_len : file_len;

	is_sound = file_len >= 8 && memcmp(file_bytes, "MTBLOCK1", 8) == 0
				   ? is_packed_list(sha1, &is_listed)
				   : file_len > 0 && is_text_list(digits, &is_listed);
	if (TRY())
	{
		bool answer = mt_blocklist_contains(password);

		must(!answer || stands_anywhere(digits, sha1));
		if (is_sound && file_is_cut == file_len)
			must(answer == is_listed);
		must(file_len > 0);
	}
	else
	{
		must(backend_sqlstate == ERRCODE_CONFIG_FILE_ERROR);
		must(!is_sound || file_is_cut < file_len);
	}
}
