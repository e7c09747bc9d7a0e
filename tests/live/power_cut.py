#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Cuts the power at many places of a recorded run, and looks at what is left of its results.

    power_cut.py RECORD RESULTS FOLDER NUMBER SEED

RECORD is what power_cut.c wrote, RESULTS the results.ndjson at the end of that run. A cut leaves what was synced before it,
and of what was written since then any part. A fault that was told before a cut, and the campaign's first and last line, must be
in what is left, whole; and what is left are whole lines of the run, of which the last may be torn. NUMBER of such results
are written to FOLDER/1/results.ndjson, ..., for `dadrace run --resume`.
"""

import json
import os
import random
import sys

FAULTS = ("leak", "hang", "kernel-bug")


def events(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            kind, _, value = line.rstrip("\n").partition(" ")
            yield kind, value


def is_promised(line):
    """Whether a line that is told outlives a power cut; the others may have been written just now."""
    line = json.loads(line)
    return line["type"] in ("campaign", "summary") or (line["type"] == "trial" and line["verdict"] in FAULTS)


def cuts(path):
    """After each event: (bytes that are durable, bytes that are written, lines that were promised)."""
    written = durable = syncing = 0
    named = False
    promised = []
    for kind, value in events(path):
        if kind == "wrote":
            written += int(value)
        elif kind == "cut":
            written = int(value)
            durable = min(durable, written)
        elif kind == "syncs":
            syncing = written
        elif kind == "synced":
            durable = max(durable, min(syncing, written))
        elif kind == "named":
            named = True
        elif kind == "told" and is_promised(value):
            promised = promised + [value]
        yield durable if named else 0, written, promised


def main():
    record, results, folder, number, seed = sys.argv[1:]
    with open(results, encoding="utf-8") as file:
        whole = file.read()
    lines = set(whole.splitlines())
    rng = random.Random(int(seed))
    states = list(cuts(record))
    wrong = torn = unsynced = 0
    for at, (durable, written, promised) in enumerate(states):
        for length in {durable, written, rng.randint(durable, written)}:
            left = whole.encode()[:length].decode(errors="replace").split("\n")
            torn += left[-1] != ""
            unsynced += length < written
            lost = [line for line in promised if line not in left[:-1]]
            if lost or not lines.issuperset(left[:-1]):
                wrong += 1
                print(f"a power cut after event {at}, which leaves {length} of {written} bytes, loses what was told:",
                      *(line[:200] for line in lost), sep="\n    ")
    told = sum(json.loads(line)["type"] == "trial" for line in states[-1][2])
    print(f"{len(states)} events: {told} faults told, {torn} cuts within a line, {unsynced} before the sync, {wrong} wrong")
    middle = [state for state in states if 0 < state[0] and 2 <= len(state[2]) and state[1] < len(whole)]
    for i, (durable, written, _) in enumerate(rng.sample(middle, min(int(number), len(middle))), 1):
        os.makedirs(f"{folder}/{i}")
        with open(f"{folder}/{i}/results.ndjson", "wb") as file:
            file.write(whole.encode()[:rng.randint(durable, written)])
    sys.exit(1 if wrong or not told or not torn or not unsynced else 0)


main()
