// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/fd.h"
#include "base/hash.h"
#include "machine/machine.h"

#define LOCK_FILE  MACHINE_FOLDER "/lock"
#define DIRTY_FILE MACHINE_FOLDER "/dirty"
#define DIRTY_NEW  MACHINE_FOLDER "/dirty.new"

/* clang-format off */
static const struct field machine_rows[] = {
	{ "release", FIELD_TEXT, offsetof(struct machine, release),
	  .doc = "Release of the kernel (uname -r)" },
	{ "version", FIELD_TEXT, offsetof(struct machine, version),
	  .doc = "Version of the kernel (uname -v)" },
	{ "btf_id", FIELD_TEXT, offsetof(struct machine, btf_id),
	  .doc = "64-bit FNV-1a of the kernel's type information, which tells builds apart; empty when there is none" },
	{ "hz", FIELD_U32, offsetof(struct machine, hz), .nullable = true,
	  .doc = "Ticks per second" },
	{ "preempt", FIELD_TEXT, offsetof(struct machine, preempt),
	  .doc = "Preemption: none, voluntary, full, lazy or rt; empty when unknown" },
	{ "command_line", FIELD_TEXT, offsetof(struct machine, command_line),
	  .doc = "The kernel's command line" },
	{ "cpus_online", FIELD_U32, offsetof(struct machine, cpus_online),
	  .doc = "CPUs that were online" },
	{ "cpus_possible", FIELD_U32, offsetof(struct machine, cpus_possible),
	  .doc = "CPUs that the kernel keeps per-CPU counters for" },
	{ "boot_id", FIELD_TEXT, offsetof(struct machine, boot_id),
	  .doc = "Names the boot" },
	{ "lockdown", FIELD_TEXT, offsetof(struct machine, lockdown),
	  .doc = "Lockdown: none, integrity or confidentiality; empty when it is not built in" },
	{ "planted", FIELD_TEXT, offsetof(struct machine, planted),
	  .doc = "Bug that was planted in the kernel on purpose, to show that it is found; empty when none was" },
	{ .name = NULL },
};
/* clang-format on */

const struct fields machine_fields = {
	.name = "machine",
	.doc = "The machine that a campaign ran on",
	.rows = machine_rows,
	.size = sizeof(struct machine),
};

/*
 * The file's first size - 1 bytes without the newlines at the end; "" when it cannot be read.
 */
static void read_text(const char *path, char *text, size_t size)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);

	while (got > 0 && text[got - 1] == '\n')
		got--;
	text[got > 0 ? got : 0] = '\0';
}

/* --- which kernel --- */

static struct {
	struct utsname uts;
	char btf_id[17];
	char command_line[1024];
	char boot_id[37];
	char planted[64];
} texts;

/*
 * The configuration that the kernel was built with, from where it can be read; gzopen() reads
 * plain files as well. NULL when it is nowhere; the caller frees.
 */
static char *read_config(const char *release)
{
	enum { CONFIG_MAX = 1 << 20 };
	char by_release[2][128];
	const char *const places[] = { "/proc/config.gz", by_release[0], by_release[1] };
	char *text = malloc(CONFIG_MAX);
	int got = 0;

	snprintf(by_release[0], sizeof(by_release[0]), "/boot/config-%s", release);
	snprintf(by_release[1], sizeof(by_release[1]), "/lib/modules/%s/config", release);
	for (size_t i = 0; text && got <= 0 && i < sizeof(places) / sizeof(places[0]); i++) {
		gzFile file = gzopen(places[i], "re");

		got = file ? gzread(file, text, CONFIG_MAX - 1) : 0;
		if (file)
			gzclose(file);
	}
	if (got <= 0) {
		free(text);
		return NULL;
	}
	text[got] = '\0';
	return text;
}

/* `line` with the newline before and after it: no option's name is the end of another's. */
static bool config_has(const char *config, const char *line)
{
	return config && strstr(config, line);
}

/* The value of a key of the kernel's command line, the last one as the kernel sees it. */
static void option_of(const char *command_line, const char *key, char *value, size_t size)
{
	size_t length = strlen(key);

	value[0] = '\0';
	for (const char *at = command_line; (at = strstr(at, key)); at += length)
		if ((at == command_line || at[-1] == ' ') && at[length] != ' ')
			snprintf(value, size, "%.*s", (int)strcspn(at + length, " "),
				 at + length);
}

/* The word of `text` that stands between two marks: what sysfs shows as chosen. */
static void marked_word(const char *text, char open, char close, char *word, size_t size)
{
	const char *from = strchr(text, open), *to = from ? strchr(from, close) : NULL;

	word[0] = '\0';
	if (to)
		snprintf(word, size, "%.*s", (int)(to - from - 1), from + 1);
}

static const char *known_word(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(word, *words))
			return *words;
	return "";
}

static const char *read_preempt(const char *version, const char *config)
{
	static const char *const modes[] = { "none", "voluntary", "full", "lazy", "rt", NULL };
	char text[128], word[16];

	if (strstr(version, "PREEMPT_RT") || strstr(version, "PREEMPT RT"))
		return "rt";
	/* Kernels with PREEMPT_DYNAMIC choose at boot, and can be switched later. */
	read_text("/sys/kernel/debug/sched/preempt", text, sizeof(text));
	marked_word(text, '(', ')', word, sizeof(word));
	if (!word[0])
		option_of(texts.command_line, "preempt=", word, sizeof(word));
	if (known_word(word, modes)[0])
		return known_word(word, modes);
	if (config_has(config, "\nCONFIG_PREEMPT_NONE=y\n"))
		return "none";
	if (config_has(config, "\nCONFIG_PREEMPT_VOLUNTARY=y\n"))
		return "voluntary";
	if (config_has(config, "\nCONFIG_PREEMPT_LAZY=y\n"))
		return "lazy";
	if (config_has(config, "\nCONFIG_PREEMPT=y\n"))
		return "full";
	if (strstr(version, "PREEMPT") && !strstr(version, "PREEMPT_DYNAMIC"))
		return "full";
	return "";
}

/* Without securityfs: what was built in, or asked for at boot when that is more. */
static const char *read_lockdown(const char *config)
{
	static const char *const modes[] = { "none", "integrity", "confidentiality", NULL };
	char text[128], word[32];

	read_text("/sys/kernel/security/lockdown", text, sizeof(text));
	marked_word(text, '[', ']', word, sizeof(word));
	if (word[0])
		return known_word(word, modes);
	if (!config_has(config, "\nCONFIG_SECURITY_LOCKDOWN_LSM=y\n"))
		return "";
	option_of(texts.command_line, "lockdown=", word, sizeof(word));
	if (!strcmp(word, "confidentiality") ||
	    config_has(config, "\nCONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY=y\n"))
		return "confidentiality";
	if (!strcmp(word, "integrity") ||
	    config_has(config, "\nCONFIG_LOCK_DOWN_KERNEL_FORCE_INTEGRITY=y\n"))
		return "integrity";
	return "none";
}

/*
 * The coarse clocks have the resolution of one tick: no configuration has to be found for it.
 */
static uint32_t read_hz(void)
{
	struct timespec tick;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) || tick.tv_sec || !tick.tv_nsec)
		return 0;
	return (uint32_t)((1000000000L + tick.tv_nsec / 2) / tick.tv_nsec);
}

static void read_btf_id(char *id, size_t size)
{
	AUTO_FD int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	uint64_t hash = HASH_START;
	unsigned char bytes[1 << 16];
	bool any = false;
	ssize_t got;

	while (fd >= 0 && (got = read(fd, bytes, sizeof(bytes))) > 0) {
		any = true;
		hash = hash_bytes(hash, bytes, (size_t)got);
	}
	snprintf(id, size, "%016" PRIx64, hash);
	if (!any)
		id[0] = '\0';
}

/* The kernel keeps counters up to the highest possible CPU: "0-3,8-11" is 12. */
static uint32_t read_cpus_possible(void)
{
	char text[256];
	size_t end;

	read_text("/sys/devices/system/cpu/possible", text, sizeof(text));
	end = strlen(text);
	while (end && text[end - 1] >= '0' && text[end - 1] <= '9')
		end--;
	return text[end] ? (uint32_t)strtoul(text + end, NULL, 10) + 1 :
			   (uint32_t)sysconf(_SC_NPROCESSORS_CONF);
}

void machine_read(struct machine *machine)
{
	char *config;

	uname(&texts.uts);
	read_text("/proc/cmdline", texts.command_line, sizeof(texts.command_line));
	read_text("/proc/sys/kernel/random/boot_id", texts.boot_id, sizeof(texts.boot_id));
	read_text("/sys/module/dadrace_plant/parameters/bug", texts.planted,
		  sizeof(texts.planted));
	read_btf_id(texts.btf_id, sizeof(texts.btf_id));
	config = read_config(texts.uts.release);
	*machine = (struct machine){
		.release = texts.uts.release,
		.version = texts.uts.version,
		.btf_id = texts.btf_id,
		.hz = read_hz(),
		.preempt = read_preempt(texts.uts.version, config),
		.command_line = texts.command_line,
		.cpus_online = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
		.cpus_possible = read_cpus_possible(),
		.boot_id = texts.boot_id,
		.lockdown = read_lockdown(config),
		.planted = texts.planted,
	};
	free(config);
}

/* --- one run at a time --- */

static int make_folder(struct why *why)
{
	if (!mkdir(MACHINE_FOLDER, 0755) || errno == EEXIST)
		return 0;
	return why_set(why, errno, MACHINE_FOLDER ": cannot be created: %s%s", strerror(errno),
		       geteuid() ? "; run as root" : "");
}

static int in_use_by(struct why *why, const char *pid)
{
	return why_set(
		why, EBUSY,
		"this machine is in use by another run (pid %s); wait until it has ended, or end it",
		pid[0] ? pid : "unknown");
}

static int take_lock(int fd, struct why *why)
{
	char pid[16];

	if (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK)
			return why_set(why, errno, LOCK_FILE ": cannot be locked: %s",
				       strerror(errno));
		read_text(LOCK_FILE, pid, sizeof(pid));
		return in_use_by(why, pid);
	}
	/* The pid is for the sentence only: the lock is the lock. */
	if (ftruncate(fd, 0) || dprintf(fd, "%d\n", getpid()) < 0)
		return why_set(why, errno, LOCK_FILE ": cannot be written: %s",
			       strerror(errno));
	return 0;
}

int machine_lock(struct why *why)
{
	int err = make_folder(why), fd;

	if (err)
		return err;
	fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return why_set(why, errno, LOCK_FILE ": cannot be opened: %s%s",
			       strerror(errno), geteuid() ? "; run as root" : "");
	err = take_lock(fd, why);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Asks /proc/locks: trying the lock would make a run that starts now find it taken. */
bool machine_busy(struct why *why)
{
	FILE *locks = fopen("/proc/locks", "re");
	char line[256], pid[16];
	struct stat lock;
	bool busy = false;

	if (locks && !stat(LOCK_FILE, &lock))
		while (!busy && fgets(line, sizeof(line), locks)) {
			unsigned int device_major, device_minor;
			unsigned long long inode;

			busy = sscanf(line, "%*s FLOCK %*s %*s %*d %x:%x:%llu", &device_major,
				      &device_minor, &inode) == 3 &&
			       makedev(device_major, device_minor) == lock.st_dev &&
			       inode == lock.st_ino;
		}
	if (locks)
		fclose(locks);
	if (busy) {
		read_text(LOCK_FILE, pid, sizeof(pid));
		in_use_by(why, pid);
	}
	return busy;
}

/* --- the dirty mark --- */

struct mark {
	char boot_id[64];
	char since[32];
	char sentence[512];
};

/* False when there is none. A mark that says nothing is one of no boot. */
static bool mark_read(struct mark *mark)
{
	FILE *file = fopen(DIRTY_FILE, "re");

	*mark = (struct mark){ 0 };
	if (!file)
		return false;
	if (fscanf(file, "%63[^\n]\n%31[^\n]\n%511[^\n]", mark->boot_id, mark->since,
		   mark->sentence) < 1)
		mark->boot_id[0] = '\0';
	fclose(file);
	return true;
}

bool machine_dirty(struct why *why)
{
	char boot_id[64];
	struct mark mark;

	if (!mark_read(&mark))
		return false;
	read_text("/proc/sys/kernel/random/boot_id", boot_id, sizeof(boot_id));
	if (strcmp(boot_id, mark.boot_id) != 0)
		return false;
	why_set(why, EBUSY,
		"this machine is dirty since %s: %s; reboot, or use --force at your own risk",
		mark.since, mark.sentence);
	return true;
}

int machine_mark_dirty(const char *sentence, struct why *why)
{
	char boot_id[64], since[32];
	time_t now = time(NULL);
	struct tm utc;
	FILE *file;
	int err = make_folder(why);
	bool written;

	if (err)
		return err;
	if (machine_dirty(NULL))
		return 0;
	read_text("/proc/sys/kernel/random/boot_id", boot_id, sizeof(boot_id));
	strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	file = fopen(DIRTY_NEW, "we");
	written = file && fprintf(file, "%s\n%s\n%.*s\n", boot_id, since,
				  (int)strcspn(sentence, "\n"), sentence) > 0;
	if (file && fclose(file))
		written = false;
	if (!written || rename(DIRTY_NEW, DIRTY_FILE))
		return why_set(why, errno, DIRTY_FILE ": cannot be written: %s",
			       strerror(errno));
	return 0;
}

int machine_unmark_dirty(struct why *why)
{
	if (!unlink(DIRTY_FILE))
		return 1;
	if (errno == ENOENT)
		return 0;
	return why_set(why, errno, DIRTY_FILE ": cannot be removed: %s", strerror(errno));
}

/* --- namespaces that were kept --- */

void machine_kept_netns(void (*seen)(const char *path, void *arg), void *arg)
{
	glob_t found;

	if (!glob(MACHINE_NETNS_FOLDER "/dadrace-*", 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++)
			seen(found.gl_pathv[i], arg);
	globfree(&found);
}
