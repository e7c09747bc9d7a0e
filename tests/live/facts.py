#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""facts.py DIR EXPRESSION: a Python expression over the results in a folder.

  campaign, controls, trials, ledgers, findings, summary   the lines of results.ndjson, by type
  arm(NAME)                             its trials
  verdicts                              how many trials by verdict
  valid(TRIALS)                         those that say something about the kernel
  inside(TRIALS)                        of the valid ones, the part with an echo inside the window
  held_enough(TRIALS), held_well(TRIALS)
                                        all at least 95%; the part at most 110% and 1 ms more

Exit 0 when it is true; else it says the values of the names that the expression uses.
"""
import collections
import json
import pathlib
import re  # noqa: F401, for expressions
import sys

folder, expression = pathlib.Path(sys.argv[1]), sys.argv[2]
lines = (folder / "results.ndjson").read_text().splitlines()
by_type = collections.defaultdict(list)
for number, line in enumerate(lines, 1):
    try:
        entry = json.loads(line)
    except ValueError:
        if number < len(lines):
            raise
        continue  # a torn last line is what a crash leaves
    by_type[entry["type"]].append(entry)

campaign = (by_type["campaign"] or [None])[0]
controls = by_type["control"]
trials = by_type["trial"]
ledgers = by_type["ledger"]
findings = by_type["finding"]
summary = (by_type["summary"] or [None])[0]
verdicts = collections.Counter(t["verdict"] for t in trials)
reasons = collections.Counter(t["reason"] for t in trials).most_common(5)


def arm(name):
    return [t for t in trials if t["spec"]["arm"] == name]


def valid(some):
    return [t for t in some if t["verdict"] not in ("missed", "invalid", "skipped")]


def inside(some):
    some = valid(some)
    return sum(t["echoes_inside"] > 0 for t in some) / len(some) if some else 0


def holds(some):
    return [(t["held_ns"] or 0, t["spec"]["hold_us"] * 1000) for t in some
            if t["spec"]["hold_us"] and t["opened"]]


def held_enough(some):
    return bool(holds(some)) and all(held >= asked * 0.95 for held, asked in holds(some))


def held_well(some):
    good = [held <= asked * 1.1 + 1e6 for held, asked in holds(some)]
    return sum(good) / len(good) if good else 0


if not eval("(" + expression + "\n)"):
    print("not so:", " ".join(expression.split()))
    print("verdicts", dict(verdicts), "reasons", reasons)
    print("findings", [(f["verdict"], f["object"], f["delta"]) for f in findings],
          "ended by", summary and summary["ended_by"], "exit", summary and summary["exit_code"])
    sys.exit(1)
