#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds everything with clang as the C compiler of user space, too, warnings as errors: clang.sh SOURCE
set -euo pipefail
[ "${ONLY_IN_MATRIX:-}" != full ] || [ "${MATRIX:-}" = full ] || {
	echo "SKIP: with MATRIX=full only"
	exit 77
}
folder=$(mktemp -d -p /var/tmp dadrace-clang-XXXXXX)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
cmake -S "$1" -B "$folder" -G Ninja -D CMAKE_C_COMPILER=clang -D CMAKE_BUILD_TYPE=Debug -D DADRACE_WERROR=ON >/dev/null
cmake --build "$folder" | tail -n 30
