#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""recipes.py SOURCE: each recipe of CONTRIBUTING.md names the files that its example is in, all of them and no others.

A recipe is a heading "### Add ...", words to look for after "Look for", and a numbered list whose items begin with a
file. A word is looked for in the files of the sources and in their names.
"""
import pathlib
import re
import sys

FOLDERS = "config", "daemon", "probes", "tests"
# They only quote the others.
QUOTING = ("__pycache__", "tests/check/recipes.py", "tests/fuzz/corpus/", "tests/mutation/", "tests/unit/export/golden/",
           "tests/unit/export/recorded/")


def recipes_of(text):
    """Heading, words to look for, files."""
    for section in re.split(r"^### ", text, flags=re.M)[1:]:
        heading, _, body = section.partition("\n")
        said = re.search(r"Look for\s+((?:`[^`]+`(?:,\s+)?)+)", body)
        words = re.findall(r"`([^`]+)`", said[1]) if said else []
        yield heading, words, set(re.findall(r"^\d+\. `([^`]+)`", body, re.M))


def texts_of(source):
    """Name, name and text: of what people wrote, and of what is generated beside it."""
    for folder in FOLDERS:
        for path in sorted((source / folder).rglob("*")):
            name = str(path.relative_to(source))
            if path.is_file() and not any(part in name for part in QUOTING):
                yield name, name + "\n" + path.read_text(encoding="utf-8", errors="replace")


def main(source):
    source = pathlib.Path(source)
    texts = dict(texts_of(source))
    recipes = list(recipes_of((source / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    wrong = 0 if recipes else 1
    for heading, words, listed in recipes:
        patterns = [re.compile(r"(?<![\w-])" + re.escape(word) + r"(?![\w-])") for word in words]
        found = {name for name, text in texts.items() if any(pattern.search(text) for pattern in patterns)}
        if not words or not listed:
            print(f"{heading}: names no words to look for, or no files")
            wrong += 1
        for name in sorted(found - listed):
            print(f"{heading}: {name} is not named, and has {' or '.join(words)}")
        for name in sorted(listed - found):
            print(f"{heading}: {name} is named, and has none of {', '.join(words)}")
        wrong += len(found ^ listed)
    print(f"{len(recipes)} recipes, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
