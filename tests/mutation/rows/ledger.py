# SPDX-License-Identifier: GPL-2.0-or-later
"""Who holds."""

from subject import Subject

ROWS = [
    Subject("daemon/ledger/match.c", tests=["ledger", "recorded", "holders"], edits=[
        (".surplus = sum.count - sum.baseline,", ".surplus = sum.count - sum.baseline + 1,", "one reference too many is missing"),
        ("		if (balance <= 0 || kind->balance <= 0)", "		if (balance <= 0)",
         "a path is named although its kind is balanced"),
        (".unmatched = balance < kind->balance ? balance : kind->balance,", ".unmatched = balance,",
         "a path has more than its kind has left"),
        ("	return pair && 2 * pair->together > profile->nr_clean;", "	return pair;", "one coincidence makes partners"),
        ("		return is_new(first) ? -1 : 1;", "		return is_new(first) ? 1 : -1;", "what is usual is named first"),
        ("		if (left < task.balance)\n			task.balance = left;\n", "",
         "a task is named that has put what it held"),
        ("	if (!match.surplus)\n		match.nr_suspects = 0;\n", "",
         "somebody is named although the sum is zero"),
        ("	return !strcmp(name_of(path), name_of(other));", "	return true;",
         "what a process holds of another kind counts"),
        ("	if (first->answered != second->answered)\n		return first->answered ? 1 : -1;\n", "",
         "a hold whose caller has put, too, is named first"),
        ("		return is_asked_for(first) ? -1 : 1;", "		return is_asked_for(first) ? 1 : -1;",
         "what a timer made is named before what a process asked for"),
        ("	usual->balance += ledger_path_balance(path);", "	usual->balance = ledger_path_balance(path);",
         "only the last clean trial is usual"),
        ("has_stray_put(kinds, kind))\n			match.exact = false;", "has_stray_put(kinds, kind))\n			match.exact = true;",
         "inferred is told as exact"),
    ]),
    Subject("daemon/ledger/digest.c", tests=["ledger", "recorded", "suspects"], edits=[
        ("		if (entry->path == path && entry->delta > 0)\n			left -= entry->delta;",
         "		if (entry->path == path)\n			left -= 1;", "the holds that are left are the wrong ones"),
        ("		    (double)lives->suspects[i].unmatched > lives->suspects[i].usual)", "		    true)",
         "what survives in clean trials, too, is accused"),
        ("	for (int first = 1; first >= 0; first--)", "	for (int first = 0; first <= 1; first++)",
         "a survivor whose own hold is not left is named first"),
        ("is_own_hold(digest, first, end, suspect) ||", "false ||", "a dst that was freed is suspected beside one that was not"),
    ]),
]
