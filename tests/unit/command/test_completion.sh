#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What bash completes is what the programs' help tells: each command, each of its options, each verb, key and
# value of a fixed set. The help is read here as people read it.
#
# Usage: test_completion.sh DADRACE COMPLETION
set -u
PATH=$(dirname "$(realpath "$1")"):$PATH
# shellcheck source=/dev/null
. "$2"
failed=0

completed() { # PROGRAM WORD...: what is offered for the last word
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	_dadrace
	printf '%s\n' "${COMPREPLY[@]}" | sort -u
}

same() { # NAME WANTED GIVEN
	if [ -n "$2" ] && [ "$2" = "$3" ]; then
		echo "ok $1"
	else
		echo "FAIL $1:"
		diff <(echo "$2") <(echo "$3") | sed 's/^</missing:/; s/^>/too much:/' | grep :
		failed=1
	fi
}

# The rows of a help's section: the first word of those of commands, the options of those of options.
rows() { # SECTION COMMAND...
	local section=$1
	shift
	"$@" --help | awk -v section="$section:" '$0 == section { on = 1; next } /^[^ ]|^$/ { on = 0 } on'
}
commands() { rows Commands "$@" | grep -oE '^  [a-z]+' | tr -d ' ' | sort; }
options() { rows Options "$@" | grep -oE '^  (-.,|   ) --[a-z-]+' | grep -oE -- '--[a-z-]+' | sort; }
sorted() { printf '%s\n' "$@" | sort -u; }

[ "$(commands dadrace | wc -l)" -ge 14 ] || { echo "FAIL: dadrace --help names only" "$(commands dadrace | tr "\n" " ")"; exit 1; }
same "commands" "$(commands dadrace)" "$(completed dadrace '')"
same "options of dadrace" "$(options dadrace)" "$(completed dadrace --)"
for command in $(commands dadrace); do
	same "options of $command" "$(options dadrace "$command")" "$(completed dadrace "$command" --)"
done
same "verbs of ctl" "$(commands dadrace ctl)" "$(completed dadrace ctl '')"
same "verbs of ctl, by name" \
	"$(sorted submit list show follow results cancel pause resume reload doctor who version help)" "$(completed dadrace ctl '')"
for verb in $(commands dadrace ctl); do
	same "options of ctl $verb" "$(options dadrace ctl "$verb")" "$(completed dadrace ctl "$verb" --)"
done
same "verbs behind options" "$(commands dadrace ctl)" "$(completed dadrace ctl --json --socket /x '')"
same "options of dadraced" "$(options dadraced)" "$(completed dadraced --)"
same "options behind an operand" "$(options dadrace plan)" "$(completed dadrace plan x.yaml --)"
same "options of the other spelling" "$(options dadrace minimise)" "$(completed dadrace minimize --)"
# The keys of --help-config, which is YAML: two blanks for each section around a key.
keys() {
	dadrace run --help-config | awk '/^ *#?[a-z_]+:/ {
		depth = (match($0, /[^ ]/) - 1) / 2
		gsub(/^ *#?|:.*/, "")
		at[depth] = (depth ? at[depth - 1] "." : "") $0
		print at[depth] "="
	}' | sort -u
}
same "keys" "$(keys)" \
	"$(completed dadrace run x.yaml --set '')"
same "keys begun" "stop.trials=" "$(completed dadrace replay --set stop.tr)"
same "keys behind =" "stop.trials=" "$(completed dadrace run --set = stop.tr)"
same "words behind a value with =" "lo" "$(completed dadrace watch --for = 2s --object addr = ::1 lo)"
same "one option" "--resume" "$(completed dadrace run --res)"
same "tiers" "$(sorted auto kprobe fentry tracepoint)" "$(completed dadrace run --tier '')"
same "nothing internal" "none" "$(completed dadrace run --lear)$(completed dadrace gues)none"

cd "$(mktemp -d)" || exit 1
trap 'rm -rf "$PWD"' EXIT
mkdir results && touch a.yaml b.yaml -- -odd.yaml
same "files" "$(sorted a.yaml b.yaml -odd.yaml results)" "$(completed dadrace run '')"
same "files behind --" "-odd.yaml" "$(completed dadrace run -- -o)"
same "folders" "results" "$(completed dadrace run --out '')"
same "files of an option" "$(sorted a.yaml b.yaml -odd.yaml results)" "$(completed dadrace report results -o '')"
same "interfaces" "lo" "$(completed dadrace watch lo)"
exit $failed
