/*
 * crypto/kdf_memory.c
 *		The memory that one computation of Argon2 takes.
 *
 * Where the system has huge pages, it is a mapping of them that ends with the computation:
 * as fast as what malloc keeps (29 against 28 ms for 19 MiB, 136 against 174 for 64), and
 * a backend holds nothing of it from one sign-in to the next.  A new mapping of ordinary
 * pages takes 41 and 171 ms, so it is malloc elsewhere, of which glibc keeps up to 32 MiB.
 *
 * libargon2 wipes the memory before it gives it back.
 */
#include "crypto/kdf_memory.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Elsewhere than on Linux nothing says that there are huge pages, and none are asked for. */
#ifndef MADV_HUGEPAGE
#define MADV_HUGEPAGE 0
#endif

#define HUGE_PAGES "/sys/kernel/mm/transparent_hugepage/"

/* The first line of a file, empty when it cannot be read. */
static void
read_line(const char *path, char *line, int size)
{
	FILE *file = fopen(path, "r");

	if (file == NULL || fgets(line, size, file) == NULL)
		line[0] = '\0';
	if (file != NULL)
		fclose(file);
}

/* Bytes of a huge page; 0 where who asks for them gets none. */
static size_t
huge_page_size(void)
{
	static bool is_known = false;
	static size_t size = 0;
	char line[64];

	if (is_known)
		return size;
	read_line(HUGE_PAGES "enabled", line, sizeof(line));
	if (strstr(line, "[always]") != NULL || strstr(line, "[madvise]") != NULL)
	{
		read_line(HUGE_PAGES "hpage_pmd_size", line, sizeof(line));
		size = strtoul(line, NULL, 10);
	}
	is_known = true;
	return size;
}

/* The bytes of the huge pages that hold so many; 0 when it is malloc that serves them. */
static size_t
mapped_size(size_t bytes)
{
	size_t page = huge_page_size();

	if (page == 0 || bytes < page)
		return 0;
	return (bytes + page - 1) / page * page;
}

/* A mapping that begins where a huge page can; NULL when there is no memory for it. */
static uint8_t *
map(size_t size)
{
	size_t page = huge_page_size();
	uint8_t *start = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
						  -1, 0);
	size_t before;

	if (start == MAP_FAILED)
		return NULL;
	before = (page - (uintptr_t) start % page) % page;
	if (before > 0)
		munmap(start, before);
	munmap(start + before + size, page - before);
	madvise(start + before, size, MADV_HUGEPAGE);
	return start + before;
}

int
mt_kdf_memory_allocate(uint8_t **memory, size_t bytes)
{
	size_t size = mapped_size(bytes);

	*memory = size > 0 ? map(size) : malloc(bytes); /* banned-ok: libargon2 raises no error */
	return *memory != NULL ? 0 : -1;
}

void
mt_kdf_memory_free(uint8_t *memory, size_t bytes)
{
	size_t size = mapped_size(bytes);

	if (size > 0)
		munmap(memory, size);
	else
		free(memory);
}
