// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/klog_line.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* The kernel's own limit: LOG_LINE_MAX in kernel/printk/printk.c is below it. */
enum { MESSAGE_MAX = 1024 };

enum {
	LEVEL_BITS = 3,		/* a record's first field is facility << 3 | level */
	LEVEL_OF_BARE_TEXT = 4, /* the kernel's default, CONFIG_MESSAGE_LOGLEVEL_DEFAULT */
};

const char *const klog_kind_names[] = {
	[KLOG_OTHER] = "other", [KLOG_WAITING] = "waiting", [KLOG_REFCOUNT] = "refcount",
	[KLOG_WARN] = "warn",	[KLOG_BUG] = "bug",	    [KLOG_OOPS] = "oops",
	[KLOG_KASAN] = "kasan", [KLOG_LOCKUP] = "lockup",   [KLOG_LOCKDEP] = "lockdep",
};
static_assert(sizeof(klog_kind_names) / sizeof(*klog_kind_names) == KLOG_KINDS,
	      "every kind has a name");

/*
 * What the kernel says when it is unwell. The first row whose start begins the message, whose
 * two parts occur in it in this order, and whose level is not exceeded, decides. Starts are
 * given wherever the kernel's text has one: the names of tasks and devices stand in messages
 * too, and whoever chooses them must not choose our verdict.
 */
static const struct pattern {
	enum klog_kind kind;
	uint8_t max_level; /* 0: any; for words that harmless messages begin with as well */
	const char *start;
	const char *part;
	const char *then;
} patterns[] = {
	/* clang-format off */

	/* net/core/dev.c, lib/refcount.c, lib/ref_tracker.c */
	{ KLOG_WAITING,  .start = "unregister_netdevice: waiting for ",
			 .part = " to become free. Usage count = " },
	{ KLOG_REFCOUNT, .start = "refcount_t: " },
	{ KLOG_REFCOUNT, .start = "ref_tracker: ", .part = "reference already released" },
	{ KLOG_REFCOUNT, .start = "ref_tracker: ", .part = "leaked reference" },
	{ KLOG_REFCOUNT, .start = "ref_tracker: ", .part = " has ", .then = " users at" },
	{ KLOG_REFCOUNT, .start = "ref_tracker: ", .part = " skipped reports about " },
	{ KLOG_REFCOUNT, .start = "reference already released." }, /* before 6.4 */
	{ KLOG_REFCOUNT, .start = "leaked reference." },

	/* The last reference was put while the object is in use: as telling as refcount_t. */
	{ KLOG_REFCOUNT, .start = "IPv6: Freeing alive inet6 " },
	{ KLOG_REFCOUNT, .start = "IPv4: Freeing alive in_device " },
	{ KLOG_REFCOUNT, .start = "neighbour: Destroying alive neighbour " },
	{ KLOG_REFCOUNT, .start = "dst_release underflow" },
	{ KLOG_REFCOUNT, .start = "dst_release: dst:", .part = " refcnt:" },

	/* mm/kasan, mm/kfence, mm/kmsan, kernel/kcsan, lib/ubsan.c */
	{ KLOG_KASAN,    .start = "BUG: KASAN: " },
	{ KLOG_KASAN,    .start = "BUG: KFENCE: " },
	{ KLOG_KASAN,    .start = "BUG: KCSAN: " },
	{ KLOG_KASAN,    .start = "BUG: KMSAN: " },
	{ KLOG_KASAN,    .start = "KASAN: ", .part = " in range [" },
	{ KLOG_KASAN,    .start = "UBSAN: ", .part = " in " },

	/* kernel/watchdog.c, kernel/hung_task.c, kernel/rcu, kernel/workqueue.c */
	{ KLOG_LOCKUP,   .part = "BUG: soft lockup - CPU#" },
	{ KLOG_LOCKUP,   .part = "Watchdog detected hard LOCKUP" },
	{ KLOG_LOCKUP,   .start = "INFO: task ", .part = " blocked",
			 .then = " for more than " },
	{ KLOG_LOCKUP,   .start = "rcu: INFO: ", .part = " stall" },
	{ KLOG_LOCKUP,   .start = "INFO: rcu_", .part = " stall" },
	{ KLOG_LOCKUP,   .start = "rcu: ", .part = " kthread starved for " },
	{ KLOG_LOCKUP,   .start = "BUG: workqueue lockup - " },
	{ KLOG_LOCKUP,   .start = "Kernel panic - not syncing: softlockup" },
	{ KLOG_LOCKUP,   .start = "Kernel panic - not syncing: hung_task" },
	{ KLOG_LOCKUP,   .start = "Kernel panic - not syncing: Hard LOCKUP" },

	/* kernel/locking/lockdep.c, kernel/rcu */
	{ KLOG_OTHER,    .start = "BUG: MAX_LOCK" }, /* lockdep's tables are full: no fault */
	{ KLOG_OTHER,    .start = "BUG: MAX_STACK_TRACE_ENTRIES" },
	{ KLOG_LOCKDEP,  .start = "WARNING: possible ", .part = " detected" },
	{ KLOG_LOCKDEP,  .start = "WARNING: suspicious RCU usage" },
	{ KLOG_LOCKDEP,  .start = "WARNING: inconsistent lock state" },
	{ KLOG_LOCKDEP,  .start = "WARNING: ", .part = "-safe -> ",
			 .then = " lock order detected" },
	{ KLOG_LOCKDEP,  .start = "WARNING: bad unlock balance detected" },
	{ KLOG_LOCKDEP,  .start = "WARNING: bad contention detected" },
	{ KLOG_LOCKDEP,  .start = "WARNING: held lock freed" },
	{ KLOG_LOCKDEP,  .start = "WARNING: lock held when returning to user space" },
	{ KLOG_LOCKDEP,  .start = "WARNING: ", .part = " still has locks held" },
	{ KLOG_LOCKDEP,  .start = "WARNING: Nested lock was not taken" },
	{ KLOG_LOCKDEP,  .start = "[ BUG: " },
	{ KLOG_LOCKDEP,  .start = "INFO: trying to register non-static key" },

	/* arch fault.c, kernel/panic.c; "traps: ls[12] general protection" is user space's */
	{ KLOG_OOPS,     .start = "BUG: unable to handle " },
	{ KLOG_OOPS,     .start = "BUG: kernel NULL pointer dereference" },
	{ KLOG_OOPS,     .start = "Unable to handle kernel " },
	{ KLOG_OOPS,     .start = "Oops: " },
	{ KLOG_OOPS,     .start = "Internal error: ", .part = "[#" },
	{ KLOG_OOPS,     .start = "general protection fault: ", .part = "[#" },
	{ KLOG_OOPS,     .start = "general protection fault, " },
	{ KLOG_OOPS,     .start = "divide error: ", .part = "[#" },
	{ KLOG_OOPS,     .start = "invalid opcode: ", .part = "[#" },
	{ KLOG_OOPS,     .start = "stack segment: ", .part = "[#" },
	{ KLOG_OOPS,     .start = "int3: ", .part = "[#" },
	{ KLOG_OOPS,     .start = "double fault: ", .part = "[#" },
	{ KLOG_OOPS,     .start = "traps: PANIC: double fault" },
	{ KLOG_OOPS,     .start = "Kernel panic - not syncing: " },

	/* lib/bug.c, lib/list_debug.c, kernel/sched/core.c, mm, and everyone else */
	{ KLOG_BUG,      .start = "kernel BUG at " },
	{ KLOG_BUG,      .start = "list_add corruption" },
	{ KLOG_BUG,      .start = "list_add double add: " },
	{ KLOG_BUG,      .start = "list_del corruption" },
	{ KLOG_BUG,      .start = "BUG: ", .max_level = 5 },

	/*
	 * kernel/panic.c, __warn(): "CPU: 0 PID: 1 at FILE:LINE F" until 6.18, since then
	 * "FILE:LINE at F, CPU#0: ip/1". Others write "WARNING: " as an interjection: the bare
	 * word is no evidence.
	 */
	{ KLOG_WARN,     .start = "WARNING: CPU: ", .part = " PID: ", .then = " at " },
	{ KLOG_WARN,     .start = "WARNING: ", .part = "at ", .then = ", CPU#" },
	{ KLOG_WARN,     .start = "RTNL: assertion failed at " },
	{ KLOG_WARN,     .start = "ODEBUG: ", .part = " object" },
	/* clang-format on */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *skip(const char *text, const char *start)
{
	size_t nr = strlen(start);

	return strncmp(text, start, nr) == 0 ? text + nr : NULL;
}

/* Reads decimal digits up to a limit; NULL when there are none or the number is above it. */
static const char *read_number(const char *text, uint64_t limit, uint64_t *number)
{
	uint64_t value = 0;

	if (!is_digit(*text))
		return NULL;
	for (; is_digit(*text); text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		if (value > (limit - digit) / 10)
			return NULL;
		value = value * 10 + digit;
	}
	*number = value;
	return text;
}

static bool pattern_fits(const struct pattern *pattern, const char *text, uint8_t level)
{
	if (pattern->max_level && level > pattern->max_level)
		return false;
	if (pattern->start) {
		text = skip(text, pattern->start);
		if (!text)
			return false;
	}
	if (pattern->part) {
		text = strstr(text, pattern->part);
		if (!text)
			return false;
		text += strlen(pattern->part);
	}
	return !pattern->then || strstr(text, pattern->then);
}

static const struct pattern *pattern_of(const char *text, uint8_t level)
{
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		if (pattern_fits(&patterns[i], text, level))
			return &patterns[i];
	return NULL;
}

/*
 * A name may hold any byte but '/' and white space (dev_valid_name() in net/core/dev.c): it
 * ends at the first white space, and what follows must be the kernel's words to the letter.
 */
static bool read_waiting(const char *text, const struct pattern *waiting,
			 struct klog_line *line)
{
	const char *name = skip(text, waiting->start);
	size_t nr = 0;
	bool is_negative;
	uint64_t count;

	while (name[nr] && name[nr] != '/' && !is_space(name[nr]))
		nr++;
	if (nr == 0 || nr >= sizeof(line->device))
		return false;

	text = skip(name + nr, waiting->part);
	if (!text)
		return false;
	is_negative = *text == '-';
	text = read_number(text + is_negative, INT32_MAX, &count);
	if (!text || (*text && !is_space(*text)))
		return false;

	memcpy(line->device, name, nr);
	line->device[nr] = '\0';
	line->usage_count = is_negative ? -(int32_t)count : (int32_t)count;
	return true;
}

/* One printk() may hold several lines, and the one that matters need not be the first. */
static void classify_lines(const char *message, struct klog_line *line)
{
	while (*message && line->kind == KLOG_OTHER) {
		const struct pattern *pattern;
		char text[MESSAGE_MAX];
		size_t nr = 0;

		while (is_space(*message))
			message++;
		while (*message && *message != '\n' && nr < sizeof(text) - 1)
			text[nr++] = *message++;
		text[nr] = '\0';
		message += strcspn(message, "\n");

		pattern = pattern_of(text, line->level);
		if (pattern &&
		    (pattern->kind != KLOG_WAITING || read_waiting(text, pattern, line)))
			line->kind = pattern->kind;
	}
}

static void copy_text(const char *message, struct klog_line *line)
{
	size_t nr = 0;

	while (is_space(*message))
		message++;
	for (; *message && nr < sizeof(line->text) - 1; message++) {
		bool is_control = (unsigned char)*message < ' ' || *message == 0x7f;

		line->text[nr++] = is_control ? ' ' : *message;
	}
	while (nr && line->text[nr - 1] == ' ')
		nr--;
	line->text[nr] = '\0';
}

/* "12.345678]", the seconds since boot of print_time() in kernel/printk/printk.c. */
static const char *read_time(const char *text, uint64_t *stamp_us)
{
	uint64_t unit_us = 1000000;
	uint64_t stamp;

	text = read_number(text, UINT32_MAX, &stamp);
	if (!text || *text != '.')
		return NULL;
	stamp *= unit_us;
	for (text++; is_digit(*text); text++) {
		unit_us /= 10;
		stamp += (uint64_t)(*text - '0') * unit_us;
	}
	if (*text != ']')
		return NULL;
	*stamp_us = stamp;
	return text + 1;
}

/* "T123]" or "C0]", the task or the CPU of print_caller(), with CONFIG_PRINTK_CALLER. */
static const char *read_caller(const char *text)
{
	uint64_t number;

	if (*text != 'T' && *text != 'C')
		return NULL;
	text = read_number(text + 1, UINT32_MAX, &number);
	return text && *text == ']' ? text + 1 : NULL;
}

/* Steps over all the brackets before a message; sets the stamp only when one is a time. */
static const char *skip_prefixes(const char *text, uint64_t *stamp_us)
{
	while (*text == '[') {
		const char *inside = text + 1 + strspn(text + 1, " ");
		const char *end = read_time(inside, stamp_us);

		if (!end)
			end = read_caller(inside);
		if (!end)
			break;
		text = end + strspn(end, " ");
	}
	return text;
}

void klog_line_classify(const char *text, struct klog_line *line)
{
	*line = (struct klog_line){ .level = LEVEL_OF_BARE_TEXT };
	text = skip_prefixes(text, &line->stamp_us);
	copy_text(text, line);
	classify_lines(text, line);
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit = c ? strchr(digits, c) : NULL;

	return digit ? (int)(digit - digits) : -1;
}

/*
 * Undoes the "\x0a" of Documentation/ABI/testing/dev-kmsg, which escapes the backslash as well;
 * ends at the first bare newline, behind which only the dictionary follows.
 */
static void unescape(const char *from, char to[static MESSAGE_MAX])
{
	size_t nr = 0;

	while (*from && *from != '\n' && nr < MESSAGE_MAX - 1) {
		const char *hex = skip(from, "\\x");
		int high = hex ? hex_value(hex[0]) : -1;
		int low = high >= 0 ? hex_value(hex[1]) : -1;

		if (low < 0) {
			to[nr++] = *from++;
			continue;
		}
		to[nr] = (char)(high << 4 | low);
		if (to[nr] == '\0')
			to[nr] = ' ';
		nr++;
		from = hex + 2;
	}
	to[nr] = '\0';
}

/* A number of the header and the comma behind it. */
static const char *read_field(const char *text, uint64_t limit, uint64_t *number)
{
	text = read_number(text, limit, number);
	return text && *text == ',' ? text + 1 : NULL;
}

bool klog_line_parse(const char *record, struct klog_line *line)
{
	struct klog_line parsed = { .kind = KLOG_OTHER };
	char message[MESSAGE_MAX];
	const char *text;
	uint64_t priority;
	uint64_t prefix_us;

	record = read_field(record, UINT32_MAX, &priority);
	if (record)
		record = read_field(record, UINT64_MAX, &parsed.sequence);
	if (record)
		record = read_field(record, UINT64_MAX, &parsed.stamp_us);
	if (!record)
		return false;
	/* The flag, and whatever fields later kernels put behind it, such as "caller=T12". */
	record += strcspn(record, ";\n");
	if (*record != ';')
		return false;

	unescape(record + 1, message);
	text = skip_prefixes(message, &prefix_us);
	parsed.level = (uint8_t)(priority & ((1U << LEVEL_BITS) - 1));
	copy_text(text, &parsed);
	/*
	 * Any facility but 0: user space wrote it through /dev/kmsg. not a message of the
	 * kernel.
	 */
	if (priority >> LEVEL_BITS == 0)
		classify_lines(text, &parsed);
	*line = parsed;
	return true;
}
