#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""config/jobs: each file parses, its shards are the whole plan, and it does what it says with our exit codes.

Its scripts run as the scheduler would start them, with a dadrace that reads the command line and plans the trials, but
writes only how it ended.

usage: test_jobs.py DADRACE SOURCE-FOLDER
"""

import os
import re
import subprocess
import sys
import tempfile

import yaml

OWN_CODES = {0, 1, 3, 4, 5, 64, 70, 75, 78}
SHARDS = 4
TRIALS = 2400

FAKE = r"""#!/bin/bash
args=("${@//\/usr\/share\/dadrace/$SOURCE/config}")
case $1 in
report)
	[ $# -eq $((SHARDS + 1)) ] && exit "$CODE" || exit 99
	;;
esac
"$REAL" "${args[@]}" --dump-config >/dev/null || exit 98
plan=("$REAL" plan "${args[1]}")
for ((i = 2; i < ${#args[@]}; i++)); do
	case ${args[i]} in
	--set | --shard) plan+=("${args[i]}" "${args[++i]}") ;;
	--out) out=${args[++i]} ;;
	esac
done
mkdir -p "$out"
"${plan[@]}" | awk '{ print $1 }' >"$out/trials"
printf '{\n  "ended_by": "%s"\n}\n' "$ENDED_BY" >"$out/summary.json"
exit "$CODE"
"""


def read(source, name):
    with open(f"{source}/config/jobs/{name}", encoding="utf-8") as file:
        return file.read()


def document(source, name):
    return yaml.safe_load(read(source, name))


class Job:
    """A file: script and environment of a shard, the script of its verdict, what its scheduler sees of exit codes."""

    report = "dadrace report results/shard-*"

    def __init__(self, source):
        self.source = source

    def codes(self):
        return set()

    def seen(self, code, _ended_by):
        return code


class Kubernetes(Job):
    report = "dadrace report /results/shard-*"

    def container(self):
        return document(self.source, "kubernetes.yaml")["spec"]["template"]["spec"]["containers"][0]

    def shards(self):
        return document(self.source, "kubernetes.yaml")["spec"]["completions"]

    def script(self, _shard):
        return self.container()["command"]

    def environment(self, shard):
        told = {row["name"]: row["value"] for row in self.container()["env"]}
        return {**told, "JOB_COMPLETION_INDEX": str(shard - 1)}

    def codes(self):
        rules = document(self.source, "kubernetes.yaml")["spec"]["podFailurePolicy"]["rules"]
        return {code for rule in rules for code in rule.get("onExitCodes", {}).get("values", [])}

    def seen(self, code, ended_by):
        return 0 if code == 3 and ended_by == "trials" else code


class Slurm(Job):
    def shards(self):
        return int(re.search(r"^#SBATCH --array=1-(\d+)$", read(self.source, "slurm.sh"), re.MULTILINE).group(1))

    def script(self, _shard):
        return ["bash", "-c", read(self.source, "slurm.sh")]

    def environment(self, shard):
        return {"SLURM_ARRAY_TASK_ID": str(shard)}


class GitLab(Job):
    def shards(self):
        return document(self.source, "gitlab.yml")["shards"]["parallel"]

    def script(self, _shard):
        return ["bash", "-ec", "\n".join(document(self.source, "gitlab.yml")["shards"]["script"])]

    def environment(self, shard):
        return {"CI_NODE_INDEX": str(shard), "CI_NODE_TOTAL": str(self.shards())}

    def codes(self):
        shards = document(self.source, "gitlab.yml")["shards"]
        return {*shards["allow_failure"]["exit_codes"], *shards["retry"]["exit_codes"]}


class GitHub(Job):
    report = "dadrace report shard-*"

    def shards(self):
        return len(document(self.source, "github.yml")["jobs"]["shards"]["strategy"]["matrix"]["shard"])

    def script(self, shard):
        text = document(self.source, "github.yml")["jobs"]["shards"]["steps"][0]["run"]
        return ["bash", "-ec", text.replace("${{ matrix.shard }}", str(shard))]

    def environment(self, _shard):
        return {}

    def seen(self, code, _ended_by):
        return 0 if code in (1, 3) else code


def start(argv, folder, environment):
    """The exit code, in a folder that has the fake dadrace and stands for /results, too."""
    argv = [word.replace("/results/", f"{folder}/") for word in argv]
    path = f"{folder}/bin:{os.environ['PATH']}"
    return subprocess.run(argv, cwd=folder, env={"PATH": path, **environment}, check=False).returncode


def write_program(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o755)


def trials_of(folder):
    found = []
    for where, _, files in os.walk(folder):
        if "trials" in files:
            with open(f"{where}/trials", encoding="utf-8") as file:
                found += [int(line) for line in file]
    return sorted(found)


def check(job, dadrace):
    """What is wrong with a file, as sentences."""
    wrong = [f"{code} is no exit code of dadrace" for code in job.codes() - OWN_CODES]
    if job.shards() != SHARDS:
        wrong.append(f"{job.shards()} shards instead of {SHARDS}")
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/bin")
        write_program(f"{folder}/bin/dadrace", FAKE)
        write_program(f"{folder}/bin/sudo", '#!/bin/sh\nexec "$@"\n')
        fake = {"REAL": dadrace, "SOURCE": job.source, "SHARDS": str(SHARDS), "ENDED_BY": "trials", "CODE": "0"}
        for shard in range(1, SHARDS + 1):
            code = start(job.script(shard), folder, {**fake, **job.environment(shard)})
            if code:
                wrong.append(f"shard {shard} ends with exit code {code}")
        if trials_of(folder) != list(range(1, TRIALS + 1)):
            wrong.append("the shards do not have each trial of the plan once")
        for code, ended_by in [(1, "trials"), (3, "trials"), (3, "signal"), (4, "error"), (75, "error"), (78, "error")]:
            told = {**fake, **job.environment(1), "CODE": str(code), "ENDED_BY": ended_by}
            seen = start(job.script(1), folder, told)
            if seen != job.seen(code, ended_by):
                wrong.append(f"exit code {code} (ended by {ended_by}) becomes {seen}")
        for code in (0, 1, 3):
            if start(["bash", "-c", job.report], folder, {**fake, "CODE": str(code)}) != code:
                wrong.append(f"{job.report}: the verdict's exit code {code} is lost")
    return wrong


EXPORTING = r"""#!/bin/bash
case $1 in
run) [ "$2" = /usr/share/dadrace/campaigns/smoke.yaml ] && mkdir -p "${*: -1}" && exit 1 ;;
report) [ -d "$2" ] && [ "$3" = --output ] && [ "$5" = --format ] || exit 99
	[ "$4" = - ] || exec >"$4"
	printf '%s\n' "$6 of smoke" "$6 of a finding" ;;
esac
"""


def lava_steps(source):
    test = document(source, "lava.yaml")["actions"][2]["test"]["definitions"][0]
    return "\n".join(test["repository"]["run"]["steps"])


def tmt_test(source):
    return document(source, "tmt.fmf")["/smoke"]["test"]


def check_export(script, file, lines):
    """A job of one machine, whose campaign finds a fault: its results reach the scheduler, each line by itself."""
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/bin")
        write_program(f"{folder}/bin/dadrace", EXPORTING)
        code = start(["bash", "-ec", script.replace("/dev/kmsg", f">{folder}/kmsg")], folder, {"TMT_TEST_DATA": folder})
        if code:
            return [f"it ends with exit code {code}, which would hide the results"]
        with open(f"{folder}/{file}", encoding="utf-8") as written:
            said = written.read().splitlines()
        return [] if said == lines else [f"{file} has {said} instead of {lines}"]


def check_kernelci(source):
    """The collection is the test for kernel trees, whose own timeout comes first."""
    job, = document(source, "kernelci.yaml")["jobs"].values()
    row, = document(source, "kernelci.yaml")["scheduler"]
    with open(f"{source}/config/kselftest/settings", encoding="utf-8") as file:
        seconds = int(re.fullmatch(r"timeout=(\d+)\n", file.read()).group(1))
    collection = job["params"]["collections"]
    wrong = []
    if not os.path.exists(f"{source}/config/kselftest/{collection}.sh"):
        wrong.append(f"{collection} is no collection of config/kselftest")
    if row["job"] != f"kselftest-{collection}" or job["kcidb_test_suite"] != f"kselftest.{collection}":
        wrong.append("job, row and test suite have different names")
    if job["params"]["job_timeout"] * 60 <= seconds:
        wrong.append(f"the job ends before the {seconds} s of the test are over")
    return wrong


def main():
    dadrace, source = (os.path.realpath(argument) for argument in sys.argv[1:3])
    failed = False
    for name, kind in [("kubernetes.yaml", Kubernetes), ("slurm.sh", Slurm), ("gitlab.yml", GitLab),
                       ("github.yml", GitHub)]:
        wrong = check(kind(source), dadrace)
        if kind.report not in read(source, name):
            wrong.append(f"{kind.report} is missing")
        for sentence in wrong:
            print(f"{name}: {sentence}")
        failed = failed or bool(wrong)
    for name, script, file, lines in [
            ("lava.yaml", lava_steps(source), "kmsg", ["<5>lava of smoke", "<5>lava of a finding"]),
            ("tmt.fmf", tmt_test(source), "results.yaml", ["tmt of smoke", "tmt of a finding"])]:
        for sentence in check_export(script, file, lines):
            print(f"{name}: {sentence}")
            failed = True
    for sentence in check_kernelci(source):
        print(f"kernelci.yaml: {sentence}")
        failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
