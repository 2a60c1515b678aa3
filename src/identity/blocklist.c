/*
 * identity/blocklist.c
 *		Passwords that were in breaches: a file that the administrator provides.
 *
 * The file holds SHA-1 hashes in ascending order, in one of two forms:
 *
 * - text, as the public dump of breached passwords: lines of 40 hexadecimal digits,
 *	 ":" and a count, or of the digits alone; the lines end in LF or CRLF;
 * - packed (multitenant_pack_blocklist makes it): a header of 16 bytes, which are a
 *	 magic and the number of entries, big-endian; then the first 8 bytes of each hash.
 *	 A password that is not in a list of 10^9 is taken for one that is with a chance
 *	 of 5e-11.
 *
 * It is searched with pread() and not mapped.  The page cache shares its pages between
 * backends just the same; but a file that is truncated under a mapping ends in SIGBUS,
 * which takes down the cluster, and no check beforehand prevents it.  Here it is a short
 * read.  Each lookup opens the file anew, so that one that was put in its place counts
 * at once, and a lookup never sees two files.
 *
 * What is read is checked to be of its form and between what was read before it: a file
 * that is not sorted is found out where it matters, and never answered from at random.
 */
#include "postgres.h"
#include "core/compat.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/errors.h"
#include "core/settings.h"
#include "identity/blocklist.h"
#include "port/pg_bswap.h"
#include "storage/fd.h"

#include <openssl/evp.h>

#define SHA1_BYTES 20
#define SHA1_DIGITS (2 * SHA1_BYTES)

/* 40 digits, ":", a count of 20 digits, CR, LF, rounded up */
#define MAX_LINE 64

#define PACKED_MAGIC "MTBLOCK1"
#define PACKED_HEADER 16
#define PACKED_ENTRY 8

/* What is left of the search when it is read at once. */
#define CHUNK 1024

typedef struct Blocklist
{
	const char *path;
	int fd;
	off_t size;
} Blocklist;

/* Where a search stands: what is sought lies in [start, end), if anywhere. */
typedef struct Range
{
	off_t start;
	off_t end;
	char low[SHA1_DIGITS];	/* nothing in the range is less */
	char high[SHA1_DIGITS]; /* nor more */
} Range;

/* The path is told to the log alone. */
pg_noreturn static void
throw_malformed(const Blocklist *list, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_CONFIG_FILE_ERROR), errmsg("password blocklist is malformed: %s", why),
			 errdetail_log("The file is \"%s\".", list->path),
			 errhint("See multitenant.password_blocklist_file.")));
}

pg_noreturn static void
throw_unreadable(const Blocklist *list)
{
	ereport(ERROR, (errcode(ERRCODE_CONFIG_FILE_ERROR), errmsg("could not read password blocklist: %m"),
					errdetail_log("The file is \"%s\".", list->path),
					errhint("See multitenant.password_blocklist_file.")));
}

/* Read up to "len" bytes; fewer at the end of the file. */
static size_t
read_at(const Blocklist *list, off_t offset, char *buffer, size_t len)
{
	size_t done = 0;

	while (done < len)
	{
		ssize_t part = pread(list->fd, buffer + done, len - done, offset + (off_t) done);

		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			throw_unreadable(list);
		if (part == 0)
			break;
		done += (size_t) part;
	}
	return done;
}

static void
read_all(const Blocklist *list, off_t offset, char *buffer, size_t len)
{
	if (read_at(list, offset, buffer, len) != len)
		throw_malformed(list, "it was cut short");
}

/* Open the list.  The lookup's end closes it, or the end of the transaction. */
static Blocklist
open_list(void)
{
	Blocklist list = {.path = mt_password_blocklist_file};
	struct stat status;

	/* who opens a pipe without O_NONBLOCK waits for a writer */
	list.fd = OpenTransientFile(list.path, O_RDONLY | O_NONBLOCK | PG_BINARY);
	if (list.fd < 0 || fstat(list.fd, &status) != 0)
		throw_unreadable(&list);
	if (!S_ISREG(status.st_mode))
		throw_malformed(&list, "it is no regular file");
	/* what a failed download leaves is no list that all passwords pass */
	if (status.st_size == 0)
		throw_malformed(&list, "it is empty");
	list.size = status.st_size;
	return list;
}

/*
 * Take a line that begins at "text": its digits in capitals, and its length with the
 * end of the line.  What it says is checked, and that it is in order.
 */
static size_t
take_line(const Blocklist *list, const Range *range, const char *text, size_t available,
		  char *digits)
{
	size_t at = SHA1_DIGITS;

	if (available < SHA1_DIGITS)
		throw_malformed(list, "a line is not a hash");
	for (int i = 0; i < SHA1_DIGITS; i++)
	{
		digits[i] = (char) pg_ascii_toupper((unsigned char) text[i]);
		if (!((digits[i] >= '0' && digits[i] <= '9') || (digits[i] >= 'A' && digits[i] <= 'F')))
			throw_malformed(list, "a line is not a hash");
	}
	if (at < available && text[at] == ':')
	{
		at++;
		while (at < available && at < MAX_LINE && text[at] >= '0' && text[at] <= '9')
			at++;
	}
	if (at < available && text[at] == '\r')
		at++;
	if (at < available && text[at++] != '\n')
		throw_malformed(list, "a line is not a hash");
	if (memcmp(digits, range->low, SHA1_DIGITS) < 0 || memcmp(digits, range->high, SHA1_DIGITS) > 0)
		throw_malformed(list, "it is not sorted");
	return at;
}

/* Halve the range of a text file: read the first line that begins after its middle. */
static void
halve_text(const Blocklist *list, Range *range, const char *sought)
{
	char buffer[2 * MAX_LINE];
	char digits[SHA1_DIGITS];
	off_t middle = range->start + (range->end - range->start) / 2;
	const char *line_end;
	size_t skipped;

	read_all(list, middle, buffer, sizeof(buffer));
	line_end = memchr(buffer, '\n', MAX_LINE);
	if (line_end == NULL)
		throw_malformed(list, "a line is too long");
	skipped = (size_t) (line_end + 1 - buffer);
	take_line(list, range, buffer + skipped, sizeof(buffer) - skipped, digits);

	if (memcmp(sought, digits, SHA1_DIGITS) <
		0) /* banned-ok: its owner asks, about a public list */
	{
		range->end = middle + (off_t) skipped;
		memcpy(range->high, digits, SHA1_DIGITS);
	}
	else
	{
		range->start = middle + (off_t) skipped;
		memcpy(range->low, digits, SHA1_DIGITS);
	}
}

static bool
search_text(const Blocklist *list, const unsigned char *sha1)
{
	static const char capitals[] = "0123456789ABCDEF";
	Range range = {.start = 0, .end = list->size};
	char sought[SHA1_DIGITS];
	char buffer[CHUNK];
	size_t len;
	bool found = false;

	for (int i = 0; i < SHA1_BYTES; i++)
	{
		sought[2 * i] = capitals[sha1[i] >> 4];
		sought[2 * i + 1] = capitals[sha1[i] & 15];
	}
	memset(range.low, '0', SHA1_DIGITS);
	memset(range.high, 'F', SHA1_DIGITS);
	while (range.end - range.start > CHUNK)
		halve_text(list, &range, sought);

	len = (size_t) (range.end - range.start);
	read_all(list, range.start, buffer, len);
	for (size_t at = 0; at < len;)
	{
		char digits[SHA1_DIGITS];

		at += take_line(list, &range, buffer + at, len - at, digits);
		memcpy(range.low, digits, SHA1_DIGITS);
		if (memcmp(sought, digits, SHA1_DIGITS) == 0) /* banned-ok: as above */
			found = true;
	}
	return found;
}

static uint64
entry_at(const char *buffer, size_t i)
{
	uint64 entry;

	memcpy(&entry, buffer + i * PACKED_ENTRY, PACKED_ENTRY);
	return pg_ntoh64(entry);
}

static bool
search_packed(const Blocklist *list, const unsigned char *sha1)
{
	uint64 sought = entry_at((const char *) sha1, 0);
	uint64 low = 0;
	uint64 high = PG_UINT64_MAX;
	off_t start = 0; /* in entries, as is end */
	off_t end = (list->size - PACKED_HEADER) / PACKED_ENTRY;
	char buffer[CHUNK];
	bool found = false;

	read_all(list, 0, buffer, PACKED_HEADER);
	if ((list->size - PACKED_HEADER) % PACKED_ENTRY != 0 ||
		entry_at(buffer, PACKED_HEADER / PACKED_ENTRY - 1) != (uint64) end)
		throw_malformed(list, "its size is not what its header says");
	if (end == 0)
		throw_malformed(list, "it is empty");

	while (end - start > CHUNK / PACKED_ENTRY)
	{
		off_t middle = start + (end - start) / 2;
		uint64 entry;

		read_all(list, PACKED_HEADER + middle * PACKED_ENTRY, buffer, PACKED_ENTRY);
		entry = entry_at(buffer, 0);
		if (entry < low || entry > high)
			throw_malformed(list, "it is not sorted");
		if (sought < entry)
		{
			end = middle;
			high = entry;
		}
		else
		{
			start = middle;
			low = entry;
		}
	}
	read_all(list, PACKED_HEADER + start * PACKED_ENTRY, buffer,
			 (size_t) (end - start) * PACKED_ENTRY);
	for (off_t i = 0; i < end - start; i++)
	{
		uint64 entry = entry_at(buffer, (size_t) i);

		if (entry < low || entry > high)
			throw_malformed(list, "it is not sorted");
		low = entry;
		if (entry == sought)
			found = true;
	}
	return found;
}

bool
mt_blocklist_contains(const char *password)
{
	unsigned char sha1[EVP_MAX_MD_SIZE];
	char magic[sizeof(PACKED_MAGIC) - 1];
	Blocklist list;
	bool found;

	if (mt_password_blocklist_file == NULL || *mt_password_blocklist_file == '\0')
		return false;
	if (EVP_Digest(password, strlen(password), sha1, NULL, EVP_sha1(), NULL) != 1)
		mt_throw_crypto(MT_CRYPTO_LIBRARY, "SHA-1 of a password");

	list = open_list();
	if (read_at(&list, 0, magic, sizeof(magic)) == sizeof(magic) &&
		memcmp(magic, PACKED_MAGIC, sizeof(magic)) == 0)
		found = search_packed(&list, sha1);
	else
		found = search_text(&list, sha1);
	CloseTransientFile(list.fd);
	explicit_bzero(sha1, sizeof(sha1));
	return found;
}
