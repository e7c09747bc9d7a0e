#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An initramfs with programs of this machine: initramfs.py OUT MODULES INIT MODULE,... PATH...

INIT is its /init. Each MODULE, with what it depends on, comes from the folder MODULES, uncompressed, as
/modules/NUMBER-NAME.ko in the order of loading. Each PATH is put where it is, or PATH=THERE, a program with its
libraries."""
import glob
import lzma
import os
import re
import subprocess
import sys

out, folder, init, names, *paths = sys.argv[1:]
entries = {}


def add(path, mode, data=b""):
    parent = os.path.dirname(path)
    if parent and parent not in entries:
        add(parent, 0o40755)
    entries[path] = (mode, data)


def add_file(path, at=None):
    add((at or os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))).strip("/"),
        0o100755, open(path, "rb").read())


def add_program(path, at=None):
    add_file(path, at)
    needed = subprocess.run(["ldd", path], capture_output=True, text=True).stdout
    for library in re.findall(r"(/\S+) \(0x", needed):
        add_file(library)


def module_find(name):
    wanted = name.replace("-", "_")
    for path in glob.iglob(folder + "/kernel/**/*.ko*", recursive=True):
        if os.path.basename(path).split(".ko")[0].replace("-", "_") == wanted:
            data = open(path, "rb").read()
            return lzma.decompress(data) if path.endswith(".xz") else data
    return None  # it may be built in


def add_module(name):
    data = module_find(name)
    if data is None or name in loaded:
        return
    needed = re.search(rb"\0depends=([^\0]*)\0", data)
    for other in filter(None, needed.group(1).decode().split(",") if needed else []):
        add_module(other)
    if name not in loaded:
        loaded.append(name)
        add(f"modules/{len(loaded):02}-{name}.ko", 0o100644, data)


loaded = []
for folder_of_root in ("proc", "sys", "dev", "run", "tmp", "var", "etc", "root", "results"):
    add(folder_of_root, 0o40755)
for link in ("bin", "sbin", "lib", "lib64"):
    if os.path.islink("/" + link):
        add(link, 0o120777, os.readlink("/" + link).encode())
for module in names.split(","):
    add_module(module)
for path in paths:
    add_program(*path.split("="))
add_file(init, "/init")

with open(out, "wb") as archive:
    for number, (path, (mode, data)) in enumerate([*entries.items(), ("TRAILER!!!", (0, b""))]):
        name = path.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
        header = b"070701" + b"".join(b"%08x" % field for field in fields) + name
        archive.write(header + bytes(-len(header) % 4) + data + bytes(-len(data) % 4))
