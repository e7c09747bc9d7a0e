#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How often the account of `dadrace who` adds up on a busy machine.

  who.py DADRACE [--runs N] [--seconds N] [--churn w0]

As root, in namespaces of its own: a device w0 with holders of several kinds, and beside it processes that burn CPU, open
and close sockets, add and remove routes, neighbours and addresses of another device, or of w0 itself. Then `dadrace who
w0` N times (1,000), or for so many seconds. Prints how many accounts added up at once or after another look, how many named a process or an object
that is none of ours, the times, and lines of the kernel's log.
"""

import argparse
import json
import os
import random
import resource
import socket
import struct
import subprocess
import sys
import time
from multiprocessing import Process
from statistics import median

HERE = os.path.dirname(os.path.realpath(__file__))
HOLDERS = os.path.join(HERE, "..", "live", "who_holders.py")
ISOLATED = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
SCENE = [
    "link set lo up",
    "link add w0 type veth peer name w1",
    "link set w1 up",
    "link set w0 up",
    "addr add 2001:db8:5::1/64 dev w0 nodad",
    "addr add 198.18.5.1/24 dev w0",
    "link add x0 type veth peer name x1",
    "link set x0 up",
    "link set x1 up",
]
CHURN = [
    ["-6", "route", "replace", "2001:db8:78::/64"],
    ["-6", "route", "del", "2001:db8:78::/64"],
    ["neigh", "replace", "198.18.5.78", "lladdr", "02:00:00:00:00:78"],
    ["neigh", "del", "198.18.5.78"],
    ["addr", "replace", "2001:db8:6::1/64"],
    ["addr", "del", "2001:db8:6::1/64"],
]


def ip(*args):
    subprocess.run(["ip", *args], check=False, stderr=subprocess.DEVNULL)


def churn_sockets(device):
    while True:
        packet = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        packet.bind((device, 3))
        udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        try:
            udp.connect((f"2001:db8:6::{random.randrange(2, 999):x}", 9))
        except OSError:
            pass  # the address is away
        time.sleep(random.random() / 20)
        packet.close()
        udp.close()


def churn_routes(device):
    while True:
        ip(*random.choice(CHURN), "dev", device)
        time.sleep(random.random() / 20)


def burn(_device):
    while True:
        struct.unpack("16Q", os.urandom(128))


def inside(options):
    for line in SCENE:
        ip(*line.split())
    holder = subprocess.Popen(["/usr/bin/python3", HOLDERS, "w0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    held = set()
    for line in holder.stdout:
        if line == "held\n":
            break
        held.add(int(line.split()[1]))
    churners = [Process(target=f, args=(options.churn,), daemon=True) for f in (churn_sockets, churn_routes, burn)]
    for churner in churners:
        churner.start()
    ours = {holder.pid, churners[0].pid}
    tally = {"runs": 0, "added up": 0, "moved, and read again": 0, "did not add up": 0, "wrong process": 0,
             "held, not named": 0, "something blamed": 0}
    times, until = [], time.monotonic() + options.seconds
    while tally["runs"] < options.runs and time.monotonic() < until:
        began = time.monotonic()
        done = subprocess.run([options.dadrace, "who", "w0", "--json"], capture_output=True, text=True, check=False)
        times.append(time.monotonic() - began)
        tally["runs"] += 1
        if done.returncode not in (0, 1, 3):
            sys.exit(f"who: status {done.returncode}: {done.stderr}")
        answer = json.loads(done.stdout)
        owners = {(o["pid"], o["fd"]) for h in answer["holders"] for o in h["owners"]}
        tally["added up"] += answer["unexplained"] == 0
        tally["moved, and read again"] += answer["has_moved"]
        tally["did not add up"] += answer["unexplained"] != 0
        strangers = [(h["type"], h["owners"]) for h in answer["holders"] for o in h["owners"] if o["pid"] not in ours]
        missing = {(holder.pid, fd) for fd in held} - owners
        tally["wrong process"] += bool(strangers)
        tally["held, not named"] += bool(missing)
        if strangers or missing:
            print("  wrong:", strangers, missing, done.stdout, flush=True)
        tally["something blamed"] += answer["answer"] in ("lost", "bare")
        if answer["answer"] in ("lost", "bare"):
            print("  blamed:", answer["sentences"][0], flush=True)
    for name, value in tally.items():
        print(f"{name:24}{value:8}{100 * value / tally['runs']:9.1f} %")
    print(f"{'seconds, median, most':24}{median(times):8.2f}{max(times):9.2f}")
    print(f"{'memory, most':24}{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:8.0f} MiB")
    for churner in churners:
        churner.kill()
    holder.kill()


def log_lines():
    done = subprocess.run(["dmesg"], capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if "WARNING" in line or "BUG" in line]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dadrace", type=os.path.abspath)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--churn", default="x0")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        inside(options)
        return
    if os.geteuid():
        print("SKIP: needs root")
        sys.exit(77)
    before = len(log_lines())
    subprocess.run([*ISOLATED, sys.executable, os.path.realpath(__file__), options.dadrace, "--runs", str(options.runs),
                    "--seconds", str(options.seconds), "--churn", options.churn, "--inside"], check=True)
    print(f"{'warnings in the log':24}{len(log_lines()) - before:8}")


if __name__ == "__main__":
    main()
