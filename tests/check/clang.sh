#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds everything with clang as the C compiler of user space, too, warnings as errors: clang.sh SOURCE
set -euo pipefail
. "$(dirname "$0")/lib.sh"
only_in_its_matrix
folder=$(mktemp -d -p /var/tmp dadrace-clang-XXXXXX)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
# Which versions are installed, the default one first; BPF programs are built by that one.
for compiler in clang $(compgen -c clang- | grep -xE "clang-[0-9]+" | sort -u); do
	[ "$compiler" = clang ] || [ "$(realpath "$(command -v "$compiler")")" != "$(realpath "$(command -v clang)")" ] || continue
	echo "$compiler: $("$compiler" --version | head -n 1)"
	cmake --fresh -S "$1" -B "$folder" -G Ninja -D CMAKE_C_COMPILER="$compiler" -D CMAKE_BUILD_TYPE=Debug -D DADRACE_WERROR=ON >/dev/null
	cmake --build "$folder" --clean-first | tail -n 30
done
