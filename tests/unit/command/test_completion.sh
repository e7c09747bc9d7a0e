#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What bash completes is what the programs' help tells: each command, each of its options, each verb and key.
# The help is read here as people read it (every option that it names in its rows or its usage).
#
# Usage: test_completion.sh DADRACE SOURCE-FOLDER
set -u
PATH=$(dirname "$(realpath "$1")"):$PATH
# shellcheck source=/dev/null
. "$2/config/install/completion/dadrace"
failed=0

completed() { # PROGRAM WORD...: what is offered for the last word
	local program=$1
	shift
	COMP_WORDS=("$program" "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	"_$program"
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

# Options of a help, without those of other programs and commands that it quotes in `...`.
options() { "$@" --help | sed -E 's/`[^`]*`//g' | grep -E '^(Usage| +-)' | grep -oE -- '(^|[^a-z-])--[a-z-]+' |
	grep -oE -- '--[a-z-]+' | cat - <(echo --help) | sort -u; }

commands=$(dadrace --help | awk '/^Commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }' | sort)
[ "$(wc -w <<<"$commands")" -ge 11 ] || { echo "FAIL: dadrace --help names only" $commands; exit 1; }
same "commands" "$(printf '%s\n' $commands --help --version | sort)" "$(completed dadrace '')"
for command in $commands; do
	same "options of $command" "$(options dadrace "$command")" "$(completed dadrace "$command" --)"
done
same "options of dadraced" "$(options dadraced)" "$(completed dadraced --)"
same "verbs of ctl" "$(printf '%s\n' submit list show follow results cancel pause resume doctor version | sort)" \
	"$(completed dadrace ctl '')"
same "keys" "$(dadrace run --help-config | grep -oE '^  [a-z][a-z_.]*' | sed 's/^  //; s/$/=/' | sort -u)" \
	"$(completed dadrace run x.yaml --set '')"
same "one option" "--resume" "$(completed dadrace run --res)"
exit $failed
