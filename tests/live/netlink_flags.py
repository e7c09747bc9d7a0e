#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A bring-up by netlink, as unusual programs send it: netlink_flags.py DEVICE WAY up|down

  parts  header and body are two pieces of one sendmsg()
  name   the device is named, by an attribute that is not the first
  batch  the request is the second one of a sendto()
"""
import socket
import struct
import sys

GETLINK, NEWLINK, IFNAME, TXQLEN, UP = 18, 16, 3, 13, 1
REQUEST, ACK = 1, 4


def message(kind, flags, body):
    return struct.pack("IHHII", 16 + len(body), kind, flags, 1, 0) + body


def link(ifindex, flags, change):
    return struct.pack("BxHiII", 0, 0, ifindex, flags, change)


def attribute(kind, value):
    return struct.pack("HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


device, way, direction = sys.argv[1:]
ifindex = socket.if_nametoindex(device)
flags = UP if direction == "up" else 0
netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
request = message(NEWLINK, REQUEST | ACK, link(ifindex, flags, UP))
if way == "parts":
    netlink.sendmsg([request[:16], request[16:]])
elif way == "name":
    attributes = attribute(TXQLEN, struct.pack("I", 1000)) + attribute(IFNAME, device.encode() + b"\0")
    netlink.send(message(NEWLINK, REQUEST | ACK, link(0, flags, UP) + attributes))
elif way == "batch":
    netlink.send(message(GETLINK, REQUEST, link(ifindex, 0, 0)) + request)
else:
    sys.exit(__doc__)
netlink.recv(65536)
