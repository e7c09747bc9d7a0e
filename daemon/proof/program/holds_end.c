/* Inbound packets are received by thread II, too: the peer sends past its queue. */
static bool is_thread(int thread)
{
	if (thread == DAD)
		return current->flags & PF_WQ_WORKER;
	return task_pgrp_vnr(current) == (thread == I ? group_I : group_II);
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
	while (!(hold->until && READ_ONCE(*hold->until) == round) &&
	       ktime_get_mono_fast_ns() - from < hold->for_us * 1000)
		cpu_relax();
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
	return 0;
}

static void __exit holds_exit(void)
{
	drop(ARRAY_SIZE(holds));
}

module_init(holds_init);
module_exit(holds_exit);
MODULE_DESCRIPTION("Holds the threads of the reproducer in their order");
MODULE_LICENSE("GPL");
