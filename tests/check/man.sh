#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The man pages name all that the program has, render without a warning, and refer to pages that exist; the commands
# in them have the options that they are given.
#
#   man.sh SOURCE-FOLDER PAGES-FOLDER TABLES
#
# TABLES is config/man/tables of the build, which lists what each page must name.
set -euo pipefail

pages=${2:-} tables=${3:-}
if [ -z "$tables" ]; then
	echo "SKIP: scdoc was not installed when the build was configured: there are no man pages"
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
faults=0

fault() {
	echo "check.man: $*"
	faults=$((faults + 1))
}

# What a page explains: terms in bold with an indented paragraph below, and headings of subsections.
explained() {
	sed 's/\\&//g' "$1" | awk '/^\.RS/ { print last } /^\.SS / { print "\\fB" substr($0, 5) "\\fR" } { last = $0 }' |
		grep -oP '\\fB\K[^\\]+(?=\\fR)' | LC_ALL=C sort -u
}

"$tables" --names | LC_ALL=C sort -u >"$work/names"
cut -f 1 "$work/names" | uniq >"$work/pages"
[ "$(wc -l <"$work/names")" -gt 500 ] || fault "$tables lists too few names: $(wc -l <"$work/names")"
while read -r page; do
	if [ ! -f "$pages/$page" ]; then
		fault "$page: there is no such page; write config/man/$page.scd"
		continue
	fi
	explained "$pages/$page" >"$work/explained"
	while read -r name; do
		fault "$page: $name is missing; add its table to config/man/$page.scd"
	done < <(awk -F '\t' -v page="$page" '$1 == page { print $2 }' "$work/names" |
		LC_ALL=C comm -23 - "$work/explained")
done <"$work/pages"

for page in "$pages"/*.[1-8]; do
	name=${page##*/}
	grep -qx "$name" "$work/pages" || [[ $name == *.7 ]] || fault "$name: no table belongs to it"
	while read -r other; do
		[ -f "$pages/$other" ] || fault "$name: refers to $other, and there is no such page"
	done < <(grep -oP '\\fB\Kdadrace[^ ]*\\fR\(\d' "$page" | sed 's/\\&//g; s/\\fR(/./' | sort -u)
	if command -v man >/dev/null; then
		said=$(MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null) || true
		[ -z "$said" ] || fault "$name: $said"
	fi
	if command -v lexgrog >/dev/null; then
		lexgrog "$page" >/dev/null || fault "$name: its NAME is not \"name - sentence\""
	fi
done
# "COMMAND<TAB>OPTION" of each command line in the sources: in examples, whose lines may go on, and in bold.
options_used() {
	sed -e ':join' -e '/\\\\$/{N;s/\\\\\n//;b join' -e '}' "$1"/config/man/*.scd |
		awk '/^```/ { example = !example } example; !example { while (match($0, /[*]dadraced? [^*]*[*]/)) {
			print substr($0, RSTART + 1, RLENGTH - 2); $0 = substr($0, RSTART + RLENGTH) } }' |
		grep -oP 'dadrace \w+ .*' | awk '{ for (i = 3; i <= NF && $i != "|"; i++) if ($i ~ /^--/) print $2 "\t" $i }' |
		sed "s/[^a-z]*\$//" | sort -u
}

used=0
while IFS=$'\t' read -r name option; do
	used=$((used + 1))
	grep -qxP "dadrace-$name\.1\t$option" "$work/names" || fault "dadrace $name has no option $option"
done < <(options_used "$1")
[ "$used" -gt 20 ] || fault "too few options were found in examples: $used"

command -v man >/dev/null || echo "man is not installed: whether the pages render without a warning was not checked"

echo "check.man: $(wc -l <"$work/names") names on $(wc -l <"$work/pages") pages, $faults faults"
[ "$faults" -eq 0 ]
