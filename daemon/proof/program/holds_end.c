/* Who is inside addrconf_dad_work() for an address of the device. */
static struct task_struct *dad;

/* Inbound packets are received by thread II, too: the peer sends past its queue. */
static bool is_thread(int thread)
{
	if (thread == DAD)
		return READ_ONCE(dad) == current;
	return task_pgrp_vnr(current) == (thread == I ? group_I : group_II);
}

static bool is_over(const struct hold *hold, int round)
{
	return hold->until && READ_ONCE(*hold->until) == round;
}

static void pass(struct hold *hold)
{
	u64 from = ktime_get_mono_fast_ns();
	int round = READ_ONCE(opened);

	if (!round || !is_thread(hold->thread))
		return;
	if (hold->round != round)
		hold->passes = 0;
	hold->round = round;
	if (++hold->passes != hold->pass)
		return;
	WRITE_ONCE(*hold->held, round);
	while (!is_over(hold, round) && ktime_get_mono_fast_ns() - from < hold->for_us * 1000)
		cpu_relax();
	if (hold->until && !is_over(hold, round))
		WRITE_ONCE(broken, round);
}

static int at_entry(struct kprobe *probe, struct pt_regs *regs)
{
	pass(container_of(probe, struct hold, entry));
	return 0;
}

static int at_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
	struct kretprobe *probe = instance->rp;
#else
	struct kretprobe *probe = get_kretprobe(instance);
#endif

	pass(container_of(probe, struct hold, end));
	return 0;
}

static bool holds_dad(void)
{
	int nr;

	for (nr = 0; nr < ARRAY_SIZE(holds); nr++)
		if (holds[nr].thread == DAD)
			return true;
	return false;
}

/* Not 0: what returns is not of interest. */
static int dad_enters(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct work_struct *work = (void *)regs_get_kernel_argument(regs, 0);
	struct inet6_ifaddr *address = container_of(work, struct inet6_ifaddr, dad_work.work);

	return strcmp(address->idev->dev->name, "dut") || cmpxchg(&dad, NULL, current);
}

static int dad_leaves(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	int round = READ_ONCE(opened);

	if (round && (!holds_dad() || READ_ONCE(held_DAD) == round))
		WRITE_ONCE(done_DAD, round);
	WRITE_ONCE(dad, NULL);
	return 0;
}

static struct kretprobe dad_work = {
	.kp.symbol_name = "addrconf_dad_work",
	.entry_handler = dad_enters,
	.handler = dad_leaves,
};

static int add(struct hold *hold, const char *function)
{
	hold->entry = (struct kprobe){ .symbol_name = function, .pre_handler = at_entry };
	hold->end = (struct kretprobe){ .kp.symbol_name = function, .handler = at_return };
	return hold->at_return ? register_kretprobe(&hold->end) : register_kprobe(&hold->entry);
}

static void drop(int nr)
{
	while (nr--)
		if (holds[nr].at_return)
			unregister_kretprobe(&holds[nr].end);
		else
			unregister_kprobe(&holds[nr].entry);
}

static int __init holds_init(void)
{
	int nr, i, err;

	for (nr = 0; nr < ARRAY_SIZE(holds); nr++) {
		for (err = -ENOENT, i = 0; err && holds[nr].functions[i]; i++)
			err = add(&holds[nr], holds[nr].functions[i]);
		if (err) {
			pr_err("no probe at %s: %d\n", holds[nr].functions[0], err);
			drop(nr);
			return err;
		}
	}
	/* The last one is the first at the entry of a function, and the last at its return. */
	err = register_kretprobe(&dad_work);
	if (err) {
		pr_err("no probe at addrconf_dad_work: %d\n", err);
		drop(nr);
	}
	return err;
}

static void __exit holds_exit(void)
{
	unregister_kretprobe(&dad_work);
	drop(ARRAY_SIZE(holds));
}

module_init(holds_init);
module_exit(holds_exit);
MODULE_DESCRIPTION("Holds the threads of the reproducer in their order");
MODULE_LICENSE("GPL");
