# SPDX-License-Identifier: GPL-2.0-or-later
"""The counters: what they read, what is subtracted, when they are at rest."""

from subject import Subject

ROWS = [
    Subject("daemon/lane/worker_counts.c", tests=["worker_counts"], runs=["inbound"], edits=[
        ("counts->net_device - counts->linkwatch_pending - counts->nr_neighbours",
         "counts->net_device - counts->nr_neighbours",
         "linkwatch's reference is not left out"),
        ("counts->net_device - counts->linkwatch_pending - counts->nr_neighbours",
         "counts->net_device - 2 * counts->linkwatch_pending - counts->nr_neighbours",
         "linkwatch's reference is left out twice"),
        ("counts->net_device - counts->linkwatch_pending - counts->nr_neighbours",
         "counts->net_device - counts->linkwatch_pending",
         "the neighbours' references are not left out"),
        ("counts->net_device - counts->linkwatch_pending - counts->nr_neighbours",
         "counts->net_device - counts->linkwatch_pending - 2 * counts->nr_neighbours",
         "the neighbours' references are left out twice"),
        ("return counts->inet6_dev - counts->nr_tombs;", "return counts->inet6_dev;",
         "MLD's records of left groups are not left out"),
        ("return counts->inet6_dev - counts->nr_tombs;", "return counts->inet6_dev - 2 * counts->nr_tombs;",
         "MLD's records of left groups are left out twice"),
        (".dst = counts->dst,", ".dst = 0,", "dst is always 0 in the evidence"),
        (".net_device = worker_net_device_refs(counts),", ".net_device = 9,", "net_device is a constant in the evidence"),
        (".inet6_dev = worker_inet6_dev_refs(counts),", ".inet6_dev = 4,", "inet6_dev is a constant in the evidence"),
        ("return counts->found && worker_same_counts(worker, counts, &worker->baseline);",
         "return counts->found;", "settled at once, whatever the counters say"),
    ]),
    Subject("probes/table/counts.bpf.c", runs=["inbound"], edits=[
        ("struct net_device *dev = find_device(ifindex);", "struct net_device *dev = find_device(1);",
         "the counters are read from lo"),
        ("counts->net_device = device_count(dev);", "counts->net_device = device_count(find_device(1));",
         "net_device is read from lo"),
        ("counts->net_device = device_count(dev);", "counts->net_device = 12;", "net_device is a constant"),
        ("counts->inet6_dev = BPF_CORE_READ(idev, refcnt.refs.counter);", "counts->inet6_dev = 5;",
         "inet6_dev is a constant"),
        ("counts->dst = dst_count(current_netns());", "counts->dst = 0;", "dst is always 0"),
    ]),
    Subject("probes/table/counts.bpf.h", runs=["inbound"], edits=[
        ("		sum += one;", "		sum = one;", "only the last CPU's part of net_device is counted"),
        ("BPF_CORE_READ(dev, state) >> LINK_STATE_LINKWATCH_PENDING & 1",
         "BPF_CORE_READ(dev, state) >> (LINK_STATE_LINKWATCH_PENDING - 1) & 1",
         "linkwatch's mark is read from the wrong bit"),
    ]),
    Subject("probes/table/settle.bpf.c", runs=["inbound"], edits=[
        ("device_count(dev) - linkwatch_pending(dev) != lane->settle_net_device",
         "device_count(dev) - linkwatch_pending(dev) == lane->settle_net_device",
         "the settling program waits for any other count of net_device"),
        ("lane->settled = lane->trial;", "lane->settled = lane->trial + 1;",
         "the settling program notes the wrong trial"),
    ]),
    Subject("daemon/lane/worker_acts.c", runs=["inbound"], edits=[
        ("	worker->message.evidence.after = worker_facts(&counts);",
         "	worker->message.evidence.after = worker_facts(&counts);\n	worker->baseline = counts;",
         "the baseline is overwritten by the look after"),
        ("return worker_is_deleted(worker) ? namespace_settled(worker, &counts) :\n"
         "					   worker_at_baseline(worker, &counts);",
         "return true;", "settled at once"),
    ]),
]
