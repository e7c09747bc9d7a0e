// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trial/klog_report.h"

/* The build says where the records lie: KLOG_FOLDER. */

enum { REPORTS_MAX = 32, RECORDS_MAX = 64, RECORD = 1024 };

static struct {
	struct klog_report at[REPORTS_MAX];
	uint32_t nr;
} seen;

static struct klog_reports reports;

static void report_seen(const struct klog_report *report, void *arg)
{
	(void)arg;
	assert_true(seen.nr < REPORTS_MAX);
	seen.at[seen.nr++] = *report;
}

static void begin(void)
{
	memset(&reports, 0, sizeof(reports));
	reports.done = report_seen;
	seen.nr = 0;
}

/* At the time that the kernel has stamped it with. */
static void add(const char *record)
{
	struct klog_line line;

	assert_true(klog_line_parse(record, &line));
	klog_reports_add(&reports, &line, line.stamp_us);
}

static void end(void)
{
	klog_reports_close(&reports, UINT64_MAX);
}

static uint32_t read_records(const char *name, char records[RECORDS_MAX][RECORD])
{
	char path[512];
	uint32_t nr = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.kmsg", KLOG_FOLDER, name);
	file = fopen(path, "r");
	assert_non_null(file);
	while (nr < RECORDS_MAX && fgets(records[nr], RECORD, file))
		nr += records[nr][0] != '#';
	fclose(file);
	return nr;
}

static void play(const char *name)
{
	static char records[RECORDS_MAX][RECORD];
	uint32_t nr = read_records(name, records);

	begin();
	for (uint32_t i = 0; i < nr; i++)
		add(records[i]);
	end();
}

/* The report whose head begins so. */
static const struct klog_report *headed(const char *words)
{
	for (uint32_t i = 0; i < seen.nr; i++)
		if (!strncmp(seen.at[i].head.text, words, strlen(words)))
			return &seen.at[i];
	fail_msg("no report begins with \"%s\"", words);
	return NULL;
}

/* A lane with the task 4711 and the device dut1; 903 is another's process. */
static enum klog_task whose(uint32_t pid, const char *comm, void *arg)
{
	(void)comm;
	(void)arg;
	return pid == 4711 ? KLOG_TASK_OURS :
	       pid == 903  ? KLOG_TASK_STRANGER :
			     KLOG_TASK_UNKNOWN;
}

static const struct klog_lane dut1 = { .device = "dut1", .task = whose };
static const struct klog_lane dut2 = { .device = "dut2", .task = whose };

static void assert_tie(const struct klog_report *report, const struct klog_lane *lane,
		       enum klog_tie tie)
{
	enum klog_tie got = klog_report_tie(report, lane);

	if (got != tie)
		fail_msg("\"%s\" and %s: %s, not %s", report->head.text, lane->device,
			 klog_tie_names[got], klog_tie_names[tie]);
}

/* --- the cases --- */

static void test_slub_report(void **state)
{
	(void)state;
	play("slub-report");
	assert_int_equal(seen.nr, 3);
	for (uint32_t i = 0; i < seen.nr; i++)
		assert_int_equal(seen.at[i].head.kind, KLOG_BUG);
	assert_tie(headed("BUG fib6_node"), &dut1, KLOG_TIE_NET);
	assert_tie(headed("BUG kmalloc-1k"), &dut1, KLOG_TIE_NET);
	assert_tie(headed("BUG kmalloc-64"), &dut1, KLOG_TIE_NONE);
}

static void test_hung_task_in_io_wait(void **state)
{
	(void)state;
	play("hung-task-in-io-wait");
	assert_int_equal(seen.nr, 3);
	assert_tie(headed("INFO: task jbd2"), &dut1, KLOG_TIE_ELSEWHERE);
	assert_tie(headed("INFO: task kworker"), &dut1, KLOG_TIE_ELSEWHERE);
	assert_tie(headed("INFO: task ifup"), &dut1, KLOG_TIE_TASK);
}

static void test_foreign_ref_tracker(void **state)
{
	(void)state;
	play("foreign-ref-tracker");
	assert_int_equal(seen.nr, 7);
	assert_tie(&seen.at[0], &dut2, KLOG_TIE_ELSEWHERE);
	assert_tie(&seen.at[1], &dut2, KLOG_TIE_ELSEWHERE);
	assert_tie(&seen.at[2], &dut2, KLOG_TIE_DEVICE);
	assert_tie(&seen.at[3], &dut2, KLOG_TIE_DEVICE);
	assert_tie(&seen.at[3], &dut1, KLOG_TIE_ELSEWHERE);
	assert_tie(&seen.at[4], &dut2, KLOG_TIE_ELSEWHERE);
	/* Later and without a caller, by its address; of an unknown one nothing is said. */
	assert_tie(&seen.at[5], &dut2, KLOG_TIE_DEVICE);
	assert_tie(&seen.at[6], &dut2, KLOG_TIE_NONE);
}

static enum klog_task is_501(uint32_t pid, const char *comm, void *arg)
{
	(void)comm;
	(void)arg;
	return pid == 501 ? KLOG_TASK_OURS : KLOG_TASK_STRANGER;
}

static void test_two_devices_on_one_name(void **state)
{
	static const struct klog_lane ours = { .device = "eth0", .task = is_501 };
	static const struct klog_lane real = { .device = "eth0", .device_stays = true };

	(void)state;
	play("two-devices-on-one-name");
	assert_int_equal(seen.nr, 4);
	assert_tie(&seen.at[0], &ours, KLOG_TIE_DEVICE);
	assert_tie(&seen.at[1], &ours, KLOG_TIE_DEVICE);
	assert_tie(&seen.at[2], &ours, KLOG_TIE_ELSEWHERE);
	assert_tie(&seen.at[3], &ours, KLOG_TIE_ELSEWHERE);
	/* A real device is never unregistered by us. */
	for (uint32_t i = 0; i < seen.nr; i++)
		assert_tie(&seen.at[i], &real, KLOG_TIE_ELSEWHERE);
}

static void test_warn_of_another_subsystem(void **state)
{
	static const struct klog_lane in_guest = { .device = "dut1", .in_guest = true };

	(void)state;
	play("warn-of-another-subsystem");
	assert_int_equal(seen.nr, 1);
	assert_int_equal(seen.at[0].head.kind, KLOG_WARN);
	assert_tie(&seen.at[0], &dut1, KLOG_TIE_NONE);
	assert_tie(&seen.at[0], &in_guest, KLOG_TIE_GUEST);
}

static void test_warn_in_net(void **state)
{
	(void)state;
	play("warn-in-net");
	assert_int_equal(seen.nr, 2);
	assert_int_equal(seen.at[0].head.kind, KLOG_REFCOUNT);
	assert_int_equal(seen.at[0].lines, 10);
	assert_tie(&seen.at[0], &dut1, KLOG_TIE_NET);
	assert_tie(&seen.at[1], &dut1, KLOG_TIE_NET);
}

static void test_task_of_the_lane(void **state)
{
	(void)state;
	play("task-of-the-lane");
	assert_int_equal(seen.nr, 4);
	for (uint32_t i = 0; i < seen.nr; i++)
		assert_tie(&seen.at[i], &dut1, KLOG_TIE_TASK);
}

static void test_hooked_function(void **state)
{
	static const char *const functions[] = { "rt6_do", "__refdst_hold_slow", NULL };
	static const struct klog_lane lane = { .device = "dut1", .functions = functions };

	(void)state;
	play("hooked-function");
	assert_int_equal(seen.nr, 1);
	assert_tie(&seen.at[0], &lane, KLOG_TIE_HOOK);
	assert_tie(&seen.at[0], &dut1, KLOG_TIE_NONE);
}

static void test_dad_complains(void **state)
{
	(void)state;
	play("dad-complains");
	assert_int_equal(seen.nr, 4);
	for (uint32_t i = 0; i < seen.nr; i++) {
		assert_int_equal(seen.at[i].head.kind, KLOG_REFCOUNT);
		assert_tie(&seen.at[i], &dut1, KLOG_TIE_NET);
	}
}

static void test_odd_names(void **state)
{
	static const char *const names[] = { ("\xc3\xbc"
					      "b"),
					     "x\\x42", "q" };
	static const int32_t counts[] = { 1, -1073741823, 9 };

	(void)state;
	play("odd-names");
	assert_int_equal(seen.nr, 3);
	for (uint32_t i = 0; i < 3; i++) {
		const struct klog_lane lane = { .device = names[i] };

		assert_string_equal(seen.at[i].head.device, names[i]);
		assert_int_equal(seen.at[i].head.usage_count, counts[i]);
		assert_tie(&seen.at[i], &lane, KLOG_TIE_DEVICE);
	}
}

/* --- two CPUs, torn reports, limits --- */

static void test_oops_of_one_cpu_warning_of_another(void **state)
{
	const struct klog_report *oops, *warning;

	(void)state;
	play("oops-of-one-cpu-warning-of-another");
	assert_int_equal(seen.nr, 2);
	oops = headed("BUG: kernel NULL");
	warning = headed("WARNING: CPU: 1");
	assert_int_equal(oops->head.kind, KLOG_OOPS);
	assert_tie(oops, &dut1, KLOG_TIE_NET);
	assert_tie(warning, &dut1, KLOG_TIE_NONE);
}

/* Whatever CPU is faster: each record stays behind those of its own CPU. */
static void test_interleaved_in_any_order(void **state)
{
	static char records[RECORDS_MAX][RECORD];
	uint32_t nr = read_records("oops-of-one-cpu-warning-of-another", records);
	uint32_t random = 1;

	(void)state;
	for (int turn = 0; turn < 200; turn++) {
		uint32_t next[2] = { 0, 0 };

		begin();
		for (uint32_t taken = 0; taken < nr;) {
			uint32_t cpu = (random = random * 1103515245 + 12345) >> 16 & 1;
			const char *caller = cpu ? "caller=C2" : "caller=T903";

			while (next[cpu] < nr && !strstr(records[next[cpu]], caller))
				next[cpu]++;
			if (next[cpu] == nr)
				continue;
			add(records[next[cpu]++]);
			taken++;
		}
		end();
		assert_int_equal(seen.nr, 2);
		assert_tie(headed("BUG: kernel NULL"), &dut1, KLOG_TIE_NET);
		assert_tie(headed("WARNING: CPU: 1"), &dut1, KLOG_TIE_NONE);
	}
}

/* Nothing tells their lines apart: what one of them shows is not lost. */
static void test_two_cpus_without_callers(void **state)
{
	(void)state;
	begin();
	add("4,1,1000,-;WARNING: CPU: 1 PID: 903 at drivers/a.c:1 a_irq+0x1/0x2");
	add("4,2,1001,-;CPU: 1 PID: 903 Comm: Xorg Not tainted 6.1 #1");
	add("4,3,1002,-;kernel BUG at mm/slub.c:440!");
	add("4,4,1003,-; drm_ioctl+0x1/0x2");
	add("4,5,1004,-; ip6_rcv_finish+0x1/0x2");
	end();
	assert_int_equal(seen.nr, 2);
	assert_tie(headed("kernel BUG"), &dut1, KLOG_TIE_NET);
}

/* Two that wait at once, without callers: a block is nobody's. */
static void test_a_block_of_two_that_wait(void **state)
{
	static const char waits[] = ";unregister_netdevice: waiting for ";
	char record[256];

	(void)state;
	begin();
	for (int i = 1; i <= 2; i++) {
		snprintf(record, sizeof(record),
			 "0,%d,%d,-%sdut%d to become free. Usage count = 2", i, i, waits, i);
		add(record);
	}
	add("3,3,3,-;ref_tracker: eth%d@00000000c1 has 1/1 users at\\x0a dst_init+0x1/0x2");
	end();
	assert_int_equal(seen.nr, 3);
	assert_tie(&seen.at[2], &dut1, KLOG_TIE_NONE);
	assert_tie(&seen.at[2], &dut2, KLOG_TIE_NONE);
}

/* What is left of a block that another device's line has come between: its address tells. */
static void test_a_block_by_its_address(void **state)
{
	(void)state;
	begin();
	add("0,1,1,-;unregister_netdevice: waiting for dut1 to become free. Usage count = 2");
	add("3,2,2,-;ref_tracker: eth%d@00000000c1 has 1/2 users at\\x0a dst_init+0x1/0x2");
	add("0,3,3,-;unregister_netdevice: waiting for dut2 to become free. Usage count = 2");
	add("3,4,4,-;ref_tracker: eth%d@00000000c2 has 1/1 users at\\x0a dst_init+0x1/0x2");
	add("3,5,5,-;ref_tracker: eth%d@00000000c1 skipped reports about 1/2 users.");
	end();
	assert_int_equal(seen.nr, 5);
	assert_tie(&seen.at[3], &dut1, KLOG_TIE_ELSEWHERE);
	assert_tie(&seen.at[3], &dut2, KLOG_TIE_DEVICE);
	assert_tie(&seen.at[4], &dut1, KLOG_TIE_DEVICE);
	assert_tie(&seen.at[4], &dut2, KLOG_TIE_ELSEWHERE);
}

/* Each of these ends a report, also without callers: what follows is not its stack. */
static void test_what_ends_a_report(void **state)
{
	static const char *const ends[] = {
		"---[ end trace 0000000000000000 ]---",
		"==================================================================",
		"------------[ cut here ]------------",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char record[128];

		begin();
		add("3,1,1,-;BUG: KASAN: use-after-free in drm_ioctl+0x1/0x2");
		add("3,2,2,-;CPU: 1 PID: 903 Comm: Xorg Not tainted 6.1 #1");
		snprintf(record, sizeof(record), "3,3,3,-;%s", ends[i]);
		add(record);
		add("3,4,4,-; addrconf_dad_work+0x1/0x2");
		end();
		assert_int_equal(seen.nr, 1);
		assert_int_equal(seen.at[0].lines, 2);
		assert_tie(&seen.at[0], &dut1, KLOG_TIE_NONE);
	}
}

/* A block long after a line that says who waits is of something else. */
static void test_a_block_much_later(void **state)
{
	(void)state;
	begin();
	add("0,1,1,-;unregister_netdevice: waiting for dut1 to become free. Usage count = 2");
	add("3,2,5000000,-;ref_tracker: net notrefcnt@00000000c2 has 1/1 users at\\x0a x+0x1/0x2");
	end();
	assert_tie(&seen.at[1], &dut1, KLOG_TIE_NONE);
}

static void test_every_torn_beginning_is_a_report(void **state)
{
	static char records[RECORDS_MAX][RECORD];
	uint32_t nr = read_records("warn-in-net", records) - 1;

	(void)state;
	for (uint32_t kept = 2; kept <= nr; kept++) {
		begin();
		for (uint32_t i = 0; i < kept; i++)
			add(records[i]);
		end();
		assert_int_equal(seen.nr, 1);
		assert_int_equal(seen.at[0].head.kind, KLOG_REFCOUNT);
		/* The ninth record has the first function of net/. */
		assert_tie(&seen.at[0], &dut1, kept >= 9 ? KLOG_TIE_NET : KLOG_TIE_NONE);
	}
}

/* Lines that came too late, or whose head was overwritten, are nobody's evidence. */
static void test_a_stack_without_its_head(void **state)
{
	(void)state;
	begin();
	add("4,1,1000,-; addrconf_dad_work+0x1/0x2");
	add("4,2,1001,-;---[ end trace 0000000000000000 ]---");
	add("4,3,2000,-;kernel BUG at mm/slub.c:440!");
	add("4,4,900000,-; addrconf_dad_work+0x1/0x2");
	end();
	assert_int_equal(seen.nr, 1);
	assert_int_equal(seen.at[0].lines, 1);
	assert_tie(&seen.at[0], &dut1, KLOG_TIE_NONE);
}

static void test_a_report_without_end(void **state)
{
	(void)state;
	begin();
	add("4,1,1000,-;kernel BUG at mm/slub.c:440!");
	for (int i = 0; i < KLOG_REPORT_LINES + 10; i++)
		add("4,2,1001,-; xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	assert_int_equal(seen.nr, 1);
	assert_int_equal(seen.at[0].lines, KLOG_REPORT_LINES);
	assert_int_equal(strlen(seen.at[0].text), seen.at[0].used);
	end();
	assert_int_equal(seen.nr, 1);
}

static void test_more_reports_than_can_be_open(void **state)
{
	char record[128];

	(void)state;
	begin();
	for (int i = 0; i < KLOG_REPORTS_OPEN + 3; i++) {
		snprintf(record, sizeof(record), "4,1,1000,-,caller=T%d;kernel BUG at a.c:%d!",
			 i, i);
		add(record);
	}
	assert_int_equal(seen.nr, 3);
	end();
	assert_int_equal(seen.nr, KLOG_REPORTS_OPEN + 3);
	assert_string_equal(seen.at[0].head.text, "kernel BUG at a.c:0!");
}

/* A message of WARN() stands before the line that it is known by. */
static void test_the_message_before_the_head(void **state)
{
	(void)state;
	begin();
	add("4,1,1,-;------------[ cut here ]------------");
	add("4,2,2,-;dut1: 3 are too many");
	add("4,3,3,-;WARNING: CPU: 0 PID: 903 at lib/a.c:7 a+0x1/0x2");
	add("4,4,4,-;---[ end trace 0000000000000000 ]---");
	add("4,5,5,-;------------[ cut here ]------------");
	add("4,6,6,-;and nothing more");
	end();
	assert_int_equal(seen.nr, 1);
	assert_tie(&seen.at[0], &dut1, KLOG_TIE_DEVICE);
	assert_tie(&seen.at[0], &dut2, KLOG_TIE_NONE);
}

/* Its own code is in net/, and it says whose network card it is about. */
static void test_another_device_by_its_name(void **state)
{
	static const struct klog_lane enp9 = { .device = "enp9s0" };

	(void)state;
	begin();
	add("4,1,1,-;------------[ cut here ]------------");
	add("4,2,2,-;NETDEV WATCHDOG: enp9s0 (e1000e): transmit queue 0 timed out");
	add("4,3,3,-;WARNING: CPU: 0 PID: 0 at net/sched/sch_generic.c:525 dev_watchdog+0x1/0x2");
	add("4,4,4,-;---[ end trace 0000000000000000 ]---");
	end();
	assert_int_equal(seen.nr, 1);
	assert_tie(&seen.at[0], &dut1, KLOG_TIE_NONE);
	assert_tie(&seen.at[0], &enp9, KLOG_TIE_DEVICE);
}

/* A device that a change has made on top of the lane's is the lane's, too. */
static void test_a_device_on_top(void **state)
{
	static const char *const names[] = { "dut1-up", "dut10", "dut10-up", "dut" };

	(void)state;
	begin();
	for (int i = 0; i < 4; i++) {
		char record[128];

		snprintf(
			record, sizeof(record),
			"0,%d,%d,-;unregister_netdevice: waiting for %s to become free. Usage count = 2",
			i + 1, i + 1, names[i]);
		add(record);
	}
	end();
	assert_int_equal(seen.nr, 4);
	for (int i = 0; i < 4; i++)
		assert_tie(&seen.at[i], &dut1, i ? KLOG_TIE_ELSEWHERE : KLOG_TIE_DEVICE);
}

/* What is printed meanwhile about a lane, or by a process, ties nothing to it. */
static void test_what_others_print_meanwhile(void **state)
{
	(void)state;
	begin();
	add("4,1,1,-;WARNING: CPU: 0 PID: 903 at drivers/a.c:7 a+0x1/0x2");
	add("6,2,2,-;IPv6: ADDRCONF(NETDEV_CHANGE): dut1: link becomes ready");
	add("12,3,3,-; addrconf_dad_work+0x1/0x2");
	add("4,4,4,-;---[ end trace 0000000000000000 ]---");
	add("4,5,5,-; addrconf_dad_work+0x1/0x2");
	end();
	assert_int_equal(seen.nr, 1);
	assert_int_equal(seen.at[0].lines, 1);
	assert_tie(&seen.at[0], &dut1, KLOG_TIE_NONE);
}

/* --- names --- */

static void test_the_device_as_a_word(void **state)
{
	static const struct {
		const char *text;
		enum klog_tie tie;
	} rows[] = {
		{ "BUG: dut1 is odd", KLOG_TIE_DEVICE },
		{ "BUG: of dut1: odd", KLOG_TIE_DEVICE },
		{ "BUG: (dut1)", KLOG_TIE_DEVICE },
		{ "BUG: dut1. Odd", KLOG_TIE_DEVICE },
		{ "BUG: dut12 is odd", KLOG_TIE_NONE },
		{ "BUG: xdut1 is odd", KLOG_TIE_NONE },
		{ "BUG: dut1.100 is odd", KLOG_TIE_NONE },
		{ "BUG: my-dut1 is odd", KLOG_TIE_NONE },
		{ "BUG: at drivers/dut1/a.c", KLOG_TIE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char record[128];

		begin();
		snprintf(record, sizeof(record), "1,1,1,-;%s", rows[i].text);
		add(record);
		end();
		assert_int_equal(seen.nr, 1);
		assert_tie(&seen.at[0], &dut1, rows[i].tie);
	}
}

static void test_paths_of_net(void **state)
{
	static const struct {
		const char *path;
		enum klog_tie tie;
	} rows[] = {
		{ "net/ipv6/addrconf.c:7", KLOG_TIE_NET },
		{ "net/core/dev.c:7", KLOG_TIE_NET },
		{ "include/net/dst.h:7", KLOG_TIE_NET },
		{ "net/mac80211/rx.c:7", KLOG_TIE_NONE },
		{ "net/wireless/core.c:7", KLOG_TIE_NONE },
		{ "drivers/net/ethernet/intel/e1000e/netdev.c:7", KLOG_TIE_NONE },
		{ "fs/subnet/a.c:7", KLOG_TIE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char record[160];

		begin();
		snprintf(record, sizeof(record),
			 "4,1,1,-;WARNING: CPU: 0 PID: 7 at %s x+0x1/0x2", rows[i].path);
		add(record);
		end();
		assert_tie(&seen.at[0], &dut1, rows[i].tie);
	}
}

static void test_functions_of_modules(void **state)
{
	(void)state;
	begin();
	add("4,1,1,-;WARNING: CPU: 0 PID: 7 at ffffffffc0a1 xmit_one+0x1/0x2 [veth]");
	end();
	assert_tie(&seen.at[0], &dut1, KLOG_TIE_NET);
	begin();
	add("4,1,1,-;WARNING: CPU: 0 PID: 7 at ffffffffc0a1 xmit_one+0x1/0x2 [vethernet]");
	end();
	assert_tie(&seen.at[0], &dut1, KLOG_TIE_NONE);
}

static void test_texts_to_leave_out(void **state)
{
	static const char *const known[] = { "nothing", "drm_vblank.c:728" };
	static const char *const other[] = { "DRM_vblank.c:728", "drm.*728" };

	(void)state;
	play("warn-of-another-subsystem");
	assert_true(klog_report_has(&seen.at[0], known, 2));
	assert_false(klog_report_has(&seen.at[0], known, 1));
	assert_false(klog_report_has(&seen.at[0], other, 2)); /* letters, no patterns */
	assert_false(klog_report_has(&seen.at[0], NULL, 0));
}

static void test_each_words_have_a_sentence(void **state)
{
	char words[128];
	uint32_t nr = 0;

	(void)state;
	for (const char *says; (says = klog_words(nr, words, sizeof(words))); nr++) {
		assert_true(words[0]);
		assert_true(says[0] >= 'A' && says[0] <= 'Z');
		assert_true(says[strlen(says) - 1] != '.');
	}
	assert_true(nr > 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slub_report),
		cmocka_unit_test(test_hung_task_in_io_wait),
		cmocka_unit_test(test_foreign_ref_tracker),
		cmocka_unit_test(test_two_devices_on_one_name),
		cmocka_unit_test(test_warn_of_another_subsystem),
		cmocka_unit_test(test_warn_in_net),
		cmocka_unit_test(test_task_of_the_lane),
		cmocka_unit_test(test_hooked_function),
		cmocka_unit_test(test_dad_complains),
		cmocka_unit_test(test_odd_names),
		cmocka_unit_test(test_oops_of_one_cpu_warning_of_another),
		cmocka_unit_test(test_interleaved_in_any_order),
		cmocka_unit_test(test_two_cpus_without_callers),
		cmocka_unit_test(test_a_block_of_two_that_wait),
		cmocka_unit_test(test_a_block_by_its_address),
		cmocka_unit_test(test_what_ends_a_report),
		cmocka_unit_test(test_a_block_much_later),
		cmocka_unit_test(test_every_torn_beginning_is_a_report),
		cmocka_unit_test(test_a_stack_without_its_head),
		cmocka_unit_test(test_a_report_without_end),
		cmocka_unit_test(test_more_reports_than_can_be_open),
		cmocka_unit_test(test_the_message_before_the_head),
		cmocka_unit_test(test_another_device_by_its_name),
		cmocka_unit_test(test_a_device_on_top),
		cmocka_unit_test(test_what_others_print_meanwhile),
		cmocka_unit_test(test_the_device_as_a_word),
		cmocka_unit_test(test_paths_of_net),
		cmocka_unit_test(test_functions_of_modules),
		cmocka_unit_test(test_texts_to_leave_out),
		cmocka_unit_test(test_each_words_have_a_sentence),
	};

	return cmocka_run_group_tests_name("klog_report", tests, NULL, NULL);
}
