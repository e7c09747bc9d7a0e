#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""who_churn.py DEVICE: holds DEVICE by sockets that come and go in bursts, and by one that stays; has routes, neighbours, addresses
and upper devices come and go, too, until its input ends.

First it prints the descriptor of the socket that stays. No other process holds DEVICE.
"""
import random
import select
import socket
import subprocess
import sys

EVERY_S, BURST, PAUSE_S, KEPT = 0.002, 30, 1.5, 24

device = sys.argv[1]
draw = random.Random(device)
# Started before there is a socket: what is forked from a holder holds, too, until it executes.
ip = subprocess.Popen(["sh", "-c", "while read -r line; do ip $line; done"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL, text=True)


def packet():
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind((device, 3))
    return s


def connected(family, kind, protocol, address):
    s = socket.socket(family, kind, protocol)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    s.connect(address)
    s.setblocking(False)
    try:
        s.send(bytes(8))
    except OSError:
        pass  # nobody is there
    return s


def udp6():
    return connected(socket.AF_INET6, socket.SOCK_DGRAM, 0, (f"2001:db8:5::{draw.randrange(2, 64):x}", 9))


def udp4():
    return connected(socket.AF_INET, socket.SOCK_DGRAM, 0, (f"198.18.5.{draw.randrange(2, 64)}", 9))


def group():
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    index = socket.if_nametoindex(device)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                 socket.inet_pton(socket.AF_INET6, f"ff02::{draw.randrange(16, 64):x}") + index.to_bytes(4, "little"))
    return s


def change():
    """What cannot be done just now is left."""
    verb, n = draw.choice(["add", "del"]), draw.randrange(1, 16)
    print(draw.choice([
        f"-6 route {verb} 2001:db8:{n:x}::/64 dev {device}",
        f"route {verb} 198.51.{n}.0/24 dev {device}",
        f"neigh {verb} 2001:db8:5::a{n:x} lladdr 02:00:00:00:00:0{n:x} dev {device}",
        f"addr {verb} 2001:db8:5::b{n:x}/128 dev {device} nodad",
        f"link {verb} {device}u{n} " + (f"link {device} type macvlan mode bridge" if verb == "add" else ""),
    ]), file=ip.stdin, flush=True)


stays = packet()
print(stays.fileno(), flush=True)
kept, steps = [], 0
while not select.select([sys.stdin], [], [], EVERY_S if steps % BURST else PAUSE_S)[0]:
    steps += 1
    if draw.random() < 0.3:
        change()
    elif len(kept) < KEPT and draw.random() < 0.5:
        try:
            kept.append(draw.choice([packet, udp6, udp4, group])())
        except OSError:
            pass  # its route or address is away just now
    elif kept:
        kept.pop(draw.randrange(len(kept))).close()
ip.communicate()
