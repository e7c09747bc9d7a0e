// SPDX-License-Identifier: GPL-2.0-or-later
/* What stacks prove, as kernels from 5.10 to 7.2 print them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trial/hang.h"

#define RETURNS \
	"[<0>] do_syscall_64+0x71/0x280\n[<0>] entry_SYSCALL_64_after_hwframe+0x76/0x7e\n"

/* clang-format off */
static const struct {
	const char *name;
	enum hang hang;
	const char *stack;
	enum hang_proof proof;
	const char *innermost;
} proofs[] = {
	{ "a flag set that waits for the RTNL", HANG_FLAGS,
	  "[<0>] rtnl_lock+0x15/0x20\n[<0>] devinet_ioctl+0xd2/0x7a0\n[<0>] inet_ioctl+0x1a2/0x1e0\n"
	  "[<0>] sock_do_ioctl+0x3d/0xe0\n[<0>] sock_ioctl+0xf6/0x2b0\n" RETURNS,
	  HANG_INSIDE, "rtnl_lock" },
	{ "a flag set in a driver", HANG_FLAGS,
	  "[<0>] wait_until_idle+0x6c/0xb0 [dadrace_plant]\n[<0>] __dev_close_many+0xa0/0x110\n"
	  "[<0>] __dev_change_flags+0x10c/0x220\n" RETURNS,
	  HANG_INSIDE, "wait_until_idle" },
	{ "a flag set by netlink", HANG_FLAGS,
	  "[<0>] __mutex_lock.constprop.0+0x1d6/0x650\n[<0>] do_setlink.isra.0+0x8a/0xe30\n" RETURNS,
	  HANG_INSIDE, "__mutex_lock" },
	{ "our own setting down", HANG_DOWN, "[<0>] rtnetlink_rcv_msg+0x141/0x400\n",
	  HANG_INSIDE, "rtnetlink_rcv_msg" },
	{ "the hold in the window", HANG_FLAGS,
	  "[<0>] do_signal_stop+0x14c/0x270\n[<0>] get_signal+0x3e1/0x880\n"
	  "[<0>] arch_do_signal_or_restart+0x2a/0x270\n[<0>] syscall_exit_to_user_mode+0x83/0x1b0\n" RETURNS,
	  HANG_ELSEWHERE, "do_signal_stop" },
	{ "a debugger, whatever else is on the stack", HANG_FLAGS,
	  "[<0>] ptrace_stop.part.0+0x10a/0x2a0\n[<0>] dev_ioctl+0x10/0x20\n" RETURNS,
	  HANG_ELSEWHERE, "ptrace_stop" },
	{ "a program that lives on", HANG_FLAGS,
	  "[<0>] hrtimer_nanosleep+0xa1/0x190\n[<0>] common_nsleep+0x44/0x50\n" RETURNS,
	  HANG_ELSEWHERE, "hrtimer_nanosleep" },
	{ "another ioctl of a socket", HANG_FLAGS,
	  "[<0>] sock_do_ioctl+0x3d/0xe0\n[<0>] sock_ioctl+0xf6/0x2b0\n" RETURNS,
	  HANG_ELSEWHERE, "sock_do_ioctl" },
	{ "a name that only begins with one", HANG_FLAGS, "[<0>] dev_ioctl_more+0x3d/0xe0\n",
	  HANG_ELSEWHERE, "dev_ioctl_more" },
	{ "thread II's send", HANG_SEND,
	  "[<0>] rawv6_sendmsg+0x51f/0x1030\n[<0>] __sys_sendto+0x1d6/0x1e0\n" RETURNS, HANG_INSIDE, "rawv6_sendmsg" },
	{ "thread II waits for a job", HANG_SEND, "[<0>] futex_wait_queue+0x63/0x90\n" RETURNS,
	  HANG_ELSEWHERE, "futex_wait_queue" },
	{ "a flag set is no unregister", HANG_UNREGISTER, "[<0>] __dev_change_flags+0x10c/0x220\n",
	  HANG_ELSEWHERE, "__dev_change_flags" },
	{ "an unregister", HANG_UNREGISTER,
	  "[<0>] msleep+0x2d/0x40\n[<0>] netdev_run_todo+0x35f/0x560\n[<0>] rtnetlink_rcv_msg+0x14f/0x370\n" RETURNS,
	  HANG_INSIDE, "msleep" },
	{ "a guest has no stack", HANG_GUEST, "[<0>] netdev_run_todo+0x35f/0x560\n",
	  HANG_ELSEWHERE, "netdev_run_todo" },
	{ "the file is empty: the task runs, or the kernel has no stack traces", HANG_FLAGS, "", HANG_UNREAD, "" },
	{ "something else than a stack", HANG_FLAGS, "Operation not permitted\n", HANG_UNREAD, "" },
};

static const struct {
	const char *name;
	const char *stack;
	bool waits;
} unregisters[] = {
	{ "5.10", "[<0>] msleep+0x2d/0x40\n[<0>] netdev_wait_allrefs+0xa3/0x1f0\n[<0>] netdev_run_todo+0x21e/0x2a0\n", true },
	{ "6.1", "[<0>] msleep+0x29/0x40\n[<0>] netdev_run_todo+0x35f/0x560\n[<0>] rtnl_dellink+0x1ad/0x400\n", true },
	{ "6.12", "[<0>] msleep+0x2d/0x40\n[<0>] netdev_wait_allrefs_any.isra.0+0x1f2/0x3c0\n", true },
	{ "between two sleeps", "[<0>] netdev_wait_allrefs_any.isra.0+0x1f2/0x3c0\n", true },
	{ "RCU callbacks are still to run", "[<0>] rcu_barrier+0x13f/0x2f0\n[<0>] netdev_run_todo+0x9d/0x560\n", false },
	{ "it waits for the RTNL", "[<0>] rtnl_lock+0x15/0x20\n[<0>] rtnetlink_rcv_msg+0x14f/0x370\n", false },
	{ "there is no stack", "", false },
};
/* clang-format on */

static void test_proofs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++) {
		char innermost[HANG_FUNCTION];

		if (hang_proof(proofs[i].hang, proofs[i].stack) != proofs[i].proof)
			fail_msg("%s", proofs[i].name);
		hang_innermost(proofs[i].stack, innermost);
		assert_string_equal(innermost, proofs[i].innermost);
	}
}

static void test_what_an_unregister_waits_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(unregisters) / sizeof(unregisters[0]); i++)
		if (hang_waits_for_references(unregisters[i].stack) != unregisters[i].waits)
			fail_msg("%s", unregisters[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proofs),
		cmocka_unit_test(test_what_an_unregister_waits_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
