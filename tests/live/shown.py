#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""shown.py WORD FILE...: WORD is in one of the files, and none has anything that a terminal obeys or that turns its text.

FILEs are what programs printed, after foreign text with control characters went in. A file that is no UTF-8 fails, too.
"""
import sys
import unicodedata

word, found = sys.argv[1], False
for path in sys.argv[2:]:
    text = open(path, "rb").read().decode()  # or it raises
    for line in text.split("\n"):
        for c in line:
            bad = unicodedata.category(c) in ("Cc", "Zl", "Zp") and c != "\t"
            if bad or unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"):
                sys.exit(f"{path}: U+{ord(c):04X} in {line!r}")
        if line.startswith("FORGED"):
            sys.exit(f"{path}: a line that no program of ours wrote: {line!r}")
        found |= word.lower() in line.lower()  # JSON escapes with capitals
if not found:
    sys.exit(f"{word} is nowhere in {sys.argv[2:]}")
