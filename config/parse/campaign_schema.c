// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "parse/campaign_parts.h"
#include "parse/campaign_schema.h"

static bool can_be_empty(const struct field *row)
{
	return row->list && !strcmp(row->fallback, "[]");
}

/* What the loader takes for text is any scalar: 5 in a command line is an argument. */
static json_t *text_schema(const struct field *row)
{
	json_t *schema = json_pack("{s[sss]}", "type", "string", "number", "boolean");

	if (row->nullable)
		json_array_append_new(json_object_get(schema, "type"), json_string("null"));
	return schema;
}

static json_t *names_schema(const struct field *row)
{
	json_t *names = json_array();

	for (uint32_t i = 0; i < row->nr_names; i++)
		json_array_append_new(names, json_string(row->names[i]));
	return json_pack("{ss so}", "type", "string", "enum", names);
}

static json_t *number_schema(const struct field *row)
{
	json_t *number = json_pack("{ss sI sI}", "type", "integer", "minimum",
				   (json_int_t)row->min, "maximum", (json_int_t)row->max);

	return row->nr_names ? json_pack("{s[oo]}", "anyOf", number, names_schema(row)) :
			       number;
}

static json_t *rows_schema(const struct fields *fields, const json_t *defaults);

/* One value, or one element of a list. */
static json_t *value_schema(const struct field *row, const json_t *fallback)
{
	switch (row->type) {
	case FIELD_BOOL: return json_pack("{ss}", "type", "boolean");
	case FIELD_ENUM: return names_schema(row);
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_I64: return number_schema(row);
	case FIELD_TEXT: return text_schema(row);
	case FIELD_OBJECT: return rows_schema(row->sub, fallback);
	case FIELD_REAL: /* no key is one */
	case FIELD_TYPES: break;
	}
	return NULL;
}

static json_t *list_schema(const struct field *row)
{
	json_t *schema =
		json_pack("{ss so}", "type", "array", "items", value_schema(row, NULL));

	if (!can_be_empty(row))
		json_object_set_new(schema, "minItems", json_integer(1));
	if (row->type == FIELD_ENUM)
		json_object_set_new(schema, "uniqueItems", json_true());
	return schema;
}

static json_t *row_schema(const struct field *row, json_t *fallback)
{
	json_t *schema = row->list ? list_schema(row) : value_schema(row, fallback);

	if (row->shell)
		schema = json_pack("{s[oo]}", "anyOf", value_schema(row, NULL), schema);
	json_object_set_new(schema, "description", json_sprintf("%s.", row->doc));
	if (row->type != FIELD_OBJECT && !json_is_null(fallback))
		json_object_set(schema, "default", fallback);
	if (row->example)
		json_object_set_new(schema, "examples", json_pack("[s]", row->example));
	return schema;
}

static json_t *rows_schema(const struct fields *fields, const json_t *defaults)
{
	json_t *properties = json_object();

	for (const struct field *row = fields->rows; row->name; row++)
		json_object_set_new(properties, row->name,
				    row_schema(row, json_object_get(defaults, row->name)));
	return json_pack("{ss so sb}", "type", "object", "properties", properties,
			 "additionalProperties", false);
}

/* The schema of a key inside those of the objects around it. */
static json_t *around(int id, json_t *schema)
{
	const struct keys *keys = campaign_keys();

	for (; id != ROOT; id = keys->list[id].parent)
		schema = json_pack("{s{so}}", "properties", keys->list[id].row->name, schema);
	return schema;
}

/* In a spec, a list to draw from has one element; it must be given if the default has more. */
static json_t *spec_schema(const json_t *defaults)
{
	json_t *all = json_pack("[o]", around(key_find("trial_seed"),
					      json_pack("{s{ss}}", "not", "type", "null")));
	json_t *needed = json_pack("[s]", "trial_seed");

	for (const struct pin *pin = campaign_pins; pin->drawn; pin++) {
		if (!pin->list)
			continue;
		json_array_append_new(
			all, around(key_find(pin->key), json_pack("{si}", "maxItems", 1)));
		if (json_array_size(json_object_get(defaults, pin->key)) > 1)
			json_array_append_new(needed, json_string(pin->key));
	}
	return json_pack("{so so}", "required", needed, "allOf", all);
}

static json_t *schema_make(const json_t *defaults)
{
	json_t *schema = json_pack(
		"{ss ss ss}", "$schema", "http://json-schema.org/draft-07/schema#", "title",
		"dadrace campaign", "description",
		"A campaign file of dadrace. Which keys go together is checked by `dadrace plan FILE`.");

	json_object_update_new(schema, rows_schema(&campaign_fields, defaults));
	/* An empty file is a campaign, too. */
	json_object_set_new(schema, "type", json_pack("[ss]", "object", "null"));
	json_object_set_new(schema, "if",
			    json_pack("{s[s] s{s{si}}}", "required", "spec", "properties",
				      "spec", "const", 1));
	json_object_set_new(schema, "then", spec_schema(defaults));
	return schema;
}

int campaign_schema(FILE *out)
{
	json_auto_t *defaults = NULL, *schema = NULL;
	struct campaign *campaign = NULL;

	if (campaign_load(NULL, NULL, 0, &campaign, NULL))
		return -ENOMEM;
	defaults = fields_to_json(&campaign_fields, campaign);
	campaign_free(campaign);
	schema = schema_make(defaults);
	if (json_dumpf(schema, out, JSON_INDENT(2)) || fputc('\n', out) == EOF)
		return -EIO;
	return 0;
}
