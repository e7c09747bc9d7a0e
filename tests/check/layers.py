#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""layers.py SOURCE BUILD: who calls whom, by the symbols of the objects.

No circle between object files, inside a room or across rooms, and no arrow that runs up: a room calls only rooms that
stand above it in the top CMakeLists.txt. The compiler keeps includes so; this keeps what a declaration of one's own
would get around.
"""
import collections
import json
import os
import re
import shlex
import subprocess
import sys


def rooms_in_order(source):
    with open(os.path.join(source, "CMakeLists.txt"), encoding="utf-8") as file:
        return [room for room in re.findall(r"^add_subdirectory\(([^)\s]+)\)", file.read(), re.M) if room != "tests"]


def objects_of(source, build, rooms):
    """Path of the source file, from the top -> path of its object; what is built now, not what is left in the folder."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        commands = json.load(file)
    objects = {}
    for command in commands:
        name = os.path.relpath(command["file"], source)
        if os.path.dirname(name) in rooms:
            words = shlex.split(command["command"])
            objects[name] = os.path.join(build, words[words.index("-o") + 1])
    return objects


def symbols_of(path):
    """What an object defines for others, and what it wants of others."""
    defined, wanted = set(), set()
    for line in subprocess.run(["nm", "--format=posix", path], check=True, text=True, capture_output=True).stdout.splitlines():
        symbol, kind = line.split()[:2]
        if kind == "U":
            wanted.add(symbol)
        elif kind.isupper():
            defined.add(symbol)
    return defined, wanted


def arrows_between(objects):
    """caller -> callee -> symbols"""
    symbols = {name: symbols_of(path) for name, path in objects.items()}
    owner = {symbol: name for name, (defined, _) in symbols.items() for symbol in defined}
    arrows = {name: collections.defaultdict(set) for name in objects}
    for name, (_, wanted) in symbols.items():
        for symbol in wanted:
            if owner.get(symbol, name) != name:
                arrows[name][owner[symbol]].add(symbol)
    return arrows


def circles_in(arrows):
    """Tarjan's strongly connected components of more than one file."""
    index, low, stack, circles = {}, {}, [], []

    def visit(name):
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in arrows[name]:
            if other not in index:
                visit(other)
            if other in stack:
                low[name] = min(low[name], low[other])
        if low[name] == index[name]:
            start = stack.index(name)
            circle = stack[start:]
            del stack[start:]
            if len(circle) > 1:
                circles.append(sorted(circle))

    sys.setrecursionlimit(10000)
    for name in arrows:
        if name not in index:
            visit(name)
    return circles


def main(source, build):
    rooms = rooms_in_order(source)
    objects = objects_of(os.path.realpath(source), build, rooms)
    if not objects or not all(map(os.path.exists, objects.values())):
        sys.exit(f"{build} is not built, or not all of it: build first")
    arrows = arrows_between(objects)
    wrong = 0

    def tell(caller, callee):
        print(f"    {caller} -> {callee}: {', '.join(sorted(arrows[caller][callee]))}")

    for circle in circles_in(arrows):
        wrong += 1
        print("a circle:", ", ".join(circle))
        for caller in circle:
            for callee in circle:
                if callee in arrows[caller]:
                    tell(caller, callee)
    for caller in arrows:
        for callee in arrows[caller]:
            if rooms.index(os.path.dirname(callee)) > rooms.index(os.path.dirname(caller)):
                wrong += 1
                print("an arrow that runs up:")
                tell(caller, callee)
    print(f"{len(objects)} objects in {len(rooms)} folders, {sum(map(len, arrows.values()))} arrows, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
