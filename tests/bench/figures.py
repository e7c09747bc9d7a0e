#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures of the benchmark.

  figures.py take ROW RESULTS   reads a campaign's results.ndjson; prints samples
  figures.py print SAMPLES      prints the tables of all samples

A sample is one line: table, row, column, value, separated by tabs; one of each a round.
"""

import json
import sys
from statistics import mean, median, stdev

PHASES = [  # name, from, to; "begin" and "end" are those of the trial
    ("baseline, fork of the bring-up", "begin", "start"),
    ("to the end of the first flag set", "start", "opened"),
    ("to the stop of the bring-up", "opened", "held"),
    ("hold", "held", "released"),
    ("rest of DAD, to the second flag set", "released", "closed"),
    ("second flag set, end of the bring-up", "closed", "exited"),
    ("to teardown", "exited", "down"),
    ("teardown, settle", "down", "settled"),
    ("verdict on its way", "settled", "end"),
]

DELAYS = {
    "first echo": "From the window's opening to the first echo in the kernel, in us",
    "hold": "A hold over what was asked, in us",
}

BURSTS = {
    "burst": "dadrace, 1,000 in one window",
    "burst, armed": "the same, counters watched",
}
LEDGER_USES = ["ledger: off", "ledger: suspects", "ledger: always"]


def percentile(values, p):
    values = sorted(values)
    return values[max(0, -(-len(values) * p // 100) - 1)]


def first_moments(trial):
    moments = {"begin": 0, "end": trial["elapsed_ns"]}
    for moment in trial["timeline"]:
        moments.setdefault(moment["event"], moment["at_ns"])
    return moments


def take(row, path):
    def sample(table, column, value):
        print(table, row, column, value, sep="\t")

    with open(path, encoding="utf-8") as lines:
        trials = [t for t in map(json.loads, lines) if t["type"] == "trial"]
    end = [t["started_unix_ms"] + t["elapsed_ns"] / 1e6 for t in trials]
    begin = [t["started_unix_ms"] for t in trials]
    valid = sum(t["verdict"] == "clean" for t in trials)
    sample("rate", "trials/s", len(trials) / (max(end) - min(begin)) * 1e3)
    sample("rate", "valid", valid / len(trials) * 100)

    first_echo = [t["first_echo_ns"] / 1e3 for t in trials if t["first_echo_ns"]]
    sample("first echo", "p50 us", median(first_echo))
    sample("first echo", "p99 us", percentile(first_echo, 99))

    over = [t["held_ns"] / 1e3 - t["spec"]["hold_us"] for t in trials if t["held_ns"]]
    sample("hold", "p50 us", median(over))
    sample("hold", "p99 us", percentile(over, 99))

    bursts = []
    for trial in trials:
        echoes = [m["at_ns"] for m in trial["timeline"] if m["event"] == "echo-in"]
        if len(echoes) >= 100:
            bursts.append((len(echoes) - 1) / (echoes[-1] - echoes[0]) * 1e9)
    if bursts:
        sample("burst", "echoes/s", median(bursts))

    spans = {phase: [] for phase, _, _ in PHASES}
    for moments in map(first_moments, trials):
        for phase, since, until in PHASES:
            if since in moments and until in moments:
                spans[phase].append((moments[until] - moments[since]) / 1e6)
    for phase, values in spans.items():
        if values:
            sample("phases", phase, median(values))
    between = []
    for lane in {t["lane"] for t in trials}:
        mine = sorted((b, e) for b, e, t in zip(begin, end, trials) if t["lane"] == lane)
        between += [after[0] - before[1] for before, after in zip(mine, mine[1:])]
    sample("phases", "between trials of a lane", median(between))
    sample("phases", "a trial, begin to end", median(t["elapsed_ns"] / 1e6 for t in trials))


def spread(values, digits):
    return (f"{median(values):,.{digits}f}",
            f"{min(values):,.{digits}f} .. {max(values):,.{digits}f}")


def ratio(values, others):
    return f"{median(v / o for v, o in zip(values, others)):.2f}"


def error(values):
    """The standard error of their mean."""
    return stdev(values) / len(values) ** 0.5 if len(values) > 1 else float("nan")


# Rows of the table of campaigns that belong to tables of their own.
def is_campaign(row):
    return not row.startswith(("burst", "ledger: "))


def show(title, heads, rows):
    widths = [max(len(r[i]) for r in [heads] + rows) for i in range(len(heads))]
    print(f"\n{title}\n")
    for row in [heads] + rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  " + "   ".join(cells).rstrip())


def tables(path):
    samples = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            table, row, column, value = line.rstrip("\n").split("\t")
            rows = samples.setdefault(table, {})
            rows.setdefault(row, {}).setdefault(column, []).append(float(value))

    rates = {row: c["trials/s"] for row, c in samples["rate"].items() if is_campaign(row)}
    show("Trials per second, 5 ms hold; next to shell loops of ip, ifconfig and ping",
         ["", "median", "min .. max", "to 1 loop", "to 8 loops"],
         [[row, *spread(values, 1), ratio(values, rates["1 shell loop"]),
           ratio(values, rates["8 shell loops"])]
          for row, values in rates.items()])

    for table, title in DELAYS.items():
        show(title, ["", "p50", "min .. max", "p99", "min .. max"],
             [[row, *spread(c["p50 us"], 0), *spread(c["p99 us"], 0)]
              for row, c in samples[table].items() if is_campaign(row)])

    show("From the command to its end, in ms",
         ["", "median", "min .. max"],
         [[row, *spread(c["ms"], 0)] for row, c in samples.get("start", {}).items()])

    bursts = {row: c["echoes/s"] for row, c in samples["burst"].items()}
    show("Echoes per second that the kernel saw, one lane",
         ["", "median", "min .. max", "to ping -f"],
         [[BURSTS.get(row, row), *spread(values, 0),
           ratio(values, bursts["ping -f"])]
          for row, values in bursts.items()])

    show("A system call of a process that is none of ours, in ns, the campaign's hooks armed",
         ["", "without", "min .. max", "with", "min .. max", "difference"],
         [[row, *spread(c["without"], 0), *spread(c["with"], 0),
           f"{median(w - o for w, o in zip(c['with'], c['without'])):.0f}"]
          for row, c in samples.get("cost", {}).items()])

    ledgers = {row: samples["rate"][row]["trials/s"] for row in LEDGER_USES
               if row in samples["rate"]}
    show("Trials per second of one lane with the ledger",
         ["", "median", "min .. max", "to off"],
         [[row, *spread(values, 1), ratio(values, ledgers["ledger: off"])]
          for row, values in ledgers.items()])

    show("A watched counter, in ns; a request takes and drops one reference",
         ["", "median", "min .. max"],
         [[row, *spread(c["ns"], 0)] for row, c in samples.get("write", {}).items()])

    show("A campaign in the service beside others, in turns: trials by those without; CPU in us a trial",
         ["", "trials/s", "to nobody", "2 std. errors", "min .. max", "service", "alone", "they", "MiB at most"],
         [[row, f"{median(c['trials/s']):.0f}", f"{mean(c['ratio']):.3f}", f"{2 * error(c['ratio']):.3f}",
           spread(c["ratio"], 2)[1], *(f"{median(c[who]):.0f}" for who in (
               "service, us a trial", "without, us a trial", "they, us a trial")),
           f"{max(c['at most, MiB']):.1f}"]
          for row, c in samples.get("beside", {}).items()])

    show("The service",
         ["", "median", "min .. max", ""],
         [[row, *spread(values, 1), unit]
          for row, c in samples.get("service", {}).items() for unit, values in c.items()])

    phases = {row: c for row, c in samples["phases"].items() if is_campaign(row)}
    names = list(next(iter(phases.values())))
    show("Where a trial's time goes: medians in ms",
         [""] + list(phases),
         [[name] + [f"{median(c[name]):.2f}" for c in phases.values()] for name in names])


if __name__ == "__main__":
    if sys.argv[1] == "take":
        take(sys.argv[2], sys.argv[3])
    else:
        tables(sys.argv[2])
