#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""who_holders.py DEVICE: holds DEVICE by one socket of each kind, prints which descriptor is which, waits for its end.

Each line is "KIND FD"; the last one is "held".
"""
import ctypes
import mmap
import os
import socket
import struct
import sys

AF_XDP, SOL_XDP, XDP_RX_RING, XDP_UMEM_REG, XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING = 44, 283, 2, 4, 5, 6
XDP_COPY = 1 << 1
FRAME, FRAMES = 4096, 64

device = sys.argv[1]
index = socket.if_nametoindex(device)


def packet():
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind((device, 3))
    return s


def udp6():
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.connect(("2001:db8:5::99", 9))
    return s


def udp4():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(("198.18.5.99", 9))
    return s


def raw6():
    s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    s.connect(("2001:db8:5::98", 0))
    return s


def xdp():
    s = socket.socket(AF_XDP, socket.SOCK_RAW, 0)
    memory = mmap.mmap(-1, FRAME * FRAMES)
    at = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    s.setsockopt(SOL_XDP, XDP_UMEM_REG, struct.pack("QQIIII", at, FRAME * FRAMES, FRAME, 0, 0, 0))
    for ring in XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING:
        s.setsockopt(SOL_XDP, ring, struct.pack("i", FRAMES))
    address = struct.pack("HHIII", AF_XDP, XDP_COPY, index, 0, 0)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.bind(s.fileno(), address, len(address)):
        raise OSError(ctypes.get_errno(), "AF_XDP bind")
    kept.append(memory)
    return s


kept = []
for kind in packet, udp6, udp4, raw6, xdp:
    try:
        kept.append(kind())
        print(kind.__name__, kept[-1].fileno(), flush=True)
    except OSError as error:
        print(f"{kind.__name__}: {error}", file=sys.stderr)
print("held", flush=True)
sys.stdin.read()
