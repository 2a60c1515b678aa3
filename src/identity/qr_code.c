/*
 * identity/qr_code.c
 *		A text as a QR code (ISO/IEC 18004), for a page and for a terminal.
 *
 * What is drawn is usually the URI that enrols an authenticator: a secret in the
 * clear.  The text is drawn in UTF-8 and in byte mode, with error correction M, in the
 * smallest version that holds it.  ASCII stands alone, as every reader takes it; before
 * anything else stands what says that it is UTF-8, which readers guess wrong otherwise.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include <errno.h>
#include <qrencode.h>

#define MAX_CONTENT 2331 /* bytes in version 40 with error correction M; 2330 behind an ECI */
#define ECI_UTF8 26		 /* AIM's Extended Channel Interpretations, part 3 */
#define MAX_WIDTH 177	 /* modules of version 40 */
#define QUIET_ZONE 4	 /* modules around it that must stay light (section 5.3.8) */

typedef struct Picture
{
	int width; /* modules, with the quiet zone */
	bool *dark;
} Picture;

/* Whether the module is dark; all outside of the symbol is light. */
static bool
is_dark(const Picture *picture, int x, int y)
{
	return x >= 0 && y >= 0 && x < picture->width && y < picture->width &&
		   picture->dark[y * picture->width + x];
}

pg_noreturn static void
throw_too_long(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("content is too long for a QR code"),
			 errdetail("It may have at most %d bytes in UTF-8, and %d if they are not all ASCII.",
					   MAX_CONTENT, MAX_CONTENT - 1)));
}

/* The content in UTF-8. */
static char *
content_argument(FunctionCallInfo fcinfo)
{
	const text *argument = mt_bounded_text(fcinfo, 0, MAX_CONTENT);
	char *content;

	if (argument == NULL)
		throw_too_long();
	if (VARSIZE_ANY_EXHDR(argument) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("content must not be empty")));
	content = text_to_cstring(argument);
	content = pg_server_to_any(content, (int) strlen(content), PG_UTF8);
	if (strlen(content) > MAX_CONTENT)
		throw_too_long();
	return content;
}

static bool
is_ascii(const char *content)
{
	for (; *content != '\0'; content++)
	{
		if (IS_HIGHBIT_SET(*content))
			return false;
	}
	return true;
}

/* The symbol, of libqrencode's own memory; NULL with errno when it cannot be made. */
static QRcode *
encode(const char *content)
{
	QRinput *input = QRinput_new2(0, QR_ECLEVEL_M);
	QRcode *code = NULL;
	int error;

	if (input == NULL)
		return NULL;
	if ((is_ascii(content) || QRinput_appendECIheader(input, ECI_UTF8) == 0) &&
		QRinput_append(input, QR_MODE_8, (int) strlen(content), (const unsigned char *) content) ==
			0)
		code = QRcode_encodeInput(input);
	error = errno;
	QRinput_free(input);
	errno = error;
	return code;
}

/* 54000 when the content does not fit. */
static Picture
draw(const char *content)
{
	/* libqrencode's memory is not PostgreSQL's: nothing may fail before it is given back */
	Picture picture = {.dark = palloc0((MAX_WIDTH + 2 * QUIET_ZONE) * (MAX_WIDTH + 2 * QUIET_ZONE) *
									   sizeof(bool))};
	QRcode *code = encode(content);

	if (code == NULL)
	{
		if (errno == ERANGE)
			throw_too_long();
		mt_throw_crypto(errno == ENOMEM ? MT_CRYPTO_NO_MEMORY : MT_CRYPTO_LIBRARY, "QR code");
	}
	picture.width = code->width + 2 * QUIET_ZONE;
	for (int y = 0; y < code->width; y++)
	{
		for (int x = 0; x < code->width; x++)
			picture.dark[(y + QUIET_ZONE) * picture.width + x + QUIET_ZONE] =
				(code->data[y * code->width + x] & 1) != 0;
	}
	QRcode_free(code);
	return picture;
}

/* Append the dark runs of one row, each as a rectangle of the path. */
static void
append_row(StringInfo path, const Picture *picture, int y)
{
	int x = 0;

	while (x < picture->width)
	{
		int begin = x;

		while (is_dark(picture, x, y))
			x++;
		if (x > begin)
			appendStringInfo(path, "M%d %dh%dv1h-%dz", begin, y, x - begin, x - begin);
		else
			x++;
	}
}

/*
 * SQL: multitenant.qr_svg(content text) returns text
 *
 * One user unit a module, without a size of its own: it takes that of its place.
 */
MT_SECRET_FUNCTION(mt_qr_svg)
{
	Picture picture = draw(content_argument(fcinfo));
	StringInfoData svg;

	initStringInfo(&svg);
	appendStringInfo(&svg,
					 "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
					 "shape-rendering=\"crispEdges\" role=\"img\" aria-label=\"QR code\">"
					 "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/><path fill=\"#000\" d=\"",
					 picture.width, picture.width, picture.width, picture.width);
	for (int y = 0; y < picture.width; y++)
		append_row(&svg, &picture, y);
	appendStringInfoString(&svg, "\"/></svg>");
	PG_RETURN_TEXT_P(cstring_to_text_with_len(svg.data, svg.len));
}

/*
 * SQL: multitenant.qr_text(content text) returns text
 *
 * A character is two modules, one above the other.  Light ones are drawn and dark ones
 * left out, so that it is right where the background is dark.  0A000 where the
 * database's encoding has no such characters.
 */
MT_SECRET_FUNCTION(mt_qr_text)
{
	static const char *const light[2][2] = {{" ", "\xe2\x96\x84"},			   /* U+2584 below */
											{"\xe2\x96\x80", "\xe2\x96\x88"}}; /* U+2580, U+2588 */
	Picture picture;
	StringInfoData result;

	if (GetDatabaseEncoding() != PG_UTF8)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("qr_text needs a database in UTF8"),
				 errhint("Use qr_svg, which is drawn in ASCII.")));
	picture = draw(content_argument(fcinfo));

	initStringInfo(&result);
	for (int y = 0; y < picture.width; y += 2)
	{
		if (y > 0)
			appendStringInfoChar(&result, '\n');
		for (int x = 0; x < picture.width; x++)
			appendStringInfoString(&result,
								   light[!is_dark(&picture, x, y)][!is_dark(&picture, x, y + 1)]);
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(result.data, result.len));
}
