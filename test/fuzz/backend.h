/*
 * test/fuzz/backend.h
 *		As much of the server as its parsers need, for targets that include a file of src/
 *		whole: memory that AddressSanitizer watches to the byte, and errors that end the
 *		parser.
 *
 * The headers are the server's own.  What of it is called and is not here ends the program.
 */
#ifndef MT_FUZZ_BACKEND_H
#define MT_FUZZ_BACKEND_H

#include "postgres.h"
#include "core/compat.h"

#include <setjmp.h>

#include "core/errors.h"
#include "fuzz.h"

/* The server has its own for these, which this program does not hold. */
#undef vsnprintf
#undef snprintf
#undef fprintf

static sigjmp_buf backend_handler;
static int backend_sqlstate;	  /* of the last error */
static char backend_report[4096]; /* its texts, a line each */

/*
 * True when what follows is to be tried, false after an error in it:
 *		if (TRY()) { … } else { … }
 */
#define TRY() (backend_sqlstate = 0, backend_report[0] = '\0', sigsetjmp(backend_handler, 0) == 0)

void *
palloc(Size size)
{
	return fuzz_alloc(size);
}

void *
palloc0(Size size)
{
	return memset(fuzz_alloc(size), 0, size);
}

void
pfree(void *pointer)
{
	fuzz_free(pointer);
}

char *
pnstrdup(const char *text, Size len)
{
	return fuzz_string(text, len);
}

char *
pstrdup(const char *text)
{
	return fuzz_string(text, strlen(text));
}

/* Every format is carried out, its arguments read. */
static char *
backend_format(const char *format, va_list arguments)
{
	va_list again;
	int len;
	char *text;

	va_copy(again, arguments);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	must(len >= 0);
	text = fuzz_alloc((size_t) len + 1);
	vsnprintf(text, (size_t) len + 1, format, arguments);
	return text;
}

char *
psprintf(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = backend_format(format, arguments);
	va_end(arguments);
	return text;
}

bool
errstart(int level, const char *domain)
{
	must(level == ERROR);
	return true;
}

bool
errstart_cold(int level, const char *domain)
{
	return errstart(level, domain);
}

int
errcode(int sqlstate)
{
	backend_sqlstate = sqlstate;
	return 0;
}

#define REPORTS(function)                                                    \
	int function(const char *format, ...)                                    \
	{                                                                        \
		va_list arguments;                                                   \
		size_t len = strlen(backend_report);                                 \
                                                                             \
		va_start(arguments, format);                                         \
		snprintf(backend_report + len, sizeof(backend_report) - len, "%s\n", \
				 backend_format(format, arguments));                         \
		va_end(arguments);                                                   \
		return 0;                                                            \
	}

REPORTS(errmsg)
REPORTS(errmsg_internal)
REPORTS(errdetail)
REPORTS(errdetail_log)
REPORTS(errhint)

/* An error without an errcode is one that cannot happen. */
void
errfinish(const char *file, int line, const char *function)
{
	if (backend_sqlstate == 0)
		fuzz_fail(file, line, backend_report);
	siglongjmp(backend_handler, 1);
}

#endif /* MT_FUZZ_BACKEND_H */
