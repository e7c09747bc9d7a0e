// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/doctor_sites.h"

/* clang-format off */
static const char *const used_names[] = { NULL, "kprobe", "fentry", "tracepoint" };
_Static_assert(sizeof(used_names) / sizeof(used_names[0]) == TIERS, "TIER_AUTO is none here");

#define AT(member) .offset = offsetof(struct doctor_site, member)

static const struct field rows_of_site[] = {
	{ "site", FIELD_TEXT, AT(site), .doc = "Name of the site" },
	{ "device", FIELD_TEXT, AT(device), .nullable = true,
	  .doc = "The kind of device that it is for; null when it is for any" },
	{ "doc", FIELD_TEXT, AT(doc), .doc = "What happens there" },
	{ "function", FIELD_TEXT, AT(function), .nullable = true,
	  .doc = "The function of this kernel; null when it has none, or its module is not loaded" },
	{ "tier", FIELD_ENUM, AT(tier), .names = used_names, .nr_names = TIERS,
	  .doc = "How a hold would be hooked; null when it cannot be" },
	{ "kprobe", FIELD_BOOL, AT(kprobe), .doc = "Whether a kprobe could be attached just now" },
	{ "fentry", FIELD_BOOL, AT(fentry), .doc = "Whether an fentry program could be attached just now" },
	{ "reason", FIELD_TEXT, AT(reason), .nullable = true, .doc = "Why one of them does not work" },
	{ .name = NULL },
};
const struct fields doctor_site_fields = {
	"hold_site", "A place where an order can hold a thread", rows_of_site, sizeof(struct doctor_site),
};
/* clang-format on */

static uint32_t add_site(struct doctor_site *row, const struct hold_site *site, int kind)
{
	*row = (struct doctor_site){ .site = site->name, .doc = site->doc };
	if (site_of_device(site, (enum device_kind)kind))
		row->device = device_kind_names[kind];
	site_functions(site, (enum device_kind)kind, NULL, row->place.functions);
	return 1;
}

/* Of the kinds that every kernel has: a module that is not loaded has no functions. */
static uint32_t list_sites(struct doctor_site *rows)
{
	uint32_t nr = 0;

	for (const struct hold_site *site = hold_sites; site->name; site++)
		for (int kind = 0; kind < DEVICE_EXISTING && nr < DOCTOR_SITES_MAX; kind++)
			if (!kind || site_of_device(site, (enum device_kind)kind))
				nr += add_site(&rows[nr], site, kind);
	return nr;
}

static void judge(struct doctor_site *row)
{
	const struct probes_place *place = &row->place;
	size_t size = sizeof(row->said);

	row->kprobe = !place->kprobe;
	row->fentry = !place->fentry;
	row->function = place->function[0] ? place->function : NULL;
	row->tier = row->fentry ? TIER_FENTRY : row->kprobe ? TIER_KPROBE : TIER_AUTO;
	if (row->fentry && row->kprobe)
		return;
	if (!row->function)
		snprintf(row->said, size,
			 "no function %s: inlined, or its module is not loaded",
			 place->functions[0]);
	else if (!row->fentry && !row->kprobe)
		snprintf(row->said, size, "fentry: %s; kprobe: %s", strerror(-place->fentry),
			 strerror(-place->kprobe));
	else if (row->fentry)
		snprintf(row->said, size, "kprobe: %s", strerror(-place->kprobe));
	else if (strchr(row->function, '.'))
		snprintf(row->said, size, "fentry: the compiler changed its arguments");
	else
		snprintf(row->said, size, "fentry: %s", strerror(-place->fentry));
	row->reason = row->said;
}

uint32_t doctor_sites_find(struct doctor_site *rows, bool try)
{
	struct probes_place places[DOCTOR_SITES_MAX];
	uint32_t nr = list_sites(rows);

	for (uint32_t i = 0; i < nr; i++)
		places[i] = rows[i].place;
	if (try)
		probes_try_places(places, nr);
	for (uint32_t i = 0; try && i < nr; i++) {
		rows[i].place = places[i];
		judge(&rows[i]);
	}
	return nr;
}

static bool any_works(const struct doctor_site *rows, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		if (rows[i].tier)
			return true;
	return false;
}

void doctor_sites_print(const struct doctor_site *rows, uint32_t nr)
{
	if (!any_works(rows, nr)) {
		printf("  none of the %u sites can be hooked, so no order is possible; %s: %s\n",
		       nr, rows[0].site, rows[0].reason);
		return;
	}
	for (uint32_t i = 0; i < nr; i++) {
		const struct doctor_site *row = &rows[i];

		printf("  %-17s %-7s %-4s", row->site, row->device ? row->device : "",
		       row->tier ? "ok" : "no");
		if (row->tier)
			printf("by %s%s of %s%s", used_names[row->tier],
			       row->fentry && row->kprobe ? " or kprobe" : "", row->function,
			       row->reason ? "; " : "");
		printf("%s\n", row->reason ? row->reason : "");
	}
}
