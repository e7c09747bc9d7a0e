// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "service/metrics.h"

enum family_type {
	COUNTER,
	HISTOGRAM,
	GAUGE,
};

struct label {
	const char *name; /* NULL: there is none */
	const char *const *values;
	uint32_t nr;
};

struct family { /* NOLINT(clang-analyzer-optin.performance.Padding): order of the rows */
	const char *name; /* without _total */
	enum family_type type;
	const char *help;
	size_t offset; /* of struct metrics, or of struct metrics_gauges */
	struct label outer, inner;
	bool wide; /* GAUGE: 64 bits */
};

/* Upper ends in us; what is more goes into the last bucket. */
static const uint64_t ends_us[METRICS_BUCKETS - 1] = {
	100,   250,    500,    1000,   2500,	5000,	 10000,	   25000,
	50000, 100000, 250000, 500000, 1000000, 5000000, 30000000,
};

static const char *const campaign_ends[CAMPAIGN_VERDICTS + 1] = { "clean", "fault",
								  "inconclusive", "skipped",
								  "none" };

/* clang-format off */
#define COUNTER_AT(member) offsetof(struct metrics, member)
#define GAUGE_AT(member) offsetof(struct metrics_gauges, member)
#define BY_ARM         { "arm", arm_names, ARMS }

static const struct family families[] = {
	{ "dadrace_trials", COUNTER, "Judged trials.", COUNTER_AT(trials), BY_ARM,
	  { "verdict", verdict_names, VERDICTS } },
	{ "dadrace_windows", COUNTER, "Trials in which the window opened.", COUNTER_AT(windows), BY_ARM },
	{ "dadrace_echoes_sent", COUNTER, "Echoes sent.", COUNTER_AT(echoes_sent), BY_ARM },
	{ "dadrace_echoes_delivered", COUNTER, "Echoes received by the kernel.",
	  COUNTER_AT(echoes_delivered), BY_ARM },
	{ "dadrace_echoes_inside", COUNTER, "Echoes received by the kernel inside the window.",
	  COUNTER_AT(echoes_inside), BY_ARM },
	{ "dadrace_leaked_references", COUNTER, "References that were not returned.", COUNTER_AT(leaked),
	  { "object", object_names, OBJECTS } },
	{ "dadrace_findings", COUNTER, "Distinct faults, each counted once per campaign.",
	  COUNTER_AT(findings) },
	{ "dadrace_missed_probes", COUNTER, "Runs of eBPF programs that the kernel skipped.",
	  COUNTER_AT(missed_probes) },
	{ "dadrace_lost_records", COUNTER, "Records of eBPF programs that were lost.",
	  COUNTER_AT(lost_records) },
	{ "dadrace_stuck_interfaces", COUNTER, "Interfaces whose unregistering never finished.",
	  COUNTER_AT(stuck) },
	{ "dadrace_campaigns", COUNTER, "Ended campaigns.", COUNTER_AT(campaigns),
	  { "verdict", campaign_ends, CAMPAIGN_VERDICTS + 1 } },
	{ "dadrace_hold_asked_seconds", HISTOGRAM, "Requested holds of the window, of valid trials.",
	  COUNTER_AT(hold_asked) },
	{ "dadrace_held_seconds", HISTOGRAM, "Measured holds of the window, of valid trials.", COUNTER_AT(held) },
	{ "dadrace_settle_seconds", HISTOGRAM, "Time from teardown until all references were back, of valid trials.",
	  COUNTER_AT(settle) },
	{ "dadrace_queued_campaigns", GAUGE, "Queued campaigns.", GAUGE_AT(queued) },
	{ "dadrace_paused_campaigns", GAUGE, "Paused campaigns.", GAUGE_AT(paused) },
	{ "dadrace_running_campaigns", GAUGE, "Running campaigns.", GAUGE_AT(running) },
	{ "dadrace_running_trials", GAUGE, "Trials of the running campaign so far.",
	  GAUGE_AT(running_trials), .wide = true },
	{ "dadrace_kept_bytes", GAUGE, "Disk space used by the kept results.", GAUGE_AT(kept_bytes),
	  .wide = true },
	{ "dadrace_followers", GAUGE, "Clients that follow a campaign.", GAUGE_AT(followers) },
};
/* clang-format on */
enum { NR_FAMILIES = sizeof(families) / sizeof(families[0]) };

/* --- what is counted --- */

static void observe(struct metrics_histogram *histogram, uint64_t us)
{
	uint32_t i = 0;

	while (i < METRICS_BUCKETS - 1 && us > ends_us[i])
		i++;
	histogram->buckets[i]++;
	histogram->sum_us += us;
}

static void leaked(struct metrics *metrics, const struct trial_line *trial)
{
	for (int i = 0; trial->object && i < OBJECTS; i++)
		if (!strcmp(object_names[i], trial->object) && trial->delta > 0)
			metrics->leaked[i] += (uint64_t)trial->delta;
}

void metrics_add_trial(struct metrics *metrics, const struct trial_line *trial)
{
	enum arm arm = trial->spec.arm;

	if (arm >= ARMS || trial->verdict >= VERDICTS)
		return;
	metrics->trials[arm][trial->verdict]++;
	metrics->windows[arm] += trial->opened;
	metrics->echoes_sent[arm] += trial->echoes_sent;
	metrics->echoes_delivered[arm] += trial->echoes_delivered;
	metrics->echoes_inside[arm] += trial->echoes_inside;
	metrics->missed_probes += trial->missed_probes;
	metrics->lost_records += trial->lost_records;
	metrics->stuck += trial->pinned;
	leaked(metrics, trial);
	if (!verdict_valid(trial->verdict))
		return; /* what others show is not how long things take */
	if (trial->spec.hold_us)
		observe(&metrics->hold_asked, trial->spec.hold_us);
	if (trial->held_ns)
		observe(&metrics->held, trial->held_ns / 1000);
	if (trial->settled && trial->settle_ns)
		observe(&metrics->settle, trial->settle_ns / 1000);
}

void metrics_add_campaign(struct metrics *metrics, const char *verdict)
{
	uint32_t i = 0;

	while (i < CAMPAIGN_VERDICTS && (!verdict || strcmp(campaign_ends[i], verdict) != 0))
		i++;
	metrics->campaigns[i]++;
}

_Static_assert(sizeof(struct metrics) % sizeof(uint64_t) == 0, "metrics: only uint64_t");

void metrics_add(struct metrics *metrics, const struct metrics *more)
{
	uint64_t *sums = (uint64_t *)(void *)metrics;
	const uint64_t *terms = (const uint64_t *)(const void *)more;

	for (size_t i = 0; i < sizeof(*metrics) / sizeof(uint64_t); i++)
		sums[i] += terms[i];
}

/* --- samples --- */

/* A sample's name and labels, as in the exposition. */
struct sample {
	char name[160];
};

static uint32_t nr_of(const struct label *label)
{
	return label->name ? label->nr : 1;
}

static struct sample sample_of(const struct family *family, uint32_t outer, uint32_t inner)
{
	const struct label *a = &family->outer, *b = &family->inner;
	const char *suffix = family->type == COUNTER ? "_total" : "";
	struct sample sample;

	if (b->name)
		snprintf(sample.name, sizeof(sample.name), "%s%s{%s=\"%s\",%s=\"%s\"}",
			 family->name, suffix, a->name, a->values[outer], b->name,
			 b->values[inner]);
	else if (a->name)
		snprintf(sample.name, sizeof(sample.name), "%s%s{%s=\"%s\"}", family->name,
			 suffix, a->name, a->values[outer]);
	else
		snprintf(sample.name, sizeof(sample.name), "%s%s", family->name, suffix);
	return sample;
}

static struct sample bucket_of(const struct family *family, uint32_t bucket)
{
	struct sample sample;

	if (bucket == METRICS_BUCKETS - 1)
		snprintf(sample.name, sizeof(sample.name), "%s_bucket{le=\"+Inf\"}",
			 family->name);
	else
		snprintf(sample.name, sizeof(sample.name), "%s_bucket{le=\"%g\"}", family->name,
			 (double)ends_us[bucket] / 1e6);
	return sample;
}

typedef void (*each_sample)(const char *name, uint64_t *value, void *arg);

/* Every number under its sample's name; of a histogram each bucket for itself. */
static void walk(struct metrics *metrics, each_sample each, void *arg)
{
	for (int f = 0; f < NR_FAMILIES; f++) {
		const struct family *family = &families[f];
		uint64_t *values = (uint64_t *)(void *)((char *)metrics + family->offset);
		struct sample sample;

		if (family->type == GAUGE)
			continue;
		if (family->type == HISTOGRAM) {
			struct metrics_histogram *histogram = (void *)values;

			for (uint32_t i = 0; i < METRICS_BUCKETS; i++)
				each(bucket_of(family, i).name, &histogram->buckets[i], arg);
			snprintf(sample.name, sizeof(sample.name), "%s_sum_us", family->name);
			each(sample.name, &histogram->sum_us, arg);
			continue;
		}
		for (uint32_t i = 0; i < nr_of(&family->outer); i++)
			for (uint32_t j = 0; j < nr_of(&family->inner); j++)
				each(sample_of(family, i, j).name,
				     &values[i * nr_of(&family->inner) + j], arg);
	}
}

static void save(const char *name, uint64_t *value, void *arg)
{
	if (*value)
		json_object_set_new(arg, name, json_integer((json_int_t)*value));
}

json_t *metrics_to_json(const struct metrics *metrics)
{
	struct metrics copy = *metrics;
	json_t *json = json_object();

	if (json)
		walk(&copy, save, json);
	return json;
}

struct loading {
	const json_t *json;
};

static void load(const char *name, uint64_t *value, void *arg)
{
	const struct loading *loading = arg;

	*value = fields_count(loading->json, name);
}

void metrics_from_json(const json_t *json, struct metrics *metrics)
{
	struct loading loading = { json };

	walk(metrics, load, &loading);
}

/* --- the exposition --- */

static const char *const type_names[] = { "counter", "histogram", "gauge" };

static void print_histogram(const struct family *family,
			    const struct metrics_histogram *histogram, FILE *out)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < METRICS_BUCKETS; i++) {
		count += histogram->buckets[i];
		fprintf(out, "%s %" PRIu64 "\n", bucket_of(family, i).name, count);
	}
	fprintf(out, "%s_sum %.6f\n%s_count %" PRIu64 "\n", family->name,
		(double)histogram->sum_us / 1e6, family->name, count);
}

static void print_gauge(const struct family *family, const char *at, FILE *out)
{
	uint64_t value = family->wide ? *(const uint64_t *)(const void *)at :
					*(const uint32_t *)(const void *)at;

	fprintf(out, "%s %" PRIu64 "\n", family->name, value);
}

static void print_counters(const struct family *family, const uint64_t *values, FILE *out)
{
	for (uint32_t i = 0; i < nr_of(&family->outer); i++)
		for (uint32_t j = 0; j < nr_of(&family->inner); j++)
			fprintf(out, "%s %" PRIu64 "\n", sample_of(family, i, j).name,
				values[i * nr_of(&family->inner) + j]);
}

static void print_head(const char *name, const char *type, const char *help, FILE *out)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_print(const struct metrics *metrics, const struct metrics_gauges *gauges,
		   bool openmetrics, FILE *out)
{
	for (int f = 0; f < NR_FAMILIES; f++) {
		const struct family *family = &families[f];
		const char *base =
			family->type == GAUGE ? (const char *)gauges : (const char *)metrics;
		const void *at = base + family->offset;
		char name[96];

		/* A counter's family has the suffix in the one format, and not in the other. */
		snprintf(name, sizeof(name), "%s%s", family->name,
			 family->type == COUNTER && !openmetrics ? "_total" : "");
		print_head(name, type_names[family->type], family->help, out);
		switch (family->type) {
		case COUNTER: print_counters(family, at, out); break;
		case HISTOGRAM: print_histogram(family, at, out); break;
		case GAUGE: print_gauge(family, at, out); break;
		}
	}
	print_head(openmetrics ? "dadrace_build" : "dadrace_build_info",
		   openmetrics ? "info" : "gauge", "Version of dadraced.", out);
	fputs("dadrace_build_info{version=\"" DADRACE_VERSION "\"} 1\n", out);
}

void metrics_end(bool openmetrics, FILE *out)
{
	if (openmetrics)
		fputs("# EOF\n", out);
}
