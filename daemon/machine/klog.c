// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "machine/klog.h"

/* syslog(2), which has no header for them */
enum { LOG_ALL = 3, LOG_SIZE = 10 };

struct klog {
	int fd;
};

int klog_open(struct klog **out, struct why *why)
{
	struct klog *klog = calloc(1, sizeof(*klog));

	if (!klog)
		return why_set(why, ENOMEM, "out of memory");
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
