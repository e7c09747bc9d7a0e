#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What room() and layers.py forbid, tried on two small rooms: rooms.sh SOURCE
set -uo pipefail
source=$1
rooms=$source/tests/check/rooms
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

wrong() {
	echo "FAIL $1"
	cat "$work/log"
	failed=1
}

configure() { # NAME [OPTION...]
	cmake -S "$rooms" -B "$work/$1" -G Ninja "${@:2}" >"$work/log" 2>&1
}

configure sound && cmake --build "$work/sound" >>"$work/log" 2>&1 || wrong "rooms that stand above each other build"
python3 "$source/tests/check/layers.py" "$rooms" "$work/sound" >"$work/log" || wrong "and have no circle"

configure circle -DCIRCULAR_USES=ON && wrong "a circular USES does not configure"
grep -q 'low uses high, which is no room above it' "$work/log" || wrong "and is called that"

configure include -DUPWARD_INCLUDE=ON && cmake --build "$work/include" >"$work/log" 2>&1 &&
	wrong "an include that runs up does not compile"
grep -q 'high/high.h: No such file' "$work/log" || wrong "because the header is not seen"

layers_find() { # OPTION SENTENCE
	configure "$1" -D"$1"=ON && cmake --build "$work/$1" >"$work/log" 2>&1 || wrong "$1 builds"
	python3 "$source/tests/check/layers.py" "$rooms" "$work/$1" >"$work/log" && wrong "layers.py finds $1"
	grep -q "$2" "$work/log" || wrong "and says: $2"
}
layers_find UPWARD_CALL 'low/second.c -> high/high.c: high'
layers_find CIRCULAR_CALL 'a circle: low/first.c, low/second.c'
exit $failed
