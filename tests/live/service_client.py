#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a shell cannot do to the service: rude clients, and a systemd that listens.

usage: service_client.py rude SOCKET      garbage, half messages, long ones, many at once
       service_client.py slow SOCKET ID   follows a campaign and reads slowly, or not at all
       service_client.py notify SOCKET    prints each datagram until killed
       service_client.py journal SOCKET   the same, of the journal's protocol
"""

import json
import os
import select
import socket
import sys
import time

CLOSE_DEADLINE_S = 30
DEAF_DEADLINE_S = 60


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
    for _ in range(1000):
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        try:
            client.connect(path)
            client.send(b'{"method":"io.dadrace.Con')  # and no more
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            pass
        held.append(client)
    poll = select.poll()
    for client in held:
        poll.register(client, select.POLLIN)
    closed = len(poll.poll(2000))
    print(f"of 1000 at once: {closed} closed or refused")
    for client in held:
        client.close()


def follow(path, one, after=0):
    """A client whose call of Follow has been sent, also when the service is away for a while."""
    call = {"method": "io.dadrace.Control.Follow", "parameters": {"id": one, "after": after}, "more": True}
    end = time.monotonic() + CLOSE_DEADLINE_S
    while True:
        try:
            client = connect(path)
            client.sendall(json.dumps(call).encode() + b"\0")
            return client
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


class Followed:
    """The trials that a follower was told."""

    def __init__(self):
        self.rest, self.next, self.trials, self.is_over = b"", 0, [], False

    def take(self, block):
        *messages, self.rest = (self.rest + block).split(b"\0")
        for reply in (json.loads(message)["parameters"] for message in messages):
            self.next = reply["next"]
            self.is_over |= reply["line"] is None
            if reply["line"] and reply["line"]["type"] == "trial":
                self.trials.append(reply["line"]["spec"]["trial"])

    def take_all(self, path, one, block_size, pause_s):
        """To the end, over as many connections as it takes."""
        while not self.is_over:
            client = follow(path, one, self.next)
            self.rest = b""
            try:
                while not self.is_over and (block := client.recv(block_size)):
                    self.take(block)
                    time.sleep(pause_s)
            except ConnectionResetError:
                pass

    def words(self):
        return f"{len(self.trials)} trials, {len(set(self.trials))} different"


def wait_for_end(path, one):
    Followed().take_all(path, one, 1 << 20, 0)


def slow(path, one):
    wait_for_end(path, one)
    deaf = follow(path, one)
    begin = time.monotonic()
    behind = Followed()
    behind.take_all(path, one, 16384, 0.02)
    print("slow:", behind.words(), flush=True)
    poll = select.poll()
    poll.register(deaf, 0)  # its end only
    closed = poll.poll(1000 * DEAF_DEADLINE_S)
    waited = time.monotonic() - begin
    again = Followed()
    taken = 0
    while block := deaf.recv(1 << 20):
        taken += len(block)
        again.take(block)
    print(f"deaf: {'closed' if closed else 'OPEN'} after {waited:.0f} s, with {taken} bytes", flush=True)
    again.take_all(path, one, 1 << 20, 0)
    print("again:", again.words(), flush=True)


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
    what, path, *more = sys.argv[1:]
    if what == "rude":
        rude(path)
    elif what == "slow":
        slow(path, *more)
    else:
        listen(path, show_notify if what == "notify" else show_journal)
