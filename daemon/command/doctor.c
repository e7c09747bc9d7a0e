// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/exits.h"
#include "base/fields.h"
#include "command/command.h"
#include "command/doctor_guest.h"
#include "command/doctor_sites.h"
#include "command/rows.h"
#include "guest/vm.h"
#include "lane/jail.h"
#include "lane/realtime.h"
#include "loader/probes.h"
#include "machine/kallsyms.h"
#include "machine/machine.h"
#include "parse/campaign.h"
#include "testbed/journal.h"
#include "testbed/testbed.h"

/*
 * The doctor tries everything, and concludes nothing from version numbers. It makes two lists,
 * checks and probes, and one sentence.
 */
enum section {
	SECTION_KERNEL,
	SECTION_RIGHTS,
	SECTION_DEVICES,
	SECTION_PLACES,
	SECTION_STATE,
	SECTIONS,
};
static const char *const section_names[] = { "kernel", "rights", "devices", "places", "state" };
_Static_assert(sizeof(section_names) / sizeof(section_names[0]) == SECTIONS,
	       "a name per section");

struct check {
	enum section section;
	const char *name;
	bool works;
	bool needed;	   /* no campaign without it */
	const char *found; /* the value, or why it does not work */
	const char *costs; /* what is lost without it; NULL when it works */
	const char *remedy;
};

struct rung {
	enum tier tier;
	bool works;
	const char *function; /* kprobe and fentry */
	const char *reason;   /* why it does not work */
};

struct site_row {
	const char *probe;
	const char *doc;
	bool needed;
	enum tier tier; /* the rung that will be used; TIER_AUTO: none */
	const char *function;
	const char *without; /* what is lost; NULL when a rung works */
	struct rung *first_rung;
	uint32_t nr_rungs;
	struct rung rungs[RUNGS_MAX];
};

enum { CHECKS_MAX = 80, SITES_MAX = 32 };

struct doctor {
	struct machine machine;
	struct check *first_check;
	uint32_t nr_checks;
	struct site_row *first_site;
	uint32_t nr_sites;
	struct doctor_site *first_hold_site;
	uint32_t nr_hold_sites;
	bool can_run;
	enum tier tier; /* of the window's probe */
	const char *sentence;

	uint64_t capabilities;
	bool sites_tried;
	struct check checks[CHECKS_MAX];
	struct site_row sites[SITES_MAX];
	struct doctor_site hold_sites[DOCTOR_SITES_MAX];
};

/* clang-format off */
#define ROW_AT(type, member) .offset = offsetof(type, member)
#define LIST_AT(type, first, nr) \
	.list = true, .offset = offsetof(type, first), .count_offset = offsetof(type, nr)

static const char *const used_names[] = { NULL, "kprobe", "fentry", "tracepoint" };
_Static_assert(sizeof(used_names) / sizeof(used_names[0]) == TIERS, "TIER_AUTO is none here");

static const struct field check_rows[] = {
	{ "section", FIELD_ENUM, ROW_AT(struct check, section), .names = section_names,
	  .nr_names = SECTIONS, .doc = "The group it belongs to" },
	{ "name", FIELD_TEXT, ROW_AT(struct check, name), .doc = "What was checked" },
	{ "works", FIELD_BOOL, ROW_AT(struct check, works), .doc = "Whether it works" },
	{ "needed", FIELD_BOOL, ROW_AT(struct check, needed), .doc = "Whether every campaign needs it" },
	{ "found", FIELD_TEXT, ROW_AT(struct check, found), .doc = "What was found, or why it does not work" },
	{ "costs", FIELD_TEXT, ROW_AT(struct check, costs), .nullable = true, .doc = "What is lost without it" },
	{ "remedy", FIELD_TEXT, ROW_AT(struct check, remedy), .nullable = true, .doc = "What to do about it" },
	{ .name = NULL },
};
static const struct fields check_fields = {
	"check", "One check", check_rows, sizeof(struct check),
};

static const struct field rung_rows[] = {
	{ "tier", FIELD_ENUM, ROW_AT(struct rung, tier), .names = tier_names, .nr_names = TIERS,
	  .doc = "How it hooks" },
	{ "works", FIELD_BOOL, ROW_AT(struct rung, works), .doc = "Whether it could be hooked just now" },
	{ "function", FIELD_TEXT, ROW_AT(struct rung, function), .nullable = true,
	  .doc = "The function of this kernel that was hooked" },
	{ "reason", FIELD_TEXT, ROW_AT(struct rung, reason), .nullable = true, .doc = "Why it does not work" },
	{ .name = NULL },
};
static const struct fields rung_fields = {
	"rung", "One way to hook a probe", rung_rows, sizeof(struct rung),
};

static const struct field site_rows[] = {
	{ "probe", FIELD_TEXT, ROW_AT(struct site_row, probe), .doc = "Name of the probe" },
	{ "doc", FIELD_TEXT, ROW_AT(struct site_row, doc), .doc = "What it sees or does" },
	{ "needed", FIELD_BOOL, ROW_AT(struct site_row, needed), .doc = "Whether no trial can be judged without it" },
	{ "tier", FIELD_ENUM, ROW_AT(struct site_row, tier), .names = used_names, .nr_names = TIERS,
	  .doc = "The tier that will be used; null when none works" },
	{ "function", FIELD_TEXT, ROW_AT(struct site_row, function), .nullable = true,
	  .doc = "The function that will be hooked; null for tracepoints" },
	{ "without", FIELD_TEXT, ROW_AT(struct site_row, without), .nullable = true,
	  .doc = "What is lost because no rung works" },
	{ "rungs", FIELD_OBJECT, LIST_AT(struct site_row, first_rung, nr_rungs), .sub = &rung_fields,
	  .doc = "The ladder, best rung first; empty when it was not tried" },
	{ .name = NULL },
};
static const struct fields site_fields = {
	"site", "One probe and how it can be hooked", site_rows, sizeof(struct site_row),
};

static const struct field doctor_rows[] = {
	{ "machine", FIELD_OBJECT, ROW_AT(struct doctor, machine), .sub = &machine_fields,
	  .doc = "The machine" },
	{ "checks", FIELD_OBJECT, LIST_AT(struct doctor, first_check, nr_checks), .sub = &check_fields,
	  .doc = "What was checked" },
	{ "sites", FIELD_OBJECT, LIST_AT(struct doctor, first_site, nr_sites), .sub = &site_fields,
	  .doc = "The probes" },
	{ "hold_sites", FIELD_OBJECT, LIST_AT(struct doctor, first_hold_site, nr_hold_sites),
	  .sub = &doctor_site_fields, .doc = "Where an order can hold a thread, by name" },
	{ "can_run", FIELD_BOOL, ROW_AT(struct doctor, can_run), .doc = "Whether campaigns can run here" },
	{ "tier", FIELD_ENUM, ROW_AT(struct doctor, tier), .names = used_names, .nr_names = TIERS,
	  .doc = "How the window is opened; null when it is not" },
	{ "sentence", FIELD_TEXT, ROW_AT(struct doctor, sentence), .doc = "The same for people" },
	{ .name = NULL },
};
static const struct fields doctor_fields = {
	"doctor", "What works on a machine", doctor_rows, sizeof(struct doctor),
};

static const struct {
	const char *name;
	unsigned int bit;
	bool needed;
	const char *costs;
} capabilities[] = { /* linux/capability.h */
	{ "CAP_KILL",      5,  true,  "bring-ups cannot be stopped and continued" },
	{ "CAP_NET_ADMIN", 12, true,  "no devices can be made, and no flags set" },
	{ "CAP_NET_RAW",   13, true,  "no echoes can be sent" },
	{ "CAP_SYS_ADMIN", 21, true,  "no namespaces can be made" },
	{ "CAP_SYSLOG",    34, false, "the kernel log is not followed, so the verdict kernel-bug is never given" },
	{ "CAP_PERFMON",   38, true,  "probes cannot read kernel memory" },
	{ "CAP_BPF",       39, true,  "no probes can be loaded" },
};
enum { NR_CAPABILITIES = sizeof(capabilities) / sizeof(capabilities[0]) };

/* clang-format on */

/* --- finding --- */

/* Never freed: it lives as long as the process, as everything that the doctor finds does. */
__attribute__((format(printf, 1, 2))) static const char *text(const char *format, ...)
{
	char *out = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&out, format, ap) < 0)
		out = NULL;
	va_end(ap);
	return out ? out : "";
}

static struct check *add(struct doctor *doctor, enum section section, const char *name,
			 bool works)
{
	static struct check overflow;
	struct check *check = doctor->nr_checks < CHECKS_MAX ?
				      &doctor->checks[doctor->nr_checks++] :
				      &overflow;

	*check =
		(struct check){ .section = section, .name = name, .works = works, .found = "" };
	return check;
}

static void fact(struct doctor *doctor, const char *name, const char *found)
{
	add(doctor, SECTION_KERNEL, name, true)->found = found;
}

static void find_kernel(struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;
	bool readable = strcmp(machine->lockdown, "confidentiality") != 0;
	struct check *check;

	fact(doctor, "release", machine->release);
	fact(doctor, "version", machine->version);
	fact(doctor, "tick", machine->hz ? text("%u Hz", machine->hz) : "unknown");
	fact(doctor, "preemption", machine->preempt[0] ? machine->preempt : "unknown");
	fact(doctor, "CPUs",
	     text("%u online, %u possible; lanes: auto is at most %u", machine->cpus_online,
		  machine->cpus_possible, campaign_lanes_here()));
	check = add(doctor, SECTION_KERNEL, "lockdown", readable);
	check->needed = true;
	check->found = machine->lockdown[0] ? machine->lockdown : "not built in";
	if (!readable) {
		check->costs =
			"BPF programs cannot read kernel memory, so no reference can be counted";
		check->remedy = "boot with lockdown=integrity or without Secure Boot";
	}
	check = add(doctor, SECTION_KERNEL, "types (BTF)", machine->btf_id[0]);
	check->needed = true;
	check->found =
		machine->btf_id[0] ? machine->btf_id : "/sys/kernel/btf/vmlinux is missing";
	if (!check->works) {
		check->costs = "no probe can be loaded";
		check->remedy = "use a kernel with CONFIG_DEBUG_INFO_BTF=y";
	}
}

static uint64_t read_capabilities(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long long effective = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "CapEff: %llx", &effective) == 1)
			break;
	if (file)
		fclose(file);
	return effective;
}

static void find_rights(struct doctor *doctor)
{
	add(doctor, SECTION_RIGHTS, "user", true)->found = text("uid %u", geteuid());
	doctor->capabilities = read_capabilities();
	for (int i = 0; i < NR_CAPABILITIES; i++) {
		bool have = doctor->capabilities >> capabilities[i].bit & 1;
		struct check *check = add(doctor, SECTION_RIGHTS, capabilities[i].name, have);

		check->needed = capabilities[i].needed;
		check->found = have ? "effective" : "missing";
		if (have)
			continue;
		check->costs = capabilities[i].costs;
		check->remedy = geteuid() ? "run as root" : "grant it to the container";
	}
}

static void find_realtime(struct doctor *doctor)
{
	bool works = realtime_begin();
	struct check *check = add(doctor, SECTION_RIGHTS, "real-time", works);

	check->found = works ? "granted; lanes use it while they hold and send" : "refused";
	if (works) {
		realtime_end();
		return;
	}
	check->costs =
		"on a busy machine holds end late, packets are sent late, and more trials are missed";
	check->remedy =
		geteuid() ?
			"run as root" :
			"grant CAP_SYS_NICE; in a systemd unit also set RestrictRealtime=no; with CONFIG_RT_GROUP_SCHED give the cgroup cpu.rt_runtime_us";
}

static bool have_rights(const struct doctor *doctor)
{
	for (int i = 0; i < NR_CAPABILITIES; i++)
		if (capabilities[i].needed &&
		    !(doctor->capabilities >> capabilities[i].bit & 1))
			return false;
	return true;
}

static void tell_rungs(struct site_row *site, const struct probe *probe,
		       const struct probes_tried tried[TIERS])
{
	for (int i = 0; i < RUNGS_MAX && probe->rungs[i].tier; i++) {
		struct rung *rung = &site->rungs[site->nr_rungs++];
		enum tier tier = probe->rungs[i].tier;

		*rung = (struct rung){
			.tier = tier,
			.works = !tried[tier].err,
			.function = tried[tier].function,
			.reason = tried[tier].err ? tried[tier].why.text : NULL,
		};
		if (rung->works && !site->tier) {
			site->tier = rung->tier;
			site->function = rung->function;
		}
	}
}

static void find_sites(struct doctor *doctor)
{
	static struct probes_tried tried[SITES_MAX][TIERS];

	doctor->sites_tried = have_rights(doctor);
	for (int tier = TIER_AUTO + 1; doctor->sites_tried && tier < TIERS; tier++) {
		struct probes_tried of_tier[SITES_MAX];

		probes_try_tier(tier, of_tier);
		for (int i = 0; probe_table[i] && i < SITES_MAX; i++)
			tried[i][tier] = of_tier[i];
	}
	for (int i = 0; probe_table[i] && i < SITES_MAX; i++) {
		struct site_row *site = &doctor->sites[doctor->nr_sites++];

		*site = (struct site_row){
			.probe = probe_table[i]->name,
			.doc = probe_table[i]->doc,
			.needed = probe_table[i]->needed,
			.first_rung = site->rungs,
		};
		if (doctor->sites_tried)
			tell_rungs(site, probe_table[i], tried[i]);
		if (!site->tier)
			site->without = probe_table[i]->without;
	}
	doctor->tier = doctor->sites[0].tier;
}

static void find_helpers(struct doctor *doctor)
{
	for (const struct probes_helper *h = probes_helpers; doctor->sites_tried && h->name;
	     h++) {
		bool works = probes_helper_works(h->number);
		struct check *check = add(doctor, SECTION_KERNEL, h->name, works);

		check->found = works ? "available" : text("missing (added in %s)", h->since);
		if (works)
			continue;
		check->costs = h->costs;
		check->remedy = "use a newer kernel if you need this";
	}
}

/* A kind without a peer can send only. */
static int load_device(enum device_kind kind, struct campaign **campaign, struct why *why)
{
	const char *sets[3] = { text("device.kind=%s", device_kind_names[kind]) };
	size_t nr_sets = 1;

	if (device_kinds[kind].has_no_peer || kind == DEVICE_EXISTING)
		sets[nr_sets++] = "echo.directions=[outbound]";
	if (kind == DEVICE_EXISTING)
		sets[nr_sets++] = "device.dut=dut0";
	return campaign_load(NULL, sets, nr_sets, campaign, why);
}

/* As a lane does it, with the mounts of one: all that may fail where dadrace runs now. */
static int put_back_works(struct testbed *testbed, struct why *why)
{
	struct why without, after;
	struct jail jail;
	int err = jail_open(&jail, 0, why), back;

	if (!err)
		err = jail_close(true, &without, why);
	jail_leave(&jail);
	back = testbed_close(testbed, err ? &after : why);
	return err ? err : back;
}

/* A veth stands for a device of the machine. */
static int try_existing(struct why *why)
{
	struct campaign *made = NULL, *existing = NULL;
	struct testbed *lane = NULL, *testbed = NULL;
	int err = load_device(DEVICE_VETH, &made, why);

	if (!err)
		err = load_device(DEVICE_EXISTING, &existing, why);
	if (!err)
		err = testbed_open(&(struct testbed_ask){ .campaign = made }, &lane, why);
	if (!err)
		err = testbed_open(&(struct testbed_ask){ .campaign = existing }, &testbed,
				   why);
	return err ? err : put_back_works(testbed, why);
}

static int try_made(enum device_kind kind, struct why *why)
{
	struct campaign *campaign = NULL;
	struct testbed *testbed = NULL;
	int err = load_device(kind, &campaign, why);

	if (!err)
		err = testbed_open(&(struct testbed_ask){ .campaign = campaign }, &testbed,
				   why);
	return err ? err : testbed_close(testbed, why);
}

/* In a process of its own: when it ends, so do its devices and their namespaces. */
static void try_device(enum device_kind kind, int out)
{
	struct why why = { "" };
	int err = kind == DEVICE_EXISTING ? try_existing(&why) : try_made(kind, &why);

	if (err && write(out, why.text, strlen(why.text)) < 0)
		_exit(1);
	_exit(err ? 1 : 0);
}

/*
 * On a machine that a leak has wedged the kernel may never answer: the child is then abandoned.
 */
static bool device_works(enum device_kind kind, char *reason, size_t size)
{
	enum { PATIENCE_MS = 10000 };
	struct pollfd answer = { .fd = -1, .events = POLLIN };
	int ends[2], status = -1;
	ssize_t got = 0;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC)) {
		snprintf(reason, size, "cannot create a pipe: %s", strerror(errno));
		return false;
	}
	child = fork();
	if (child < 0)
		snprintf(reason, size, "cannot start a process: %s", strerror(errno));
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[0]);
		try_device(kind, ends[1]);
	}
	close(ends[1]);
	answer.fd = ends[0];
	if (child > 0 && poll(&answer, 1, PATIENCE_MS) == 1) {
		got = read(ends[0], reason, size - 1);
		reason[got > 0 ? got : 0] = '\0';
		waitpid(child, &status, 0);
	} else if (child > 0) {
		snprintf(reason, size, "the kernel did not create it within %d s",
			 PATIENCE_MS / 1000);
		kill(child, SIGKILL);
	}
	close(ends[0]);
	return status == 0;
}

static void find_device(struct doctor *doctor, enum device_kind kind)
{
	const char *name = device_kind_names[kind];
	char reason[sizeof(struct why)] = "";
	bool tried = have_rights(doctor);
	bool works = tried && device_works(kind, reason, sizeof(reason));
	bool is_existing = kind == DEVICE_EXISTING;
	struct check *check = add(doctor, SECTION_DEVICES, name, works);

	check->needed = kind == DEVICE_VETH;
	check->found =
		works ? is_existing ? "can be used, and put back as it was" : "can be created" :
		tried ? text("%s", reason) :
			"not tried: privileges are missing";
	if (works)
		return;
	check->costs = text("campaigns with device.kind %s are skipped", name);
	check->remedy = !tried ? "run as root" :
			is_existing ?
				 "run outside of the container, or grant it what is missing" :
				 text("use a kernel with %s, or load its module",
				      device_kinds[kind].option);
}

/* A network card of a guest is known in a guest only. */
static void find_devices(struct doctor *doctor)
{
	for (int kind = 0; kind < DEVICE_KINDS; kind++)
		if (kind != DEVICE_NIC)
			find_device(doctor, (enum device_kind)kind);
}

static void find_place(struct doctor *doctor, const char *name, const char *path,
		       const char *costs)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), err = errno;
	struct check *check;
	char byte[8192]; /* a record of /dev/kmsg is read whole or not at all */

	/* EPIPE: older records were overwritten; EAGAIN: there is none yet. */
	if (fd >= 0) {
		err = read(fd, byte, sizeof(byte)) < 0 && errno != EPIPE && errno != EAGAIN ?
			      errno :
			      0;
		close(fd);
	}
	check = add(doctor, SECTION_PLACES, name, !err);
	check->found = err ? strerror(err) : "readable";
	if (!err)
		return;
	check->found = text("%s", check->found);
	check->costs = costs;
	check->remedy = geteuid() ? "run as root" :
				    "make it readable: a container or a kernel option hides it";
}

/* To users without rights the file is readable, but all addresses are zero. */
static void find_kallsyms(struct doctor *doctor)
{
	struct why why;
	bool works = !kallsyms_check(&why);
	struct check *check = add(doctor, SECTION_PLACES, "/proc/kallsyms", works);

	check->found = works ? "readable" : text("%s", why.text);
	if (works)
		return;
	check->costs = "kernel functions cannot be looked up, so only tracepoints work";
	check->remedy = geteuid() ? "run as root" : "run `sysctl kernel.kptr_restrict=1`";
}

static void find_places(struct doctor *doctor)
{
	find_place(doctor, "/dev/kmsg", "/dev/kmsg",
		   "kernel warnings are not seen, so the verdict kernel-bug is never given");
	find_place(doctor, "/proc/PID/stack", "/proc/self/stack",
		   "a hang is reported without the place where its task is stuck");
	find_kallsyms(doctor);
}

struct list {
	char text[512];
	size_t used;
};

static void append(const char *path, void *arg)
{
	struct list *list = arg;

	if (list->used < sizeof(list->text))
		list->used += (size_t)snprintf(list->text + list->used,
					       sizeof(list->text) - list->used, "%s%s",
					       list->used ? ", " : "", path);
}

static void append_kept(const char *path, bool there, void *arg)
{
	if (there)
		append(path, arg);
}

static void find_state(struct doctor *doctor)
{
	struct why why = { "" };
	struct list list = { "", 0 };
	bool busy = machine_busy(&why);
	struct check *check = add(doctor, SECTION_STATE, "lock", !busy);

	check->needed = true;
	check->found = busy ? text("%s", why.text) : "free";
	if (busy) {
		check->costs = "only one run at a time is possible";
		check->remedy = "wait for that run, or stop it";
	}
	check = add(doctor, SECTION_STATE, "dirty mark", !machine_dirty(&why));
	check->needed = true;
	check->found = check->works ? "none" : text("%s", why.text);
	if (!check->works) {
		check->costs =
			"runs are refused, because what a leak has pinned would falsify their verdicts";
		check->remedy = "reboot, or use `dadrace run --force` at your own risk";
	}
	if (!busy) {
		machine_kept_netns(append_kept, &list);
		journal_orphans(append, &list);
	}
	check = add(doctor, SECTION_STATE, "leftovers", !list.used);
	check->found = list.used ? text("%s", list.text) : "none";
	if (list.used) {
		check->costs =
			"a run that ended has not restored what it changed, or a kept lane is still there";
		check->remedy = "run `dadrace clean`";
	}
}

/* The first check of these sections that every campaign needs and that fails, or NULL. */
static const struct check *first_lack(const struct doctor *doctor, enum section from,
				      enum section to)
{
	for (uint32_t i = 0; i < doctor->nr_checks; i++) {
		const struct check *check = &doctor->checks[i];

		if (check->section >= from && check->section <= to && check->needed &&
		    !check->works)
			return check;
	}
	return NULL;
}

static const struct site_row *first_unhooked(const struct doctor *doctor)
{
	for (uint32_t i = 0; i < doctor->nr_sites; i++)
		if (doctor->sites[i].needed && !doctor->sites[i].tier)
			return &doctor->sites[i];
	return NULL;
}

/* What the machine lacks counts before what keeps it busy: only the latter passes by itself. */
static int judge(struct doctor *doctor)
{
	const struct check *lack = first_lack(doctor, SECTION_KERNEL, SECTION_RIGHTS);
	const struct site_row *unhooked = lack ? NULL : first_unhooked(doctor);
	const struct check *busy;

	if (!lack && !unhooked)
		lack = first_lack(doctor, SECTION_DEVICES, SECTION_PLACES);
	busy = lack || unhooked ? NULL : first_lack(doctor, SECTION_STATE, SECTION_STATE);
	doctor->can_run = !lack && !unhooked && !busy;
	if (unhooked)
		doctor->sentence = text(
			"This machine cannot run campaigns: probe %s cannot be hooked; %s.",
			unhooked->probe, unhooked->without);
	else if (lack && lack->section == SECTION_RIGHTS && geteuid())
		doctor->sentence = text(
			"Only root can run campaigns on this kernel and check it: run `sudo dadrace doctor`. `dadrace run CAMPAIGN --kernel IMAGE` runs one in a virtual machine, which needs no root%s.",
			vm_installed(architecture_own()) ?
				"" :
				" but QEMU, which is not installed: `sudo apt-get install qemu-system-x86`");
	else if (lack)
		doctor->sentence =
			text("This machine cannot run campaigns: %s: %s; %s. Remedy: %s.",
			     lack->name, lack->found, lack->costs, lack->remedy);
	else if (busy)
		doctor->sentence =
			text("This machine could run campaigns, but not now: %s.", busy->found);
	else
		doctor->sentence = text("This machine can run campaigns (tier %s).",
					tier_names[doctor->tier]);
	return doctor->can_run ? EXIT_CLEAN : busy ? EXIT_BUSY : EXIT_CANNOT;
}

/* --- telling --- */

static void print_checks(const struct doctor *doctor, enum section section, const char *title)
{
	printf("%s\n", title);
	for (uint32_t i = 0; i < doctor->nr_checks; i++) {
		const struct check *check = &doctor->checks[i];

		if (check->section != section)
			continue;
		printf("  %-16s %-4s %s\n", check->name, check->works ? "ok" : "no",
		       check->found);
		if (!check->works)
			printf("  %-16s      cost: %s\n  %-16s      remedy: %s\n", "",
			       check->costs, "", check->remedy);
	}
	putchar('\n');
}

static void print_site(const struct site_row *site)
{
	printf("  %-16s %-4s", site->probe, site->tier ? "ok" : "no");
	if (site->tier)
		printf(" by %s%s%s\n", tier_names[site->tier], site->function ? " of " : "",
		       site->function ? site->function : "");
	else
		printf(" cost: %s\n", site->without);
	for (uint32_t i = 0; i < site->nr_rungs; i++) {
		const struct rung *rung = &site->rungs[i];

		if (!rung->works)
			printf("  %-16s      %s: %s\n", "", tier_names[rung->tier],
			       rung->reason);
		else if (rung->tier != site->tier)
			printf("  %-16s      %s: works, too\n", "", tier_names[rung->tier]);
	}
}

static void print_text(const struct doctor *doctor)
{
	print_checks(doctor, SECTION_KERNEL, "Kernel");
	print_checks(doctor, SECTION_RIGHTS, "Privileges");
	puts("Probes");
	if (!doctor->sites_tried)
		puts("  not tried: privileges are missing");
	for (uint32_t i = 0; doctor->sites_tried && i < doctor->nr_sites; i++)
		print_site(&doctor->sites[i]);
	puts("\nSites where an order can hold a thread");
	if (!doctor->sites_tried)
		puts("  not tried: privileges are missing");
	else
		doctor_sites_print(doctor->hold_sites, doctor->nr_hold_sites);
	putchar('\n');
	print_checks(doctor, SECTION_DEVICES, "Devices");
	print_checks(doctor, SECTION_PLACES, "Files");
	print_checks(doctor, SECTION_STATE, "State");
	puts(doctor->sentence);
}

/* --- the command --- */

static int run_here(bool json)
{
	static struct doctor doctor; /* what it found points into itself */
	int code;

	doctor.first_check = doctor.checks;
	doctor.first_site = doctor.sites;
	doctor.first_hold_site = doctor.hold_sites;
	machine_read(&doctor.machine);
	find_kernel(&doctor);
	find_rights(&doctor);
	find_realtime(&doctor);
	find_devices(&doctor); /* loads their modules, which have sites */
	find_sites(&doctor);
	find_helpers(&doctor);
	doctor.nr_hold_sites = doctor_sites_find(doctor.hold_sites, doctor.sites_tried);
	find_places(&doctor);
	find_state(&doctor);
	code = judge(&doctor);
	if (!json)
		print_text(&doctor);
	else if (fields_print(&doctor_fields, &doctor, stdout))
		code = EXIT_INTERNAL;
	return code;
}

struct options {
	struct kernel_ask kernel;
	bool json;
};

/* clang-format off */
#define AT(member) OPTION_AT(struct options, member)

static const struct option_row rows[] = {
	{ "json", 0, OPTION_FLAG, AT(json), .doc = "Print one JSON object" },
	{ "kernel", 0, OPTION_TEXT, AT(kernel.name), "IMAGE", .doc = DOC_KERNEL },
	{ "modules", 0, OPTION_TEXT, AT(kernel.modules), "DIR", .doc = DOC_MODULES },
	{ "root", 0, OPTION_TEXT, AT(kernel.root), "DIR", .doc = DOC_ROOT },
	{ "refresh", 0, OPTION_FLAG, AT(kernel.refresh), .doc = DOC_REFRESH },
	{ .name = NULL },
};
static const struct exit_row exits[] = {
	{ EXIT_CLEAN,	.doc = "Campaigns can run here" },
	{ EXIT_CANNOT,	.doc = "They cannot" },
	{ EXIT_BUSY,	.doc = "They could, but another run is in progress or the machine is marked dirty" },
	{ EXIT_CONFIG,	.doc = "IMAGE cannot be read" },
	{ .doc = NULL },
};
/* clang-format on */

static int run(const void *options)
{
	const struct options *o = options;

	if (o->kernel.modules && !o->kernel.name)
		return command_refuse(
			&command_doctor,
			"--modules: name the kernel that they belong to with --kernel");
	if (o->kernel.root && !o->kernel.name)
		return command_refuse(
			&command_doctor,
			"--root: name the kernel that its programs run on with --kernel");
	return o->kernel.name ? doctor_in_guest(&o->kernel, o->json) : run_here(o->json);
}

const struct command command_doctor = {
	.name = "doctor",
	.syntax = {
		.name = "dadrace doctor",
		.doc = "Show what works on this machine, and what each missing feature costs",
		.about = "Nothing is concluded from version numbers: each way to hook each probe is tried, and a device of each kind is created in network namespaces that are removed afterwards.",
		.options = rows,
		.exits = exits,
		.size = sizeof(struct options),
	},
	.run = run,
};
