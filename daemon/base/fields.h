/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_FIELDS_H
#define DADRACE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

/*
 * Declared fields: the one table per structure from which everything outside is made.
 *
 *   campaign table ──> YAML schema, defaults, --help-config, JSON of the resolved campaign
 *   result tables  ──> NDJSON lines, summary.json, JSON Schema, --list-fields
 *
 * A field that is not in its table does not exist for dashboards; one that is cannot drift
 * from the code. Names carry their units (hold_us, settle_ns). This is the only module that
 * includes jansson.
 *
 * Storage by type: BOOL is `bool`; ENUM is `int` or an enum of int's size; U32, U64, I64 are
 * the fixed widths; REAL is `double` (results only); TEXT is `char *` or `const char *` (NULL
 * prints as null); OBJECT is an embedded struct described by `sub`; a list is a pointer to the
 * first element at `offset` and a `uint32_t` count at `count_offset`.
 *
 * What JSON cannot say exactly: a U64 beyond INT64_MAX is written rounded (mark it `hex` where
 * every bit counts), an ENUM outside its names is null, and text that is not UTF-8 has its
 * bytes beyond ASCII replaced by '?'.
 */
enum field_type {
	FIELD_BOOL = 1,
	FIELD_ENUM,
	FIELD_U32,
	FIELD_U64,
	FIELD_I64,
	FIELD_REAL,
	FIELD_TEXT,
	FIELD_OBJECT,
	FIELD_TYPES,
};

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	const char *doc;	  /* one sentence, without the final stop */
	const char *const *names; /* ENUM: by value; numbers of a campaign: words */
	uint32_t nr_names;
	bool list;
	bool shell;    /* campaign keys, a list of TEXT: one text is [sh, -c, text] */
	bool nullable; /* results: 0 of U32 and U64, INT64_MIN, NaN and NULL print as null */
	bool hex;      /* results: U64 prints as "0x0123456789abcdef" */
	const struct fields *sub; /* OBJECT, or list of OBJECT */
	size_t count_offset;	  /* list */
	const char *fallback;	  /* campaign keys: the default as YAML text; NULL: none */
	const char *example;	  /* campaign keys without a default: a value as YAML text */
	int64_t min, max;	  /* campaign keys of number type; both 0: any */
};

struct fields {
	const char *name; /* the structure's name in the schema: trial, summary, ... */
	const char *doc;
	const struct field *rows; /* ends with a row whose name is NULL */
	size_t size;
};

/* JSON of one structure, a new reference; NULL only when memory ran out. */
json_t *fields_to_json(const struct fields *fields, const void *data);

/*
 * One compact line of JSON with `"type": type` in front, newline included. malloc'd, the caller
 * frees; NULL only when memory ran out.
 */
char *fields_to_line(const struct fields *fields, const char *type, const void *data);

/* Before any JSON is made: a lack of memory for it is noted (base/memory.h). */
void fields_watch_memory(void);

/*
 * Reads one line of JSON: a new reference, or NULL when it is none (a torn line, for example).
 */
json_t *fields_parse(const char *text);
json_t *fields_parse_bytes(const char *text, size_t length);

/*
 * The door for numbers of JSON, which a stranger may have written: true, with the number, when
 * `json` is an integer from `least` to `most`; else false, and `value` is as it was.
 */
bool fields_integer(const json_t *json, int64_t least, int64_t most, int64_t *value);

/* A member that is a count or a time: 0 when it is missing, negative or no integer. */
uint64_t fields_count(const json_t *object, const char *name);

/*
 * Each text in it, and each name of a member, becomes what base/shown.h shows of foreign text;
 * the control characters in `but` stay. 0, or -ENOMEM.
 */
int fields_show(json_t *json, const char *but);

/*
 * Reads back what fields_to_json wrote. Text points into `object` and lives as long. A list is
 * read into the elements that `data` offers (pointer and count), and its count becomes how many
 * were read; one that offers none is left as it is. -EINVAL at a name that is missing or of
 * another type, and at a number out of the type's range: a U64 is never negative.
 */
int fields_from_json(const struct fields *fields, const json_t *object, void *data);

/*
 * The same for what another program has written: what is missing in `object` stays as it is in
 * `data`. An ENUM's value is always one of its names, or nr_names for the null of a nullable
 * one.
 */
int fields_from_json_known(const struct fields *fields, const json_t *object, void *data);

/* Indented JSON to a stream, newline at the end. 0, -EIO or -ENOMEM. */
int fields_print(const struct fields *fields, const void *data, FILE *out);

/*
 * JSON Schema (draft 2020-12) of a structure, a new reference. `additionalProperties` is false
 * and every field is required: a reader may rely on each name being there. NULL only when
 * memory ran out.
 */
json_t *fields_schema(const struct fields *fields);

/* The same for a line of fields_to_line: `type` stands in front and is a constant. */
json_t *fields_line_schema(const struct fields *fields, const char *type);

/*
 * The table as text for people: name, type with range and unit, default, sentence, in two
 * columns of at most 96 together; `prefix` goes before names.
 */
void fields_list(const struct fields *fields, const char *prefix, FILE *out);

/* Type, range, unit and default, as fields_list() has them: "number 1..64 (default 1)". */
void field_words(const struct field *field, char *words, size_t size);

/* The unit that a field's name carries ("us" of hold_us, "bytes" of payload_bytes), or NULL. */
const char *field_unit(const struct field *field);

/* Bytes of one value, or of one element when the field is a list. */
size_t field_size(const struct field *field);

#endif
