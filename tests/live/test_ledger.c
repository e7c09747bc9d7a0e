// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_packet.h>

#include "ledger/match.h"
#include "machine/kallsyms.h"
#include "watchpoint/watchpoint.h"

/*
 * The ledger on the running kernel, in a network namespace of its own. The first argument is
 * the number of up/down cycles.
 */
enum {
	SKIPPED = 77,
	DEADLINE_MS = 20000,
	SLOT = 0,
	CYCLES = 200,
	POKES = 20000,
	POKERS_MAX = 64,
	TRIES = 6
};

#define ADDRESS "2001:db8::1"

static uint32_t cycles = CYCLES;
static struct probes *probes;
static struct symbols *symbols;
static uint32_t ifindex;
static uint32_t worst_entries, nr_disturbed;
static uint64_t entries, armed_ns;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void set_up(bool up)
{
	struct ifreq request = { .ifr_name = "w0" };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &request), 0);
	request.ifr_flags =
		(short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
}

static struct counts counts_now(void)
{
	struct counts counts;

	assert_int_equal(probes_counts(probes, SLOT_INSPECT, ifindex, &counts, NULL), 0);
	return counts;
}

static void pin(uint32_t cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void pause_ms(unsigned int ms)
{
	const struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&pause, NULL);
}

/* A pending linkwatch event holds the device, for up to a second: late, not kept. */
static int64_t net_device_less_late(const struct counts *counts)
{
	return counts->net_device - counts->linkwatch_pending;
}

static bool is_back(const struct counts *counts, const struct counts *baseline)
{
	return net_device_less_late(counts) == net_device_less_late(baseline) &&
	       counts->inet6_dev == baseline->inet6_dev;
}

/*
 * The counts of a device that is down, once nothing has moved for longer than linkwatch is
 * late.
 */
static struct counts at_rest(void)
{
	uint64_t end = now_ns() + DEADLINE_MS * 1000000ULL;
	struct counts first, second = counts_now();

	do {
		first = second;
		pause_ms(1500);
		second = counts_now();
	} while (now_ns() < end && !is_back(&second, &first));
	return second;
}

/* After a cycle: they get there in their own time. */
static struct counts settled(const struct counts *baseline)
{
	uint64_t end = now_ns() + DEADLINE_MS * 1000000ULL;
	struct counts counts = counts_now();

	while (now_ns() < end && !is_back(&counts, baseline)) {
		pause_ms(2);
		counts = counts_now();
	}
	assert_true(is_back(&counts, baseline));
	return counts;
}

/* Until the kernel has taken note of the carrier and has begun with DAD. */
static void await_link_local(const struct counts *down)
{
	uint64_t end = now_ns() + DEADLINE_MS * 1000000ULL;

	while (now_ns() < end && counts_now().nr_addresses == down->nr_addresses)
		pause_ms(1);
	assert_int_not_equal(counts_now().nr_addresses, down->nr_addresses);
}

/* --- armed --- */

struct armed {
	struct watchpoints *watch;
	struct ledger *ledgers[WATCHPOINT_OBJECTS_MAX];
	uint32_t nr;
};

static void seen(const struct watchpoint_mark *record, void *arg)
{
	struct armed *armed = arg;

	ledger_add(armed->ledgers[record->object], record);
}

static struct armed arm(const struct watchpoint_object *objects, uint32_t nr, uint32_t ring)
{
	struct armed armed = { .nr = nr };
	struct why why = { "" };

	if (watchpoints_arm(probes, SLOT, ifindex, objects, nr, ring, &armed.watch, &why))
		fail_msg("%s", why.text);
	for (uint32_t i = 0; i < nr; i++)
		armed.ledgers[i] =
			ledger_new(symbols, watchpoints_counter(armed.watch, i), NULL, NULL);
	return armed;
}

/* Stops, and reads all; a full ring has no room for the last mark. */
static void close_ledgers(struct armed *armed)
{
	watchpoints_mark(armed->watch, NULL);
	watchpoints_stop(armed->watch);
	watchpoints_read(armed->watch, seen, armed);
}

static enum ledger_hole hole(const struct armed *armed, uint32_t object)
{
	struct watchpoint_health health = watchpoints_health(armed->watch, object);

	return ledger_check(armed->ledgers[object], &health);
}

static void disarm(struct armed *armed)
{
	for (uint32_t i = 0; i < armed->nr; i++)
		ledger_free(armed->ledgers[i]);
	watchpoints_disarm(armed->watch);
}

static void assert_whole(const struct armed *armed, uint32_t object)
{
	assert_string_equal(ledger_hole_names[hole(armed, object)],
			    ledger_hole_names[LEDGER_WHOLE]);
}

/* --- the tests --- */

static const struct watchpoint_object both[] = {
	{ .kind = WATCHPOINT_NET_DEVICE },
	{ .kind = WATCHPOINT_INET6_DEV },
};

/*
 * The kernel counts a write and runs no program while the CPU is inside bpf(2) with a map, and
 * some kernels in an interrupt out of one CPU's idle task: it must be said then that writes
 * were missed.
 */
static bool was_disturbed(const struct armed *armed)
{
	for (uint32_t i = 0; i < armed->nr; i++)
		if (hole(armed, i) == LEDGER_MISSED)
			return true;
	return false;
}

/* A ledger of what `act` does; again on the next CPU for as long as that one hides writes. */
static struct armed on_each_cpu(struct armed (*act)(void))
{
	long nr = sysconf(_SC_NPROCESSORS_ONLN);
	struct armed armed;
	cpu_set_t all;

	sched_getaffinity(0, sizeof(all), &all);
	armed = act();
	for (uint32_t i = 0; i < TRIES && was_disturbed(&armed); i++) {
		disarm(&armed);
		pin(i % (uint32_t)nr);
		armed = act();
	}
	sched_setaffinity(0, sizeof(all), &all);
	return armed;
}

/*
 * Each on the next CPU, which then also runs its RCU callbacks: no CPU is blind to all cycles.
 */
static void one_cycle(uint32_t number, const struct counts *baseline)
{
	uint64_t begin = now_ns();
	struct armed armed = arm(both, 2, 0);
	struct counts before, after; /* the mark; linkwatch may let go meanwhile */

	armed_ns += now_ns() - begin;
	pin(number % (uint32_t)sysconf(_SC_NPROCESSORS_ONLN));
	set_up(true);
	await_link_local(baseline);
	set_up(false);
	before = settled(baseline);
	close_ledgers(&armed);
	after = counts_now();
	if (was_disturbed(&armed)) {
		nr_disturbed++;
		disarm(&armed);
		return;
	}
	for (uint32_t i = 0; i < 2; i++) {
		struct ledger_sum sum = ledger_sum(armed.ledgers[i]);
		struct ledger_match match = ledger_match(armed.ledgers[i], NULL);

		assert_whole(&armed, i);
		assert_true(sum.entries > 4);
		assert_int_equal(sum.count, sum.marked);
		assert_in_range(sum.count, i ? after.inet6_dev : after.net_device,
				i ? before.inet6_dev : before.net_device);
		assert_int_equal(sum.count - sum.baseline,
				 (int64_t)sum.holds - (int64_t)sum.puts);
		for (uint32_t j = 0; j < match.nr_suspects; j++)
			if (match.suspects[j].path->kind != HOLDER_LINKWATCH ||
			    !before.linkwatch_pending)
				fail_msg("cycle %u: unmatched %s: %s", number,
					 watchpoint_kind_names[both[i].kind],
					 match.suspects[j].path->stack);
		entries += sum.entries;
		worst_entries =
			sum.entries > worst_entries ? (uint32_t)sum.entries : worst_entries;
	}
	disarm(&armed);
}

static void test_cycles_add_up_and_leave_nothing(void **state)
{
	struct counts baseline;
	cpu_set_t all;

	(void)state;
	sched_getaffinity(0, sizeof(all), &all);
	/* The kernel remembers what was left while the device was down, once. */
	for (int i = 0; i < 20; i++) {
		set_up(true);
		set_up(false);
	}
	baseline = at_rest();
	for (uint32_t i = 0; i < cycles; i++)
		one_cycle(i, &baseline);
	sched_setaffinity(0, sizeof(all), &all);
	assert_in_range(nr_disturbed, 0, cycles * 3 / 4);
	print_message("%u cycles, %u disturbed: %llu entries each, at most %u of one counter; "
		      "arming %llu us\n",
		      cycles, nr_disturbed,
		      (unsigned long long)(entries / (cycles - nr_disturbed)), worst_entries,
		      (unsigned long long)(armed_ns / cycles / 1000));
}

static struct armed bind_packet_socket(void)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(0x86dd),
				  .sll_ifindex = (int)ifindex };
	struct armed armed = arm(both, 1, 0);
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	close_ledgers(&armed);
	close(fd);
	return armed;
}

static void test_a_bound_packet_socket_is_named(void **state)
{
	struct armed armed = on_each_cpu(bind_packet_socket);
	struct ledger_match match;

	(void)state;
	match = ledger_match(armed.ledgers[0], NULL);
	assert_whole(&armed, 0);
	assert_int_equal(match.surplus, 1);
	assert_true(match.exact);
	assert_int_equal(match.nr_suspects, 1);
	assert_string_equal(match.suspects[0].path->kind_words, "packet socket");
	assert_non_null(strstr(match.suspects[0].path->stack, "packet_do_bind"));
	assert_int_equal(match.suspects[0].path->tasks[0].pid, getpid());
	disarm(&armed);
}

static void test_a_full_ring_makes_it_invalid(void **state)
{
	struct armed armed = arm(both, 1, (uint32_t)sysconf(_SC_PAGESIZE));

	(void)state;
	for (int i = 0; i < 50; i++)
		set_up(i % 2 == 0);
	close_ledgers(&armed);
	assert_int_equal(hole(&armed, 0), LEDGER_LOST);
	disarm(&armed);
}

static void test_a_fifth_counter_is_one_too_many(void **state)
{
	struct watchpoint_object objects[5] = { { .kind = WATCHPOINT_NET_DEVICE },
						{ .kind = WATCHPOINT_INET6_DEV } };
	struct watchpoints *watch = NULL;
	struct why why = { "" };

	(void)state;
	for (int i = 2; i < 5; i++) { /* anything that can be written to */
		objects[i].kind = WATCHPOINT_DST;
		objects[i].at = counts_now().device + 64U * (unsigned int)i;
	}
	assert_int_equal(watchpoints_arm(probes, SLOT, ifindex, objects, 5, 0, &watch, &why),
			 -ENOSPC);
	assert_null(watch);
	assert_non_null(strstr(why.text, "debug register"));
	assert_int_equal(watchpoints_arm(probes, SLOT, ifindex, objects, 4, 0, &watch, &why),
			 0);
	watchpoints_disarm(watch);
}

static void test_what_is_not_there(void **state)
{
	struct watchpoint_object object = { .kind = WATCHPOINT_INET6_IFADDR };
	struct watchpoints *watch = NULL;
	struct why why = { "" };

	(void)state;
	assert_int_equal(watchpoints_arm(probes, SLOT, ifindex, &object, 1, 0, &watch, &why),
			 -ENOENT);
	assert_non_null(strstr(why.text, "inet6_ifaddr ::"));
	assert_int_equal(watchpoints_arm(probes, SLOT, 9999, both, 1, 0, &watch, &why),
			 -ENODEV);
	assert_null(watch);
}

/* --- a single counter, from several CPUs at once --- */

struct getaddr {
	struct nlmsghdr head;
	struct ifaddrmsg message;
	struct rtattr attribute;
	uint8_t address[16];
};

/* inet6_rtm_getaddr() holds the address while it answers. */
static void *poke(void *arg)
{
	struct getaddr request = {
		.head = { .nlmsg_len = sizeof(request),
			  .nlmsg_type = RTM_GETADDR,
			  .nlmsg_flags = NLM_F_REQUEST },
		.message = { .ifa_family = AF_INET6, .ifa_index = ifindex },
		.attribute = { .rta_len = 20, .rta_type = IFA_ADDRESS },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	char answer[1024];

	pin((uint32_t) * (const int *)arg);
	inet_pton(AF_INET6, ADDRESS, request.address);
	for (int i = 0; i < POKES / 10; i++) {
		send(fd, &request, sizeof(request), 0);
		recv(fd, answer, sizeof(answer), 0);
	}
	close(fd);
	return NULL;
}

static long nr_pokers(void)
{
	long nr = sysconf(_SC_NPROCESSORS_ONLN);

	return nr > POKERS_MAX ? POKERS_MAX : nr;
}

static struct armed poke_from_all_cpus(void)
{
	struct watchpoint_object object = { .kind = WATCHPOINT_INET6_IFADDR };
	long nr = nr_pokers();
	pthread_t threads[POKERS_MAX];
	struct armed armed;
	int cpus[POKERS_MAX];

	inet_pton(AF_INET6, ADDRESS, object.address);
	armed = arm(&object, 1, 64 * WATCHPOINT_RING_BYTES);
	for (long i = 0; i < nr; i++) {
		cpus[i] = (int)i;
		assert_int_equal(pthread_create(&threads[i], NULL, poke, &cpus[i]), 0);
	}
	for (long i = 0; i < nr; i++)
		pthread_join(threads[i], NULL);
	close_ledgers(&armed);
	return armed;
}

static void test_a_single_counter_from_all_cpus(void **state)
{
	struct armed armed = on_each_cpu(poke_from_all_cpus);
	struct watchpoint_health health;
	long nr = nr_pokers();
	struct ledger_sum sum;

	(void)state;
	assert_whole(&armed, 0);
	sum = ledger_sum(armed.ledgers[0]);
	health = watchpoints_health(armed.watch, 0);
	assert_int_equal(sum.count, sum.baseline);
	assert_int_equal(sum.count, sum.marked);
	assert_int_equal(sum.entries, health.hits);
	assert_true(sum.entries >= (uint64_t)nr * 2 * POKES / 10);
	print_message("%llu entries of one address from %ld CPUs, %llu unsure\n",
		      (unsigned long long)sum.entries, nr, (unsigned long long)sum.unsure);
	assert_int_equal(ledger_match(armed.ledgers[0], NULL).surplus, 0);
	disarm(&armed);
}

static struct armed delete_address(void)
{
	struct watchpoint_object object = { .kind = WATCHPOINT_INET6_IFADDR };
	struct armed armed;

	inet_pton(AF_INET6, ADDRESS, object.address);
	assert_int_equal(system("ip -6 addr replace " ADDRESS "/64 dev w0 nodad"), 0);
	armed = arm(&object, 1, 0);
	assert_int_equal(system("ip -6 addr del " ADDRESS "/64 dev w0"), 0);
	for (uint64_t end = now_ns() + DEADLINE_MS * 1000000ULL;
	     now_ns() < end && !ledger_sum(armed.ledgers[0]).ended;)
		watchpoints_read(armed.watch, seen, &armed);
	close_ledgers(&armed);
	return armed;
}

static void test_an_address_that_is_deleted_ends_its_ledger(void **state)
{
	struct armed armed = on_each_cpu(delete_address);

	(void)state;
	assert_true(ledger_sum(armed.ledgers[0]).ended);
	assert_int_equal(ledger_sum(armed.ledgers[0]).count, 0);
	assert_whole(&armed, 0);
	disarm(&armed);
}

static void test_this_machine_delivers(void **state)
{
	struct why why = { "" };

	(void)state;
	if (watchpoints_prove(probes, SLOT, ifindex, &why))
		fail_msg("%s", why.text);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_this_machine_delivers),
		cmocka_unit_test(test_cycles_add_up_and_leave_nothing),
		cmocka_unit_test(test_a_bound_packet_socket_is_named),
		cmocka_unit_test(test_a_full_ring_makes_it_invalid),
		cmocka_unit_test(test_a_fifth_counter_is_one_too_many),
		cmocka_unit_test(test_what_is_not_there),
		cmocka_unit_test(test_a_single_counter_from_all_cpus),
		cmocka_unit_test(test_an_address_that_is_deleted_ends_its_ledger),
	};
	const struct probes_ask ask = { .counts_only = true, .watchpoints = true };
	struct why why = { "" };
	int failures;

	if (argc > 1)
		cycles = (uint32_t)strtoul(argv[1], NULL, 10);
	if (geteuid() != 0) {
		puts("SKIP: needs root");
		return SKIPPED;
	}
	if (unshare(CLONE_NEWNET) ||
	    system("ip link add w0 type veth peer name w1 && "
		   "ip link set w1 up && ip link set w0 up && "
		   "ip -6 addr add " ADDRESS "/64 dev w0 nodad && "
		   "sysctl -qw net.ipv6.conf.w0.keep_addr_on_down=1")) {
		puts("SKIP: no veth in a network namespace");
		return SKIPPED;
	}
	ifindex = if_nametoindex("w0");
	if (kallsyms_load(&symbols, &why) || probes_open(&ask, &probes, &why)) {
		printf("SKIP: %s\n", why.text);
		return SKIPPED;
	}
	failures = cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
	probes_close(probes);
	symbols_free(symbols);
	return failures;
}
