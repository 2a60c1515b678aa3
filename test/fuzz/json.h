/*
 * test/fuzz/json.h
 *		What stands in for the server's jsonb: a tree read from text, and the functions by
 *		which the server hands out its parts.
 *
 * Strings have no escapes, numbers no exponents.  As in jsonb the last of two keys that are
 * the same counts, and a number is written with its digits after the point.
 */
#ifndef MT_FUZZ_JSON_H
#define MT_FUZZ_JSON_H

#include "backend.h"

#include "utils/jsonb.h"

#define JSON_MAX_DEPTH 8

/* Starts as a JsonbContainer does, and is given out as one. */
typedef struct Container
{
	uint32 header;
	int count;
	JsonbValue *names; /* of an object */
	JsonbValue *values;
} Container;

/* Starts as a Jsonb does. */
typedef struct Document
{
	int32 length;
	uint32 header;
	Container *root;
} Document;

static Document *json_document; /* whose root is given out as the document's own */

static bool read_value(Input *text, int depth, JsonbValue *value);

static const Container *
container_of(const JsonbContainer *given)
{
	if ((const void *) given == (const void *) &json_document->header)
		return json_document->root;
	return (const Container *) given;
}

static void
skip_space(Input *text)
{
	while (text->len > 0 && strchr(" \t\r\n", text->bytes[0]) != NULL && text->bytes[0] != '\0')
		fuzz_take(text, 1);
}

static bool
skip_one(Input *text, char wanted)
{
	skip_space(text);
	if (text->len == 0 || text->bytes[0] != (uint8_t) wanted)
		return false;
	fuzz_take(text, 1);
	return true;
}

static bool
skip_word(Input *text, const char *word)
{
	if (text->len < strlen(word) || memcmp(text->bytes, word, strlen(word)) != 0)
		return false;
	fuzz_take(text, strlen(word));
	return true;
}

static bool
read_string(Input *text, JsonbValue *value)
{
	size_t len = 0;

	if (!skip_one(text, '"'))
		return false;
	while (len < text->len && text->bytes[len] >= ' ' && text->bytes[len] != '"' &&
		   text->bytes[len] != '\\')
		len++;
	value->type = jbvString;
	value->val.string.val = fuzz_copy(text->bytes, len);
	value->val.string.len = (int) len;
	fuzz_take(text, len);
	return skip_one(text, '"');
}

/* Kept as numeric_out() writes it. */
static bool
read_numeric(Input *text, JsonbValue *value)
{
	static Grammar grammar = {.pattern = "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$"};
	size_t len = 0;
	char *digits;

	while (len < text->len && len < 60 && text->bytes[len] != '\0' &&
		   strchr("-.0123456789", text->bytes[len]) != NULL)
		len++;
	if (!grammar_holds(&grammar, text->bytes, len))
		return false;
	digits = fuzz_string(text->bytes, len);
	if (digits[strspn(digits, "-0.")] == '\0' && digits[0] == '-')
		digits++;
	value->type = jbvNumeric;
	value->val.numeric = (Numeric) digits;
	fuzz_take(text, len);
	return true;
}

static int
find_name(const Container *object, const char *name, int len)
{
	for (int i = 0; i < object->count; i++)
	{
		if (object->names[i].val.string.len == len &&
			memcmp(object->names[i].val.string.val, name, len) == 0)
			return i;
	}
	return -1;
}

static bool
read_members(Input *text, int depth, Container *container, bool is_object)
{
	int room = (int) text->len / 2 + 1;

	container->names = fuzz_alloc((size_t) room * sizeof(JsonbValue));
	container->values = fuzz_alloc((size_t) room * sizeof(JsonbValue));
	do
	{
		JsonbValue name;
		int at = container->count;

		if (is_object)
		{
			if (!read_string(text, &name) || !skip_one(text, ':'))
				return false;
			at = find_name(container, name.val.string.val, name.val.string.len);
			if (at < 0)
				at = container->count;
			container->names[at] = name;
		}
		if (!read_value(text, depth + 1, &container->values[at]))
			return false;
		if (at == container->count)
			container->count++;
	} while (skip_one(text, ','));
	return true;
}

static bool
read_container(Input *text, int depth, JsonbValue *value, bool is_object)
{
	Container *container = palloc0(sizeof(Container));
	char end = is_object ? '}' : ']';

	fuzz_take(text, 1);
	value->type = jbvBinary;
	value->val.binary.data = (JsonbContainer *) container;
	container->header = is_object ? JB_FOBJECT : JB_FARRAY;
	if (skip_one(text, end))
		return true;
	if (depth >= JSON_MAX_DEPTH || !read_members(text, depth, container, is_object))
		return false;
	container->header |= (uint32) container->count;
	return skip_one(text, end);
}

static bool
read_value(Input *text, int depth, JsonbValue *value)
{
	skip_space(text);
	if (text->len == 0)
		return false;
	switch (text->bytes[0])
	{
		case '{':
		case '[':
			return read_container(text, depth, value, text->bytes[0] == '{');
		case '"':
			return read_string(text, value);
		case 't':
		case 'f':
			value->type = jbvBool;
			value->val.boolean = text->bytes[0] == 't';
			return skip_word(text, value->val.boolean ? "true" : "false");
		case 'n':
			value->type = jbvNull;
			return skip_word(text, "null");
		default:
			return read_numeric(text, value);
	}
}

/* The document that a text is, or NULL. */
static Jsonb *
json_read(Input text, JsonbValue *value)
{
	if (!read_value(&text, 0, value))
		return NULL;
	skip_space(&text);
	if (text.len > 0)
		return NULL;
	json_document = palloc0(sizeof(Document));
	/* a scalar is stored as the only element of an array */
	json_document->header = JB_FARRAY | JB_FSCALAR | 1;
	if (value->type == jbvBinary)
	{
		json_document->root = (Container *) value->val.binary.data;
		json_document->header = json_document->root->header;
	}
	return (Jsonb *) json_document;
}

/* ---- what the server has ---- */

JsonbValue *
getKeyJsonValueFromContainer(JsonbContainer *given, const char *name, int len, JsonbValue *result)
{
	const Container *object = container_of(given);
	int at;

	must(JsonContainerIsObject(given) && result == NULL);
	at = find_name(object, name, len);
	return at < 0 ? NULL : fuzz_copy(&object->values[at], sizeof(JsonbValue));
}

JsonbValue *
getIthJsonbValueFromContainer(JsonbContainer *given, uint32 i)
{
	const Container *array = container_of(given);

	must(JsonContainerIsArray(given));
	return (int) i >= array->count ? NULL : fuzz_copy(&array->values[i], sizeof(JsonbValue));
}

JsonbIterator *
JsonbIteratorInit(JsonbContainer *given)
{
	JsonbIterator *iterator = palloc0(sizeof(JsonbIterator));

	must(JsonContainerIsObject(given));
	iterator->container = given;
	iterator->curIndex = -1;
	return iterator;
}

/* Name, value, name, value … of an object between its two ends. */
JsonbIteratorToken
JsonbIteratorNext(JsonbIterator **iterator, JsonbValue *value, bool skip_nested)
{
	const Container *object = container_of((*iterator)->container);
	int index = (*iterator)->curIndex++;

	must(skip_nested);
	if (index < 0)
		return WJB_BEGIN_OBJECT;
	if (index >= 2 * object->count)
		return index == 2 * object->count ? WJB_END_OBJECT : WJB_DONE;
	*value = index % 2 == 0 ? object->names[index / 2] : object->values[index / 2];
	return index % 2 == 0 ? WJB_KEY : WJB_VALUE;
}

Datum
numeric_out(PG_FUNCTION_ARGS)
{
	return 0;
}

/* The one function that is called, and its result in memory of its own. */
Datum
DirectFunctionCall1Coll(PGFunction function, Oid collation, Datum argument)
{
	must(function == numeric_out);
	return CStringGetDatum(pstrdup(DatumGetCString(argument)));
}

#endif /* MT_FUZZ_JSON_H */
