# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's log."""

from subject import Subject

ROWS = [
    Subject("daemon/trial/klog_report.c", tests=["klog_report"], edits=[
        ("	if (waiter && (!waiter->is_served || !object[0])) {", "	if (waiter) {",
         "each block after a line is that device's"),
        ("		if (!strcmp(reports->owners[i].object, object))", "		if (true)", "any block is a known owner's"),
        ("		bool begins_word = at == text || !is_part_of_name(at[-1], *at);", "		bool begins_word = true;",
         "a device is found inside of another's name"),
        ("	return !*a || !*b || !strcmp(a, b);", "	return true;", "lines of two CPUs become one report"),
    ]),
    Subject("daemon/trial/klog_line.c", tests=["klog_line"], edits=[
        ("	{ KLOG_BUG,      0, 0, \"BUG \", \" (\", \"ainted\",", "	{ KLOG_OTHER,    0, 0, \"BUG \", \" (\", \"ainted\",",
         "a report of the slab allocator is no finding"),
        ("	if (pattern->max_level && level > pattern->max_level)\n		return false;\n", "",
         "harmless levels are findings"),
        ("	{ KLOG_REFCOUNT, 0, KLOG_ALONE | KLOG_OF_NET, \"IPv6: delayed DAD work was pending while freeing \",",
         "	{ KLOG_OTHER, 0, KLOG_ALONE | KLOG_OF_NET, \"IPv6: delayed DAD work was pending while freeing \",",
         "DAD's own complaint is no finding"),
    ]),
]
