// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "base/memory.h"
#include "base/shown.h"

#define COLUMNS 96

/* What a type is called in a schema, and by people; how wide it is (0: ask the row). */
/* clang-format off */
static const struct {
	const char *schema;
	const char *words;
	size_t size;
} kinds[] = {
	[FIELD_BOOL]   = { "boolean", "true or false", sizeof(bool) },
	[FIELD_ENUM]   = { "string",  "name",          sizeof(int) },
	[FIELD_U32]    = { "integer", "number",        sizeof(uint32_t) },
	[FIELD_U64]    = { "integer", "number",        sizeof(uint64_t) },
	[FIELD_I64]    = { "integer", "signed number", sizeof(int64_t) },
	[FIELD_REAL]   = { "number",  "real number",   sizeof(double) },
	[FIELD_TEXT]   = { "string",  "text",          sizeof(char *) },
	[FIELD_OBJECT] = { "object",  "object",        0 },
};

static const struct {
	const char *suffix;
	const char *unit;
} units[] = {
	{ "_ns", "ns" },
	{ "_us", "us" },
	{ "_ms", "ms" },
	{ "_s", "s" },
	{ "seconds", "s" },
	{ "_bytes", "bytes" },
	{ "_percent", "%" },
	{ "_hz", "Hz" },
};
/* clang-format on */

_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == FIELD_TYPES, "kinds: one per type");

const char *field_unit(const struct field *field)
{
	size_t length = strlen(field->name);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t suffix = strlen(units[i].suffix);

		if (length >= suffix && !strcmp(field->name + length - suffix, units[i].suffix))
			return units[i].unit;
	}
	return NULL;
}

size_t field_size(const struct field *field)
{
	return field->type == FIELD_OBJECT ? field->sub->size : kinds[field->type].size;
}

static bool has_range(const struct field *field)
{
	return field->min || field->max;
}

/* jansson refuses text that is not UTF-8, and a file or a kernel log may well hold some. */
static json_t *json_text(const char *text)
{
	json_t *json = json_string(text);
	char *ascii;

	if (json)
		return json;
	ascii = strdup(text);
	if (!ascii)
		return NULL;
	for (char *c = ascii; *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	json = json_string(ascii);
	free(ascii);
	return json;
}

static json_t *json_u64(uint64_t value)
{
	return value <= INT64_MAX ? json_integer((json_int_t)value) : json_real((double)value);
}

static json_t *json_hex(uint64_t value)
{
	char text[sizeof("0x0123456789abcdef")];

	snprintf(text, sizeof(text), "0x%016" PRIx64, value);
	return json_string(text);
}

static json_t *json_enum(const struct field *field, int value)
{
	if (value < 0 || (uint32_t)value >= field->nr_names || !field->names[value])
		return json_null();
	return json_string(field->names[value]);
}

static json_t *json_value(const struct field *field, const void *at)
{
	switch (field->type) {
	case FIELD_BOOL: return json_boolean(*(const bool *)at);
	case FIELD_ENUM: return json_enum(field, *(const int *)at);
	case FIELD_U32: {
		uint32_t value = *(const uint32_t *)at;

		return field->nullable && !value ? json_null() : json_integer(value);
	}
	case FIELD_U64: {
		uint64_t value = *(const uint64_t *)at;

		if (field->nullable && !value)
			return json_null();
		return field->hex ? json_hex(value) : json_u64(value);
	}
	case FIELD_I64: {
		int64_t value = *(const int64_t *)at;

		return field->nullable && value == INT64_MIN ? json_null() :
							       json_integer(value);
	}
	case FIELD_REAL: {
		double value = *(const double *)at;

		return isfinite(value) ? json_real(value) : json_null();
	}
	case FIELD_TEXT: {
		const char *text = *(const char *const *)at;

		return text ? json_text(text) : json_null();
	}
	case FIELD_OBJECT: return fields_to_json(field->sub, at);
	case FIELD_TYPES: break;
	}
	return json_null();
}

static json_t *json_list(const struct field *field, const char *data)
{
	const char *first = *(const char *const *)(const void *)(data + field->offset);
	uint32_t count = *(const uint32_t *)(const void *)(data + field->count_offset);
	json_auto_t *list = NULL;

	if (!first && field->nullable)
		return json_null();
	list = json_array();
	for (uint32_t i = 0; first && i < count; i++)
		if (json_array_append_new(list,
					  json_value(field, first + i * field_size(field))))
			return NULL;
	return json_incref(list);
}

static int json_add_rows(json_t *object, const struct fields *fields, const char *data)
{
	for (const struct field *row = fields->rows; row->name; row++) {
		json_t *value =
			row->list ? json_list(row, data) : json_value(row, data + row->offset);

		if (json_object_set_new(object, row->name, value))
			return -ENOMEM;
	}
	return 0;
}

json_t *fields_to_json(const struct fields *fields, const void *data)
{
	json_auto_t *object = json_object();

	return json_add_rows(object, fields, data) ? NULL : json_incref(object);
}

char *fields_to_line(const struct fields *fields, const char *type, const void *data)
{
	json_auto_t *object = json_object();
	size_t size;
	char *line;

	if (json_object_set_new(object, "type", json_string(type)) ||
	    json_add_rows(object, fields, data))
		return NULL;
	size = json_dumpb(object, NULL, 0, JSON_COMPACT);
	line = size ? malloc(size + 2) : NULL;
	if (!line)
		return NULL;
	json_dumpb(object, line, size, JSON_COMPACT);
	line[size] = '\n';
	line[size + 1] = '\0';
	return line;
}

/* Where fields_parse() goes on when there is no memory. */
static _Thread_local jmp_buf *parsing;

static void *take(size_t size)
{
	void *at = malloc(size);

	if (!at)
		memory_note_short();
	if (!at && parsing)
		longjmp(*parsing, 1);
	return at;
}

void fields_watch_memory(void)
{
	json_set_alloc_funcs(take, free);
}

/*
 * The lexer of jansson 2.14 does not look whether it could keep a character, and reads on
 * behind what it has kept (lex_save(), load.c). So it is left at once; what it has is lost.
 */
json_t *fields_parse_bytes(const char *text, size_t length)
{
	jmp_buf here;
	json_t *json;

	parsing = &here;
	if (setjmp(here)) {
		parsing = NULL;
		return NULL;
	}
	json = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
	parsing = NULL;
	return json;
}

json_t *fields_parse(const char *text)
{
	return fields_parse_bytes(text, strlen(text));
}

static int show_text(json_t *json, const char *but)
{
	char *shown = shown_text(json_string_value(json), but);
	int err = !shown || json_string_set(json, shown) ? -ENOMEM : 0;

	if (err)
		memory_note_short();
	free(shown);
	return err;
}

static bool is_plain(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name < ' ' || (unsigned char)*name > '~')
			return false;
	return true;
}

/* The object anew: a name cannot be changed where it is. */
static int show_names(json_t *object, const char *but)
{
	json_auto_t *shown = json_object();
	const char *name;
	json_t *value;
	int err = shown ? 0 : -ENOMEM;

	json_object_foreach(object, name, value)
	{
		char *text = err ? NULL : shown_text(name, but);

		if (!text || json_object_set(shown, text, value))
			err = -ENOMEM;
		free(text);
	}
	if (!err && (json_object_clear(object) || json_object_update(object, shown)))
		err = -ENOMEM;
	if (err)
		memory_note_short();
	return err;
}

int fields_show(json_t *json, const char *but)
{
	const char *name;
	json_t *value;
	size_t i;
	bool has_plain_names = true;
	int err = json_is_string(json) ? show_text(json, but) : 0;

	json_object_foreach(json, name, value)
	{
		has_plain_names = has_plain_names && is_plain(name);
		if (!err)
			err = fields_show(value, but);
	}
	if (!err && !has_plain_names)
		err = show_names(json, but);
	json_array_foreach(json, i, value)
	{
		if (!err)
			err = fields_show(value, but);
	}
	return err;
}

static int read_enum(const struct field *field, const json_t *json, int *value)
{
	const char *name = json_string_value(json);

	for (uint32_t i = 0; i < field->nr_names; i++)
		if (name ? field->names[i] && !strcmp(field->names[i], name) :
			   json_is_null(json) && !field->names[i]) {
			*value = (int)i;
			return 0;
		}
	*value = (int)field->nr_names;
	return field->nullable && json_is_null(json) ? 0 : -EINVAL;
}

bool fields_integer(const json_t *json, int64_t least, int64_t most, int64_t *value)
{
	int64_t number = json_integer_value(json);

	if (!json_is_integer(json) || number < least || number > most)
		return false;
	*value = number;
	return true;
}

uint64_t fields_count(const json_t *object, const char *name)
{
	int64_t count = 0;

	fields_integer(json_object_get(object, name), 0, INT64_MAX, &count);
	return (uint64_t)count;
}

/* As json_hex() writes it. */
static bool read_hex(const char *text, int64_t *value)
{
	if (strncmp(text, "0x", 2) != 0 || strlen(text) != strlen("0x0123456789abcdef") ||
	    text[2 + strspn(text + 2, "0123456789abcdef")])
		return false;
	*value = (int64_t)strtoull(text, NULL, 16);
	return true;
}

static int read_number(const struct field *field, const json_t *json, int64_t *value)
{
	const char *hex = json_string_value(json);
	int64_t least = field->type == FIELD_I64 ? INT64_MIN : 0;
	bool is_read;

	if (json_is_null(json)) {
		*value = least;
		return 0;
	}
	if (hex && field->hex)
		is_read = read_hex(hex, value);
	else
		is_read = fields_integer(
			json, least, field->type == FIELD_U32 ? UINT32_MAX : INT64_MAX, value);
	return is_read ? 0 : -EINVAL;
}

static int read_rows(const struct fields *fields, const json_t *object, void *data,
		     bool strict);

static int read_value(const struct field *field, const json_t *json, void *at, bool strict)
{
	int64_t number = 0;
	int err = 0;

	switch (field->type) {
	case FIELD_BOOL:
		*(bool *)at = json_is_true(json);
		return json_is_boolean(json) ? 0 : -EINVAL;
	case FIELD_ENUM: return read_enum(field, json, at);
	case FIELD_U32:
		err = read_number(field, json, &number);
		*(uint32_t *)at = (uint32_t)number;
		return err;
	case FIELD_U64:
	case FIELD_I64:
		err = read_number(field, json, &number);
		*(int64_t *)at = number;
		return err;
	case FIELD_REAL:
		*(double *)at = json_is_null(json) ? NAN : json_number_value(json);
		return json_is_number(json) || json_is_null(json) ? 0 : -EINVAL;
	case FIELD_TEXT:
		*(const char **)at = json_string_value(json);
		return json_is_string(json) || json_is_null(json) ? 0 : -EINVAL;
	case FIELD_OBJECT: return read_rows(field->sub, json, at, strict);
	case FIELD_TYPES: break;
	}
	return -EINVAL;
}

static int read_list(const struct field *field, const json_t *list, char *data, bool strict)
{
	char *at = *(char **)(void *)(data + field->offset);
	uint32_t *count = (uint32_t *)(void *)(data + field->count_offset);
	uint32_t room = *count, nr = 0;
	int err = 0;

	if (!at || !room)
		return 0;
	for (; !err && nr < room && nr < json_array_size(list); nr++)
		err = read_value(field, json_array_get(list, nr), at + nr * field_size(field),
				 strict);
	*count = nr;
	return err;
}

static int read_rows(const struct fields *fields, const json_t *object, void *data, bool strict)
{
	for (const struct field *row = fields->rows; row->name; row++) {
		const json_t *json = json_object_get(object, row->name);
		int err = json || !strict ? 0 : -EINVAL;

		if (!json && row->list)
			*(uint32_t *)(void *)((char *)data + row->count_offset) = 0;
		if (!err && json)
			err = row->list ?
				      read_list(row, json, data, strict) :
				      read_value(row, json, (char *)data + row->offset, strict);
		if (err)
			return err;
	}
	return 0;
}

int fields_from_json(const struct fields *fields, const json_t *object, void *data)
{
	return read_rows(fields, object, data, true);
}

int fields_from_json_known(const struct fields *fields, const json_t *object, void *data)
{
	return read_rows(fields, object, data, false);
}

int fields_print(const struct fields *fields, const void *data, FILE *out)
{
	json_auto_t *object = fields_to_json(fields, data);

	if (!object)
		return -ENOMEM;
	if (json_dumpf(object, out, JSON_INDENT(2)) || fputc('\n', out) == EOF || fflush(out))
		return -EIO;
	return 0;
}

/* Writes `"type": name`, or `"type": [name, "null"]`. */
static int schema_type(json_t *schema, const char *name, bool nullable)
{
	json_t *type = nullable ? json_pack("[ss]", name, "null") : json_string(name);

	return json_object_set_new(schema, "type", type);
}

static int schema_names(json_t *schema, const struct field *field)
{
	json_t *names = json_array();

	if (json_object_set_new(schema, "enum", names))
		return -ENOMEM;
	for (uint32_t i = 0; i < field->nr_names; i++)
		if (field->names[i] &&
		    json_array_append_new(names, json_string(field->names[i])))
			return -ENOMEM;
	return field->nullable ? json_array_append_new(names, json_null()) : 0;
}

static int schema_limits(json_t *schema, const struct field *field)
{
	bool limited = has_range(field);

	if (limited || field->type != FIELD_I64)
		if (json_object_set_new(schema, "minimum", json_integer(field->min)))
			return -ENOMEM;
	if (limited || field->type == FIELD_U32)
		if (json_object_set_new(schema, "maximum",
					json_integer(limited ? field->max : UINT32_MAX)))
			return -ENOMEM;
	return 0;
}

static int schema_rows(json_t *schema, const struct fields *fields, const char *type);

/* One value, or one element of a list, whose being null is the list's affair. */
static int schema_value(json_t *schema, const struct field *field)
{
	bool nullable = field->nullable && !field->list && field->type != FIELD_OBJECT;

	if (schema_type(schema, kinds[field->type].schema, nullable))
		return -ENOMEM;
	switch (field->type) {
	case FIELD_ENUM: return schema_names(schema, field);
	case FIELD_U64:
		if (field->hex)
			return schema_type(schema, "string", nullable) ||
			       json_object_set_new(schema, "pattern",
						   json_string("^0x[0-9a-f]{16}$"));
		return schema_limits(schema, field);
	case FIELD_U32:
	case FIELD_I64: return schema_limits(schema, field);
	case FIELD_OBJECT: return schema_rows(schema, field->sub, NULL);
	case FIELD_BOOL:
	case FIELD_REAL:
	case FIELD_TEXT:
	case FIELD_TYPES: break;
	}
	return 0;
}

static json_t *schema_field(const struct field *field)
{
	json_auto_t *schema = json_object();
	json_t *items = schema;

	if (field->doc && json_object_set_new(schema, "description", json_string(field->doc)))
		return NULL;
	if (field->list) {
		items = json_object();
		if (schema_type(schema, "array", field->nullable) ||
		    json_object_set_new(schema, "items", items))
			return NULL;
	}
	return schema_value(items, field) ? NULL : json_incref(schema);
}

/* What an object holds; with a type, a line's first member too. */
static int schema_rows(json_t *schema, const struct fields *fields, const char *type)
{
	json_t *properties = json_object();
	json_t *required = json_array();

	/* Each set takes the reference also when it fails, so both are tried. */
	if (json_object_set_new(schema, "properties", properties) |
	    json_object_set_new(schema, "required", required))
		return -ENOMEM;
	if (json_object_set_new(schema, "additionalProperties", json_false()))
		return -ENOMEM;
	if (type &&
	    (json_object_set_new(properties, "type", json_pack("{ss}", "const", type)) ||
	     json_array_append_new(required, json_string("type"))))
		return -ENOMEM;
	for (const struct field *row = fields->rows; row->name; row++)
		if (json_object_set_new(properties, row->name, schema_field(row)) ||
		    json_array_append_new(required, json_string(row->name)))
			return -ENOMEM;
	return 0;
}

json_t *fields_line_schema(const struct fields *fields, const char *type)
{
	json_auto_t *schema = json_object();

	if (json_object_set_new(schema, "$schema",
				json_string("https://json-schema.org/draft/2020-12/schema")) ||
	    json_object_set_new(schema, "title", json_string(fields->name)) ||
	    (fields->doc &&
	     json_object_set_new(schema, "description", json_string(fields->doc))) ||
	    json_object_set_new(schema, "type", json_string("object")) ||
	    schema_rows(schema, fields, type))
		return NULL;
	return json_incref(schema);
}

json_t *fields_schema(const struct fields *fields)
{
	return fields_line_schema(fields, NULL);
}

/* The second column of a listing: words flow into it and wrap at the page's edge. */
struct column {
	FILE *out;
	int indent;
	int at; /* where the line has got to; 0: a new line */
};

static void column_word(struct column *column, const char *word, int length)
{
	if (column->at && column->at + 1 + length > COLUMNS) {
		fputc('\n', column->out);
		column->at = 0;
	}
	if (!column->at)
		column->at = fprintf(column->out, "%*s", column->indent, "");
	else if (column->at > column->indent)
		column->at += fprintf(column->out, " ");
	column->at += fprintf(column->out, "%.*s", length, word);
}

__attribute__((format(printf, 2, 3))) static void column_text(struct column *column,
							      const char *fmt, ...)
{
	char text[4096];
	const char *word = text;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	while (*word) {
		int length = (int)strcspn(word, " ");

		column_word(column, word, length);
		word += length;
		word += strspn(word, " ");
	}
}

static void column_end(struct column *column)
{
	fputc('\n', column->out);
	column->at = 0;
}

__attribute__((format(printf, 3, 4))) static void words_add(char *words, size_t size,
							    const char *fmt, ...)
{
	size_t used = strlen(words);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words + used, size - used, fmt, ap);
	va_end(ap);
}

void field_words(const struct field *field, char *words, size_t size)
{
	const char *unit = field_unit(field), *separator = "";

	words[0] = '\0';
	words_add(words, size, "%s", field->list ? "list of " : "");
	if (field->type != FIELD_ENUM)
		words_add(words, size, "%s",
			  field->hex ? "hexadecimal text" : kinds[field->type].words);
	for (uint32_t i = 0; field->type == FIELD_ENUM && i < field->nr_names; i++)
		if (field->names[i]) {
			words_add(words, size, "%s%s", separator, field->names[i]);
			separator = " | ";
		}
	if (has_range(field))
		words_add(words, size, " %" PRId64 "..%" PRId64, field->min, field->max);
	if (unit)
		words_add(words, size, " %s", unit);
	if (field->nullable)
		words_add(words, size, " or null");
	if (field->fallback)
		words_add(words, size, " (default %s)", field->fallback);
}

static int list_width(const struct fields *fields, int prefix)
{
	int widest = 0;

	for (const struct field *row = fields->rows; row->name; row++) {
		int width = prefix + (int)strlen(row->name);

		if (row->type == FIELD_OBJECT) {
			int sub = list_width(row->sub, width + (row->list ? 3 : 1));

			width = sub > width ? sub : width;
		}
		widest = width > widest ? width : widest;
	}
	return widest;
}

static void list_rows(const struct fields *fields, const char *prefix, struct column *column)
{
	for (const struct field *row = fields->rows; row->name; row++) {
		char path[256], words[1024];

		column->at = fprintf(column->out, "  %s%s", prefix, row->name);
		column->at += fprintf(column->out, "%*s", column->indent - column->at, "");
		field_words(row, words, sizeof(words));
		column_text(column, "%s", words);
		column_end(column);
		if (row->doc) {
			column_text(column, "%s.", row->doc);
			column_end(column);
		}
		if (row->type != FIELD_OBJECT)
			continue;
		snprintf(path, sizeof(path), "%s%s%s.", prefix, row->name,
			 row->list ? "[]" : "");
		list_rows(row->sub, path, column);
	}
}

void fields_list(const struct fields *fields, const char *prefix, FILE *out)
{
	struct column column = {
		.out = out,
		.indent = 2 + list_width(fields, (int)strlen(prefix)) + 2,
	};

	list_rows(fields, prefix, &column);
}
