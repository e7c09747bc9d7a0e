/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_DOCTOR_SITES_H
#define DADRACE_DOCTOR_SITES_H

#include "base/fields.h"
#include "loader/probes.h"
#include "spec/sites.h"

/*
 * The named sites on the running kernel: which function is behind each, and how it can be
 * hooked. One row for each site, and of a site that is the driver's one for each kind of
 * device.
 */
enum { DOCTOR_SITES_MAX = 64 };

struct doctor_site {
	const char *site;
	const char *device; /* kind; NULL: of any */
	const char *doc;
	const char *function; /* NULL: none */
	enum tier tier;	      /* that would be used; TIER_AUTO: none */
	bool kprobe;
	bool fentry;
	const char *reason; /* why one of them does not work, or NULL */
	char said[160];
	struct probes_place place;
};

extern const struct fields doctor_site_fields;

/* Lists the sites, tried or not; returns how many. `rows` has room for DOCTOR_SITES_MAX. */
uint32_t doctor_sites_find(struct doctor_site *rows, bool try);

void doctor_sites_print(const struct doctor_site *rows, uint32_t nr);

#endif
