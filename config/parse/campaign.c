// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "parse/campaign_parts.h"
#include "parse/template.h"
#include "parse/text.h"

int campaign_load_text(const char *name, const char *text, size_t length,
		       const char *const *sets, size_t nr_sets, struct campaign **out,
		       struct why *why)
{
	struct load load = { .keys = campaign_keys(), .name = name, .sets = sets, .why = why };
	struct campaign *campaign = NULL;
	int err = read_fallbacks(&load);

	if (!err && text)
		err = read_layer(&load, LAYER_FILE, ROOT, text, length);
	for (size_t i = 0; !err && i < nr_sets; i++)
		err = read_set(&load, LAYER_SETS + (int)i);
	if (!err)
		err = resolve_hold(&load);
	if (!err)
		err = resolve_objects(&load);
	if (!err)
		err = resolve_deadline(&load);
	if (!err)
		err = resolve_lanes(&load);
	if (!err)
		err = campaign_build(&load, &campaign);
	if (!err)
		err = check_all(&load, campaign);
	load_drop(&load);
	if (err)
		campaign_free(campaign);
	else
		*out = campaign;
	return err;
}

int campaign_load(const char *path, const char *const *sets, size_t nr_sets,
		  struct campaign **out, struct why *why)
{
	const char *name = !path		  ? "defaults" :
			   strcmp(path, "-") != 0 ? path :
						    "standard input";
	char *text = NULL;
	size_t length = 0;
	int err = path ? text_read(path, &text, &length, why) : 0;

	if (!err)
		err = campaign_load_text(name, text, length, sets, nr_sets, out, why);
	free(text);
	return err;
}

void campaign_help(FILE *out)
{
	fputs("# SPDX-License-Identifier: GPL-2.0-or-later\n"
	      "#\n"
	      "# Every key of a campaign with its default, as `dadrace run --help-config` prints them.\n"
	      "#\n"
	      "# A campaign file needs only the keys that differ from their defaults. An unknown key is an\n"
	      "# error. On the command line, --set overrides a key: --set window.hold_us=[1000,5000]\n",
	      out);
	template_write(campaign_keys(), out);
}
