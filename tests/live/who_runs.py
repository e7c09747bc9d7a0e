#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""who_runs.py DADRACE DEVICE RUNS PID FD: asks who holds DEVICE so many times, and judges each answer.

Only the process PID holds DEVICE, by FD among others; nothing of it is lost. Prints a line of JSON for each run: the words for
it, and of one that does not add up the answer. who_runs.py FILE...: adds up such lines.
"""
import collections
import json
import subprocess
import sys


def judge(d, pid, fd):
    """The words for one answer: how it adds up, and what is wrong in it."""
    if d["unexplained"] == 0:
        yield "adds_up"
    elif d["has_moved"]:
        yield "moved"
    else:
        yield "is_off"
    owners = {(o["pid"], o["fd"]) for h in d["holders"] for o in h["owners"]}
    if {owner for owner, _ in owners} - {pid}:
        yield "names_an_innocent"
    if (pid, fd) not in owners:
        yield "misses_a_holder"
    if d["answer"] == "lost" or any(h["lost"] for h in d["holders"]):
        yield "says_lost"
    if not d["is_checked"] or d["check_unexplained"]:
        yield "check_is_off"


def ask(dadrace, device, pid, fd):
    done = subprocess.run([dadrace, "who", device, "--json"], capture_output=True, text=True)
    try:
        answer = json.loads(done.stdout)
        words = list(judge(answer, pid, fd))
    except (ValueError, KeyError) as error:
        answer, words = f"exit {done.returncode}: {error!r}: {done.stderr}", ["failed"]
    return {"words": words, "answer": None if words == ["adds_up"] else answer}


if len(sys.argv) == 6:
    for _ in range(int(sys.argv[3])):
        print(json.dumps(ask(sys.argv[1], sys.argv[2], int(sys.argv[4]), int(sys.argv[5]))), flush=True)
else:
    counts = collections.Counter()
    for name in sys.argv[1:]:
        for line in open(name):
            counts.update(["runs", *json.loads(line)["words"]])
    print(json.dumps(counts))
