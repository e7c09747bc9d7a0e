// SPDX-License-Identifier: GPL-2.0-or-later
#include <cyaml/cyaml.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "base/memory.h"
#include "parse/campaign_parts.h"

/* ---- libcyaml's schema ------------------------------------------------------------------- */

#define NAMES_MAX 256

/* Made once, in storage of its own, so that loading, dumping and freeing cannot fail for it. */
static struct {
	cyaml_schema_field_t fields[2 * KEYS_MAX]; /* a row each, and an end for each mapping */
	uint32_t nr_fields;
	cyaml_schema_value_t entries[KEYS_MAX];
	uint32_t nr_entries;
	cyaml_strval_t names[NAMES_MAX];
	uint32_t nr_names;
	cyaml_schema_value_t root;
} made;

/* A table that has outgrown its room fails in the first test that loads anything. */
static void room_for(uint32_t more, uint32_t used, uint32_t room)
{
	if (used + more > room)
		abort();
}

static void value_names(cyaml_schema_value_t *value, const struct field *row)
{
	cyaml_strval_t *names = &made.names[made.nr_names];

	room_for(row->nr_names, made.nr_names, NAMES_MAX);
	made.nr_names += row->nr_names;
	for (uint32_t i = 0; i < row->nr_names; i++)
		names[i] = (cyaml_strval_t){ .str = row->names[i], .val = i };
	value->enumeration.strings = names;
	value->enumeration.count = row->nr_names;
}

static const cyaml_schema_field_t *value_rows(const struct fields *table);

static cyaml_schema_value_t value_of(const struct field *row)
{
	cyaml_schema_value_t value = {
		.flags = CYAML_FLAG_OPTIONAL,
		.data_size = (uint32_t)field_size(row),
	};

	switch (row->type) {
	case FIELD_BOOL: value.type = CYAML_BOOL; break;
	case FIELD_ENUM:
		value.type = CYAML_ENUM;
		value.flags |= CYAML_FLAG_STRICT;
		value_names(&value, row);
		break;
	case FIELD_U32:
	case FIELD_U64: value.type = CYAML_UINT; break;
	case FIELD_I64: value.type = CYAML_INT; break;
	case FIELD_TEXT:
		value.type = CYAML_STRING;
		/* Quoted, so that a text such as ~ or 5 is dumped as what it is. */
		value.flags |= CYAML_FLAG_POINTER | CYAML_FLAG_SCALAR_QUOTE_DOUBLE;
		value.data_size = sizeof(char);
		value.string.max = CYAML_UNLIMITED;
		break;
	case FIELD_OBJECT:
		value.type = CYAML_MAPPING;
		value.flags |= CYAML_FLAG_BLOCK;
		value.mapping.fields = value_rows(row->sub);
		break;
	case FIELD_REAL:
	case FIELD_TYPES: break;
	}
	return value;
}

/* A list's elements are described apart from the list. */
static cyaml_schema_value_t list_of(const struct field *row)
{
	cyaml_schema_value_t *entry = &made.entries[made.nr_entries];

	room_for(1, made.nr_entries++, KEYS_MAX);
	*entry = value_of(row);
	entry->flags &= ~(unsigned int)CYAML_FLAG_OPTIONAL;
	return (cyaml_schema_value_t){
		.type = CYAML_SEQUENCE,
		.flags = CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER | CYAML_FLAG_FLOW,
		.data_size = (uint32_t)field_size(row),
		.sequence = { .entry = entry, .max = CYAML_UNLIMITED },
	};
}

static const cyaml_schema_field_t *value_rows(const struct fields *table)
{
	cyaml_schema_field_t *fields = &made.fields[made.nr_fields];
	uint32_t nr = 0;

	while (table->rows[nr].name)
		nr++;
	/* One more stays zero: the end. */
	room_for(nr + 1, made.nr_fields, 2 * KEYS_MAX);
	made.nr_fields += nr + 1;
	for (uint32_t i = 0; i < nr; i++) {
		const struct field *row = &table->rows[i];

		fields[i] = (cyaml_schema_field_t){
			.key = row->name,
			.data_offset = (uint32_t)row->offset,
			.count_offset = (uint32_t)row->count_offset,
			.count_size = row->list ? sizeof(uint32_t) : 0,
			.value = row->list ? list_of(row) : value_of(row),
		};
	}
	return fields;
}

static void schema_make(void)
{
	made.root = value_of(campaign_keys()->list[ROOT].row);
	made.root.flags |= CYAML_FLAG_POINTER;
}

static const cyaml_schema_value_t *schema(void)
{
	static once_flag once = ONCE_FLAG_INIT;

	call_once(&once, schema_make);
	return &made.root;
}

/* ---- load, dump, free ---- */

/* Text in YAML's double quotes; what is not plain ASCII as a code point. The text is UTF-8. */
static void write_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
		uint32_t point = *at;
		int more = point >= 0xf0 ? 3 : point >= 0xe0 ? 2 : point >= 0xc0 ? 1 : 0;

		if (more)
			point &= 0x3fu >> more;
		for (; more && at[1]; more--)
			point = point << 6 | (*++at & 0x3fu);
		if (point < ' ' || point > '~' || point == '"' || point == '\\')
			fprintf(out, "\\U%08" PRIX32, point);
		else
			fputc((int)point, out);
	}
	fputc('"', out);
}

static void write_given(FILE *out, const struct field *row, const struct given *given)
{
	fprintf(out, "%s: %s", row->name, row->list ? "[" : "");
	for (uint32_t i = 0; i < given->nr_words; i++) {
		fputs(i ? ", " : "", out);
		if (row->type == FIELD_TEXT)
			write_text(out, given->words[i]);
		else
			fputs(given->words[i], out);
	}
	fprintf(out, "%s\n", row->list ? "]," : ",");
}

/* Everything known, as one complete text. A key without words is left out and stays NULL. */
static void write_all(FILE *out, const struct load *load, int parent)
{
	for (int id = ROOT + 1; id < load->keys->nr; id++) {
		const struct key *key = &load->keys->list[id];

		if (key->parent != parent)
			continue;
		if (key->row->type == FIELD_OBJECT) {
			fprintf(out, "%s: {\n", key->row->name);
			write_all(out, load, id);
			fputs("},\n", out);
		} else if (load->given[id].nr_words) {
			write_given(out, key->row, &load->given[id]);
		}
	}
}

/* libcyaml's last words, for the case that it refuses what the table allows. */
__attribute__((format(printf, 3, 0))) static void keep_log(cyaml_log_t level, void *ctx,
							   const char *fmt, va_list args)
{
	struct shown *last = ctx;

	(void)level;
	vsnprintf(last->text, sizeof(last->text), fmt, args);
}

static cyaml_config_t cyaml_setup(struct shown *last)
{
	return (cyaml_config_t){
		.log_fn = last ? keep_log : NULL,
		.log_ctx = last,
		.log_level = CYAML_LOG_ERROR,
		.mem_fn = cyaml_mem,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

/* libyaml was given what we have written ourselves: it can only lack memory. */
static bool is_shortage(cyaml_err_t err)
{
	return err == CYAML_ERR_OOM || err == CYAML_ERR_LIBYAML_PARSER_INIT ||
	       err == CYAML_ERR_LIBYAML_PARSER || err == CYAML_ERR_LIBYAML_EMITTER_INIT ||
	       err == CYAML_ERR_LIBYAML_EMITTER || err == CYAML_ERR_LIBYAML_EVENT_INIT;
}

int campaign_build(const struct load *load, struct campaign **out)
{
	struct shown last = { "" };
	cyaml_config_t config = cyaml_setup(&last);
	cyaml_data_t *campaign = NULL;
	cyaml_err_t refused;
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);

	if (!file)
		return complain_memory(load);
	fputs("{\n", file);
	write_all(file, load, ROOT);
	fputs("}\n", file);
	if (memstream_close(file, &text))
		return complain_memory(load);
	refused = cyaml_load_data((const uint8_t *)text, length, &config, schema(), &campaign,
				  NULL);
	free(text);
	if (is_shortage(refused))
		return complain_memory(load);
	if (refused || !campaign)
		return why_set(load->why, EPROTO,
			       "%s: libcyaml refused what had been checked: %s; %s", load->name,
			       cyaml_strerror(refused), show(last.text).text);
	*out = campaign;
	return 0;
}

void campaign_free(struct campaign *campaign)
{
	cyaml_config_t config = cyaml_setup(NULL);

	if (campaign)
		cyaml_free(&config, schema(), campaign, 0);
}

int campaign_dump(const struct campaign *campaign, FILE *out)
{
	cyaml_config_t config = cyaml_setup(NULL);
	char *text = NULL;
	size_t length = 0;
	cyaml_err_t failed;
	int err = 0;

	failed = cyaml_save_data(&text, &length, &config, schema(), campaign, 0);
	if (failed)
		return is_shortage(failed) ? -ENOMEM : -EPROTO;
	if (fwrite(text, 1, length, out) != length || fflush(out))
		err = -EIO;
	cyaml_mem(NULL, text, 0);
	return err;
}
