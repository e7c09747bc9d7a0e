// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/fd.h"
#include "base/hash.h"
#include "machine/parts.h"

/* clang-format off */
static const struct field machine_rows[] = {
	{ "release", FIELD_TEXT, offsetof(struct machine, release),
	  .doc = "Release of the kernel (uname -r)" },
	{ "version", FIELD_TEXT, offsetof(struct machine, version),
	  .doc = "Version of the kernel (uname -v)" },
	{ "architecture", FIELD_TEXT, offsetof(struct machine, architecture),
	  .doc = "Architecture of the kernel (uname -m)" },
	{ "host", FIELD_TEXT, offsetof(struct machine, host),
	  .doc = "Name of the host (uname -n); that of the guest where one ran the campaign" },
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
	machine_text("/sys/kernel/debug/sched/preempt", text, sizeof(text));
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

	machine_text("/sys/kernel/security/lockdown", text, sizeof(text));
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

	machine_text("/sys/devices/system/cpu/possible", text, sizeof(text));
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
	machine_text("/proc/cmdline", texts.command_line, sizeof(texts.command_line));
	machine_text("/proc/sys/kernel/random/boot_id", texts.boot_id, sizeof(texts.boot_id));
	machine_text("/sys/module/dadrace_plant/parameters/bug", texts.planted,
		     sizeof(texts.planted));
	if (!texts.btf_id[0]) /* some megabytes, and the same until the next boot */
		read_btf_id(texts.btf_id, sizeof(texts.btf_id));
	config = read_config(texts.uts.release);
	*machine = (struct machine){
		.release = texts.uts.release,
		.version = texts.uts.version,
		.architecture = texts.uts.machine,
		.host = texts.uts.nodename,
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
