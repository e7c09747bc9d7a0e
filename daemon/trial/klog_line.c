// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/klog_line.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/shown.h"

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
 * too, and whoever chooses them must not choose our verdict. The rows cover what kselftest,
 * syzkaller and the CI of libbpf look for, except for a stack that stands alone.
 */
static const struct pattern {
	enum klog_kind kind;
	uint8_t max_level; /* 0: any; for words that harmless messages begin with as well */
	uint8_t traits;
	const char *start;
	const char *part;
	const char *then;
	const char *says; /* NULL of KLOG_OTHER: harmless, although a later row fits */
} patterns[] = {
	/* clang-format off */

	/* net/core/dev.c, lib/refcount.c, lib/ref_tracker.c */
	{ KLOG_WAITING,  0, KLOG_ALONE, "unregister_netdevice: waiting for ", " to become free. Usage count = ", NULL,
	  "An unregister waits until all references to the device are dropped" },
	{ KLOG_REFCOUNT, 0, 0, "refcount_t: ", NULL, NULL,
	  "A counter of references went below zero, came back from zero, or is saturated" },
	{ KLOG_REFCOUNT, 0, 0, "ref_tracker: ", "reference already released", NULL,
	  "A tracked reference was put twice" },
	{ KLOG_REFCOUNT, 0, KLOG_TRACKER, "ref_tracker: ", "leaked reference", NULL,
	  "A tracked reference is still held" },
	{ KLOG_REFCOUNT, 0, KLOG_TRACKER | KLOG_ALONE, "ref_tracker: ", " has ", " users at",
	  "Tracked references are still held, and this is who took them" },
	{ KLOG_REFCOUNT, 0, KLOG_TRACKER | KLOG_ALONE, "ref_tracker: ", " skipped reports about ", NULL,
	  "More tracked references are still held than are listed" },
	{ KLOG_REFCOUNT, 0, 0, "reference already released.", NULL, NULL, /* before 6.4 */
	  "A tracked reference was put twice" },
	{ KLOG_REFCOUNT, 0, KLOG_TRACKER, "leaked reference.", NULL, NULL,
	  "A tracked reference is still held" },

	/* The last reference was put while the object is in use: as telling as refcount_t. */
	{ KLOG_REFCOUNT, 0, KLOG_ALONE | KLOG_OF_NET, "IPv6: Freeing alive inet6 ", NULL, NULL,
	  "The last reference to an IPv6 address or inet6_dev was put while it was in use" },
	{ KLOG_REFCOUNT, 0, KLOG_ALONE | KLOG_OF_NET, "IPv6: delayed DAD work was pending while freeing ", NULL, NULL,
	  "The last reference to an IPv6 address was put while its DAD was still to run" },
	{ KLOG_REFCOUNT, 0, KLOG_ALONE | KLOG_OF_NET, "IPv4: Freeing alive in_device ", NULL, NULL,
	  "The last reference to an in_device was put while it was in use" },
	{ KLOG_REFCOUNT, 0, KLOG_OF_NET, "neighbour: Destroying alive neighbour ", NULL, NULL,
	  "The last reference to a neighbour entry was put while it was in use" },
	{ KLOG_REFCOUNT, 0, KLOG_ALONE | KLOG_OF_NET, "neighbour: Impossible event", NULL, NULL,
	  "A neighbour entry was destroyed while its timer was still to run" },
	{ KLOG_REFCOUNT, 0, KLOG_OF_NET, "NEIGH: BUG, double timer add", NULL, NULL,
	  "The timer of a neighbour entry was started twice" },
	{ KLOG_REFCOUNT, 0, KLOG_ALONE | KLOG_OF_NET, "dst_release underflow", NULL, NULL,
	  "A route was put more often than it was held" },
	{ KLOG_REFCOUNT, 0, KLOG_ALONE | KLOG_OF_NET, "dst_release: dst:", " refcnt:", NULL,
	  "A route was put more often than it was held" },
	{ KLOG_REFCOUNT, 0, KLOG_ALONE | KLOG_OF_NET, "Attempt to release alive ", " socket", NULL,
	  "The last reference to a socket was put while it was in use" },
	{ KLOG_REFCOUNT, 0, KLOG_ALONE | KLOG_OF_NET, "IPv4: Attempt to release ", " socket", NULL,
	  "The last reference to a socket was put while it was in use" },
	{ KLOG_REFCOUNT, 0, 0, "percpu ref (", " after switching to atomic", NULL,
	  "A per-CPU counter of references went below zero" },

	/* mm/kasan, mm/kfence, mm/kmsan, kernel/kcsan, lib/ubsan.c */
	{ KLOG_KASAN,    0, 0, "BUG: KASAN: ", NULL, NULL, "Memory was used after it was freed, or out of its bounds" },
	{ KLOG_KASAN,    0, 0, "BUG: KFENCE: ", NULL, NULL, "Memory was used after it was freed, or out of its bounds" },
	{ KLOG_KASAN,    0, 0, "BUG: KCSAN: ", NULL, NULL, "Two threads used the same memory without a lock" },
	{ KLOG_KASAN,    0, 0, "BUG: KMSAN: ", NULL, NULL, "Memory was used before it was set" },
	{ KLOG_KASAN,    0, 0, "KASAN: ", " in range [", NULL, "An address that is none was used" },
	{ KLOG_KASAN,    0, 0, "UBSAN: ", " in ", NULL, "An index, a shift or a sum left its range" },

	/* kernel/watchdog.c, kernel/hung_task.c, kernel/rcu, kernel/workqueue.c */
	{ KLOG_LOCKUP,   0, 0, NULL, "BUG: soft lockup - CPU#", NULL, "A CPU has run one task in the kernel for too long" },
	{ KLOG_LOCKUP,   0, 0, NULL, "Watchdog detected hard LOCKUP", NULL, "A CPU has not taken interrupts for too long" },
	{ KLOG_LOCKUP,   0, KLOG_SLOW, "INFO: task ", " blocked", " for more than ",
	  "A task has waited in the kernel for minutes: of a trial only if it is a task of the lane" },
	{ KLOG_LOCKUP,   0, 0, "rcu: INFO: ", " stall", NULL, "A CPU or task has kept RCU from ending a grace period" },
	{ KLOG_LOCKUP,   0, 0, "INFO: rcu_", " stall", NULL, "A CPU or task has kept RCU from ending a grace period" },
	{ KLOG_LOCKUP,   0, 0, "rcu: ", " kthread starved for ", NULL, "RCU's own thread did not run" },
	{ KLOG_LOCKUP,   0, 0, "BUG: workqueue lockup - ", NULL, NULL, "A workqueue has not moved on for too long" },
	{ KLOG_LOCKUP,   0, 0, "Kernel panic - not syncing: softlockup", NULL, NULL, "The kernel ended itself after a lockup" },
	{ KLOG_LOCKUP,   0, 0, "Kernel panic - not syncing: hung_task", NULL, NULL, "The kernel ended itself after a lockup" },
	{ KLOG_LOCKUP,   0, 0, "Kernel panic - not syncing: Hard LOCKUP", NULL, NULL, "The kernel ended itself after a lockup" },
	{ KLOG_LOCKUP,   0, 0, "Kernel panic - not syncing: RCU Stall", NULL, NULL, "The kernel ended itself after a lockup" },

	/* kernel/locking/lockdep.c, kernel/rcu */
	{ KLOG_OTHER,    0, 0, "BUG: MAX_LOCK", NULL, NULL, NULL }, /* lockdep's tables are full: no fault */
	{ KLOG_OTHER,    0, 0, "BUG: MAX_STACK_TRACE_ENTRIES", NULL, NULL, NULL },
	{ KLOG_OTHER,    0, 0, "BUG: MAX_LOCKDEP", NULL, NULL, NULL },
	{ KLOG_LOCKDEP,  0, 0, "WARNING: possible ", " detected", NULL, "Locks are taken in orders that can deadlock" },
	{ KLOG_LOCKDEP,  0, 0, "WARNING: suspicious RCU usage", NULL, NULL, "What RCU protects was used without its lock" },
	{ KLOG_LOCKDEP,  0, 0, "WARNING: inconsistent lock state", NULL, NULL, "A lock is taken with interrupts on and in an interrupt" },
	{ KLOG_LOCKDEP,  0, 0, "WARNING: ", "-safe -> ", " lock order detected", "A lock is taken with interrupts on and in an interrupt" },
	{ KLOG_LOCKDEP,  0, 0, "WARNING: bad unlock balance detected", NULL, NULL, "A lock was released that was not held" },
	{ KLOG_LOCKDEP,  0, 0, "WARNING: bad contention detected", NULL, NULL, "A lock was waited for that was not held" },
	{ KLOG_LOCKDEP,  0, 0, "WARNING: held lock freed", NULL, NULL, "Memory was freed with a lock in it that was held" },
	{ KLOG_LOCKDEP,  0, 0, "WARNING: lock held when returning to user space", NULL, NULL, "A lock was still held at the end of a system call" },
	{ KLOG_LOCKDEP,  0, 0, "WARNING: ", " still has locks held", NULL, "A lock was still held where none may be" },
	{ KLOG_LOCKDEP,  0, 0, "WARNING: Nested lock was not taken", NULL, NULL, "A lock was taken without the one around it" },
	{ KLOG_LOCKDEP,  0, 0, "[ BUG: ", NULL, NULL, "A lock was taken where it may not be" },
	{ KLOG_LOCKDEP,  0, 0, "INFO: trying to register non-static key", NULL, NULL, "A lock was taken before it was set up" },
	{ KLOG_LOCKDEP,  0, 0, "Voluntary context switch within RCU read-side critical section", NULL, NULL, "A task slept where RCU forbids it" },

	/* arch fault.c, kernel/panic.c; "traps: ls[12] general protection" is user space's */
	{ KLOG_OOPS,     0, 0, "BUG: unable to handle ", NULL, NULL, "The kernel used an address that is none" },
	{ KLOG_OOPS,     0, 0, "BUG: kernel NULL pointer dereference", NULL, NULL, "The kernel used an address that is none" },
	{ KLOG_OOPS,     0, 0, "BUG: Unable to handle kernel ", NULL, NULL, "The kernel used an address that is none" }, /* powerpc */
	{ KLOG_OOPS,     0, 0, "Unable to handle kernel ", NULL, NULL, "The kernel used an address that is none" },
	{ KLOG_OOPS,     0, 0, "kernel tried to execute NX-protected page", NULL, NULL, "The kernel jumped into data" },
	{ KLOG_OOPS,     0, 0, "CFI failure at ", NULL, NULL, "The kernel called a function of another type" },
	{ KLOG_OOPS,     0, KLOG_EMULATED, "Oops: int3: ", "[#", NULL, "The kernel ran into a breakpoint" },
	{ KLOG_OOPS,     0, 0, "Oops: ", NULL, NULL, "The kernel hit an exception" },
	{ KLOG_OOPS,     0, 0, "Internal error: ", "[#", NULL, "The kernel hit an exception" },
	{ KLOG_OOPS,     0, 0, "Unhandled fault: ", NULL, NULL, "The kernel hit an exception" },
	{ KLOG_OOPS,     0, 0, "Unhandled 64-bit ", " exception", NULL, "The kernel hit an exception" },
	{ KLOG_OOPS,     0, 0, "Bad mode in ", " handler detected", NULL, "The kernel hit an exception" },
	{ KLOG_OOPS,     0, 0, "general protection fault: ", "[#", NULL, "The kernel used an address that is none" },
	{ KLOG_OOPS,     0, 0, "general protection fault, ", NULL, NULL, "The kernel used an address that is none" },
	{ KLOG_OOPS,     0, 0, "divide error: ", "[#", NULL, "The kernel divided by zero" },
	{ KLOG_OOPS,     0, 0, "invalid opcode: ", "[#", NULL, "The kernel hit a BUG() or ran what is no code" },
	{ KLOG_OOPS,     0, 0, "stack segment: ", "[#", NULL, "The kernel used an address that is none" },
	{ KLOG_OOPS,     0, KLOG_EMULATED, "int3: ", "[#", NULL, "The kernel ran into a breakpoint" }, /* before 6.10 */
	{ KLOG_OOPS,     0, 0, "double fault: ", "[#", NULL, "The kernel's stack overflowed" },
	{ KLOG_OOPS,     0, 0, "traps: PANIC: double fault", NULL, NULL, "The kernel's stack overflowed" },
	{ KLOG_OOPS,     0, 0, "PANIC: double fault", NULL, NULL, "The kernel's stack overflowed" },
	{ KLOG_OOPS,     0, 0, "Insufficient stack space to handle exception", NULL, NULL, "The kernel's stack overflowed" },
	{ KLOG_OOPS,     0, 0, "Kernel panic - not syncing: ", NULL, NULL, "The kernel ended itself" },

	/* lib/bug.c, lib/list_debug.c, mm/slub.c, mm/usercopy.c, kernel/sched/core.c, and everyone else */
	{ KLOG_BUG,      0, 0, "kernel BUG at ", NULL, NULL, "A condition that must never hold did" },
	{ KLOG_BUG,      0, 0, "Kernel BUG at ", NULL, NULL, "A condition that must never hold did" },
	{ KLOG_BUG,      0, 0, "BUG ", " (", "ainted", "Memory of a slab cache was written after it was freed, written out of its bounds, or freed twice" },
	{ KLOG_BUG,      0, 0, "list_add corruption", NULL, NULL, "A list's neighbours do not agree" },
	{ KLOG_BUG,      0, 0, "list_add double add: ", NULL, NULL, "An entry was added to a list twice" },
	{ KLOG_BUG,      0, 0, "list_del corruption", NULL, NULL, "A list's neighbours do not agree" },
	{ KLOG_BUG,      0, 0, "usercopy: Kernel memory ", " attempt detected", NULL, "A copy to or from user space left its object" },
	{ KLOG_BUG,      0, 0, "detected buffer overflow in ", NULL, NULL, "A string or copy left its object" },
	{ KLOG_BUG,      5, 0, "BUG: sleeping function called from invalid context", NULL, NULL, "A task slept where it may not" },
	{ KLOG_BUG,      5, 0, "BUG: scheduling while atomic", NULL, NULL, "A task slept where it may not" },
	{ KLOG_BUG,      5, 0, "BUG: ", NULL, NULL, "A check of the kernel failed" },
	{ KLOG_BUG,      0, KLOG_ALONE, "kmemleak: ", " new suspected memory leaks", NULL, "Memory is held that nothing points to" },

	/*
	 * kernel/panic.c, __warn(): "CPU: 0 PID: 1 at FILE:LINE F" until 6.18, since then
	 * "FILE:LINE at F, CPU#0: ip/1". Others write "WARNING: " as an interjection: the bare
	 * word is no evidence.
	 */
	{ KLOG_WARN,     0, 0, "WARNING: CPU: ", " PID: ", " at ", "A condition that should never hold did" },
	{ KLOG_WARN,     0, 0, "WARNING: ", "at ", ", CPU#", "A condition that should never hold did" },
	{ KLOG_WARN,     0, 0, "RTNL: assertion failed at ", NULL, NULL, "The RTNL was not held where it has to be" },
	{ KLOG_WARN,     0, 0, "ODEBUG: ", " object", NULL, "A timer or work was freed or set up again while it was to run" },
	{ KLOG_WARN,     4, 0, "sysfs: cannot create duplicate filename ", NULL, NULL, "Two objects have one name" },
	/* clang-format on */
};
enum { PATTERNS = sizeof(patterns) / sizeof(patterns[0]) };

const char *klog_words(uint32_t number, char *words, size_t size)
{
	const struct pattern *pattern = patterns;

	for (; pattern < patterns + PATTERNS; pattern++)
		if (pattern->says && !number--)
			break;
	if (pattern == patterns + PATTERNS)
		return NULL;
	snprintf(words, size, "%s%s%s%s%s", pattern->start ? pattern->start : "",
		 pattern->part ? "..." : "", pattern->part ? pattern->part : "",
		 pattern->then ? "..." : "", pattern->then ? pattern->then : "");
	return pattern->says;
}

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
	for (size_t i = 0; i < PATTERNS; i++)
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
		if (!pattern ||
		    (pattern->kind == KLOG_WAITING && !read_waiting(text, pattern, line)))
			continue;
		line->kind = pattern->kind;
		line->traits = pattern->traits;
		line->says = pattern->says;
	}
}

/* Lines of one record become one. */
static void join_lines(char *text)
{
	for (; *text; text++)
		if (is_space(*text))
			*text = ' ';
}

static void copy_text(const char *message, struct klog_line *line)
{
	size_t nr;

	while (is_space(*message))
		message++;
	snprintf(line->text, sizeof(line->text), "%s", message);
	join_lines(line->text);
	shown_in_place(line->text, sizeof(line->text));
	nr = strlen(line->text);
	while (nr && line->text[nr - 1] == ' ')
		line->text[--nr] = '\0';
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

/* "T123" or "C0", the task or the CPU of print_caller(), with CONFIG_PRINTK_CALLER. */
static const char *read_caller(const char *text, struct klog_line *line)
{
	uint64_t number;
	char letter = *text;

	if (letter != 'T' && letter != 'C')
		return NULL;
	text = read_number(text + 1, UINT32_MAX, &number);
	if (text)
		snprintf(line->caller, sizeof(line->caller), "%c%" PRIu64, letter, number);
	return text;
}

/* Steps over all the brackets before a message; a time or a caller in one of them is taken. */
static const char *skip_prefixes(const char *text, struct klog_line *line)
{
	while (*text == '[') {
		const char *inside = text + 1 + strspn(text + 1, " ");
		const char *end = read_time(inside, &line->stamp_us);
		struct klog_line known;

		if (!end) {
			end = read_caller(inside, &known);
			if (!end || *end++ != ']')
				break;
			memcpy(line->caller, known.caller, sizeof(line->caller));
		}
		text = end + strspn(end, " ");
	}
	return text;
}

void klog_line_classify(const char *text, struct klog_line *line)
{
	*line = (struct klog_line){ .level = LEVEL_OF_BARE_TEXT };
	text = skip_prefixes(text, line);
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
	const char *caller;
	uint64_t priority;
	uint64_t stamp_us;

	record = read_field(record, UINT32_MAX, &priority);
	if (record)
		record = read_field(record, UINT64_MAX, &parsed.sequence);
	if (record)
		record = read_field(record, UINT64_MAX, &stamp_us);
	if (!record)
		return false;
	/* The flag, and whatever fields later kernels put behind it, such as "caller=T12". */
	caller = strstr(record, ",caller=");
	record += strcspn(record, ";\n");
	if (*record != ';')
		return false;

	unescape(record + 1, message);
	text = skip_prefixes(message, &parsed);
	parsed.stamp_us = stamp_us;
	if (caller && caller < record)
		read_caller(caller + strlen(",caller="), &parsed);
	parsed.level = (uint8_t)(priority & ((1U << LEVEL_BITS) - 1));
	copy_text(text, &parsed);
	/*
	 * Any facility but 0: user space wrote it through /dev/kmsg. not a message of the
	 * kernel.
	 */
	if (priority >> LEVEL_BITS == 0)
		classify_lines(text, &parsed);
	else
		parsed.traits = KLOG_USERS;
	*line = parsed;
	return true;
}
