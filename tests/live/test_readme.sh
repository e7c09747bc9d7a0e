#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The commands of README.md that need this kernel, as they stand there. Others judge what they find; here they must
# work, on a machine that may be busy: a campaign may end with 3, for too few valid trials.
#
# Usage: test_readme.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/lib.sh"
begin "$@"

ip link add eth1 type veth peer name eth2 && ip link set eth2 up || exit 1
remember # two interfaces more
cp -r "$source/config" .
printf '#!/bin/sh\nexec "%s/rig" "$@"\n' "$source" >rig && chmod 755 rig || exit 1
PATH=$(dirname "$dadrace"):$PATH
unset -f dadrace # which lib.sh has for tests that name their runs

mapfile -t commands < <(/usr/bin/python3 "$source/tests/check/readme.py" "$source" live)
truth "README.md has commands for this kernel" [ ${#commands[@]} -gt 0 ]
for command in "${commands[@]}"; do
	# shellcheck disable=SC2086 # the words of a command
	timeout -k 5 900 $command >command.out 2>command.err </dev/null
	code=$?
	if [ $code -eq 0 ] || { [ $code -eq 3 ] && grep -q '^Verdict: inconclusive' command.out; }; then
		ok "$command: exit $code"
	else
		fail "$command" "exit $code" command.out command.err
	fi
done
no_leftovers "README.md's commands"
finish
