#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks the results of a campaign, or what a watch said: against the schema, and against themselves.

usage: validate_results.py [--torn] DIR SCHEMA
       validate_results.py --watch FILE SCHEMA

FILE is what `dadrace watch --json` printed. --torn accepts what a crash may leave: a torn last line, and no summary. Exit code 0 when all is well,
1 with a sentence for each fault, 64 for wrong usage.
"""

import argparse
import collections
import itertools
import json
import os
import sys

import jsonschema

FAULTS = ("leak", "hang", "kernel-bug")
VALID = ("clean",) + FAULTS
EXITS = {"clean": 0, "fault": 1, "inconclusive": 3, "skipped": 4}
COMPLAINTS_MAX = 20


def refuse_twice(pairs):
    """An object with a member twice is legal JSON that no two readers take alike."""
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError("member twice: " + ", ".join(twice))
    return dict(pairs)


def load(text):
    return json.loads(text, object_pairs_hook=refuse_twice)


class Lines:
    def __init__(self, path, torn):
        self.path = path
        self.name = os.path.basename(path)
        self.torn = torn
        self.complaints = []
        self.lines = []  # (number, object)

    def complain(self, sentence):
        self.complaints.append(sentence)

    def expect(self, is_so, sentence):
        if not is_so:
            self.complain(sentence)

    def read(self):
        with open(self.path, "rb") as file:
            data = file.read()
        pieces = data.split(b"\n")
        if pieces[-1] and not self.torn:
            self.complain(f"{self.name}: the last line is torn (--torn accepts that)")
        for number, piece in enumerate(pieces[:-1], 1):
            try:
                self.lines.append((number, load(piece.decode("utf-8"))))
            except ValueError as error:
                self.complain(f"{self.name}:{number}: no JSON: {error}")

    def of_type(self, kind):
        return [(number, line) for number, line in self.lines if line.get("type") == kind]

    def check_schema(self, schema):
        """Each line against its own type's schema: oneOf would not say what is wrong."""
        validators = {}
        for kind in schema["$defs"]:
            part = {"$schema": schema["$schema"], "$defs": schema["$defs"],
                    "$ref": f"#/$defs/{kind}"}
            validators[kind] = jsonschema.Draft202012Validator(part)
        for number, line in self.lines:
            kind = line.get("type") if isinstance(line, dict) else None
            if kind not in validators:
                self.complain(f"{self.name}:{number}: no line has the type {kind!r}")
                continue
            for error in validators[kind].iter_errors(line):
                self.complain(f"{self.name}:{number} ({kind}): {error.json_path}: {error.message}")

    def check(self, schema):
        self.read()
        self.check_schema(schema)
        if not self.complaints:  # what does not fit need not have the members looked at below
            self.check_sense()


class Watch(Lines):
    def check_object(self, object_):
        """The entries of a counter are what its sums add up to."""
        name = object_["object"]
        mine = [line for _, line in self.of_type("entry") if line["object"] == name]
        sums = {
            "entries": len(mine),
            "holds": sum(max(line["delta"], 0) for line in mine),
            "puts": -sum(min(line["delta"], 0) for line in mine),
            "count": object_["baseline"] + sum(line["delta"] for line in mine),
        }
        for what, value in sums.items():
            self.expect(object_[what] == value, f"{name}: {what} is {object_[what]}, the entries say {value}")
        for what in ("holds", "puts"):
            value = sum(path[what] for path in object_["paths"])
            self.expect(object_["unsure"] or object_[what] == value,
                        f"{name}: {what} is {object_[what]}, the paths say {value}")
        self.expect(object_["state"] == "whole" or not object_["suspects"],
                    f"{name}: {object_['state']}, and it accuses")

    def check_sense(self):
        kinds = [line["type"] for _, line in self.lines]
        self.expect(kinds[-1:] == ["watch"] and set(kinds[:-1]) in (set(), {"entry"}, {"record"}),
                    "the lines are not entries or records, and then a watch")
        if self.complaints:
            return
        watch = self.lines[-1][1]
        for object_ in watch["objects"] if "record" not in kinds else []:
            self.check_object(object_)
        self.expect((watch["left_ns"] or 0) <= watch["elapsed_ns"], "it left after the end")
        self.expect(watch["ended_by"] != "unregister" or watch["left_ns"],
                    "unregistered, and it did not leave")


class Results(Lines):
    def __init__(self, folder, torn):
        super().__init__(os.path.join(folder, "results.ndjson"), torn)
        self.folder = folder

    def check_order(self):
        kinds = [line["type"] for _, line in self.lines]
        self.expect(kinds and kinds[0] == "campaign", "the first line is not the campaign's")
        self.expect(kinds.count("campaign") <= 1, "there are several campaign lines")
        self.expect(kinds.count("summary") <= 1, "there are several summary lines")
        if not self.torn:
            self.expect(kinds and kinds[-1] == "summary", "the last line is not the summary")
        order = {"campaign": 0, "control": 1, "trial": 1, "ledger": 1, "finding": 2, "summary": 3}
        ranks = [order.get(kind, 9) for kind in kinds]
        self.expect(ranks == sorted(ranks),
                    "the lines are not in the order campaign, controls, trials and ledgers, findings, summary")

    def check_ledger(self, number, line):
        where = f"results.ndjson:{number} (ledger of trial {line['trial']})"
        whole = line["state"] == "whole"
        self.expect(not whole or line["count"] - line["baseline"] == line["holds"] - line["puts"]
                    == line["surplus"], f"{where}: whole, and the holds and puts do not add up")
        self.expect(whole or not line["unmatched"], f"{where}: {line['state']}, and it accuses")
        self.expect(not whole or not line["unseen"], f"{where}: whole, and writes were not seen")
        self.expect(bool(line["path_signature"])
                    == (whole and line["leaked"] and bool(line["unmatched"])),
                    f"{where}: a path's signature belongs to a whole ledger of a leak")
        if len(line["paths"]) == line["all_paths"] and whole:
            self.expect(sum(path["balance"] for path in line["paths"]) == line["surplus"],
                        f"{where}: the paths do not add up")

    def check_trial(self, number, line):
        where = f"results.ndjson:{number} (trial {line['spec']['trial']})"
        verdict = line["verdict"]
        stamps = [moment["at_ns"] for moment in line["timeline"]]
        self.expect(stamps == sorted(stamps), f"{where}: the timeline is not sorted")
        self.expect((line["signature"] is not None) == (verdict in FAULTS),
                    f"{where}: a signature belongs to a fault, and {verdict} has "
                    f"{line['signature']!r}")
        self.expect(bool(line["reason"]), f"{where}: no reason")
        self.expect(line["echoes_accepted"] <= line["echoes_delivered"],
                    f"{where}: more echoes accepted than delivered")
        # A trial that hangs ends before the counters of IPv6 are read again.
        self.expect(line["hang"] != "none" or line["echoes_inside"] <= line["echoes_accepted"],
                    f"{where}: more echoes inside the window than accepted")
        self.expect(line["echoes_refused"] <= line["echoes_sent"],
                    f"{where}: more echoes refused than sent")
        self.expect(not line["echoes_inside"] or line["opened"],
                    f"{where}: an echo is inside a window that did not open")
        self.expect(line["dad_answers_inside"] <= line["dad_answers_delivered"]
                    <= line["dad_answers_sent"],
                    f"{where}: more DAD answers inside than delivered, or delivered than sent")
        self.expect(not line["dad_answers_sent"] or line["spec"]["dad_answer"] != "none",
                    f"{where}: DAD answers, and none is planned")
        self.expect(line["dad_end"] == "failed" or not line["dad_fooled"],
                    f"{where}: DAD was fooled, and did not fail")
        if verdict == "clean":
            self.check_clean(where, line)
        if verdict == "leak":
            self.expect(line["delta"] > 0 and line["object"], f"{where}: a leak of nothing")
            missing = line["after"][line["object"]] - line["baseline"][line["object"]]
            self.expect(line["late_ns"] or missing == line["delta"],
                        f"{where}: delta is {line['delta']}, the counts say {missing}")
        if line["pinned"]:
            self.expect(line["unregister"] == "stuck" or line["hang"] == "unregister",
                        f"{where}: pinned, and the unregister is {line['unregister']}")

    def check_clean(self, where, line):
        spec = line["spec"]
        self.expect(line["opened"] and line["closed"], f"{where}: clean without a window")
        if spec["steps"]:
            self.expect(line["order_kept"], f"{where}: clean though its order did not come about")
        else:
            self.expect(not spec["echoes"] or line["echoes_inside"],
                        f"{where}: clean without an echo inside the window")
            self.expect(spec["dad_answer"] == "none" or line["dad_answers_inside"],
                        f"{where}: clean without a DAD answer inside the window")
        self.expect((line["held_ns"] or 0) >= spec["hold_us"] * 950,
                    f"{where}: clean, and held for less than 95% of what was asked")
        self.expect(not line["lost_records"] and not line["missed_probes"],
                    f"{where}: clean, and the evidence has holes")
        self.expect(line["hang"] == "none", f"{where}: clean, and {line['hang']} hangs")

    def check_trials(self):
        numbers = collections.Counter(line["spec"]["trial"] for _, line in self.of_type("trial"))
        for trial, count in numbers.items():
            self.expect(count == 1, f"trial {trial} is there {count} times")
        for number, line in self.of_type("trial"):
            self.check_trial(number, line)

    def check_findings(self, findings):
        """The findings are exactly what the faulty trials add up to."""
        faulty = {line["spec"]["trial"]: line for _, line in self.of_type("trial")
                  if line["signature"] is not None}
        told = {finding["signature"] for finding in findings}
        self.expect(len(told) == len(findings), "two findings have the same signature")
        numbers = sorted(number for finding in findings for number in finding["trials"])
        self.expect(numbers == sorted(faulty),
                    f"the findings are of trials {numbers}, and those that show a fault are {sorted(faulty)}")
        for finding in findings:
            signature = finding["trial_signature"]
            trials = [faulty[number] for number in finding["trials"] if number in faulty]
            self.expect(all(line["signature"] == signature for line in trials),
                        f"finding {finding['signature']}: not all of its trials show {signature}")
            self.expect(finding["signature"].startswith(signature),
                        f"finding {finding['signature']}: it does not begin with {signature}")
            self.expect(finding["path_signature"] in (None, finding["signature"]),
                        f"finding {finding['signature']}: another path signature")
            where = f"finding {signature}"
            self.expect(finding["count"] == len(finding["trials"]),
                        f"{where}: count is {finding['count']} of {len(finding['trials'])} trials")
            self.expect(set(finding["arms"]) == {line["spec"]["arm"] for line in trials},
                        f"{where}: its arms are not those of its trials")
            self.expect(finding["pinned"] == any(line["pinned"] for line in trials),
                        f"{where}: pinned is not what its trials say")

    def check_arm(self, arm):
        where = f"summary, arm {arm['arm']}"
        trials = [line for _, line in self.of_type("trial") if line["spec"]["arm"] == arm["arm"]]
        verdicts = collections.Counter(line["verdict"] for line in trials)
        self.expect(arm["trials"] == len(trials),
                    f"{where}: {arm['trials']} trials, and {len(trials)} lines")
        self.expect(sum(arm["verdicts"].values()) == arm["trials"],
                    f"{where}: the verdicts do not add up to the trials")
        for verdict, count in arm["verdicts"].items():
            self.expect(count == verdicts[verdict],
                        f"{where}: {count} are {verdict}, and {verdicts[verdict]} lines")
        sums = {
            "valid": sum(line["verdict"] in VALID for line in trials),
            "opened": sum(line["opened"] for line in trials),
            "inside": sum(line["echoes_inside"] + line["dad_answers_inside"] > 0
                          for line in trials),
            "tentative": sum(line["tentative_inside"] for line in trials),
            "dad_failed": sum(line["dad_end"] == "failed" for line in trials),
            "dad_fooled": sum(line["dad_fooled"] for line in trials),
            "held": sum(line["opened"] and line["spec"]["hold_us"] > 0
                        and line["verdict"] in VALID for line in trials),
        }
        for name in ("echoes_sent", "echoes_refused", "echoes_delivered", "echoes_inside",
                     "dad_answers_sent", "dad_answers_inside"):
            sums[name] = sum(line[name] for line in trials)
        for name, value in sums.items():
            self.expect(arm[name] == value, f"{where}: {name} is {arm[name]}, the lines say {value}")
        self.expect(arm["held_within"] <= arm["held"], f"{where}: more holds within than holds")
        for name in arm:
            if name.endswith("_p50_us"):
                p99 = name.replace("_p50_us", "_p99_us")
                self.expect(arm[name] <= arm[p99], f"{where}: {name} is above {p99}")

    def check_file(self, summary):
        path = os.path.join(self.folder, "summary.json")
        try:
            with open(path, encoding="utf-8") as file:
                self.expect(load(file.read()) == summary, "summary.json is not the last line")
        except (OSError, ValueError) as error:
            self.complain(f"summary.json: {error}")

    def check_control(self, summary):
        """What was held on purpose was judged a leak of it; without that nothing is clean."""
        works = any((line["verdict"], line["delta"], line["spec"]["trial"]) == ("leak", 1, 0)
                    for _, line in self.of_type("control"))
        self.expect(summary["control"] == works, "the summary's control is not that of its lines")
        self.expect(works or summary["verdict"] != "clean", "clean without a positive control")

    def check_summary(self, summary):
        self.check_file(summary)
        self.check_control(summary)
        first = self.of_type("campaign")[0][1]
        self.expect(summary["id"] == first["id"], "the summary's id is not that of the first line")
        self.expect(summary["schema_version"] == first["schema_version"],
                    "the summary's schema version is not that of the first line")
        self.expect(summary["campaign"] == first["campaign"]["name"],
                    "the summary's campaign is not that of the first line")
        arms = [arm["arm"] for arm in summary["arms"]]
        order = [arm for arm in ("control", "hold", "echo", "race") if arm in arms]
        self.expect(arms == order, f"the summary's arms are {arms}")
        self.expect(set(arms) >= set(first["campaign"]["arms"]), "an arm of the campaign is not told")
        for arm in summary["arms"]:
            self.check_arm(arm)
        for name in ("trials", "valid"):
            self.expect(summary[name] == sum(arm[name] for arm in summary["arms"]),
                        f"the summary's {name} are not the sum of its arms'")
        ended = {line["spec"]["trial"] for _, line in self.of_type("trial")}
        shard, block = first["shard"], len(first["campaign"]["arms"])
        self.expect(summary["shard"] == shard, "the summary's shard is not that of the first line")
        if first["campaign"]["explore"]["mode"] != "off":
            shard = {"index": 1, "of": 1}  # each shard of an explorer is a plan of its own
        dealt = (trial for trial in itertools.count(1) if (trial - 1) // block % shard["of"] == shard["index"] - 1)
        decisive = next(nr for nr, trial in enumerate(dealt) if trial not in ended)
        self.expect(summary["decisive"] == decisive,
                    f"{summary['decisive']} trials decide, and the first {decisive} have ended")
        if summary["verdict"] == "clean":
            self.expect("race" in arms and summary["ended_by"] not in ("signal", "error") and
                        summary["fault_rate_bound_ppm"] <= first["campaign"]["clean_below_ppm"],
                        "clean is not earned")
        findings = [{name: value for name, value in line.items() if name != "type"}
                    for _, line in self.of_type("finding")]
        self.expect(findings == summary["findings"],
                    "the summary's findings are not the finding lines")
        self.check_findings(summary["findings"])
        lost = summary["trials"] - summary["valid"]
        self.expect(sum(reason["count"] for reason in summary["reasons"]) == lost,
                    f"{lost} trials proved nothing, and the reasons do not add up to that")
        self.expect((summary["verdict"] == "fault") == bool(summary["findings"]),
                    f"the verdict is {summary['verdict']} with {len(summary['findings'])} findings")
        if summary["exit_code"] < 5:
            self.expect(summary["exit_code"] == EXITS[summary["verdict"]],
                        f"exit code {summary['exit_code']} is not that of {summary['verdict']}")

    def check_unstarted(self, summary):
        """Of a campaign that could not be started there is a summary alone, which says why."""
        self.check_file(summary)
        self.expect(not summary["trials"] and summary["ended_by"] in ("error", "signal"),
                    "there is no campaign's line, and the summary tells of trials")
        self.expect(summary["verdict"] == ("skipped" if summary["exit_code"] == 4 else "inconclusive"),
                    f"the verdict is {summary['verdict']} with exit code {summary['exit_code']}")
        self.expect(summary["reason"], "the summary gives no reason")

    def check_sense(self):
        if [line["type"] for _, line in self.lines] == ["summary"]:
            self.check_unstarted(self.lines[0][1])
            return
        self.check_order()
        if self.complaints:
            return
        self.check_trials()
        for number, line in self.of_type("ledger"):
            self.check_ledger(number, line)
        summaries = self.of_type("summary")
        if summaries:
            self.check_summary(summaries[0][1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torn", action="store_true",
                        help="accept a torn last line and a missing summary")
    parser.add_argument("--watch", action="store_true",
                        help="the lines of `dadrace watch --json`, in a file")
    parser.add_argument("place", metavar="DIR|FILE")
    parser.add_argument("schema", metavar="SCHEMA")
    try:
        ask = parser.parse_args()
    except SystemExit as done:
        return 64 if done.code else 0
    results = (Watch if ask.watch else Results)(ask.place, ask.torn)
    try:
        with open(ask.schema, encoding="utf-8") as file:
            schema = load(file.read())
        jsonschema.Draft202012Validator.check_schema(schema)
        results.check(schema)
    except OSError as error:
        results.complain(str(error))
    for sentence in results.complaints[:COMPLAINTS_MAX]:
        print(f"validate_results: {sentence}", file=sys.stderr)
    more = len(results.complaints) - COMPLAINTS_MAX
    if more > 0:
        print(f"validate_results: and {more} more", file=sys.stderr)
    return 1 if results.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
