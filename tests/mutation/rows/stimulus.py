# SPDX-License-Identifier: GPL-2.0-or-later
"""Stimulus: the bring-up and the change that were asked for, and what they leave."""

from subject import Subject

ROWS = [
    Subject("daemon/change/mtu.c", runs=["inbound bringup.change=[mtu]"], edits=[
        ("		return mtu_set(about, about->change->number);", "		return 0;", "the MTU is not changed"),
    ]),
    Subject("daemon/change/route_delete.c", runs=["inbound bringup.change=[route-delete]"], edits=[
        ("ioctl(about->socket, SIOCDELRT, &request)", "ioctl(about->socket, SIOCADDRT, &request)",
         "the route is added instead of deleted"),
    ]),
    Subject("daemon/change/address.c", runs=["inbound bringup.change=[address-add]"], edits=[
        ("	address.s6_addr[7] = 0xd2;\n	return address;", "	address.s6_addr[0] = 0xff;\n	return address;",
         "a group is added as an address"),
    ]),
    Subject("daemon/trial/last_words.c", tests=["last_words"], edits=[
        ("	shown_copy(words, ", "	snprintf(shown, sizeof(shown), \"%s\", words);\n	shown_copy(\"\", ", "foreign text stays as it is"),
        ("ends_with(words, length, \": not found\")", "ends_with(words, length, \": found\")",
         "a shell that finds no program is not heard"),
        ("	const char *newline = strrchr(words, '\\n');", "	const char *newline = strchr(words, '\\n');",
         "another line than the last is told"),
    ]),
    Subject("daemon/trial/verdict_doubts.c", tests=["verdict"], edits=[
        ("	       e->bringup_status != e->bringup_wanted &&", "	       e->bringup_status > 200 &&",
         "a bring-up that fails is taken for one that does not"),
        ("	return q->e->bringup_wanted != BRINGUP_STATUS_ANY &&\n	       last_words",
         "	return q->e->bringup_wanted == BRINGUP_STATUS_ANY &&\n	       last_words",
         "a program that is missing makes no difference"),
        ("q->e->change_error == -CHANGE_DID_NOTHING &&", "q->e->change_error == CHANGE_DID_NOTHING &&",
         "a change that did nothing is one that failed"),
    ]),
    Subject("daemon/io/child.c", tests=["child"], edits=[
        ("		if (has_folder(folders, of_the_system[i]))\n", "		if (has_folder(folders, \"/usr/bin\"))\n",
         "PATH stays without /usr/sbin"),
    ]),
]
