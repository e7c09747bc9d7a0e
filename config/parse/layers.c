// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "parse/load.h"

/* One layer being read. */
struct reader {
	struct load *load;
	int layer;
	const char *text;
	size_t length;
	yaml_parser_t parser;
};

#define event_auto __attribute__((cleanup(yaml_event_delete))) yaml_event_t

/* complain() at an event */
#define complain_at(reader, event, id, ...)                                     \
	complain((reader)->load, (reader)->layer, (event)->start_mark.line + 1, \
		 (event)->start_mark.column + 1, id, __VA_ARGS__)

void given_drop(struct given *given)
{
	for (uint32_t i = 0; i < given->nr_words; i++)
		free(given->words[i]);
	free(given->words);
	given->words = NULL;
	given->nr_words = 0;
}

void load_drop(struct load *load)
{
	for (int id = 0; id < load->keys->nr; id++)
		given_drop(&load->given[id]);
}

static int given_word(struct given *given, const char *word)
{
	char **words = realloc(given->words, (given->nr_words + 1) * sizeof(*words));

	if (!words)
		return -ENOMEM;
	given->words = words;
	words[given->nr_words] = strdup(word);
	return words[given->nr_words++] ? 0 : -ENOMEM;
}

static const struct key *key_of(const struct load *load, int id)
{
	return &load->keys->list[id];
}

/* As it would have to be written there. NULL: no key is meant. */
static const char *meant_here(const struct load *load, int layer, int parent, const char *name)
{
	int id = meant_key(load->keys, parent, name);

	if (id < 0)
		return NULL;
	return layer < LAYER_SETS && key_of(load, id)->parent == parent ?
		       key_of(load, id)->row->name :
		       key_of(load, id)->path;
}

static int complain_dotted(const struct load *load, int layer, size_t line, size_t column,
			   int id)
{
	const struct key *key = key_of(load, id);

	return complain(load, layer, line, column, id,
			"dots join keys in --set only; in a file, write %s: below %s:",
			key->row->name, key_of(load, key->parent)->path);
}

static int complain_unknown(const struct load *load, int layer, size_t line, size_t column,
			    int parent, const char *name)
{
	const char *path = key_of(load, parent)->path, *dot = parent == ROOT ? "" : ".";
	int dotted = parent == ROOT ? key_at(load->keys, name) : -1;

	if (key_of(load, parent)->row->type != FIELD_OBJECT)
		return complain(load, layer, line, column, parent, "has no keys below it");
	if (dotted >= 0)
		return complain_dotted(load, layer, line, column, dotted);
	return complain(load, layer, line, column, ROOT, "%s%s%s: unknown key; %s", path, dot,
			show(name).text,
			allowed_instead(meant_here(load, layer, parent, name), " here",
					allowed_keys(load->keys, parent))
				.text);
}

/* libyaml names the byte, but not the line, of what is no UTF-8. */
static int complain_bytes(const struct reader *reader)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < reader->parser.problem_offset && i < reader->length; i++) {
		if (reader->text[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)reader->text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	return complain(reader->load, reader->layer, line, column, ROOT, "not valid YAML: %s",
			reader->parser.problem);
}

static int next_event(struct reader *reader, yaml_event_t *event)
{
	const yaml_parser_t *parser = &reader->parser;

	if (yaml_parser_parse(&reader->parser, event))
		return 0;
	/* A failed parse leaves nothing to delete, but may leave traces of an event. */
	memset(event, 0, sizeof(*event));
	if (parser->error == YAML_MEMORY_ERROR)
		return complain_memory(reader->load);
	if (parser->error == YAML_READER_ERROR)
		return complain_bytes(reader);
	return complain(reader->load, reader->layer, parser->problem_mark.line + 1,
			parser->problem_mark.column + 1, ROOT, "not valid YAML: %s%s%s",
			parser->context ? parser->context : "", parser->context ? ", " : "",
			parser->problem);
}

static struct shown found(const yaml_event_t *event)
{
	struct shown word, quoted = { "" };

	if (event->type == YAML_MAPPING_START_EVENT)
		return (struct shown){ "a mapping" };
	if (event->type == YAML_SEQUENCE_START_EVENT)
		return (struct shown){ "a list" };
	if (event->type != YAML_SCALAR_EVENT)
		return (struct shown){ "nothing" };
	word = show((const char *)event->data.scalar.value);
	/* A quoted number is text, which only its quotes can tell. */
	if (event->data.scalar.quoted_implicit) {
		text_add(quoted.text, sizeof(quoted.text), "\"%s\"", word.text);
		return quoted;
	}
	return *word.text ? word : (struct shown){ "nothing" };
}

static bool is_plain(const yaml_event_t *event)
{
	return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool is_null(const yaml_event_t *event)
{
	const char *word = (const char *)event->data.scalar.value;

	return is_plain(event) && (!*word || !strcmp(word, "~") || !strcmp(word, "null"));
}

/* Decimal only, and no leading zero: YAML 1.1 would take 010 for eight, 1.2 for ten. */
static bool is_number(const struct field *row, const char *word)
{
	const char *digits = word + (row->type == FIELD_I64 && *word == '-');
	intmax_t value;

	if (!*digits || digits[strspn(digits, "0123456789")] || (*digits == '0' && digits[1]))
		return false;
	errno = 0;
	value = strtoimax(word, NULL, 10);
	return !errno && value >= row->min && value <= row->max;
}

static bool is_name(const struct field *row, const char *word)
{
	for (uint32_t i = 0; i < row->nr_names; i++)
		if (!strcmp(row->names[i], word))
			return true;
	return false;
}

static bool is_value(const struct field *row, const yaml_event_t *event)
{
	const char *word = (const char *)event->data.scalar.value;

	switch (row->type) {
	case FIELD_BOOL:
		return is_plain(event) && (!strcmp(word, "true") || !strcmp(word, "false"));
	case FIELD_ENUM: return is_name(row, word);
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_I64: return is_plain(event) && (is_number(row, word) || is_name(row, word));
	case FIELD_TEXT: return !is_null(event) && strlen(word) == event->data.scalar.length;
	case FIELD_REAL: /* no key is one */
	case FIELD_OBJECT:
	case FIELD_TYPES: break;
	}
	return false;
}

static int refuse_extras(const struct reader *reader, const yaml_event_t *event, int id)
{
	const yaml_char_t *tag = NULL;

	if (event->type == YAML_ALIAS_EVENT)
		return complain_at(reader, event, id, "found an alias; write the value out");
	if (event->type == YAML_SCALAR_EVENT)
		tag = event->data.scalar.tag;
	else if (event->type == YAML_SEQUENCE_START_EVENT)
		tag = event->data.sequence_start.tag;
	else if (event->type == YAML_MAPPING_START_EVENT)
		tag = event->data.mapping_start.tag;
	return tag ? complain_at(reader, event, id, "found a tag; write the value without it") :
		     0;
}

static struct allowed values(const struct reader *reader, int id)
{
	return allowed_values(reader->load->keys, id);
}

static int complain_value(const struct reader *reader, int id, const yaml_event_t *event)
{
	const struct field *row = key_of(reader->load, id)->row;
	const char *word =
		event->type == YAML_SCALAR_EVENT ? (const char *)event->data.scalar.value : "";

	return complain_at(reader, event, id, "found %s; %s", found(event).text,
			   allowed_instead(meant_value(row, word),
					   row->list ? " in this list" : "", values(reader, id))
				   .text);
}

static int read_word(struct reader *reader, int id, const yaml_event_t *event)
{
	struct given *given = &reader->load->given[id];
	const struct field *row = key_of(reader->load, id)->row;
	int err = refuse_extras(reader, event, id);

	if (err)
		return err;
	if (event->type != YAML_SCALAR_EVENT || !is_value(row, event))
		return complain_value(reader, id, event);
	for (uint32_t i = 0; row->type == FIELD_ENUM && i < given->nr_words; i++)
		if (!strcmp(given->words[i], (const char *)event->data.scalar.value))
			return complain_at(reader, event, id, "%s is listed twice",
					   given->words[i]);
	if (given_word(given, (const char *)event->data.scalar.value))
		return complain_memory(reader->load);
	return 0;
}

static int read_list(struct reader *reader, int id, const yaml_event_t *start)
{
	const struct field *row = key_of(reader->load, id)->row;
	int err = refuse_extras(reader, start, id);

	if (err)
		return err;
	if (start->type != YAML_SEQUENCE_START_EVENT)
		return complain_at(reader, start, id,
				   "found %s; allowed: a list, in brackets, of %s",
				   found(start).text, values(reader, id).text);
	for (;;) {
		event_auto event = { 0 };

		err = next_event(reader, &event);
		if (err)
			return err;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			break;
		err = read_word(reader, id, &event);
		if (err)
			return err;
	}
	if (!reader->load->given[id].nr_words && strcmp(row->fallback, "[]") != 0)
		return complain_at(reader, start, id,
				   "found an empty list; allowed: a list of at least one of %s",
				   values(reader, id).text);
	return 0;
}

/* What a shell is given becomes its arguments. */
static int read_shell(struct reader *reader, int id, const yaml_event_t *event)
{
	struct given *given = &reader->load->given[id];

	if (given_word(given, "sh") || given_word(given, "-c"))
		return complain_memory(reader->load);
	return read_word(reader, id, event);
}

static int read_value(struct reader *reader, int id, const yaml_event_t *event);

static int read_key(struct reader *reader, int parent, const yaml_event_t *event)
{
	struct load *load = reader->load;
	event_auto value = { 0 };
	int id, err;

	err = refuse_extras(reader, event, parent);
	if (err)
		return err;
	if (event->type != YAML_SCALAR_EVENT)
		return complain_at(reader, event, parent,
				   "found %s for a key; allowed here: %s", found(event).text,
				   allowed_keys(reader->load->keys, parent).text);
	id = key_child(load->keys, parent, (const char *)event->data.scalar.value,
		       event->data.scalar.length);
	if (id < 0)
		return complain_unknown(load, reader->layer, event->start_mark.line + 1,
					event->start_mark.column + 1, parent,
					(const char *)event->data.scalar.value);
	if (load->given[id].layer == reader->layer && reader->layer != LAYER_FALLBACK)
		return complain_at(reader, event, id, "given twice, first in line %zu",
				   load->given[id].line);
	given_drop(&load->given[id]);
	load->given[id].layer = reader->layer;
	load->given[id].line = event->start_mark.line + 1;
	load->given[id].column = event->start_mark.column + 1;
	err = next_event(reader, &value);
	return err ? err : read_value(reader, id, &value);
}

static int read_mapping(struct reader *reader, int id, const yaml_event_t *start)
{
	int err = refuse_extras(reader, start, id);

	if (err)
		return err;
	if (start->type != YAML_MAPPING_START_EVENT)
		return complain_at(
			reader, start, id, "found %s; allowed: a mapping with the keys %s",
			found(start).text, allowed_keys(reader->load->keys, id).text);
	for (;;) {
		event_auto event = { 0 };

		err = next_event(reader, &event);
		if (err || event.type == YAML_MAPPING_END_EVENT)
			return err;
		err = read_key(reader, id, &event);
		if (err)
			return err;
	}
}

static int read_value(struct reader *reader, int id, const yaml_event_t *event)
{
	const struct field *row = key_of(reader->load, id)->row;

	if (row->type == FIELD_OBJECT)
		return read_mapping(reader, id, event);
	if (row->shell && event->type == YAML_SCALAR_EVENT && !is_null(event))
		return read_shell(reader, id, event);
	if (row->list)
		return read_list(reader, id, event);
	if (row->nullable && event->type == YAML_SCALAR_EVENT && is_null(event))
		return 0;
	return read_word(reader, id, event);
}

static int read_document(struct reader *reader, int id)
{
	event_auto start = { 0 }, document = { 0 }, value = { 0 }, end = { 0 }, after = { 0 };
	int err;

	err = next_event(reader, &start);
	if (!err)
		err = next_event(reader, &document);
	if (err)
		return err;
	if (document.type == YAML_STREAM_END_EVENT) {
		if (id == ROOT)
			return 0;
		return complain_at(reader, &document, id, "found nothing; allowed: %s",
				   values(reader, id).text);
	}
	err = next_event(reader, &value);
	if (err)
		return err;
	/* A file of which everything is commented out but the "---" says nothing, too. */
	if (id != ROOT || value.type != YAML_SCALAR_EVENT || !is_null(&value))
		err = read_value(reader, id, &value);
	if (!err)
		err = next_event(reader, &end);
	if (!err)
		err = next_event(reader, &after);
	if (!err && after.type != YAML_STREAM_END_EVENT)
		err = complain_at(reader, &after, ROOT,
				  "found a second document; allowed: one");
	return err;
}

int read_layer(struct load *load, int layer, int id, const char *text, size_t length)
{
	struct reader reader = {
		.load = load,
		.layer = layer,
		.text = text,
		.length = length,
	};
	int err;

	if (!yaml_parser_initialize(&reader.parser))
		return complain_memory(load);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, length);
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	err = read_document(&reader, id);
	yaml_parser_delete(&reader.parser);
	return err;
}

int read_fallback(struct load *load, int id)
{
	const char *fallback = key_of(load, id)->row->fallback;

	given_drop(&load->given[id]);
	load->given[id].layer = LAYER_FALLBACK;
	return fallback ? read_layer(load, LAYER_FALLBACK, id, fallback, strlen(fallback)) : 0;
}

int read_fallbacks(struct load *load)
{
	int err = 0;

	for (int id = ROOT + 1; !err && id < load->keys->nr; id++)
		err = read_fallback(load, id);
	return err;
}

int read_set(struct load *load, int layer)
{
	const char *set = load->sets[layer - LAYER_SETS];
	const char *equals = strchr(set, '=');
	const char *name = set;
	int id = ROOT;

	if (!equals || equals == set)
		return complain(load, layer, 0, 0, ROOT,
				"expected KEY=VALUE, such as window.hold_us=[5000]");
	for (;;) {
		size_t length = strcspn(name, ".=");
		int child = key_child(load->keys, id, name, length);

		if (child < 0) {
			struct shown word = { "" };

			text_add(word.text, sizeof(word.text), "%.*s", (int)length, name);
			return complain_unknown(load, layer, 0, 0, id, word.text);
		}
		id = child;
		name += length;
		if (*name++ == '=')
			break;
	}
	given_drop(&load->given[id]);
	load->given[id].layer = layer;
	return read_layer(load, layer, id, name, strlen(name));
}
