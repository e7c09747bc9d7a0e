#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""stranger.py PORT FILE: processes of somebody else that look like ours, and connections that say half of a request.

Writes their process ids, and how many connections of HTTP it got, into FILE; ends when its input ends.
"""
import ctypes
import os
import signal
import socket
import sys

NAMES = (b"dadrace", b"dadrace-lane", b"dadraced", b"dadrace 1) R (")
FLOOD = 300


def posing(name):
    """A stopped process of this name."""
    pid = os.fork()
    if not pid:
        ctypes.CDLL(None).prctl(15, name, 0, 0, 0)
        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(0)
    os.waitpid(pid, os.WUNTRACED)
    return pid


def half(port):
    client = socket.socket()
    client.setblocking(False)
    try:
        client.connect(("127.0.0.1", port))
    except BlockingIOError:
        pass
    return client


def send(client):
    try:
        client.send(b"GET /overview HTTP/1.1\r\nHost: ")
        return True
    except OSError:
        return False


port, path = int(sys.argv[1]), sys.argv[2]
pids = [posing(name) for name in NAMES]
clients = [half(port) for _ in range(FLOOD)]
sent = sum(send(client) for client in clients)
with open(path + ".new", "w", encoding="ascii") as file:
    file.write(" ".join(map(str, pids + [sent])))
os.rename(path + ".new", path)
sys.stdin.read()
for pid in pids:
    os.kill(pid, signal.SIGKILL)
