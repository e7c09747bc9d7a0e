#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What cannot be run leaves a summary that says why: test_unstarted.sh DADRACE SOURCE
#
# Guests whose QEMU is a script, kernels that are none, a user who may not: nothing here is ever run, and nobody
# needs to be root. Each sentence is told once, is the reason of the summary, and the summary fits the schema.
set -uo pipefail
. "$(dirname "$0")/../guest/image.sh"

dadrace=$(realpath "$1")
source=$(realpath "$2")
failures=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
export XDG_CACHE_HOME=$scratch/cache

fail() { # NAME REASON
	echo "FAIL $1: $2"
	sed 's/^/     | /' "$1.out" "$1.err"
	failures=$((failures + 1))
}

run() { # NAME ARGUMENT...
	local name=$1
	shift
	"$dadrace" run campaign.yaml --out "$name" "$@" >"$name.out" 2>"$name.err"
	code=$?
}

refuses() { # NAME CODE VERDICT SENTENCE: of the run before
	local name=$1
	if [ $code -ne "$2" ]; then
		fail "$name" "exit $code, wanted $2"
	elif ! /usr/bin/python3 - "$@" <<-'PYTHON'
		import json, sys
		name, code, verdict, sentence = sys.argv[1:]
		summary = json.load(open(name + "/summary.json"))
		assert summary["exit_code"] == int(code), summary["exit_code"]
		assert summary["verdict"] == verdict, summary["verdict"]
		assert summary["trials"] == 0 and summary["ended_by"] == "error", summary
		assert sentence in summary["reason"], summary["reason"]
		told = open(name + ".err").read()
		assert told.count(summary["reason"]) == 1, "not told once"
	PYTHON
	then
		fail "$name" "see above"
	elif ! /usr/bin/python3 "$source/tests/unit/results/validate_results.py" "$name" \
		"$source/config/schema/result.schema.json"
	then
		fail "$name" "it does not fit the schema"
	else
		echo "ok $name"
	fi
}

says() { # NAME FILE TEXT
	[ "$(cat "$2")" = "$3" ] && echo "ok $1" && return
	echo "FAIL $1: this differs:"
	diff <(echo "$3") "$2" | sed 's/^/     | /'
	failures=$((failures + 1))
}

cat >campaign.yaml <<'YAML'
name: unstarted
stop: {trials: 2}
arms: [race]
YAML
image vmlinuz 6.6.6

# A QEMU whose guest says a sentence on its console, and exits.
qemu() { # FOLDER CODE [LINE]: LINE on the port of results, too
	mkdir -p "$1"
	cat >"$1/qemu-system-x86_64" <<-SCRIPT
		#!/usr/bin/env bash
		for word; do
		    case \$word in *id=console,*) echo "dadrace: no kprobes here" >>"\${word##*path=}" ;; *id=results,*) port=\${word##*fd=} ;; esac
		done
		printf '%s{"type":"exit","code":%d}\n' '${3:-}' $2 >&"\$port"
	SCRIPT
	chmod +x "$1/qemu-system-x86_64"
}
guest() { # NAME ARGUMENT...: by the QEMU of that name
	PATH=$scratch/$1.qemu:$PATH run "$@" --kernel vmlinuz
}

qemu answers-4.qemu 4
guest answers-4
refuses answers-4 4 skipped 'no kprobes here'
guest answers-4 --json --quiet # again, into the same folder
refuses answers-4 4 skipped 'no kprobes here'
says "--json: a line" answers-4.out "$(cat answers-4/results.ndjson)"
guest answers-4 --tap
refuses answers-4 4 skipped 'no kprobes here'
says "--tap: a plan of nothing" answers-4.out "TAP version 13
1..0 # SKIP no kprobes here
# results: answers-4/summary.json"
"$dadrace" report answers-4 >report.out 2>report.err
says "report: says why there is none" report.err \
	"dadrace: answers-4: the campaign could not be started: no kprobes here"

qemu summary.qemu 4 $'{"type":"summary","reason":"no hooks at all"}\n'
guest summary
refuses summary 4 skipped 'no hooks at all'
qemu internal.qemu 70
guest internal
refuses internal 70 inconclusive 'no kprobes here'
guest internal --tap
says "--tap: a failure bails out" internal.out "TAP version 13
Bail out! no kprobes here
# results: internal/summary.json"

# A guest that dies at once is tried again before the campaign gives up; its console is then named.
mkdir dies.qemu && ln -s /bin/true dies.qemu/qemu-system-x86_64
guest dies
refuses dies 70 inconclusive 'dies/guest-console.log'

mkdir tools # what a run without QEMU needs of PATH: nothing
PATH=$scratch/tools run no-qemu --kernel vmlinuz
refuses no-qemu 4 skipped 'qemu-system-x86_64'
mkdir any.qemu && ln -s /bin/false any.qemu/qemu-system-x86_64
PATH=$scratch/any.qemu:$PATH run no-kernel --kernel campaign.yaml
refuses no-kernel 78 inconclusive 'campaign.yaml'
PATH=$scratch/any.qemu:$PATH run no-modules --kernel vmlinuz --modules nowhere
refuses no-modules 78 inconclusive 'nowhere'
PATH=$scratch/any.qemu:$PATH run own-missing --kernel vmlinuz --module 'nowhere.ko debug=1'
refuses own-missing 78 inconclusive 'nowhere.ko'
echo 'char info[] __attribute__((section(".modinfo"))) = "vermagic=6.6.7 SMP mod_unload";' | gcc -x c -c - -o own.ko
PATH=$scratch/any.qemu:$PATH run own-other --kernel vmlinuz --module own.ko
refuses own-other 78 inconclusive "own.ko: built for Linux 6.6.7, and the guest's is 6.6.6"
run own-here --module own.ko
refuses own-here 78 inconclusive 'vm.modules: has an effect in a guest only'
for asked in vm.append=slub_debug=P modules=/lib/modules device.kind=nic; do
	run "${asked%%=*}-here" --set "$asked"
	refuses "${asked%%=*}-here" 78 inconclusive "${asked%%=*}: "
done
PATH=$scratch/any.qemu:$PATH run no-file --kernel no/such/kernel/image
refuses no-file 78 inconclusive 'no/such/kernel/image'
PATH=$scratch/any.qemu:$PATH run no-bug --kernel vmlinuz --plant nothing --plant-module vmlinuz
refuses no-bug 78 inconclusive 'nothing'
run no-program --set bringup.kind=command --set 'bringup.command=[no-such-ifconfig]'
refuses no-program 78 inconclusive 'no-such-ifconfig'
PATH=$scratch/any.qemu:$PATH run no-device --kernel vmlinuz --set device.kind=existing \
	--set device.dut=a --set device.peer=b
refuses no-device 78 inconclusive 'device.kind'
run planted --plant hang
refuses planted 78 inconclusive 'hang'

# As nobody, who cannot write to a folder of root's either.
nobody=()
[ "$(id -u)" -ne 0 ] || nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
chmod 777 .
cp "$dadrace" dadrace
"${nobody[@]}" ./dadrace run campaign.yaml --out no-root >no-root.out 2>no-root.err
code=$?
refuses no-root 4 skipped 'root is needed'
"${nobody[@]}" ./dadrace run campaign.yaml --out /proc/no-folder >no-folder.out 2>no-folder.err
code=$?
if [ $code -ne 4 ] || ! grep -q 'root is needed' no-folder.err; then
	fail no-folder "exit $code, wanted 4 and a sentence"
fi

[ $failures -eq 0 ]
