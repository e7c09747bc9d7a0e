// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "results.h"

#define LINES_FILE   "results.ndjson"
#define SUMMARY_FILE "summary.json"
#define SUMMARY_NEW  "summary.json.new"
#define HINT	     "choose another with --out"

/* --- the lines: what of the evidence is told, in types that a field can have --- */

enum unregister {
	UNREGISTER_NOT_TRIED,
	UNREGISTER_RETURNED,
	UNREGISTER_STUCK,
	UNREGISTERS,
};
static const char *const unregister_names[] = {"not-tried", "returned", "stuck"};
_Static_assert(sizeof(unregister_names) / sizeof(unregister_names[0]) == UNREGISTERS,
	       "a name per outcome");

/* As tier_names, but what was not hooked has no tier. */
static const char *const hooked_names[TIERS] = {
	[TIER_KPROBE] = "kprobe",
	[TIER_FENTRY] = "fentry",
	[TIER_TRACEPOINT] = "tracepoint",
};
_Static_assert(TIERS == 4, "hooked_names: one per tier");

struct klog_told {
	enum klog_kind kind;
	const char *text;
	const char *device;
	int64_t usage_count;
	uint32_t lines;
	uint32_t shared;
};

struct moment_told {
	int64_t at_ns;
	enum moment_kind event;
	uint32_t sequence;
	int64_t value;
};

/* In the order of its table. */
struct trial_line { /* NOLINT(clang-analyzer-optin.performance.Padding) */
	enum verdict verdict;
	const char *object;
	int64_t delta;
	bool pinned;
	const char *reason;
	const char *signature;
	struct trial_spec spec;
	uint32_t lane;
	const char *device;
	enum tier tier;
	uint64_t started_unix_ms;
	uint64_t elapsed_ns;
	bool opened;
	bool closed;
	uint64_t window_ns;
	uint64_t held_ns;
	bool tentative_inside;
	uint32_t flag_sets;
	const char *flags_errno;
	uint64_t first_flags_ns;
	uint64_t second_flags_ns;
	uint32_t echoes_sent;
	uint32_t echoes_refused;
	const char *refused_errno;
	uint32_t echoes_delivered;
	uint32_t echoes_inside;
	uint64_t first_echo_ns;
	enum bringup_end bringup_end;
	int64_t bringup_status;
	const char *bringup_said;
	uint32_t descendants;
	struct evidence_counts baseline;
	struct evidence_counts after;
	bool settled;
	uint64_t settle_ns;
	uint32_t looks;
	bool device_gone;
	bool lane_lost;
	enum unregister unregister;
	uint64_t unregister_ns;
	enum hang hang;
	uint32_t hang_pid;
	const char *hang_wchan;
	const char *hang_stack;
	uint64_t lost_records;
	uint64_t missed_probes;
	uint32_t lost_events;
	struct klog_told klog;
	struct moment_told *timeline;
	uint32_t nr_timeline;
};

/* --- the tables --- */

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): types and members */
#define PLACE(type, ctype, member) \
	(offsetof(type, member) * _Generic(((type *)NULL)->member, ctype: (size_t)1))
#define CAMPAIGN(ctype, member) .offset = PLACE(struct results_campaign, ctype, member)
#define HOOK(ctype, member)     .offset = PLACE(struct results_hook, ctype, member)
#define SPEC(ctype, member)     .offset = PLACE(struct trial_spec, ctype, member)
#define COUNT(ctype, member)    .offset = PLACE(struct evidence_counts, ctype, member)
#define KLOG(ctype, member)     .offset = PLACE(struct klog_told, ctype, member)
#define MOMENT(ctype, member)   .offset = PLACE(struct moment_told, ctype, member)
#define TRIAL(ctype, member)    .offset = PLACE(struct trial_line, ctype, member)
#define LIST(type, member) \
	.list = true, .count_offset = PLACE(type, uint32_t, nr_##member)
#define NAMES(words, count) .names = (words), .nr_names = (count)
#define OR_NULL .nullable = true
#define END { .name = NULL }
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct field hook_rows[] = {
	{ "probe", FIELD_TEXT, HOOK(const char *, probe), .doc = "What is watched or held" },
	{ "tier", FIELD_ENUM, HOOK(enum tier, tier), NAMES(hooked_names, TIERS), OR_NULL,
	  .doc = "How it is hooked on this kernel; null when it is not" },
	{ "function", FIELD_TEXT, HOOK(const char *, function), OR_NULL,
	  .doc = "The kernel function that it is hooked to; null for a tracepoint" },
	END
};
static const struct fields hook_fields = {
	"hook", "How one probe is hooked", hook_rows, sizeof(struct results_hook),
};

static const struct field campaign_line_rows[] = {
	{ "schema_version", FIELD_U32, CAMPAIGN(uint32_t, schema_version),
	  .doc = "Grows when a name or its meaning changes" },
	{ "id", FIELD_TEXT, CAMPAIGN(const char *, id), .doc = "Names this run: campaign, start and chance" },
	{ "dadrace_version", FIELD_TEXT, CAMPAIGN(const char *, dadrace_version), .doc = "Version of the tool" },
	{ "seed", FIELD_U64, CAMPAIGN(uint64_t, seed),
	  .doc = "Where all draws started: the same campaign and seed give the same trials" },
	{ "started_unix_ms", FIELD_U64, CAMPAIGN(uint64_t, started_unix_ms),
	  .doc = "When the run started, by the wall clock" },
	{ "machine", FIELD_OBJECT, CAMPAIGN(struct machine, machine), .sub = &machine_fields,
	  .doc = "The machine that it ran on" },
	{ "hooks", FIELD_OBJECT, CAMPAIGN(const struct results_hook *, hooks),
	  LIST(struct results_campaign, hooks), .sub = &hook_fields, .doc = "How each probe was hooked" },
	{ "campaign", FIELD_OBJECT, CAMPAIGN(struct campaign, campaign), .sub = &campaign_fields,
	  .doc = "The campaign, resolved: defaults, file and overrides" },
	END
};
static const struct fields campaign_line_fields = {
	"campaign", "The first line: what was run, and where", campaign_line_rows,
	sizeof(struct results_campaign),
};

static const struct field spec_rows[] = {
	{ "trial", FIELD_U32, SPEC(uint32_t, trial), .doc = "Number of the trial in the plan, from 1" },
	{ "arm", FIELD_ENUM, SPEC(enum arm, arm), NAMES(arm_names, ARMS), .doc = "What the trial is for" },
	{ "site", FIELD_ENUM, SPEC(enum site, site), NAMES(site_names, SITES), .doc = "Where the window opens" },
	{ "method", FIELD_ENUM, SPEC(enum method, method), NAMES(method_names, METHODS),
	  .doc = "How the bring-up is held" },
	{ "hold_us", FIELD_U64, SPEC(uint64_t, hold_us), .doc = "Hold that is asked for; 0 is none" },
	{ "direction", FIELD_ENUM, SPEC(enum direction, direction), NAMES(direction_names, DIRECTIONS),
	  .doc = "How echoes travel" },
	{ "target", FIELD_ENUM, SPEC(enum target, target), NAMES(target_names, TARGETS),
	  .doc = "Whom echoes are addressed to" },
	{ "source", FIELD_ENUM, SPEC(enum source, source), NAMES(source_names, SOURCES),
	  .doc = "Whom inbound echoes claim to be from" },
	{ "echoes", FIELD_U32, SPEC(uint32_t, echoes), .doc = "How many echoes; 0 is none" },
	{ "offset_us", FIELD_U64, SPEC(uint64_t, offset_us), .doc = "From the window's opening to the first" },
	{ "spacing_us", FIELD_U64, SPEC(uint64_t, spacing_us), .doc = "From one echo to the next" },
	{ "payload_bytes", FIELD_U32, SPEC(uint32_t, payload_bytes), .doc = "Bytes after the ICMPv6 header" },
	{ "hop_limit", FIELD_U32, SPEC(uint32_t, hop_limit), .doc = "Hop limit of the echoes" },
	{ "seed", FIELD_U64, SPEC(uint64_t, seed), .hex = true, .doc = "Where the trial's own draws start" },
	END
};
const struct fields spec_fields = {
	"spec", "The specification of one trial", spec_rows, sizeof(struct trial_spec),
};

static const struct field counts_rows[] = {
	{ "found", FIELD_BOOL, COUNT(bool, found), .doc = "The device was there; if not, the rest means nothing" },
	{ "net_device", FIELD_I64, COUNT(int64_t, net_device),
	  .doc = "References to the device, without the one that linkwatch holds for up to a second" },
	{ "inet6_dev", FIELD_I64, COUNT(int64_t, inet6_dev), .doc = "References to its IPv6 part" },
	{ "addresses", FIELD_U32, COUNT(uint32_t, addresses), .doc = "IPv6 addresses" },
	{ "neighbours", FIELD_U32, COUNT(uint32_t, neighbours), .doc = "Neighbour entries" },
	{ "groups", FIELD_U32, COUNT(uint32_t, groups), .doc = "Multicast memberships" },
	END
};
static const struct fields counts_fields = {
	"counts", "Counts of one device", counts_rows, sizeof(struct evidence_counts),
};

static const struct field klog_rows[] = {
	{ "kind", FIELD_ENUM, KLOG(enum klog_kind, kind), NAMES(klog_kind_names, KLOG_KINDS), OR_NULL,
	  .doc = "What the worst line is about; null when the kernel said nothing" },
	{ "text", FIELD_TEXT, KLOG(const char *, text), OR_NULL, .doc = "That line" },
	{ "device", FIELD_TEXT, KLOG(const char *, device), OR_NULL, .doc = "The device that it names" },
	{ "usage_count", FIELD_I64, KLOG(int64_t, usage_count), OR_NULL,
	  .doc = "References that the kernel waits for, when it says so" },
	{ "lines", FIELD_U32, KLOG(uint32_t, lines), .doc = "How many such lines" },
	{ "shared", FIELD_U32, KLOG(uint32_t, shared),
	  .doc = "Trials that were in flight then; with more than one it may be another's" },
	END
};
static const struct fields klog_fields = {
	"klog", "What the kernel's log said", klog_rows, sizeof(struct klog_told),
};

static const struct field moment_rows[] = {
	{ "at_ns", FIELD_I64, MOMENT(int64_t, at_ns), .doc = "When, from the trial's start" },
	{ "event", FIELD_ENUM, MOMENT(enum moment_kind, event), NAMES(moment_names, MOMENTS),
	  .doc = "What happened" },
	{ "sequence", FIELD_U32, MOMENT(uint32_t, sequence), OR_NULL,
	  .doc = "Number of the echo, from 1; null when it is not about one" },
	{ "value", FIELD_I64, MOMENT(int64_t, value),
	  .doc = "Result, count or flags: 0 or a negative errno where something returned" },
	END
};
static const struct fields moment_fields = {
	"moment", "Something that happened", moment_rows, sizeof(struct moment_told),
};

static const struct field trial_rows[] = {
	{ "verdict", FIELD_ENUM, TRIAL(enum verdict, verdict), NAMES(verdict_names, VERDICTS),
	  .doc = "What the evidence means" },
	{ "object", FIELD_TEXT, TRIAL(const char *, object), OR_NULL,
	  .doc = "Whose references are missing or too few; null when it is not about references" },
	{ "delta", FIELD_I64, TRIAL(int64_t, delta), .doc = "References of that object over its baseline" },
	{ "pinned", FIELD_BOOL, TRIAL(bool, pinned),
	  .doc = "The unregister never returned: only a reboot frees the device" },
	{ "reason", FIELD_TEXT, TRIAL(const char *, reason), .doc = "The verdict in a sentence" },
	{ "signature", FIELD_TEXT, TRIAL(const char *, signature), OR_NULL,
	  .doc = "The same for the same bug; null when there is no fault" },
	{ "spec", FIELD_OBJECT, TRIAL(struct trial_spec, spec), .sub = &spec_fields,
	  .doc = "What was planned, and what replay repeats" },
	{ "lane", FIELD_U32, TRIAL(uint32_t, lane), .doc = "Where it ran" },
	{ "device", FIELD_TEXT, TRIAL(const char *, device), .doc = "Name of the device under test" },
	{ "tier", FIELD_ENUM, TRIAL(enum tier, tier), NAMES(hooked_names, TIERS), OR_NULL,
	  .doc = "How the window was hooked; null when it was not" },
	{ "started_unix_ms", FIELD_U64, TRIAL(uint64_t, started_unix_ms),
	  .doc = "When it started, by the wall clock" },
	{ "elapsed_ns", FIELD_U64, TRIAL(uint64_t, elapsed_ns), OR_NULL, .doc = "From start to end" },
	{ "opened", FIELD_BOOL, TRIAL(bool, opened), .doc = "The window opened" },
	{ "closed", FIELD_BOOL, TRIAL(bool, closed), .doc = "The window closed: the second flag set came" },
	{ "window_ns", FIELD_U64, TRIAL(uint64_t, window_ns), OR_NULL,
	  .doc = "How long the window was open; null when it did not open and close" },
	{ "held_ns", FIELD_U64, TRIAL(uint64_t, held_ns), OR_NULL,
	  .doc = "How long the bring-up was held in it, as measured; null when it was not" },
	{ "tentative_inside", FIELD_BOOL, TRIAL(bool, tentative_inside),
	  .doc = "The device had a tentative address when the window opened" },
	{ "flag_sets", FIELD_U32, TRIAL(uint32_t, flag_sets), .doc = "Flag sets that returned" },
	{ "flags_errno", FIELD_TEXT, TRIAL(const char *, flags_errno), OR_NULL,
	  .doc = "Name of the error of the first flag set that failed; null when none did" },
	{ "first_flags_ns", FIELD_U64, TRIAL(uint64_t, first_flags_ns), OR_NULL,
	  .doc = "How long the flag set that opened the window took" },
	{ "second_flags_ns", FIELD_U64, TRIAL(uint64_t, second_flags_ns), OR_NULL,
	  .doc = "How long the one that closed it took" },
	{ "echoes_sent", FIELD_U32, TRIAL(uint32_t, echoes_sent), .doc = "Echoes handed to the kernel" },
	{ "echoes_refused", FIELD_U32, TRIAL(uint32_t, echoes_refused),
	  .doc = "Of them, those that it answered with an error, which is evidence and no failure" },
	{ "refused_errno", FIELD_TEXT, TRIAL(const char *, refused_errno), OR_NULL,
	  .doc = "Name of the first such error; null when there was none" },
	{ "echoes_delivered", FIELD_U32, TRIAL(uint32_t, echoes_delivered),
	  .doc = "Echoes that were seen inside the kernel, matched one by one" },
	{ "echoes_inside", FIELD_U32, TRIAL(uint32_t, echoes_inside), .doc = "Of them, those inside the window" },
	{ "first_echo_ns", FIELD_U64, TRIAL(uint64_t, first_echo_ns), OR_NULL,
	  .doc = "From the window's opening to the first of them" },
	{ "bringup_end", FIELD_ENUM, TRIAL(enum bringup_end, bringup_end), NAMES(bringup_end_names, BRINGUP_ENDS),
	  .doc = "How the bring-up's first process ended; overtime is by us, at its deadline" },
	{ "bringup_status", FIELD_I64, TRIAL(int64_t, bringup_status), .doc = "Its exit code, or the signal's number" },
	{ "bringup_said", FIELD_TEXT, TRIAL(const char *, bringup_said), OR_NULL,
	  .doc = "Its first line on standard error" },
	{ "descendants", FIELD_U32, TRIAL(uint32_t, descendants),
	  .doc = "Processes of the bring-up that were ended with the trial" },
	{ "baseline", FIELD_OBJECT, TRIAL(struct evidence_counts, baseline), .sub = &counts_fields,
	  .doc = "Counts before the trial" },
	{ "after", FIELD_OBJECT, TRIAL(struct evidence_counts, after), .sub = &counts_fields,
	  .doc = "Counts after it, in the same quiescent state" },
	{ "settled", FIELD_BOOL, TRIAL(bool, settled), .doc = "The counts came back to the baseline" },
	{ "settle_ns", FIELD_U64, TRIAL(uint64_t, settle_ns), OR_NULL,
	  .doc = "From teardown to that, or to the last look" },
	{ "looks", FIELD_U32, TRIAL(uint32_t, looks), .doc = "Further looks after the deadline" },
	{ "device_gone", FIELD_BOOL, TRIAL(bool, device_gone), .doc = "The device vanished in mid-trial" },
	{ "lane_lost", FIELD_BOOL, TRIAL(bool, lane_lost),
	  .doc = "The lane's process died or is stuck: little else is known" },
	{ "unregister", FIELD_ENUM, TRIAL(enum unregister, unregister), NAMES(unregister_names, UNREGISTERS),
	  .doc = "What came of the unregister that confirms a leak" },
	{ "unregister_ns", FIELD_U64, TRIAL(uint64_t, unregister_ns), OR_NULL, .doc = "How long that took" },
	{ "hang", FIELD_ENUM, TRIAL(enum hang, hang), NAMES(hang_names, HANGS), .doc = "What did not return" },
	{ "hang_pid", FIELD_U32, TRIAL(uint32_t, hang_pid), OR_NULL, .doc = "The task that hangs" },
	{ "hang_wchan", FIELD_TEXT, TRIAL(const char *, hang_wchan), OR_NULL,
	  .doc = "The kernel function that it waits in" },
	{ "hang_stack", FIELD_TEXT, TRIAL(const char *, hang_stack), OR_NULL,
	  .doc = "Its kernel stack, a line for each function" },
	{ "lost_records", FIELD_U64, TRIAL(uint64_t, lost_records), .doc = "Records of our probes that were lost" },
	{ "missed_probes", FIELD_U64, TRIAL(uint64_t, missed_probes),
	  .doc = "Runs of our programs that the kernel skipped" },
	{ "lost_events", FIELD_U32, TRIAL(uint32_t, lost_events), .doc = "Netlink notifications that were lost" },
	{ "klog", FIELD_OBJECT, TRIAL(struct klog_told, klog), .sub = &klog_fields,
	  .doc = "What the kernel's log said during the trial" },
	{ "timeline", FIELD_OBJECT, TRIAL(struct moment_told *, timeline), LIST(struct trial_line, timeline),
	  .sub = &moment_fields, .doc = "What happened, in the order of its stamps" },
	END
};
static const struct fields trial_fields = {
	"trial", "One trial: verdict, plan and evidence", trial_rows, sizeof(struct trial_line),
};

static const struct {
	const char *type;
	const struct fields *fields;
} lines[] = {
	{ "campaign", &campaign_line_fields },
	{ "trial",    &trial_fields },
	{ "finding",  &tally_finding_fields },
	{ "summary",  &summary_fields },
};
/* clang-format on */
enum { NR_LINES = sizeof(lines) / sizeof(lines[0]) };

/* --- from evidence to a line --- */

static const char *text_or_null(const char *text)
{
	return text[0] ? text : NULL;
}

static const char *errno_or_null(int err)
{
	const char *name = strerrorname_np(err);

	return !err ? NULL : name ? name : "unknown";
}

static struct klog_told tell_klog(const struct evidence *e)
{
	bool spoke = e->klog.kind != KLOG_OTHER;

	return (struct klog_told){
		.kind = spoke ? e->klog.kind : KLOG_KINDS,
		.text = spoke ? e->klog.text : NULL,
		.device = spoke ? text_or_null(e->klog.device) : NULL,
		.usage_count = e->klog.kind == KLOG_WAITING ? e->klog.usage_count : INT64_MIN,
		.lines = e->klog_lines,
		.shared = e->klog_shared,
	};
}

/* Sorted by stamp; of the same stamp, in the order of the evidence. All but sorted already. */
static uint32_t tell_moments(const struct evidence *e, struct moment_told *told)
{
	for (uint32_t i = 0; i < e->nr_moments; i++) {
		const struct moment *moment = &e->moments[i];
		struct moment_told next = {
			.at_ns = (int64_t)(moment->at_ns - e->started_ns),
			.event = moment->kind,
			.sequence = moment->sequence,
			.value = moment->value,
		};
		uint32_t at = i;

		for (; at && told[at - 1].at_ns > next.at_ns; at--)
			told[at] = told[at - 1];
		told[at] = next;
	}
	return e->nr_moments;
}

static struct trial_line tell_trial(const struct evidence *e, const struct judgement *j,
				    uint64_t started_unix_ms, struct moment_told *moments)
{
	return (struct trial_line){
		.verdict = j->verdict,
		.object = text_or_null(j->object),
		.delta = j->delta,
		.pinned = j->pinned,
		.reason = j->reason,
		.signature = text_or_null(j->signature),
		.spec = e->spec,
		.lane = e->lane,
		.device = e->device,
		.tier = e->tier,
		.started_unix_ms = started_unix_ms,
		.elapsed_ns = e->ended_ns > e->started_ns ? e->ended_ns - e->started_ns : 0,
		.opened = e->opened,
		.closed = e->closed,
		.window_ns = e->opened && e->closed ? e->closed_ns - e->opened_ns : 0,
		.held_ns = e->held_ns,
		.tentative_inside = e->tentative_inside,
		.flag_sets = e->flag_sets,
		.flags_errno = errno_or_null(e->flags_error),
		.first_flags_ns = e->first_flags_ns,
		.second_flags_ns = e->second_flags_ns,
		.echoes_sent = e->echoes_sent,
		.echoes_refused = e->echoes_refused,
		.refused_errno = errno_or_null(e->refused_errno),
		.echoes_delivered = e->echoes_delivered,
		.echoes_inside = e->echoes_inside,
		.first_echo_ns = e->first_echo_ns,
		.bringup_end = e->bringup_end,
		.bringup_status = e->bringup_status,
		.bringup_said = text_or_null(e->bringup_said),
		.descendants = e->descendants,
		.baseline = e->baseline,
		.after = e->after,
		.settled = e->settled,
		.settle_ns = e->settle_ns,
		.looks = e->looks,
		.device_gone = e->device_gone,
		.lane_lost = e->lane_lost,
		.unregister = !e->unregister_tried     ? UNREGISTER_NOT_TRIED
			      : e->unregister_returned ? UNREGISTER_RETURNED
						       : UNREGISTER_STUCK,
		.unregister_ns = e->unregister_ns,
		.hang = e->hang,
		.hang_pid = e->hang_pid,
		.hang_wchan = text_or_null(e->hang_wchan),
		.hang_stack = text_or_null(e->hang_stack),
		.lost_records = e->lost_records,
		.missed_probes = e->missed_probes,
		.lost_events = e->lost_events,
		.klog = tell_klog(e),
		.timeline = moments,
		.nr_timeline = tell_moments(e, moments),
	};
}

/* --- the writer --- */

struct results {
	char *folder;
	int folder_fd;
	int lines_fd;
	off_t kept_bytes;    /* of the lines: whole and synced */
	uint32_t last_trial; /* whose line is kept; 0: none yet */
	FILE *stream;	     /* NULL once it has failed */
	char id[128];
	struct moment_told moments[EVIDENCE_MOMENTS_MAX];
};

static uint64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* mkdir -p; an existing folder is fine. */
static int make_folders(const char *path, struct why *why)
{
	char *part = strdup(path);
	int r = 0;

	if (!part)
		return why_set(why, ENOMEM, "results: out of memory");
	for (char *end = part; !r && *end; end += *end == '/') {
		char cut;

		end += strcspn(end, "/");
		cut = *end;
		*end = '\0';
		if (*part && mkdir(part, 0755) && errno != EEXIST)
			r = why_set(why, errno, "results: cannot create folder %s: %s; " HINT,
				    part, strerror(errno));
		*end = cut;
	}
	free(part);
	return r;
}

/* results/STEM, or with -2, -3, ... when others started in the same second. */
static int make_default_folder(const char *stem, char **out, struct why *why)
{
	enum { TRIES = 1000 };
	int r = make_folders("results", why);

	if (r)
		return r;
	for (int i = 1;; i++) {
		char suffix[16] = "";
		char *path;

		if (i > 1)
			snprintf(suffix, sizeof(suffix), "-%d", i);
		if (asprintf(&path, "results/%s%s", stem, suffix) < 0)
			return why_set(why, ENOMEM, "results: out of memory");
		if (!mkdir(path, 0755)) {
			*out = path;
			return 0;
		}
		if (errno != EEXIST || i == TRIES) {
			r = why_set(why, errno, "results: cannot create folder %s: %s; " HINT,
				    path, strerror(errno));
			free(path);
			return r;
		}
		free(path);
	}
}

static int write_all(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		text += n;
		length -= (size_t)n;
	}
	return 0;
}

static int cannot_write(const struct results *results, const char *file, int err,
			struct why *why)
{
	char kept[64] = "no trial was written before";

	if (results->last_trial)
		snprintf(kept, sizeof(kept), "every line up to trial %u is kept",
			 results->last_trial);
	return why_set(why, err, "results: cannot write %s/%s: %s; %s", results->folder, file,
		       strerror(err), kept);
}

static int append(struct results *results, const char *line, struct why *why)
{
	size_t length = strlen(line);
	int r = write_all(results->lines_fd, line, length);

	if (!r && fdatasync(results->lines_fd))
		r = -errno;
	if (!r) {
		results->kept_bytes += (off_t)length;
		return 0;
	}
	/* Half a line would spoil those that may still come; if it must stay, a reader copes. */
	if (ftruncate(results->lines_fd, results->kept_bytes))
		lseek(results->lines_fd, 0, SEEK_END);
	return cannot_write(results, LINES_FILE, -r, why);
}

/*
 * A reader that went away must not kill the campaign, and SIGPIPE must not be ignored for good: the
 * bring-up would inherit that. So it is blocked around the write and, when it came, taken.
 */
static int stream_write(FILE *stream, const char *line)
{
	const struct timespec at_once = {0};
	sigset_t pipe, before, pending;
	int r = 0;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &pipe, &before);
	if (fputs(line, stream) == EOF || fflush(stream) == EOF)
		r = -errno;
	if (r == -EPIPE && !sigismember(&pending, SIGPIPE))
		sigtimedwait(&pipe, NULL, &at_once);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

static int stream_line(struct results *results, const char *line, struct why *why)
{
	int r;

	if (!results->stream)
		return 0;
	r = stream_write(results->stream, line);
	if (!r)
		return 0;
	results->stream = NULL;
	return why_set(why, -r,
		       "results: cannot write to the stream any more: %s; %s/%s has "
		       "every line",
		       strerror(-r), results->folder, LINES_FILE);
}

/* Writes a line to the file and then to the stream; the file's error counts more. */
static int put(struct results *results, const struct fields *fields, const char *type,
	       const void *data, char **kept_line, struct why *why)
{
	char *line = fields_to_line(fields, type, data);
	int r, streamed;

	if (!line)
		return cannot_write(results, LINES_FILE, ENOMEM, why);
	r = append(results, line, why);
	streamed = stream_line(results, line, r ? NULL : why);
	if (kept_line)
		*kept_line = line;
	else
		free(line);
	return r ? r : streamed;
}

/* The name of the campaign as a part of file names. */
static void put_name(char *out, size_t size, const char *name)
{
	size_t n = 0;

	for (; *name && n + 1 < size; name++)
		out[n++] = isascii(*name) && (isalnum(*name) || strchr("._-", *name)) ? *name
										      : '_';
	out[n] = '\0';
	if (out[0] == '.')
		out[0] = '_';
}

static int open_files(struct results *results, struct why *why)
{
	int parent;

	results->folder_fd = open(results->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (results->folder_fd < 0)
		return why_set(why, errno, "results: cannot open folder %s: %s",
			       results->folder, strerror(errno));
	results->lines_fd = openat(results->folder_fd, LINES_FILE,
				   O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
	if (results->lines_fd < 0 && errno == EEXIST)
		return why_set(why, EEXIST, "results: folder %s already holds %s; " HINT,
			       results->folder, LINES_FILE);
	if (results->lines_fd < 0)
		return cannot_write(results, LINES_FILE, errno, why);
	/* The names, too, should outlive a crash; some file systems cannot sync a folder. */
	fsync(results->folder_fd);
	parent = openat(results->folder_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent >= 0) {
		fsync(parent);
		close(parent);
	}
	return 0;
}

int results_open(const char *folder, const struct campaign *campaign,
		 const struct machine *machine, const struct results_hook *hooks,
		 uint32_t nr_hooks, FILE *stream, struct results **out, struct why *why)
{
	struct results *results = calloc(1, sizeof(*results));
	struct results_campaign line = {
		.schema_version = RESULTS_SCHEMA_VERSION,
		.dadrace_version = DADRACE_VERSION,
		.seed = campaign->seed,
		.started_unix_ms = clock_ms(CLOCK_REALTIME),
		.machine = *machine,
		.hooks = hooks,
		.nr_hooks = nr_hooks,
		.campaign = *campaign,
	};
	time_t seconds = (time_t)(line.started_unix_ms / 1000);
	char name[72], stamp[32], stem[112];
	uint32_t chance = 0;
	struct tm utc;
	int r;

	if (!results)
		return why_set(why, ENOMEM, "results: out of memory");
	results->folder_fd = results->lines_fd = -1;
	results->stream = stream;
	put_name(name, sizeof(name), campaign->name);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime_r(&seconds, &utc));
	snprintf(stem, sizeof(stem), "%s-%s", name, stamp);
	/* Without entropy the name is not made unique, which is no reason not to run. */
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = (uint32_t)getpid();
	snprintf(results->id, sizeof(results->id), "%s-%08x", stem, chance);
	line.id = results->id;

	if (folder) {
		results->folder = strdup(folder);
		r = make_folders(folder, why);
		if (!results->folder) {
			why_set(why, ENOMEM, "results: out of memory");
			r = -ENOMEM;
		}
	} else {
		r = make_default_folder(stem, &results->folder, why);
	}
	if (!r)
		r = open_files(results, why);
	if (!r) {
		r = put(results, &campaign_line_fields, "campaign", &line, NULL, why);
		/* What holds no line must not refuse the next try. */
		if (r && !results->kept_bytes)
			unlinkat(results->folder_fd, LINES_FILE, 0);
	}
	if (r) {
		results_close(results);
		return r;
	}
	*out = results;
	return 0;
}

const char *results_folder(const struct results *results)
{
	return results->folder;
}

const char *results_id(const struct results *results)
{
	return results->id;
}

int results_trial(struct results *results, const struct evidence *evidence,
		  const struct judgement *judgement, struct why *why)
{
	uint64_t now_ms = clock_ms(CLOCK_MONOTONIC);
	uint64_t started_ms = evidence->started_ns / 1000000;
	uint64_t ago_ms = now_ms > started_ms ? now_ms - started_ms : 0;
	struct trial_line line = tell_trial(
		evidence, judgement, clock_ms(CLOCK_REALTIME) - ago_ms, results->moments);
	off_t before = results->kept_bytes;
	int r = put(results, &trial_fields, "trial", &line, NULL, why);

	if (results->kept_bytes > before)
		results->last_trial = evidence->spec.trial;
	return r;
}

int results_finding(struct results *results, const struct tally_finding *finding,
		    struct why *why)
{
	return put(results, &tally_finding_fields, "finding", finding, NULL, why);
}

static int print_indented(const char *line, FILE *out)
{
	json_auto_t *json = json_loads(line, 0, NULL);

	if (!json)
		return -ENOMEM;
	if (json_dumpf(json, out, JSON_INDENT(2)) || fputc('\n', out) == EOF || fflush(out))
		return errno ? -errno : -EIO;
	return 0;
}

/* Under another name first, so that a reader sees the whole of it or nothing. */
static int replace_summary(struct results *results, const char *line)
{
	int fd = openat(results->folder_fd, SUMMARY_NEW,
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	int r;

	if (!out) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	r = print_indented(line, out);
	if (!r && fsync(fd))
		r = -errno;
	if (fclose(out) && !r)
		r = -errno;
	if (!r && renameat(results->folder_fd, SUMMARY_NEW, results->folder_fd, SUMMARY_FILE))
		r = -errno;
	if (r)
		unlinkat(results->folder_fd, SUMMARY_NEW, 0);
	else
		fsync(results->folder_fd);
	return r;
}

int results_summary(struct results *results, const struct summary *summary, struct why *why)
{
	char *line = NULL;
	int r = put(results, &summary_fields, "summary", summary, &line, why);

	/* A summary there shall be, also when the lines have no room for it. */
	if (line) {
		int replaced = replace_summary(results, line);

		if (replaced && !r)
			r = cannot_write(results, SUMMARY_FILE, -replaced, why);
	}
	free(line);
	return r;
}

void results_close(struct results *results)
{
	if (!results)
		return;
	if (results->lines_fd >= 0)
		close(results->lines_fd);
	if (results->folder_fd >= 0)
		close(results->folder_fd);
	free(results->folder);
	free(results);
}

/* --- the contract --- */

/* One entry of oneOf, and what it refers to. */
static int schema_add(json_t *any, json_t *definitions, const char *type, json_t *schema)
{
	char place[64];

	/* Stated once, at the top. */
	json_object_del(schema, "$schema");
	snprintf(place, sizeof(place), "#/$defs/%s", type);
	if (json_object_set_new(definitions, type, schema) ||
	    json_array_append_new(any, json_pack("{ss}", "$ref", place)))
		return -ENOMEM;
	return 0;
}

int results_schema(FILE *out)
{
	json_t *any = json_array(), *definitions = json_object();
	json_auto_t *schema = json_pack(
		"{ss ss ss so so}", "$schema", "https://json-schema.org/draft/2020-12/schema",
		"title", "dadrace results", "description",
		"A line of results.ndjson: campaign, trial..., finding..., "
		"summary; summary.json is the last one",
		"oneOf", any, "$defs", definitions);

	if (!schema)
		return -ENOMEM;
	for (int i = 0; i < NR_LINES; i++)
		if (schema_add(any, definitions, lines[i].type,
			       fields_line_schema(lines[i].fields, lines[i].type)))
			return -ENOMEM;
	if (json_dumpf(schema, out, JSON_INDENT(2)) || fputc('\n', out) == EOF || fflush(out))
		return -EIO;
	return 0;
}

void results_list_fields(FILE *out)
{
	for (int i = 0; i < NR_LINES; i++) {
		fprintf(out, "%s%s: %s.\n", i ? "\n" : "", lines[i].type, lines[i].fields->doc);
		fields_list(lines[i].fields, "", out);
	}
}
