#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a shell cannot do to the service: rude clients, and a systemd that listens.

usage: service_client.py rude SOCKET      garbage, half messages, long ones, many at once
       service_client.py notify SOCKET    prints each datagram until killed
       service_client.py journal SOCKET   the same, of the journal's protocol
"""

import os
import select
import socket
import sys

CLOSE_DEADLINE_S = 20


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(CLOSE_DEADLINE_S)
    client.connect(path)
    return client


def is_closed(client):
    """The service has closed it, without a word."""
    try:
        return client.recv(65536) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


def send_long(path, total):
    """Returns how many bytes the service took of a message without end."""
    client = connect(path)
    block = b" " * 65536
    sent = 0
    try:
        while sent < total:
            sent += client.send(block)
    except (BrokenPipeError, ConnectionResetError):
        pass
    client.close()
    return sent


def answers(path):
    client = connect(path)
    client.sendall(b'{"method":"io.dadrace.Control.Version"}\0')
    return b'"version"' in client.recv(65536)


def rude(path):
    for garbage in (b"\0", b"hello\0", b"[]\0", b"{\0", b"\xff\xfe\0", b"[" * 100000 + b"\0",
                    b'{"method":7}\0', b'{"method":"a","method":"b"}\0'):
        client = connect(path)
        client.sendall(garbage)
        print("closed" if is_closed(client) else "OPEN", repr(garbage[:20]))
    print("taken of 1 GiB:", send_long(path, 1 << 30))
    # One that never reads its answers: what waits for it is bounded.
    deaf = connect(path)
    deaf.settimeout(1)
    asked = 0
    try:
        while asked < 200000:
            deaf.sendall(b'{"method":"org.varlink.service.GetInterfaceDescription",'
                         b'"parameters":{"interface":"io.dadrace.Control"}}\0')
            asked += 1
    except (TimeoutError, BrokenPipeError, ConnectionResetError):
        pass
    print("a deaf one could ask", asked, "times")
    deaf.close()
    held = []
    refused = 0
    for number in range(1000):
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        try:
            client.connect(path)
            client.send(b'{"method":"io.dadrace.Con')  # and no more
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            refused += 1
        held.append(client)
    poll = select.poll()
    for client in held:
        poll.register(client, select.POLLIN)
    closed = len(poll.poll(2000))
    print(f"of 1000 at once: {closed + refused} closed or refused")
    for client in held:
        client.close()


def listen(path, show):
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server.bind(path)
    os.chmod(path, 0o666)
    while True:
        show(server.recv(65536))


def show_notify(datagram):
    print(datagram.decode().replace("\n", " "), flush=True)


def show_journal(datagram):
    fields = {}
    while datagram:
        name, _, rest = datagram.partition(b"\n")
        length = int.from_bytes(rest[:8], "little")
        fields[name.decode()] = rest[8:8 + length].decode()
        datagram = rest[8 + length + 1:]
    print(fields, flush=True)


if __name__ == "__main__":
    what, path = sys.argv[1:]
    if what == "rude":
        rude(path)
    else:
        listen(path, show_notify if what == "notify" else show_journal)
