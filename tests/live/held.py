#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""held.py DUT MILLISECONDS: a bring-up that leaves a reference behind when it was held for so long.

It sets the device's flags twice, as ifconfig does. When that much time has gone by before the second
call, a child keeps a reference on the device for a minute: a leak with a threshold that is known.
"""
import fcntl
import os
import socket
import struct
import sys
import time

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP, ETH_P_IPV6 = 0x8913, 0x8914, 1, 0x86DD
dut, threshold_s = sys.argv[1], float(sys.argv[2]) / 1000
control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def set_flags(up):
    request = struct.pack("16sH14x", dut.encode(), 0)
    flags = struct.unpack_from("H", fcntl.ioctl(control, SIOCGIFFLAGS, request), 16)[0]
    flags = flags | IFF_UP if up else flags & ~IFF_UP
    fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", dut.encode(), flags))


begun = time.monotonic()
set_flags(True)
if time.monotonic() - begun >= threshold_s:
    kept = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    kept.bind((dut, ETH_P_IPV6))
    if os.fork() == 0:
        os.setsid()
        time.sleep(60)
        os._exit(0)
set_flags(False)
