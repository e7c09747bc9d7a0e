#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/version.h>
#include <net/if_inet6.h>

enum { I, II, DAD };
enum { MOST_US = 2000000 }; /* far from soft lockup and RCU stall */

/* Each holds the number of the round in which it came; groups hold a process group's number. */
#define EVENT(name)      \
	static int name; \
	module_param(name, int, 0600)
EVENT(rounds); /* that there have been, in all runs of the program */
EVENT(opened);
EVENT(changed);
EVENT(held_I);
EVENT(held_II);
EVENT(held_DAD);
EVENT(done_I);
EVENT(done_II);
EVENT(done_DAD);
EVENT(broken); /* a hold has ended without what it waits for */
EVENT(group_I);
EVENT(group_II);

struct hold {
	const char *functions[4]; /* the first one that the kernel has */
	int thread, *held;
	bool at_return;
	int pass;   /* which one is held, from 1 */
	int *until; /* NULL: for a time */
	u64 for_us;
	int round, passes;
	struct kprobe entry;
	struct kretprobe end;
};
