/*
 * core/key_file.c
 *		The keys that multitenant.key_file names.
 *
 * One key a line, "<id> <64 hexadecimal digits>"; empty lines and lines that begin
 * with # say nothing.  The last key seals, all of them open.  The keys stay in this
 * backend's memory until the file is another one or was changed in any way that its
 * inode tells, its mode and its owner too; they are wiped before others take their
 * place.  The rule of who may read the file is the server's own for ssl_key_file.
 */
#include "postgres.h"
#include "core/compat.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hex.h"
#include "core/key_file.h"
#include "core/settings.h"
#include "storage/fd.h"

#define MAX_KEYS 100
#define MAX_FILE_BYTES (64 * 1024)

static MtKey keys[MAX_KEYS];
static int key_count = 0;
static bool is_loaded = false;
static struct stat read_from; /* the file that the keys are from, when there are any */

static void
forget_keys(void)
{
	explicit_bzero(keys, sizeof(keys));
	key_count = 0;
	is_loaded = false;
}

/* The log says which file it is; who called need not know. */
pg_noreturn static void
refuse_file(const char *reason)
{
	forget_keys();
	ereport(ERROR,
			(errcode(ERRCODE_CONFIG_FILE_ERROR),
			 errmsg("the file of multitenant.key_file cannot be used"), errdetail("%s", reason),
			 errdetail_log("File \"%s\": %s", mt_key_file, reason),
			 errhint("The file holds lines \"<id> <64 hexadecimal digits>\", the newest key last, "
					 "belongs to the server's user and has the mode 0600.")));
}

static bool
is_id_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
		   c == '-';
}

bool
mt_key_is_id(const char *text, size_t len)
{
	if (len == 0 || len > MT_KEY_MAX_ID)
		return false;
	for (size_t i = 0; i < len; i++)
	{
		if (!is_id_character(text[i]))
			return false;
	}
	return true;
}

const MtKey *
mt_keys_find(const char *id, size_t len)
{
	for (int i = 0; i < key_count; i++)
	{
		if (strlen(keys[i].id) == len && memcmp(keys[i].id, id, len) == 0)
			return &keys[i];
	}
	return NULL;
}

const MtKey *
mt_keys_newest(void)
{
	Assert(key_count > 0);
	return &keys[key_count - 1];
}

/* Take over one line without its line feed; what is wrong with it, or NULL. */
static const char *
read_line(const char *line, size_t len)
{
	const char *space = memchr(line, ' ', len);
	size_t id_len;
	MtKey *key;

	if (len == 0 || line[0] == '#')
		return NULL;
	if (space == NULL || len != (size_t) (space - line) + 1 + 2 * MT_KEY_BYTES)
		return "it is not \"<id> <64 hexadecimal digits>\"";
	id_len = space - line;
	if (!mt_key_is_id(line, id_len))
		return "an id is 1 to 32 of A-Z a-z 0-9 _ -";
	if (mt_keys_find(line, id_len) != NULL)
		return "its id stands on an earlier line";
	if (key_count == MAX_KEYS)
		return "it is one key too many";

	key = &keys[key_count];
	for (int i = 0; i < MT_KEY_BYTES; i++)
	{
		int high = mt_hex_value(space[1 + 2 * i]);
		int low = mt_hex_value(space[2 + 2 * i]);

		if (high < 0 || low < 0)
			return "it is not \"<id> <64 hexadecimal digits>\"";
		key->bytes[i] = (uint8) (high << 4 | low);
	}
	memcpy(key->id, line, id_len);
	key->id[id_len] = '\0';
	key_count++;
	return NULL;
}

/* Take over the whole content; what is wrong with it, or NULL. */
static const char *
read_content(const char *content, size_t len)
{
	const char *at = content;
	int line = 0;

	while (at < content + len)
	{
		size_t rest = content + len - at;
		const char *end = memchr(at, '\n', rest);
		size_t line_len = end == NULL ? rest : (size_t) (end - at);
		const char *problem = read_line(at, line_len);

		line++;
		if (problem != NULL)
			return psprintf("Line %d: %s.", line, problem);
		at += line_len + 1;
	}
	return key_count == 0 ? "It holds no key." : NULL;
}

/* What speaks against reading this file, or NULL.  As the server judges ssl_key_file. */
static const char *
file_problem(const struct stat *file)
{
	if (!S_ISREG(file->st_mode))
		return "It is not a regular file.";
	if (file->st_uid != geteuid() && file->st_uid != 0)
		return "It belongs neither to the server's user nor to root.";
	if (file->st_uid == geteuid() ? (file->st_mode & (S_IRWXG | S_IRWXO)) != 0
								  : (file->st_mode & (S_IWGRP | S_IXGRP | S_IRWXO)) != 0)
		return "Others than its owner have access to it.";
	if (file->st_size > MAX_FILE_BYTES)
		return "It is larger than 64 kB.";
	return NULL;
}

/*
 * Read the open file into keys[]; what is wrong, or NULL.  The buffer is wiped
 * whatever happens, for nothing between raises an error but for want of memory.
 */
static const char *
read_file(int fd, struct stat *file)
{
	char *buffer;
	const char *problem;
	size_t len = 0;
	ssize_t got;

	if (fstat(fd, file) != 0)
		return psprintf("It cannot be read: %m.");
	problem = file_problem(file);
	if (problem != NULL)
		return problem;

	buffer = palloc(MAX_FILE_BYTES + 1);
	while ((got = read(fd, buffer + len, MAX_FILE_BYTES + 1 - len)) > 0)
		len += got;
	if (got < 0)
		problem = psprintf("It cannot be read: %m.");
	else if (len > MAX_FILE_BYTES)
		problem = "It is larger than 64 kB.";
	else
		problem = read_content(buffer, len);
	explicit_bzero(buffer, MAX_FILE_BYTES + 1);
	pfree(buffer);
	return problem;
}

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
		   a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
		   a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

bool
mt_keys_load(void)
{
	struct stat now;
	struct stat file;
	const char *problem;
	int fd;

	if (mt_key_file == NULL || *mt_key_file == '\0')
	{
		forget_keys();
		return false;
	}
	if (is_loaded && stat(mt_key_file, &now) == 0 && is_same_file(&now, &read_from))
		return true;

	forget_keys();
	/* whatever it is, opening it must neither wait nor leave it to a child */
	fd = OpenTransientFile(mt_key_file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | PG_BINARY);
	if (fd < 0)
		refuse_file(psprintf("It cannot be opened: %m."));
	problem = read_file(fd, &file);
	CloseTransientFile(fd);
	if (problem != NULL)
		refuse_file(problem);
	read_from = file;
	is_loaded = true;
	return true;
}
