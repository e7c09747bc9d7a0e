# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the checks share. `check` wants the folder $work and the number $failed.

skip() { # WORDS
	echo "SKIP: $*"
	exit 77
}
only_in_its_matrix() {
	[ "${ONLY_IN_MATRIX:-}" = "" ] || [ "$ONLY_IN_MATRIX" = "${MATRIX:-}" ] ||
		skip "left out; with MATRIX=$ONLY_IN_MATRIX in the environment it runs"
}
# Again, in mount and pid namespaces of its own: nothing outlives it, however it ends.
in_own_namespaces() { # ARGUMENT OF THE CHECK...
	[ "${CHECK_INSIDE:-}" != "$0" ] || return 0
	unshare --mount --pid --fork --mount-proc true 2>/dev/null || skip "this machine makes no namespaces"
	CHECK_INSIDE=$0 exec unshare --mount --pid --fork --kill-child --mount-proc --propagation private \
		"$BASH" "$0" "$@"
}
check() { # SENTENCE COMMAND...: what it prints is shown when it fails
	if "${@:2}" >"$work/log" 2>&1; then
		echo "ok $1"
	else
		echo "FAIL $1"
		tail -n 20 "$work/log"
		failed=1
	fi
}
