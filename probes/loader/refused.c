// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loader/parts.h"

/* What libbpf says is kept for the sentence, not printed. */
static char libbpf_said[512];

__attribute__((format(printf, 2, 0))) static int keep_words(enum libbpf_print_level level,
							    const char *format, va_list ap)
{
	if (level == LIBBPF_WARN && !libbpf_said[0]) {
		vsnprintf(libbpf_said, sizeof(libbpf_said), format, ap);
		libbpf_said[strcspn(libbpf_said, "\n")] = '\0';
	}
	return 0;
}

void probes_hear_libbpf(void)
{
	libbpf_set_print(keep_words);
	libbpf_said[0] = '\0';
}

static bool read_word(const char *path, char *word, size_t size)
{
	FILE *file = fopen(path, "re");
	bool got = file && fgets(word, (int)size, file);

	if (file)
		fclose(file);
	return got;
}

/* The most repeated complaint of this field is a bare "Operation not permitted": say which. */
int probes_refused(int err, const char *what, struct why *why)
{
	const char *shortage = why_short_of(err);
	char lockdown[128] = "";

	if (shortage)
		return why_exit(why, EXIT_INTERNAL, err, "%s: %s", what, shortage);
	if (err == EPERM || err == EACCES) {
		if (geteuid() != 0)
			return why_set(
				why, EPERM,
				"user %u: not permitted (%s); run as root, or with CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and CAP_SYS_ADMIN",
				geteuid(), what);
		if (read_word("/sys/kernel/security/lockdown", lockdown, sizeof(lockdown)) &&
		    strstr(lockdown, "[confidentiality]"))
			return why_set(
				why, EPERM,
				"this kernel is locked down (confidentiality), which forbids reading kernel memory (%s); boot with lockdown=integrity or lockdown=none",
				what);
		return why_set(
			why, EPERM,
			"%s: refused even to root; CAP_BPF or CAP_PERFMON is missing, or a container's seccomp filter forbids bpf(2)%s%s",
			what, libbpf_said[0] ? "; libbpf: " : "", libbpf_said);
	}
	return why_set(why, err, "%s: refused by the kernel: %s%s%s", what, strerror(err),
		       libbpf_said[0] ? "; libbpf: " : "", libbpf_said);
}
