#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""holder.py DUT N SECONDS [KIND]: a bring-up that leaves references behind.

A child takes N references on the device through open sockets and keeps them for SECONDS, whatever
becomes of its parent, which meanwhile does what ifconfig does: the flag set that brings
the device up, and the one that restores its flags. The references are real, taken and kept by the
kernel; no module is needed, and unregistering the device resolves them.

  packet  sockets of AF_PACKET bound to the device: a reference on the net_device each
  group   sockets of AF_INET6, each a member of a multicast group of its own: on the inet6_dev
  route   connected sockets of AF_INET6, which keep the dst entry of their route: the kernel moves
          it off the device when that goes down, so only the count of dst entries shows it. The
          kernel counts no per-CPU copies of routes, so "packet too big" makes each an exception
"""
import fcntl
import os
import socket
import struct
import subprocess
import sys
import time

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP, ETH_P_IPV6 = 0x8913, 0x8914, 1, 0x86DD
RTMGRP_IPV6_IFADDR = 0x100

dut, number, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
kind = sys.argv[4] if len(sys.argv) > 4 else "packet"


def set_flags(up):
    control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    request = struct.pack("16sH14x", dut.encode(), 0)
    flags = struct.unpack_from("H", fcntl.ioctl(control, SIOCGIFFLAGS, request), 16)[0]
    flags = flags | IFF_UP if up else flags & ~IFF_UP
    fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", dut.encode(), flags))


def connect(s, to):
    """As soon as DAD has left a source address to be used: tried at each change of an address."""
    changes = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    changes.bind((0, RTMGRP_IPV6_IFADDR))
    while s.connect_ex(to):
        changes.recv(65536)


def too_big(s, to):
    """Tells the kernel, over lo, that what `s` sends to `to` has to be smaller (RFC 4443 3.2)."""
    source, port = s.getsockname()[:2]
    sent = (struct.pack("!IHBB", 6 << 28, 8, socket.IPPROTO_UDP, 64) + socket.inet_pton(socket.AF_INET6, source)
            + socket.inet_pton(socket.AF_INET6, to) + struct.pack("!HHHH", port, 9, 8, 0))
    raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    raw.sendto(struct.pack("!BBHI", 2, 0, 0, 1300) + sent, (source, 0))


def take(i):
    if kind == "packet":
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        s.bind((dut, ETH_P_IPV6))
    elif kind == "route":
        s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        to = "fd00:dad::%x" % (i + 1)
        connect(s, (to, 9))
        too_big(s, to)
    else:
        s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        group = socket.inet_pton(socket.AF_INET6, "ff02::dad:%x" % (i + 1))
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                     struct.pack("=16sI", group, socket.if_nametoindex(dut)))
    return s


def hold(taken):
    held = [take(i) for i in range(number)]
    os.write(taken, b"x")
    os.close(taken)
    time.sleep(seconds)
    del held
    os._exit(0)


if kind == "route":
    set_flags(True)
    for command in "link set lo up", "address add fd00:dad::/32 dev " + dut:
        subprocess.run(["ip", "-6"] + command.split(), check=True)
taken, take_end = os.pipe()
if os.fork() == 0:
    os.close(taken)
    os.setsid()
    hold(take_end)
os.close(take_end)
if os.read(taken, 1) != b"x":
    sys.exit("holder: the child could not take its references")

if kind != "route":
    set_flags(True)
set_flags(False)
