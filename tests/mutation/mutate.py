#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Edits that break dadrace on purpose: what notices them?

Each row of table.py is applied alone to a copy of the tree, which is built incrementally. Then every campaign and every
unit test that the row names is run. A campaign notices when it is not clean, or, where some of its trials are valid,
when it is not clean twice in a row: on a busy machine a few are not valid by themselves. A test notices when it fails.
A row that names campaigns needs one that notices, a row that names tests needs one that notices: a row with both needs
both.

usage: mutate.py SOURCE-FOLDER --check                      each text is found once, each test exists
       mutate.py SOURCE-FOLDER WORK-FOLDER [--runs|--tests] [WORD...]
                                        only rows whose file or meaning has one of the words

Exit status: 0 all are noticed; 1 one stays unnoticed; 2 a row or the unmutated tree is broken; 77 cannot run here.
"""

import json
import os
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from table import TABLE  # noqa: E402 (the path comes first)

NO_SOURCES = {".git", "build", "results"}  # at the top of the tree
DEADLINE_S = 60
MEMORY = 4 << 30  # a mutation may well allocate without end
CANNOT, UNNOTICED, BROKEN, SKIP = 4, 1, 2, 77


class Broken(Exception):
    """A row that cannot be applied, or a tree that fails without any edit."""


def rows_of(words):
    """(file, old, new, meaning, tests, campaigns) of each edit."""
    for subject in TABLE:
        for old, new, meaning in subject.edits:
            if not words or any(word in subject.file or word in meaning for word in words):
                yield subject.file, old, new, meaning, subject.tests, subject.runs


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def mutated(folder, file, old, new):
    text = read(os.path.join(folder, file))
    if text.count(old) != 1:
        raise Broken(f"{file}: the text is found {text.count(old)} times, not once; update table.py:\n    {old}")
    return text, text.replace(old, new)


def check(source):
    """Without building anything; what rots in a table like this one is its texts."""
    failures, nr = [], 0
    known = set(re.findall(r"unit_test\((\w+)", read(os.path.join(source, "tests/CMakeLists.txt"))))
    for file, old, new, meaning, tests, runs in rows_of([]):
        nr += 1
        try:
            if old == new or not (tests or runs):
                raise Broken(f"{file}: \"{meaning}\" changes nothing, or names nothing that must notice")
            mutated(source, file, old, new)
        except (Broken, OSError) as error:
            failures.append(str(error))
        failures += [f"{file}: no unit test {test}" for test in tests if test not in known]
        failures += [f"{file}: no campaign {run}" for run in runs
                     if not os.path.exists(os.path.join(source, "tests/mutation", run.split()[0] + ".yaml"))]
    print(*failures, f"{nr} mutations", sep="\n")
    return 1 if failures else 0


# --- the copy ---


def files_of(folder):
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if at != folder or name not in NO_SOURCES]
        for name in names:
            yield os.path.relpath(os.path.join(at, name), folder)


def same(a, b):
    try:
        with open(a, "rb") as one, open(b, "rb") as other:
            return one.read() == other.read()
    except OSError:
        return False


def sync(source, tree):
    """Only what differs is written, so that its time says what must be compiled again."""
    wanted = set(files_of(source))
    for file in wanted:
        here, there = os.path.join(source, file), os.path.join(tree, file)
        if os.path.isfile(here) and not same(here, there):
            os.makedirs(os.path.dirname(there), exist_ok=True)
            shutil.copyfile(here, there)
            shutil.copymode(here, there)
    for file in set(files_of(tree)) - wanted:
        os.unlink(os.path.join(tree, file))


def quietly(*argv):
    done = subprocess.run(["nice", *argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode:
        raise Broken(f"{' '.join(argv)}:\n" + "\n".join(done.stdout.splitlines()[-25:]))


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


class Copy:
    def __init__(self, source, work):
        self.tree, self.build = os.path.join(work, "tree"), os.path.join(work, "build")
        sync(source, self.tree)
        ccache = ["-DCMAKE_C_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
        quietly("cmake", "-S", self.tree, "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
                "-DBUILD_TESTING=ON", *ccache)

    def make(self, tests, runs):
        targets = [f"test_{test}" for test in tests] + (["dadrace"] if runs else [])
        quietly("cmake", "--build", self.build, "--target", *targets)

    def test(self, name):
        """What fails, or None."""
        try:
            done = subprocess.run([os.path.join(self.build, "tests", f"test_{name}")], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=DEADLINE_S, text=True, errors="replace",
                                  preexec_fn=limited)
        except subprocess.TimeoutExpired:
            return f"{name}: hangs"
        if not done.returncode:
            return None
        failed = re.findall(r"^\[  FAILED  \] (test_\w+)$", done.stdout, re.MULTILINE)
        return f"{name}: {failed[0][5:] if failed else f'exit status {done.returncode}'}"

    def run(self, name):
        """Verdict and reason of a campaign; None: this kernel or user cannot run it."""
        told = self.run_once(name)
        if told and told["verdict"] == "inconclusive" and told["valid"]:
            told = self.run_once(name)
        return told and (told["verdict"], told["reason"])

    def run_once(self, name):
        """Its summary, in namespaces of its own."""
        with tempfile.TemporaryDirectory() as out:
            campaign, *keys = name.split()
            line = "mount -t tmpfs none /run && ip link set lo up && exec " + " ".join(map(shlex.quote, [
                f"{self.build}/dadrace", "run", f"{self.tree}/tests/mutation/{campaign}.yaml", "--quiet", "--out",
                f"{out}/results", *(f"--set={key}" for key in keys)]))
            try:
                done = subprocess.run(
                    ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", line],
                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=DEADLINE_S, text=True, errors="replace")
            except subprocess.TimeoutExpired:
                return {"verdict": "none", "reason": "hangs"}
            if done.returncode == CANNOT:
                return None
            try:
                return json.loads(read(os.path.join(out, "results/summary.json")))
            except (OSError, ValueError):
                last = (done.stderr.splitlines() or ["?"])[-1]
                return {"verdict": "none", "reason": f"exit status {done.returncode}: {last}"}


# --- one row after the other ---


def can_run():
    return os.geteuid() == 0 and shutil.which("unshare") and shutil.which("ip")


def baseline(copy, rows, with_runs):
    """Without any edit every test passes and every campaign is clean; else nothing below means anything."""
    tests = sorted({test for row in rows for test in row[4]})
    runs = sorted({run for row in rows for run in row[5]})
    copy.make(tests, runs)
    for test in tests:
        failed = copy.test(test)
        if failed:
            raise Broken(f"without any mutation: {failed}")
    for run in runs if with_runs else []:
        told = copy.run(run)
        if told is None:
            return False
        if told[0] != "clean":
            raise Broken(f"without any mutation: {run}: {told[0]}: {told[1]}")
    return with_runs


def judge(copy, row, with_runs):
    """(what the runs said, caught by run, caught by test)"""
    file, old, new, meaning, tests, runs = row
    runs = runs if with_runs else []
    text, edited = mutated(copy.tree, file, old, new)
    path = os.path.join(copy.tree, file)
    write(path, edited)
    try:
        copy.make(tests, runs)
        failed = next(filter(None, map(copy.test, tests)), None)
        said = [(run, *(copy.run(run) or ("none", "cannot run"))) for run in runs]
    except Broken as error:
        raise Broken(f"{file}: {meaning}: {error}") from error
    finally:
        write(path, text)
    by_run = [f"{run} {verdict}" for run, verdict, reason in said if verdict != "clean"]
    words = "; ".join(f"{verdict}: {reason}" for run, verdict, reason in said)
    return words or "-", (", ".join(by_run) or "NO") if runs else "-", (failed or "NO") if tests else "-"


def mutate(source, work, only, words):
    rows = [row if only != "--runs" else (*row[:4], [], row[5]) for row in rows_of(words)]
    rows = [row for row in rows if row[4] or (row[5] and only != "--tests")]
    copy = Copy(source, work)
    with_runs = only != "--tests" and bool(can_run())
    with_runs = baseline(copy, rows, with_runs)
    unnoticed, broken, skipped = [], [], 0
    print("mutation | run said | caught by run | caught by test")
    for row in rows:
        if row[5] and not with_runs:
            skipped += 1
            if not row[4]:
                continue
        begun = time.monotonic()
        try:
            said, by_run, by_test = judge(copy, row, with_runs)
        except Broken as error:
            broken.append(str(error))
            continue
        print(f"{row[0]}: {row[3]} | {said[:160]} | {by_run} | {by_test} ({time.monotonic() - begun:.0f} s)", flush=True)
        if "NO" in (by_run, by_test):
            unnoticed.append(f"{row[0]}: {row[3]}" + (" (by the run)" if by_run == "NO" else "") +
                             (" (by a test)" if by_test == "NO" else ""))
    print(*(f"broken: {one}" for one in broken), *(f"unnoticed: {one}" for one in unnoticed), sep="\n")
    print(f"{len(rows)} mutations, {len(unnoticed)} unnoticed, {len(broken)} broken, {skipped} without their campaigns")
    if broken:
        return BROKEN
    return UNNOTICED if unnoticed else SKIP if skipped and only == "--runs" else 0


def main():
    arguments = sys.argv[1:]
    if len(arguments) == 2 and arguments[1] == "--check":
        return check(arguments[0])
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 64
    if os.environ.get("ONLY_IN_MATRIX", "") not in ("", os.environ.get("MATRIX", "")):
        print(f"SKIP: left out; with MATRIX={os.environ['ONLY_IN_MATRIX']} in the environment it runs")
        return SKIP
    only = arguments[2] if arguments[2:] and arguments[2].startswith("--") else None
    try:
        return mutate(os.path.realpath(arguments[0]), os.path.realpath(arguments[1]), only, arguments[3 if only else 2:])
    except Broken as error:
        print(f"broken: {error}")
        return BROKEN


if __name__ == "__main__":
    sys.exit(main())
