#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""consumers.py SOURCE DADRACE: each export is understood by a program that reads such files.

The runs are recorded ones, and what is made of them here: unfinished, skipped, with a name that means something in each
format. A consumer that is not installed is named, and the test is skipped (77); it never passes without one.
"""
import collections
import dataclasses
import html.parser
import importlib
import importlib.util
import itertools
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


def explored_by(lines, of):
    """Shards of an explorer: each numbers its trials from 1, and has a seed of its own."""
    shards = [list(labelled(lines, index + 1, of)) for index in range(of)]
    for index, (first, *_) in enumerate(shards):
        first["campaign"] = first["campaign"] | {"seed": first["campaign"]["seed"] + index}
    return shards


@dataclasses.dataclass
class Run:
    """Shards: the lines of each results.ndjson. Status: of a run 0, of shards that of their verdict."""
    name: str
    shards: list
    verdicts: list
    status: int = 0

    @property
    def is_good(self):
        return not {"fault", "inconclusive"} & set(self.verdicts)

    @property
    def arms(self):
        return self.shards[0][0]["campaign"]["arms"]

    @property
    def numbers_alike(self):
        numbers = [trial_of(line) for line in itertools.chain.from_iterable(self.shards) if line["type"] == "trial"]
        return len(set(numbers)) < len(numbers)

    @property
    def packets(self):
        """The sequence number of each that was sent, and what is sent, in the order of the lines."""
        for line in itertools.chain.from_iterable(self.shards):
            message = line.get("spec", {}).get("message")
            for moment in line.get("timeline", ()) if line["type"] == "trial" else ():
                if moment["event"] in ("echo-in", "echo-out"):
                    yield from [(moment["sequence"], message)] * (2 if message == "fragments" else 1)


def runs_of(source):
    leak, clean, explored = (recorded(source, name) for name in ("leak", "clean", "explored"))
    yield Run("leak", [leak], ["fault", "fault"])
    yield Run("clean", [clean], ["clean"])
    yield Run("unfinished", [clean[:-1]], ["inconclusive"])
    yield Run("skipped", [skipped(clean)], ["skipped"])
    yield Run("hostile", [renamed(leak, HOSTILE)], ["fault", "fault"])
    yield Run("dots", [renamed(clean, ".a..b.")], ["clean"])
    yield Run("explored", [explored], ["fault", "fault"])
    yield Run("shards of leak", shared(leak, 2), ["fault", "fault"], 1)
    yield Run("shards of explored", explored_by(explored, 2), ["fault", "fault"], 1)
    yield Run("one shard of two", [list(labelled(clean, 1, 2))], ["inconclusive"], 3)  # the other is lost


# --- the consumers: each takes a file and the run, and raises AssertionError ---

def read_tap(path, run):
    done = subprocess.run(["prove", "--exec", "cat", path], text=True, capture_output=True, check=False)
    assert "Parse errors" not in done.stdout, done.stdout + done.stderr
    assert f"Tests={len(run.arms)}," in done.stdout, done.stdout
    assert (done.returncode == 0) == run.is_good, done.stdout
    assert ("Result: PASS" in done.stdout) == run.is_good, done.stdout


def as_kselftest(lines, code):
    """What the runner of kselftest prints of a test that prints these lines."""
    return ["TAP version 13", "1..1", "# selftests: dadrace: dadrace.sh", *(f"# {line}" for line in lines),
            f"{'ok' if code == 0 else 'not ok'} 1 selftests: dadrace: dadrace.sh"]


def read_kselftest(path, run):
    """As KernelCI does: a test's own lines are comments before its result, and TAP again without their #."""
    reader = importlib.import_module("tap.parser").Parser()
    outer = list(reader.parse_text("\n".join(as_kselftest(path.read_text(encoding="utf-8").splitlines(), not run.is_good))))
    inner = "\n".join(line.text[1:].strip() for line in outer if line.category == "diagnostic")
    cases = [line for line in reader.parse_text(inner) if line.category == "test"]
    assert [line.ok for line in outer if line.category == "test"] == [run.is_good], outer
    assert [case.number for case in cases] == list(range(1, len(run.arms) + 1)), inner
    assert all(case.ok for case in cases) == run.is_good, inner
    assert all(case.skip for case in cases) == (set(run.verdicts) == {"skipped"}), inner


def read_junit(path, run):
    junitparser = importlib.import_module("junitparser")
    elements = {"clean": [], "fault": [junitparser.Failure], "inconclusive": [junitparser.Error],
                "skipped": [junitparser.Skipped]}
    suite, = junitparser.JUnitXml.fromfile(str(path))
    cases = list(suite)
    assert len(cases) == len(run.verdicts), cases
    for case, verdict in zip(cases, run.verdicts):
        assert [type(result) for result in case.result] == elements[verdict], (case.name, case.result)
    for case in cases[1:]:
        text = case.result[0].text
        assert "\nChronological sequence of events " in text, text
        assert bool(re.search(r"^Trial \d+ \(trial \d+ of \S+\)", text, re.M)) == run.numbers_alike, text
    told = suite.tests, suite.failures, suite.errors, suite.skipped
    suite.update_statistics()
    assert told == (suite.tests, suite.failures, suite.errors, suite.skipped), told
    names = {prop.name for prop in suite.properties()}
    assert names == {"kernel", "architecture", "cpus"}, names


def read_kcidb(path, run):
    jsonschema = importlib.import_module("jsonschema")
    statuses = {"clean": "PASS", "fault": "FAIL", "inconclusive": "ERROR", "skipped": "SKIP"}
    schema = json.loads(pathlib.Path(__file__).with_name("kcidb-5.3.schema.json").read_text(encoding="utf-8"))
    report = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    for error in jsonschema.Draft7Validator(schema).iter_errors(report):
        raise AssertionError(error)
    assert [test["status"] for test in report["tests"]] == [statuses[verdict] for verdict in run.verdicts], report["tests"]
    assert ["\nTo reproduce it" in test.get("log_excerpt", "") for test in report["tests"]] == [
        number > 0 for number in range(len(run.verdicts))], report["tests"]
    assert {build["checkout_id"] for build in report["builds"]} == {one["id"] for one in report["checkouts"]}
    assert {test["build_id"] for test in report["tests"]} == {build["id"] for build in report["builds"]}
    assert len({test["id"] for test in report["tests"]}) == len(report["tests"]), "a test has the id of another"


def read_tmt(path, run):
    yaml = importlib.import_module("yaml")
    words = {"clean": "pass", "fault": "fail", "inconclusive": "error", "skipped": "skip"}
    results = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert [result["result"] for result in results] == [words[verdict] for verdict in run.verdicts], results
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


# Checksum and type; of an error also those of the packet that it quotes, which is cut.
PARSED = {"packet-too-big": ("1,2", "2,128")}


def read_pcapng(path, run):
    info = subprocess.run(["capinfos", "-M", path], text=True, capture_output=True, check=False)
    assert info.returncode == 0 and "pcapng" in info.stdout, info.stdout + info.stderr
    fields = ("frame.comment", "_ws.malformed", "icmpv6.checksum.status", "icmpv6.type", "frame.time_epoch", "frame.encap_type",
              "ipv6.reassembled.length")
    packets = told_by_tshark(path, *fields)
    expected = list(run.packets)
    assert expected and len(packets) == len(expected), packets
    assert len({comment for comment, *_ in packets}) == len(packets), "two packets have one comment"
    is_first = False
    for (sequence, message), (comment, malformed, checksum, kind, stamp, link, whole) in zip(expected, packets):
        is_first = message == "fragments" and not is_first
        first_line, *others = comment.split("\\n")
        assert re.fullmatch(r"Trial \d+%s, arm (echo|race) \(\w[\w-]*\): [\w ]+ %d of \d, inbound, to [\w-]+\." % (
            r" \(trial \d+ of \S+\)" if run.numbers_alike else "", sequence), first_line), comment
        assert (malformed, link) == ("", "1"), (malformed, link)
        assert re.search(r"\.\d{9}$", stamp) and not stamp.endswith("000000"), stamp
        if is_first:
            assert others[0].startswith("The first fragment, sent just ahead of the last"), comment
            assert (kind, whole) == ("", ""), (kind, whole)
            continue
        assert others[0].endswith(" after the window opened: inside the window."), comment
        assert re.match(r"IPv6 accepted \d of the \d packets", others[-1]), comment
        assert bool(whole) == (message == "fragments"), "its fragments are not put together"
        assert (checksum, kind) == PARSED.get(message, ("1", "128")), (checksum, kind)


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


class Page(html.parser.HTMLParser):
    VOID = {"meta", "link", "br", "img", "input", "hr", "path", "line", "rect", "circle", "polyline", "use", "stop"}

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.counts = [], [], collections.Counter()

    def handle_starttag(self, tag, attrs):
        self.counts[tag] += 1
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, (tag, self.getpos())


def read_page(path, run):
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    assert not page.open, page.open
    assert len(set(page.ids)) == len(page.ids), "two elements have one id"
    assert page.counts["figure"] >= len(run.verdicts) - 1, "a finding has no picture"


def read_markdown(path, run):
    """As GitHub renders it; what is foreign makes no element."""
    command = ["cmark-gfm", "--unsafe", "-e", "table", "-e", "strikethrough", "-e", "autolink", "-e", "tagfilter", path]
    page = Page()
    page.feed(subprocess.run(command, text=True, capture_output=True, check=True).stdout)
    page.close()
    findings = len(run.verdicts) - 1
    assert not page.open, page.open
    expected = {"h3": 1, "p": 1, "table": 1, "tr": 1 + len(run.arms), "ol": min(findings, 1), "li": findings,
                "details": findings, "summary": findings, "pre": findings}
    told = {tag: count for tag, count in page.counts.items() if tag not in ("thead", "tbody", "th", "td")}
    assert told == {tag: count for tag, count in expected.items() if count}, told


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
    Consumer("html", "html.parser", has_module, read_page),
    Consumer("md", "cmark-gfm", has_program, read_markdown),
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
    for run in runs_of(pathlib.Path(source)):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            folders = list(written(folder, run.shards))
            for one in CONSUMERS:
                path = export(dadrace, folders, folder / one.format, one.format, run.status)
                if one in missing:
                    continue
                files += 1
                try:
                    one.read(path, run)
                except Exception as error:  # a parser has exceptions of its own
                    print(f"{run.name}, {one.format}: {one.needs} says: {type(error).__name__}: {error}")
                    wrong += 1
    print(f"{files} files, {wrong} wrong")
    for one in missing:
        print(f"SKIP: {one.needs} is not installed: no {one.format} was checked")
    return 1 if wrong else SKIP if missing else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
