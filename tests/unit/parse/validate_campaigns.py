#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the JSON Schema of campaign files against the loader, which must accept and refuse the same.

usage: validate_campaigns.py CAMPAIGN-LINES SCHEMA CAMPAIGNS-FOLDER

CAMPAIGN-LINES is the program of campaign_lines.c. Exit code 0 when all is well, 1 with a sentence for each fault.
"""

import glob
import json
import os
import random
import re
import subprocess
import sys

import jsonschema
import yaml

RANDOM_CAMPAIGNS = 500
MODELINE = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")

# Refused by both: a campaign of each kind of mistake.
WRONG = [
    {"lane": 4},
    {"stop": {"trails": 5}},
    {"window": {"hold_range": {"max": 5}}},
    {"hold_us": [5]},
    {"lanes": "4"},
    {"lanes": [4]},
    {"lanes": None},
    {"lanes": 65},
    {"lanes": 0},
    {"lanes": 1.5},
    {"name": None},
    {"name": {"a": "b"}},
    {"tier": "kretprobe"},
    {"tier": None},
    {"arms": "race"},
    {"arms": []},
    {"arms": ["rase"]},
    {"arms": ["race", "race"]},
    {"arms": [["race"]]},
    {"window": None},
    {"window": 5},
    {"window": {"hold_us": 5}},
    {"window": {"hold_us": [0]}},
    {"vm": {"fresh_after_fault": "true"}},
    {"vm": {"fresh_after_fault": 1}},
    {"order": [None]},
    {"submit": {"priority": 101}},
    {"submit": {"priority": -101}},
    [],
    "race",
    # of one trial
    {"spec": 1, "arms": ["race"]},
    {"spec": 1, "arms": ["race"], "trial_seed": None},
    {"spec": 1, "trial_seed": "0x1"},
    {"spec": 1, "trial_seed": "0x1", "arms": ["race", "hold"]},
    {"spec": 1, "trial_seed": "0x1", "arms": ["race"], "window": {"hold_us": [1, 2]}},
    {"spec": 1, "trial_seed": "0x1", "arms": ["race"], "echo": {"targets": ["peer", "nobody"]}},
    {"spec": 2},
]

RIGHT = [
    None,
    {},
    {"name": 5, "kernel": None},
    {"bringup": {"kind": "command", "command": ["sleep", 5, True, 0.5]}},
    {"window": {"hold_us": [1, 1, 600000000]}},
    {"seed": 9223372036854775807},
    {"spec": 1, "trial_seed": "0x1", "arms": ["race"], "window": {"hold_us": [1]}},
    {"submit": {"every": 86400, "priority": -100}},
]


class Yaml12(yaml.SafeLoader):
    """YAML 1.2, as editors read it: `off` is text, and so are times and dates."""

    yaml_implicit_resolvers = {}


for tag, pattern, first in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", list("-+.0123456789")),
):
    Yaml12.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), first)

faults = []


def fault(sentence):
    faults.append(sentence)
    print("FAIL", sentence)


def at_path(path, value):
    for name in reversed(path):
        value = {name: value}
    return value


def merge(into, other):
    for name, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            merge(into[name], value)
        else:
            into[name] = value


def leaves(schema, path=()):
    for name, row in schema["properties"].items():
        if "properties" in row:
            yield from leaves(row, path + (name,))
        else:
            yield path + (name,), row


def values_of(row):
    """What is at the edge of a row, inside and outside, and what is of another type."""
    yield from (None, True, "", "x", 0, 5, [], {}, {"x": 5}, 10**30)
    if "minimum" in row:
        for edge in (row["minimum"], row["maximum"]):
            yield from (edge - 1, edge, edge + 1, str(edge))
    for name in row.get("enum", ()):
        yield from (name, name + "x", name.upper())
    if "items" in row:
        for element in values_of(row["items"]):
            yield from ([element], [element, element])
    if "default" in row:
        yield row["default"]
    yield from row.get("examples", ())


class Judges:
    def __init__(self, lines, schema):
        self.lines = lines
        self.validator = jsonschema.Draft7Validator(schema)

    def say(self, campaigns):
        """Of each campaign: whether schema, keys and loader accept it, and the loader's sentence."""
        texts = "".join(json.dumps(campaign) + "\n" for campaign in campaigns)
        said = subprocess.run([self.lines], input=texts, capture_output=True, text=True, check=True).stdout
        said = said.splitlines()
        assert len(said) == len(campaigns), f"{len(said)} answers for {len(campaigns)} campaigns"
        for campaign, line in zip(campaigns, said):
            keys, whole, sentence = line.split("\t")
            yield campaign, self.validator.is_valid(campaign), keys == "accepted", whole == "accepted", sentence


def check_files(judges, schema_file, folder):
    files = sorted(glob.glob(folder + "/*.yaml"))
    if len(files) < 5:
        fault(f"{folder} holds {len(files)} campaigns")
    for file in files:
        with open(file, encoding="utf-8") as stream:
            text = stream.read()
        named = MODELINE.match(text)
        if not named:
            fault(f"{file}:1: names no schema for editors")
        elif not os.path.samefile(os.path.join(folder, named[1]), schema_file):
            fault(f"{file}:1: {named[1]} is not {schema_file}")
        for error in judges.validator.iter_errors(yaml.load(text, Loader=Yaml12)):
            fault(f"{file}: {error.json_path}: {error.message}")


def check_all(judges, campaigns, wanted):
    for campaign, schema, _, whole, sentence in judges.say(campaigns):
        if schema != wanted or whole != wanted:
            fault(f"{json.dumps(campaign)}: schema accepts: {schema}, loader accepts: {whole} {sentence}")


def check_agreement(judges, campaigns):
    """Without `spec`, the schema says what the keys say. It never refuses what the loader accepts."""
    accepted = 0
    for campaign, schema, keys, whole, sentence in judges.say(campaigns):
        if ("spec" not in campaign and schema != keys) or (whole and not schema):
            fault(f"{json.dumps(campaign)}: schema accepts: {schema}, keys are accepted: {keys} {sentence}")
        accepted += schema
    if not len(campaigns) / 10 < accepted < len(campaigns) * 9 / 10:
        fault(f"{accepted} of {len(campaigns)} campaigns are accepted: this proves little")


def main():
    lines, schema_file, folder = sys.argv[1:]
    with open(schema_file, encoding="utf-8") as stream:
        schema = json.load(stream)
    jsonschema.Draft7Validator.check_schema(schema)
    judges = Judges(lines, schema)
    rows = list(leaves(schema))
    draw = random.Random(1)

    check_files(judges, schema_file, folder)
    check_all(judges, WRONG, False)
    check_all(judges, RIGHT, True)
    alone = {json.dumps(at_path(path, value)) for path, row in rows for value in values_of(row)}
    check_agreement(judges, [json.loads(text) for text in sorted(alone)])
    mixed = []
    for _ in range(RANDOM_CAMPAIGNS):
        campaign = {}
        for path, row in draw.sample(rows, draw.randint(1, 3)):
            merge(campaign, at_path(path, draw.choice(list(values_of(row)))))
        mixed.append(campaign)
    check_agreement(judges, mixed)
    print(f"{len(rows)} keys, {len(faults)} faults")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
