#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""README.md is short, each command in it is run by a test, and each manual page that it names is there.

usage: readme.py SOURCE-FOLDER            checks that
       readme.py SOURCE-FOLDER live|vm    prints the commands that live/test_readme.sh or vm/test_readme.sh runs, as
                                          they stand there but for sudo
"""

import os
import re
import sys

LINES_MAX = 150

# Where each command is run: "live" and "vm" are live/test_readme.sh and vm/test_readme.sh, which run it as it stands;
# otherwise a file, and what in it runs the command.
COMMANDS = {
    "sudo ./rig run": "live",
    "sudo ./rig test": (".ci/run", "exec ./rig test"),
    "sudo dadrace doctor": "live",
    "dadrace run config/campaigns/packet-too-big.yaml --kernel trixie/linux-image-cloud-amd64": "vm",
    "sudo dadrace who eth1": "live",
    "sudo dadrace watch eth1 --for 10s": "live",
    "sudo dadrace run config/campaigns/nic.yaml --set device.dut=eth1 --set device.peer=eth2": "live",
    "sudo apt-get install qemu-system-x86": ("rig", "qemu-system-x86"),
    "dadrace report RESULTS": "vm",
    "dadrace report RESULTS -o report.html": "vm",
    "dadrace report RESULTS -o junit.xml": "vm",
    "dadrace replay RESULTS 3 --times 3": "vm",
    "dadrace minimise RESULTS 1 --out small": ("tests/vm/test_minimise.sh", 'minimise "$results/$name-found" 1 --out'),
    "dadrace verify --before RESULTS --after sid/linux-image-cloud-amd64": "vm",
    "dadrace verify --bisect-step": ("tests/live/test_replay.sh", "--bisect-step"),
    "sudo dadrace clean": "live",
    "man build/release/man/dadrace.1": ("tests/check/man.sh", "man "),
}

PROGRAM = r"(?:sudo |dadrace |\./rig |cmake |man |apt)"


def commands(text):
    """All commands of a README: lines of its examples, and spans of code that begin as a command does."""
    text = text.replace("\\\n", " ")
    found = re.findall(rf"^    (?:\$ )?({PROGRAM}.*)$", text, re.MULTILINE)
    prose = re.sub(r"^    .*$", "", text, flags=re.MULTILINE)
    found += re.findall(rf"`({PROGRAM}[^`]*)`", prose)
    found = [" ".join(re.sub(r"\s+#.*", "", command).split()) for command in found]
    return list(dict.fromkeys(found)) # each once


def is_run(source, command):
    where = COMMANDS.get(command)
    if not isinstance(where, tuple):
        return where is not None
    with open(f"{source}/{where[0]}", encoding="utf-8") as file:
        return where[1] in file.read()


def main():
    source = sys.argv[1]
    with open(f"{source}/README.md", encoding="utf-8") as file:
        text = file.read()
    found = commands(text)
    if len(sys.argv) > 2:
        print("\n".join(command.removeprefix("sudo ") for command in found if COMMANDS.get(command) == sys.argv[2]))
        return
    wrong = [f"README.md: no test runs: {command}" for command in found if not is_run(source, command)]
    wrong += [f"{sys.argv[0]}: README.md has no such command: {command}" for command in COMMANDS if command not in found]
    wrong += [f"README.md: there is no page {page}({section})" for page, section in re.findall(r"`([\w.-]+)\((\d)\)`", text)
              if not os.path.exists(f"{source}/config/man/{page}.{section}.scd")]
    if text.count("\n") > LINES_MAX:
        wrong.append(f"README.md: longer than {LINES_MAX} lines")
    print("\n".join(wrong) or f"{len(found)} commands")
    sys.exit(bool(wrong))


main()
