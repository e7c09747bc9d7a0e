#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How far verdicts can be trusted, and how soon a leak is said.

  verdicts.py DADRACE [--clean N] [--planted N] [--lanes N] [--folder FOLDER]

Three campaigns on the running kernel, as root, in namespaces of their own:

  clean    N trials (100,000) with a CPU hog beside: how many of them are not clean
  planted  N trials (1,000), each with a packet socket that is left: how many of them are found
  said     some planted ones, one lane: from teardown to the line that says so, and to the verdict

Prints a table; asserts nothing. 100,000 trials take about 20 minutes on an idle machine with 2 CPUs.
"""

import argparse
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
from statistics import median

HERE = os.path.dirname(os.path.realpath(__file__))
HOLDER = os.path.join(HERE, "..", "live", "holder.py")
SAID = re.compile(r"leak suspected: trial (\d+) ")
ISOLATED = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
            'mount -t tmpfs none /run; ip link set lo up; exec "$@"', "sh"]


def campaign(trials, lanes, bringup=None):
    return json.dumps({  # which is YAML, too
        "name": "verdicts", "stop": {"trials": trials}, "lanes": lanes, "arms": ["race"], "ledger": "off",
        "window": {"hold_us": [3000]}, "bringup": bringup or {"kind": "do_dad"}})


def leaving(number):
    return {"kind": "command", "command": ["/usr/bin/python3", HOLDER, "{dut}", str(number), "3600", "packet"]}


def run(dadrace, folder, name, text):
    """The trials, and when which suspicion was said."""
    path, out = os.path.join(folder, name + ".yaml"), os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    said = {}
    with subprocess.Popen([*ISOLATED, dadrace, "run", path, "--out", out],
                          stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if match := SAID.match(line):
                said[int(match[1])] = time.time()
    if process.returncode not in (0, 1, 3):
        sys.exit(f"verdicts: the campaign \"{name}\" exited with status {process.returncode}")
    with open(os.path.join(out, "results.ndjson"), encoding="utf-8") as lines:
        return [t for t in map(json.loads, lines) if t["type"] == "trial"], said


def show(name, trials):
    verdicts = {}
    for trial in trials:
        verdicts[trial["verdict"]] = verdicts.get(trial["verdict"], 0) + 1
    print(f"{name}: {len(trials)} trials: " + ", ".join(f"{n} {v}" for v, n in sorted(verdicts.items())))
    suspected = [t for t in trials if t["suspected_ns"]]
    print(f"  {len(suspected)} suspected, {sum(bool(t['late_ns']) for t in trials)} of them late")
    settled = [t["settle_ns"] / 1e6 for t in trials if t["settled"]]
    if settled:
        print(f"  settled after {median(settled):.1f} ms, at most {max(settled):.1f} ms")
    reasons = {}
    for trial in trials:
        if trial["verdict"] not in ("clean", "leak"):
            words = re.sub(r"\d+", "N", trial["reason"])
            reasons[words] = reasons.get(words, 0) + 1
    for words, number in sorted(reasons.items(), key=lambda item: -item[1])[:6]:
        print(f"  {number} x {words}")


def spread(values):
    return f"{median(values):.2f} s ({min(values):.2f} .. {max(values):.2f})"


def show_times(trials, said):
    def down(trial):
        at = next(m["at_ns"] for m in trial["timeline"] if m["event"] == "down")
        return trial["started_unix_ms"] / 1e3 + at / 1e9

    leaks = [t for t in trials if t["verdict"] == "leak"]
    print(f"said: {len(leaks)} leaks, one lane")
    if leaks:
        print("  from teardown to the suspicion: " + spread([t["suspected_ns"] / 1e9 for t in leaks]))
        print("  from teardown to the line: "
              + spread([said[t["spec"]["trial"]] - down(t) for t in leaks if t["spec"]["trial"] in said]))
        print("  from teardown to the last look: " + spread([t["settle_ns"] / 1e9 for t in leaks]))


def hog():
    while True:
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dadrace")
    parser.add_argument("--clean", type=int, default=100000)
    parser.add_argument("--planted", type=int, default=1000)
    parser.add_argument("--said", type=int, default=20)
    parser.add_argument("--lanes", type=int, default=8)
    parser.add_argument("--folder", help="where results are kept; otherwise nowhere")
    asked = parser.parse_args()
    if os.geteuid():
        print("SKIP: campaigns need root")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or temporary
        os.makedirs(folder, exist_ok=True)
        if asked.said:
            show_times(*run(asked.dadrace, folder, "said", campaign(asked.said, 1, leaving(1))))
        if asked.planted:
            trials, _ = run(asked.dadrace, folder, "planted", campaign(asked.planted, asked.lanes, leaving(1)))
            show("planted", trials)
        if asked.clean:
            burner = multiprocessing.Process(target=hog, daemon=True)
            burner.start()
            show("clean, a CPU hog beside", run(asked.dadrace, folder, "clean",
                                                campaign(asked.clean, asked.lanes))[0])
            burner.kill()


if __name__ == "__main__":
    main()
