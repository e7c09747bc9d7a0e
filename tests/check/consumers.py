#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""consumers.py SOURCE DADRACE: each export is understood by a program that reads such files.

The runs are recorded ones, and what is made of them here: unfinished, skipped, with a name that means something in each
format. A consumer that is not installed is named, and the test is skipped (77); it never passes without one.
"""
import collections
import importlib
import importlib.util
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIP = 77
HOSTILE = 'x" # SKIP\nok 9 - <b>: {y}\n- name: &a\x1b]0;'


# --- the runs: lines of results.ndjson, and the verdict of each test case ---

def recorded(source, name):
    path = source / "tests/unit/export/recorded" / name / "results.ndjson"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def skipped(lines):
    return [line | {"verdict": "skipped"} if line["type"] == "trial" else line for line in lines]


def renamed(lines, name):
    return [line | {"campaign": line["campaign"] | {"name": name}} if line["type"] == "campaign" else line
            for line in lines]


def trial_of(line):
    """None: it is of the run."""
    return {"ledger": line.get("trial"), "trial": line.get("spec", {}).get("trial")}.get(line["type"])


def labelled(lines, index, of):
    for line in lines:
        shard = {"id": f"{line['id']}-{index}", "shard": {"index": index, "of": of}} if line["type"] == "campaign" else {}
        yield line | shard


# Not as dadrace deals them: a fault counts wherever it stands.
def shard_of(lines, index, of):
    for line in labelled(lines, index, of):
        if trial_of(line) is None or trial_of(line) % of + 1 == index:
            yield line


def shared(lines, of):
    return [list(shard_of(lines, index + 1, of)) for index in range(of)]


def runs_of(source):
    """A name, the lines of each results.ndjson, the verdicts, and the exit status: of a run 0, of shards its verdict's."""
    leak, clean = recorded(source, "leak"), recorded(source, "clean")
    yield "leak", [leak], ["fault", "fault"], 0
    yield "clean", [clean], ["clean"], 0
    yield "unfinished", [clean[:-1]], ["inconclusive"], 0
    yield "skipped", [skipped(clean)], ["skipped"], 0
    yield "hostile", [renamed(leak, HOSTILE)], ["fault", "fault"], 0
    yield "dots", [renamed(clean, ".a..b.")], ["clean"], 0
    yield "shards of leak", shared(leak, 2), ["fault", "fault"], 1
    yield "one shard of two", [list(labelled(clean, 1, 2))], ["inconclusive"], 3  # the other is lost


# --- the consumers: each takes a file and the verdicts, and raises AssertionError ---

def read_tap(path, verdicts):
    done = subprocess.run(["prove", "--exec", "cat", path], text=True, capture_output=True, check=False)
    is_good = not {"fault", "inconclusive"} & set(verdicts)
    assert "Parse errors" not in done.stdout, done.stdout + done.stderr
    assert "Tests=4," in done.stdout, done.stdout  # one for each arm
    assert (done.returncode == 0) == is_good, done.stdout
    assert ("Result: PASS" in done.stdout) == is_good, done.stdout


def as_kselftest(lines, code):
    """What the runner of kselftest prints of a test that prints these lines."""
    return ["TAP version 13", "1..1", "# selftests: dadrace: dadrace.sh", *(f"# {line}" for line in lines),
            f"{'ok' if code == 0 else 'not ok'} 1 selftests: dadrace: dadrace.sh"]


def read_kselftest(path, verdicts):
    """As KernelCI does: a test's own lines are comments before its result, and TAP again without their #."""
    reader = importlib.import_module("tap.parser").Parser()
    is_good = not {"fault", "inconclusive"} & set(verdicts)
    outer = list(reader.parse_text("\n".join(as_kselftest(path.read_text(encoding="utf-8").splitlines(), not is_good))))
    inner = "\n".join(line.text[1:].strip() for line in outer if line.category == "diagnostic")
    cases = [line for line in reader.parse_text(inner) if line.category == "test"]
    assert [line.ok for line in outer if line.category == "test"] == [is_good], outer
    assert [case.number for case in cases] == [1, 2, 3, 4], inner  # one for each arm
    assert all(case.ok for case in cases) == is_good, inner
    assert all(case.skip for case in cases) == (set(verdicts) == {"skipped"}), inner


def read_junit(path, verdicts):
    junitparser = importlib.import_module("junitparser")
    elements = {"clean": [], "fault": [junitparser.Failure], "inconclusive": [junitparser.Error],
                "skipped": [junitparser.Skipped]}
    suite, = junitparser.JUnitXml.fromfile(str(path))
    cases = list(suite)
    assert len(cases) == len(verdicts), cases
    for case, verdict in zip(cases, verdicts):
        assert [type(result) for result in case.result] == elements[verdict], (case.name, case.result)
    told = suite.tests, suite.failures, suite.errors, suite.skipped
    suite.update_statistics()
    assert told == (suite.tests, suite.failures, suite.errors, suite.skipped), told
    names = {prop.name for prop in suite.properties()}
    assert names == {"kernel", "architecture", "cpus"}, names


def read_kcidb(path, verdicts):
    jsonschema = importlib.import_module("jsonschema")
    statuses = {"clean": "PASS", "fault": "FAIL", "inconclusive": "ERROR", "skipped": "SKIP"}
    schema = json.loads(pathlib.Path(__file__).with_name("kcidb-5.3.schema.json").read_text(encoding="utf-8"))
    report = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    for error in jsonschema.Draft7Validator(schema).iter_errors(report):
        raise AssertionError(error)
    assert [test["status"] for test in report["tests"]] == [statuses[verdict] for verdict in verdicts], report["tests"]
    assert {build["checkout_id"] for build in report["builds"]} == {one["id"] for one in report["checkouts"]}
    assert {test["build_id"] for test in report["tests"]} == {build["id"] for build in report["builds"]}
    assert len({test["id"] for test in report["tests"]}) == len(report["tests"]), "a test has the id of another"


def read_tmt(path, verdicts):
    yaml = importlib.import_module("yaml")
    words = {"clean": "pass", "fault": "fail", "inconclusive": "error", "skipped": "skip"}
    results = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert [result["result"] for result in results] == [words[verdict] for verdict in verdicts], results
    for result in results:
        assert set(result) == {"name", "result", "note"} and result["name"].startswith("/"), result
        assert all(isinstance(note, str) for note in result["note"]), result


def told_by_tshark(path, *fields):
    """A list of values for each packet."""
    command = ["tshark", "-r", path, "-T", "fields", "-E", "separator=/t"]
    done = subprocess.run([*command, *(word for field in fields for word in ("-e", field))],
                          text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def read_pcapng(path, verdicts):
    info = subprocess.run(["capinfos", "-M", path], text=True, capture_output=True, check=False)
    assert info.returncode == 0 and "pcapng" in info.stdout, info.stdout + info.stderr
    fields = "frame.comment", "_ws.malformed", "icmpv6.checksum.status", "icmpv6.type", "frame.time_epoch", "frame.encap_type"
    packets = told_by_tshark(path, *fields)
    assert len(packets) == (4 if "fault" in verdicts else 8), packets  # of each trial that sends
    for number, (comment, malformed, checksum, kind, stamp, link) in enumerate(packets):
        assert re.match(r"Trial \d+, arm (echo|race) \(\w[\w-]*\): echo %d of 4, inbound, to all-nodes\." % (number % 4 + 1),
                        comment), comment
        assert "after the window opened: inside the window." in comment, comment
        assert "IPv6 accepted 4 of the 4 packets" in comment, comment
        assert (malformed, checksum, kind, link) == ("", "1", "128", "1"), (malformed, checksum, kind, link)
        assert re.search(r"\.\d{9}$", stamp) and not stamp.endswith("000000"), stamp


def read_trace(path, _):
    """The rules of Chrome's trace events: what each has, and that slices end in the order in which they began."""
    events = json.loads(path.read_text(encoding="utf-8"))["traceEvents"]
    began = collections.defaultdict(list)
    assert events, "no event"
    for event in events:
        assert {"ph", "ts", "pid", "tid", "name"} <= set(event), event
        assert event["ph"] in "MiXCBE" and event["ts"] >= 0, event
        assert event["ph"] != "X" or event["dur"] >= 0, event
        assert event["ph"] != "C" or all(isinstance(value, (int, float)) for value in event["args"].values()), event
        assert event["ph"] != "i" or event["s"] in "gpt", event
        if event["ph"] == "B":
            began[event["pid"], event["tid"]].append(event["name"])
        elif event["ph"] == "E":
            assert began[event["pid"], event["tid"]].pop() == event["name"], event
    assert not any(began.values()), began
    assert any(event["ph"] == "X" for event in events), "no hold"


Consumer = collections.namedtuple("Consumer", "format needs is_here read")


def has_program(name):
    return shutil.which(name) is not None


def has_module(name):
    return importlib.util.find_spec(name) is not None


CONSUMERS = (
    Consumer("tap", "prove", has_program, read_tap),
    Consumer("tap", "tap", has_module, read_kselftest),
    Consumer("junit", "junitparser", has_module, read_junit),
    Consumer("kcidb", "jsonschema", has_module, read_kcidb),
    Consumer("tmt", "yaml", has_module, read_tmt),
    Consumer("pcapng", "tshark", has_program, read_pcapng),
    Consumer("trace", "json", has_module, read_trace),
)


def written(folder, shards):
    """A folder of results for each shard."""
    for index, lines in enumerate(shards):
        results = folder / str(index)
        results.mkdir()
        (results / "results.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        yield results


def export(dadrace, folders, path, name, status):
    done = subprocess.run([dadrace, "report", *folders, "--output", path, "--format", name], check=False)
    assert done.returncode == status, done
    return path


def main(source, dadrace):
    missing = [one for one in CONSUMERS if not one.is_here(one.needs)]
    wrong = files = 0
    for name, shards, verdicts, status in runs_of(pathlib.Path(source)):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            folders = list(written(folder, shards))
            for one in CONSUMERS:
                path = export(dadrace, folders, folder / one.format, one.format, status)
                if one in missing:
                    continue
                files += 1
                try:
                    one.read(path, verdicts)
                except Exception as error:  # a parser has exceptions of its own
                    print(f"{name}, {one.format}: {one.needs} says: {type(error).__name__}: {error}")
                    wrong += 1
    print(f"{files} files, {wrong} wrong")
    for one in missing:
        print(f"SKIP: {one.needs} is not installed: no {one.format} was checked")
    return 1 if wrong else SKIP if missing else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
