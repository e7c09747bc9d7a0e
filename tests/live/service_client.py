#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a shell cannot do to the service: rude clients, and a systemd that listens.

usage: service_client.py rude SOCKET      garbage, half messages, long ones, many at once
       service_client.py varlink SOCKET   what varlink.org asks of every service
       service_client.py slow SOCKET ID   follows a campaign and reads slowly, or not at all
       service_client.py notify SOCKET    prints each datagram until killed
       service_client.py journal SOCKET   the same, of the journal's protocol
"""

import json
import os
import re
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
    end = time.monotonic() + CLOSE_DEADLINE_S - 5  # those that were let in are closed later
    while (closed := len(poll.poll(100))) < 984 and time.monotonic() < end:
        pass
    print(f"of 1000 at once: {closed} closed or refused")
    for client in held:
        client.close()


SERVICE, OURS = "org.varlink.service", "io.dadrace.Control"


class Varlink:
    """A client by the specification alone (varlink.org, "Protocol")."""

    def __init__(self, path):
        self.socket, self.rest = connect(path), b""

    def send(self, *calls):
        self.socket.sendall(b"".join(json.dumps(call).encode() + b"\0" for call in calls))

    def receive(self):
        while b"\0" not in self.rest:
            block = self.socket.recv(65536)
            assert block, "the service has closed the connection"
            self.rest += block
        text, self.rest = self.rest.split(b"\0", 1)
        reply = json.loads(text)
        assert set(reply) <= {"parameters", "continues", "error"}, reply
        return reply

    def call(self, method, **parameters):
        self.send({"method": method, "parameters": parameters})
        reply = self.receive()
        assert not reply.get("continues"), reply
        return reply

    def fails(self, error, method, expected=None, **parameters):
        reply = self.call(method, **parameters)
        assert reply.get("error") == f"{SERVICE}.{error}", reply
        assert expected is None or reply["parameters"] == expected, reply


def by_parts(client, limit):
    """What List shows, asked for part by part."""
    campaigns, part = [], {"next": 0, "more": True}
    while part["more"]:
        part = client.call(f"{OURS}.List", after=part["next"], limit=limit)["parameters"]
        assert len(part["campaigns"]) == limit or not part["more"], part
        campaigns += part["campaigns"]
    return campaigns


def varlink(path):
    client = Varlink(path)
    info = client.call(f"{SERVICE}.GetInfo")["parameters"]
    assert set(info) == {"vendor", "product", "version", "url", "interfaces"}, info
    assert set(info["interfaces"]) == {SERVICE, OURS}, info
    print("GetInfo", info["product"], info["version"])
    for interface in info["interfaces"]:
        text = client.call(f"{SERVICE}.GetInterfaceDescription", interface=interface)["parameters"]["description"]
        assert re.search(rf"^interface {re.escape(interface)}$", text, re.MULTILINE), text
        methods = re.findall(r"^method ([A-Z][A-Za-z0-9]*)\(", text, re.MULTILINE)
        errors = re.findall(r"^error ([A-Z][A-Za-z0-9]*) ?\(", text, re.MULTILINE)
        for method in set(methods) - {"Doctor", "Who"}:  # which take their time
            reply = client.call(f"{interface}.{method}")
            error = reply.get("error", "")
            assert not error.endswith("NotFound") and not error.endswith("NotImplemented"), reply
        print("described", interface, len(methods), "methods,", len(errors), "errors")
    client.fails("InterfaceNotFound", f"{SERVICE}.GetInterfaceDescription", {"interface": "a.b"}, interface="a.b")
    client.fails("InterfaceNotFound", "a.b.C", {"interface": "a.b"})
    client.fails("InterfaceNotFound", "io.dadrace.Contro.List", {"interface": "io.dadrace.Contro"})
    client.fails("MethodNotFound", f"{OURS}.Nothing", {"method": f"{OURS}.Nothing"})
    client.fails("MethodNotFound", f"{SERVICE}.List", {"method": f"{SERVICE}.List"})
    client.fails("InvalidParameter", f"{OURS}.Show", {"parameter": "id"}, id=5)
    client.fails("InvalidParameter", f"{OURS}.Show", {"parameter": "id"})
    client.fails("ExpectedMore", f"{OURS}.Follow", id="x")
    reply = client.call(f"{OURS}.Show", id="nobody")
    assert reply == {"error": f"{OURS}.NotFound", "parameters": {"id": "nobody"}}, reply
    print("errors")
    # A oneway call has no answer, also when it fails; calls may be sent ahead, answers keep their order.
    client.send({"method": f"{OURS}.Version", "oneway": True}, {"method": f"{OURS}.Nothing", "oneway": True},
                {"method": f"{OURS}.List", "parameters": None}, {"method": f"{OURS}.Version", "more": True})
    assert "campaigns" in client.receive()["parameters"]
    last = client.receive()
    assert "version" in last["parameters"] and not last.get("continues"), last
    print("oneway, ahead")
    # One question about a device at a time: the second is refused unless the first was answered meanwhile.
    other = Varlink(path)
    client.send({"method": f"{OURS}.Who", "parameters": {"device": "lo"}}, {"method": f"{OURS}.Version"})
    second = other.call(f"{OURS}.Who", device="lo")
    is_answered = bool(select.select([client.socket], [], [], 0)[0])
    assert second.get("error") == f"{OURS}.Busy" or is_answered, second
    first = client.receive()["parameters"]
    assert re.search(r"^lo \(index 1,", first["text"], re.MULTILINE), first
    assert "version" in client.receive()["parameters"]
    other.fails("InvalidParameter", f"{OURS}.Who", {"parameter": "netns"}, device="lo", netns="x" * 300)
    print("who,", "refused" if second.get("error") else "asked twice")
    campaigns = client.call(f"{OURS}.List")["parameters"]["campaigns"]
    assert [c["id"] for c in by_parts(client, 2)] == [c["id"] for c in campaigns], "a list in parts is another one"
    client.fails("InvalidParameter", f"{OURS}.List", {"parameter": "limit"}, limit=201)
    client.fails("InvalidParameter", f"{OURS}.List", {"parameter": "after"}, after="first")
    one = next(c["id"] for c in campaigns if c["state"] == "ended")
    client.send({"method": f"{OURS}.Follow", "parameters": {"id": one}, "more": True}, {"method": f"{OURS}.Version"})
    replies = [client.receive()]
    while replies[-1].get("continues"):
        replies.append(client.receive())
    assert len(replies) > 2 and all(reply["parameters"]["line"] for reply in replies[:-1]), len(replies)
    assert replies[-1]["parameters"]["line"] is None, replies[-1]
    assert "version" in client.receive()["parameters"]
    print("more:", len(replies), "replies")


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
    elif what == "varlink":
        varlink(path)
    elif what == "slow":
        slow(path, *more)
    else:
        listen(path, show_notify if what == "notify" else show_journal)
