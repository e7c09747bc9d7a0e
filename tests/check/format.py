#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""format.py SOURCE: every C file is as clang-format writes it, and no line is wider than 96 columns.

clang-format leaves comments alone; the width of lines is looked at here. A line may be wider where clang-format is off,
and where one string literal makes it so: a sentence stands on one line, so that it can be searched for.

Versions of clang-format differ in what they write, so only the one of Debian 12 judges; elsewhere that part is skipped.
"""
import pathlib
import re
import shutil
import subprocess
import sys

COLUMNS = 96
VERSION = 14
SKIP = 77
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def c_files(source):
    for folder in "config", "daemon", "probes", "tests":
        for path in sorted((source / folder).rglob("*")):
            if path.suffix in (".c", ".h", ".def"):
                yield path


def is_wide(line):
    line = line.expandtabs(8)
    longest = max(STRING.findall(line), key=len, default="")
    return len(line) > COLUMNS and len(line) - len(longest) > COLUMNS


def wide_lines(path):
    is_fenced = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if "clang-format off" in line:
            is_fenced = True
        elif "clang-format on" in line:
            is_fenced = False
        elif not is_fenced and is_wide(line):
            yield number, line


def formatter():
    """The program, or None and what is here instead."""
    here = "no clang-format"
    for name in f"clang-format-{VERSION}", "clang-format":
        program = shutil.which(name)
        if not program:
            continue
        said = subprocess.run([program, "--version"], check=True, text=True, capture_output=True).stdout
        major = re.search(r"version (\d+)", said)
        if major and int(major[1]) == VERSION:
            return program, None
        here = said.strip()
    return None, here


def main(source):
    files = list(c_files(pathlib.Path(source)))
    wide = [f"{path}:{number}: wider than {COLUMNS} columns: {line.strip()}" for path in files for number, line in wide_lines(path)]
    print(*wide, sep="\n")
    program, here = formatter()
    unformatted = False
    if program:
        sources = [path for path in files if path.suffix != ".def"]
        unformatted = subprocess.run([program, "--dry-run", "-Werror", *sources], check=False).returncode != 0
    if wide or unformatted:
        print("./rig format writes all but comments and strings")
        return 1
    if not program:
        print(f"SKIP: clang-format {VERSION} is needed, other versions write another format; here is {here}")
        return SKIP
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
