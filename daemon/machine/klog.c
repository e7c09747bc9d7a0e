// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "machine/klog.h"

/* syslog(2), which has no header for them */
enum { LOG_ALL = 3, LOG_SIZE = 10 };

enum {
	TASK_IS_KERNELS = 0x00200000, /* PF_KTHREAD, include/linux/sched.h */
	FLAGS_FIELD = 6,	      /* of /proc/PID/stat, counted from behind the name */
};
#define FIRST_PIDNS 0xeffffffcUL /* PROC_PID_INIT_INO, include/linux/proc_ns.h */

struct klog {
	int fd;
};

int klog_open(struct klog **out, struct why *why)
{
	struct klog *klog = calloc(1, sizeof(*klog));

	if (!klog)
		return why_memory(why);
	klog->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (klog->fd < 0 || lseek(klog->fd, 0, SEEK_END) < 0) {
		int err = errno;

		klog_close(klog);
		return why_set(
			why, err,
			"/dev/kmsg: cannot be read: %s; kernel messages are not judged (needs root or CAP_SYSLOG)",
			strerror(err));
	}
	*out = klog;
	return 0;
}

void klog_close(struct klog *klog)
{
	if (!klog)
		return;
	if (klog->fd >= 0)
		close(klog->fd);
	free(klog);
}

char *klog_text(void)
{
	int size = klogctl(LOG_SIZE, NULL, 0), got = -1;
	char *text = size > 0 ? malloc((size_t)size + 1) : NULL;

	if (text)
		got = klogctl(LOG_ALL, text, size);
	if (got < 0) {
		free(text);
		return NULL;
	}
	text[got] = '\0';
	return text;
}

int klog_fd(const struct klog *klog)
{
	return klog->fd;
}

unsigned int klog_read(struct klog *klog, void (*seen)(const struct klog_line *line, void *arg),
		       void *arg)
{
	unsigned int overwritten = 0;
	char record[8192]; /* one read gives one record, at most this (kernel/printk) */
	struct klog_line line;
	ssize_t n;

	for (;;) {
		n = read(klog->fd, record, sizeof(record) - 1);
		if (n < 0 && errno == EPIPE) { /* the next read continues after the gap */
			overwritten++;
			continue;
		}
		if (n <= 0)
			return overwritten;
		record[n] = '\0';
		if (klog_line_parse(record, &line))
			seen(&line, arg);
	}
}

/* The pid namespace of a task; 0: there is no such task. */
static unsigned long pidns_of(uint32_t pid)
{
	char path[64], link[64];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%u/ns/pid", pid);
	length = readlink(path, link, sizeof(link) - 1);
	if (length < 0)
		return 0;
	link[length] = '\0';
	return strncmp(link, "pid:[", 5) ? 0 : strtoul(link + 5, NULL, 10);
}

static bool is_kernels(uint32_t pid)
{
	char path[64], stat[1024], *field;
	FILE *file;
	size_t length;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	length = fread(stat, 1, sizeof(stat) - 1, file);
	fclose(file);
	stat[length] = '\0';
	field = strrchr(stat, ')');
	for (int i = 0; field && i <= FLAGS_FIELD; i++)
		field = strchr(field + 1, ' ');
	return field && strtoul(field, NULL, 10) & TASK_IS_KERNELS;
}

enum klog_task klog_task_of(uint32_t pid, pid_t lane)
{
	unsigned long ours = pidns_of((uint32_t)getpid()), whose = pidns_of(pid);

	if (ours != FIRST_PIDNS || !whose || pid == (uint32_t)getpid() || is_kernels(pid))
		return KLOG_TASK_UNKNOWN;
	return whose != ours && whose == pidns_of((uint32_t)lane) ? KLOG_TASK_OURS :
								    KLOG_TASK_STRANGER;
}

bool klog_in_guest(void)
{
	static const char guest[] = "guest";
	char words[PATH_MAX] = "";
	FILE *file = fopen("/proc/1/cmdline", "re");
	const char *second;

	if (!file)
		return false;
	words[fread(words, 1, sizeof(words) - 1, file)] = '\0';
	fclose(file);
	second = words + strlen(words) + 1;
	return second + sizeof(guest) <= words + sizeof(words) && !strcmp(second, guest);
}
