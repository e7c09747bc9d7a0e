#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""toggler.py DUT N: a bring-up that sets the flags N times and then stays alive, as a DHCP client does."""
import fcntl
import signal
import socket
import struct
import sys

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1

dut, number = sys.argv[1], int(sys.argv[2])
control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
request = struct.pack("16sH14x", dut.encode(), 0)
flags = struct.unpack_from("H", fcntl.ioctl(control, SIOCGIFFLAGS, request), 16)[0]
for _ in range(number):
    fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", dut.encode(), flags | IFF_UP))
signal.pause()
