#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Phrases that must not come back into texts for people.

Looked at are string literals of the programs, documents, manual pages, comments of YAML files, the service's page and
what ./rig prints. Comments in C are not: they are for those who read the code.

usage: words.py SOURCE-FOLDER
"""

import os
import re
import sys

# A phrase, and what to write instead. Matched without regard to case, over line ends.
PHRASES = [
    # a paraphrase where a term exists
    (r"is no option of", "unknown option"),
    (r"without a word", "exited with status N and printed nothing"),
    (r"taken up", "queued"),
    (r"let(s|ting)? go of", "released"),
    (r"begun for the first time", "started"),
    (r"not to be believed", "Incomplete: ..., so no holder is named"),
    (r"may do everything", "has full control"),
    (r"in vain", "has no effect; can only end by its deadline"),
    (r"brings? forth|brought forth", "creates"),
    (r"com(es?|ing) by|came by", "reaches, is reached by"),
    (r"com(es?|ing) about|came about", "is kept, occurs"),
    (r"what (comes|came) of", "the outcome of"),
    (r"go(es)? on|went on|gone on", "continues"),
    (r"has the last word|the last word", "takes precedence"),
    (r"(is|are|was|were) let in", "is accepted"),
    (r"(is|are|was|were) told(?! apart)", "is reported"),
    (r"it is said|is said (so|that|why)|says? so", "is reported, reports this"),
    (r"for ever", "indefinitely, forever"),
    (r"anew", "again, from the start"),
    (r"has to count, too", "counts as"),
    (r"dear", "expensive"),
    (r"looked at", "checked, examined"),
    (r"nothing but|no \w+ but", "only"),
    # pronouns for machines
    (r"he|she|him|his|her", "name the client, the user, the process"),
    (r"nobody (else|can|could|knows?|has|have|had|is|was|reads?|asks?|drops?|waits?|holds?|named|comes|will|may)",
     "no client, no user, no process, nothing: name it"),
    (r"(for|by|to|of|that) nobody", "no client, no user, no process: name it"),
    # a relative clause as subject
    (r"(?:^|(?<=[.;:!] ))who (?![^.]*\?)", "begin with a noun: A client that ..., Members that ..."),
    (r"(?<=[.!] )what (?!is|are|was|if)[^.?]* (is|are|was|were|has|have|stands|goes|comes)", "begin with a noun"),
    # "one" and "those" far from their noun
    (r"(?<=, )one that|as one that", "repeat the noun"),
    # double negation
    (r"not [^.,;:]{0,30} but in|never [^.,;:]{0,30} without|none [^.,;:]{0,30} not", "say what is, not what is not"),
]

# Uses that are right: the file, and a part of the text around the phrase.
ALLOWED = []

PIECES_MIN = 3000 # fewer were found only if a reader is broken

C_TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])+'|"(?:\\.|[^"\\\n])*\"""", re.DOTALL)


# Each reader gives the pieces of text of a file, each a list of (line, words): a sentence may run over lines.


def literals(text):
    """C: string literals; those with nothing between them are one piece."""
    pieces, end = [], 0
    for match in C_TOKEN.finditer(text):
        token = match.group()
        if token[0] != '"':
            continue
        if not pieces or text[end:match.start()].strip():
            pieces.append([])
        words = token[1:-1].replace("\\n", " ").replace('\\"', '"')
        pieces[-1].append((1 + text.count("\n", 0, match.start()), words))
        end = match.end()
    return pieces


def split(lines):
    """Pieces of (line, words), divided by lines without words."""
    pieces = [[]]
    for number, words in lines:
        if words:
            pieces[-1].append((number, words + " "))
        elif pieces[-1]:
            pieces.append([])
    return pieces


def yaml_comments(text):
    lines = [re.search(r"(?:^|\s)#+ ?(.*)", line) for line in text.split("\n")]
    return split((number, match and match[1]) for number, match in enumerate(lines, 1))


def paragraphs(text):
    return split((number, line.strip()) for number, line in enumerate(text.split("\n"), 1))


KINDS = [
    (re.compile(r"(daemon|probes|config)/.*\.[ch]$"), literals),
    (re.compile(r"config/.*\.(ya?ml)$"), yaml_comments),
    (re.compile(r".*\.(md|scd|html)$|config/.*\.txt$|rig$"), paragraphs),
]


COMPILED = [(re.compile(rf"(?<![\w-])(?:{phrase})(?![\w-])", re.IGNORECASE), instead) for phrase, instead in PHRASES]


def findings(path, pieces):
    """(line, phrase, what to write instead) of each phrase that is not allowed."""
    for piece in pieces:
        starts, text = [], ""
        for number, words in piece:
            starts.append((len(text), number))
            text += words
        for pattern, instead in COMPILED:
            for match in pattern.finditer(text):
                around = text[max(0, match.start() - 40):match.end() + 40]
                if not any(path == file and part in around for file, part in ALLOWED):
                    line = max(number for start, number in starts if start <= match.start())
                    yield line, match[0], instead


def files(source):
    for folder, below, names in os.walk(source):
        below[:] = sorted(set(below) - {".git", "build", "results"})
        yield from (os.path.relpath(os.path.join(folder, name), source) for name in sorted(names))


def main():
    source, nr, nr_pieces = sys.argv[1], 0, 0
    for path in files(source):
        read = next((read for pattern, read in KINDS if pattern.match(path)), None)
        if not read:
            continue
        with open(f"{source}/{path}", encoding="utf-8") as file:
            pieces = read(file.read())
        nr_pieces += len(pieces)
        for line, phrase, instead in sorted(findings(path, pieces)):
            print(f'{path}:{line}: "{phrase}": {instead}')
            nr += 1
    print(f"{nr} phrases that must not come back, in {nr_pieces} pieces of text")
    sys.exit(nr > 0 or nr_pieces < PIECES_MIN)


main()
