// SPDX-License-Identifier: GPL-2.0-or-later
#include <cyaml/cyaml.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "parse/campaign_parts.h"

#define TEXT_MAX (1u << 20) /* bytes of a campaign file */

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
	for (int id = ROOT + 1; id < nr_campaign_keys; id++) {
		const struct key *key = &campaign_keys[id];

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

static int build(const struct load *load, const cyaml_schema_value_t *schema,
		 struct campaign **out)
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
	if (fclose(file)) {
		free(text);
		return complain_memory(load);
	}
	refused = cyaml_load_data((const uint8_t *)text, length, &config, schema, &campaign,
				  NULL);
	free(text);
	if (refused == CYAML_ERR_OOM)
		return complain_memory(load);
	if (refused || !campaign)
		return why_set(load->why, EPROTO,
			       "%s: libcyaml refused what had been checked: %s; %s", load->name,
			       cyaml_strerror(refused), show(last.text).text);
	*out = campaign;
	return 0;
}

int campaign_load_text(const char *name, const char *text, size_t length,
		       const char *const *sets, size_t nr_sets, struct campaign **out,
		       struct why *why)
{
	const cyaml_schema_value_t *schema = campaign_schema(); /* and the keys */
	struct load load = { .name = name, .sets = sets, .why = why };
	struct campaign *campaign = NULL;
	int err = 0;

	for (int id = ROOT + 1; !err && id < nr_campaign_keys; id++)
		err = read_fallback(&load, id);
	if (!err && text)
		err = read_layer(&load, LAYER_FILE, ROOT, text, length);
	for (size_t i = 0; !err && i < nr_sets; i++)
		err = read_set(&load, LAYER_SETS + (int)i);
	if (!err)
		err = resolve_hold(&load);
	if (!err)
		err = resolve_objects(&load);
	if (!err)
		err = build(&load, schema, &campaign);
	if (!err)
		err = check_all(&load, campaign);
	for (int id = 0; id < KEYS_MAX; id++)
		given_drop(&load.given[id]);
	if (err)
		campaign_free(campaign);
	else
		*out = campaign;
	return err;
}

static int read_stream(const char *name, FILE *file, char **text, size_t *length,
		       struct why *why)
{
	char *buffer = malloc(TEXT_MAX + 1);

	if (!buffer)
		return why_set(why, ENOMEM, "%s: out of memory", name);
	*length = fread(buffer, 1, TEXT_MAX + 1, file);
	if (ferror(file)) {
		int err = errno ? errno : EIO;

		free(buffer);
		return why_set(why, err, "%s: cannot be read: %s", name, strerror(err));
	}
	if (*length > TEXT_MAX) {
		free(buffer);
		return why_set(why, EINVAL,
			       "%s: longer than %u bytes; is this a campaign file?", name,
			       TEXT_MAX);
	}
	*text = buffer;
	return 0;
}

int campaign_load(const char *path, const char *const *sets, size_t nr_sets,
		  struct campaign **out, struct why *why)
{
	bool is_stdin = path && !strcmp(path, "-");
	const char *name = !path ? "defaults" : is_stdin ? "standard input" : path;
	char *text = NULL;
	size_t length = 0;
	int err = 0;

	if (path) {
		FILE *file = is_stdin ? stdin : fopen(path, "re");

		if (!file) {
			err = errno;
			return why_set(why, err, "%s: cannot be opened: %s", path,
				       strerror(err));
		}
		err = read_stream(name, file, &text, &length, why);
		if (!is_stdin)
			fclose(file);
	}
	if (!err)
		err = campaign_load_text(name, text, length, sets, nr_sets, out, why);
	free(text);
	return err;
}

void campaign_free(struct campaign *campaign)
{
	cyaml_config_t config = cyaml_setup(NULL);

	if (campaign)
		cyaml_free(&config, campaign_schema(), campaign, 0);
}

int campaign_dump(const struct campaign *campaign, FILE *out)
{
	cyaml_config_t config = cyaml_setup(NULL);
	char *text = NULL;
	size_t length = 0;
	cyaml_err_t failed;
	int err = 0;

	failed = cyaml_save_data(&text, &length, &config, campaign_schema(), campaign, 0);
	if (failed)
		return failed == CYAML_ERR_OOM ? -ENOMEM : -EPROTO;
	if (fwrite(text, 1, length, out) != length || fflush(out))
		err = -EIO;
	cyaml_mem(NULL, text, 0);
	return err;
}

void campaign_help(FILE *out)
{
	fputs("A campaign file is YAML. Every key may be left out; an unknown one is an "
	      "error.\n"
	      "--set window.hold_us=[1000,5000] overrides a key; its value is YAML, too.\n\n",
	      out);
	fields_list(&campaign_fields, "", out);
}
