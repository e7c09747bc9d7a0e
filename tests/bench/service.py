#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures of the service: a dadraced of its own, in a folder of its own.

usage: service.py round DADRACED SECONDS    one round: prints samples, as figures.py wants them
       service.py kills DADRACED NUMBER     kill -9 at random times over a queue: prints what came of it

Of followers there are two kinds: connections of one process that only reads, which show what the service
does for them, and as many `dadrace ctl follow`.
"""

import json
import multiprocessing
import os
import random
import resource
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time

INTERFACE = "io.dadrace.Control."
DEADLINE_S = 300
LANES, FOLLOWERS, CLIENTS = 4, 10, 1000


def sample(table, row, column, value):
    print(table, row, column, value, sep="\t", flush=True)


def campaign(trials, lanes=LANES):
    return f"name: bench\nstop: {{trials: {trials}}}\nlanes: {lanes}\narms: [race]\nwindow: {{hold_us: [1000]}}\n"


class Connection:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(DEADLINE_S)
        self.socket.connect(path)
        self.rest = b""

    def send(self, method, more=False, **parameters):
        call = {"method": INTERFACE + method, "parameters": parameters, "more": more}
        self.socket.sendall(json.dumps(call).encode() + b"\0")

    def receive(self):
        while b"\0" not in self.rest:
            block = self.socket.recv(1 << 20)
            if not block:
                raise EOFError("the service has closed the connection")
            self.rest += block
        text, self.rest = self.rest.split(b"\0", 1)
        reply = json.loads(text)
        if "error" in reply:
            raise RuntimeError(text.decode())
        return reply["parameters"]

    def call(self, method, **parameters):
        self.send(method, **parameters)
        return self.receive()


class Service:
    def __init__(self, program):
        self.program = program
        self.folder = tempfile.mkdtemp(prefix="dadraced-bench.")
        self.path = self.folder + "/control"
        self.http = self.folder + "/http"
        with open(self.folder + "/dadraced.yaml", "w", encoding="utf-8") as file:
            file.write(f"state_folder: {self.folder}/state\nspool_folder: {self.folder}/spool\n"
                       f"socket: {self.path}\nhttp: {self.http}\nqueue_max: 1000\n")
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.program, "--config", self.folder + "/dadraced.yaml"],
                                        stderr=subprocess.DEVNULL)
        end = time.monotonic() + DEADLINE_S
        while True:
            try:
                self.control = Connection(self.path)
                self.control.call("Version")
                return
            except (OSError, EOFError):
                if time.monotonic() > end or self.process.poll() is not None:
                    raise
                time.sleep(0.01)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mib(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize() / 2**20

    def submit(self, text):
        return self.control.call("Submit", campaign=text)["id"]

    def state(self, one):
        return self.control.call("Show", id=one)["campaign"]["state"]

    def await_end(self, one):
        end = time.monotonic() + DEADLINE_S
        while self.state(one) != "ended":
            if time.monotonic() > end:
                raise TimeoutError(f"{one} has not ended")
            time.sleep(0.1)

    def lines(self, one, kind):
        with open(f"{self.folder}/state/campaigns/{one}/results.ndjson", encoding="utf-8") as lines:
            return [line for line in map(json.loads, lines) if line["type"] == kind]

    def scrape(self):
        client = socket.socket(socket.AF_UNIX)
        client.connect(self.http)
        client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        text = b""
        while block := client.recv(1 << 20):
            text += block
        client.close()
        return text.decode()

    def counted(self):
        """Trials, as the metrics have them."""
        return sum(int(line.rsplit(" ", 1)[1]) for line in self.scrape().splitlines()
                   if line.startswith("dadrace_trials_total{"))


def read_all(service, one, ready):
    """Follows from ten connections and scrapes each second, until it is ended."""
    poll = select.poll()
    followers = [Connection(service.path) for _ in range(FOLLOWERS)]
    for follower in followers:
        follower.send("Follow", more=True, id=one)
        poll.register(follower.socket, select.POLLIN)
    sockets = {follower.socket.fileno(): follower.socket for follower in followers}
    ready.set()
    due = time.monotonic()
    while True:
        if time.monotonic() >= due:
            due += 1
            service.scrape()
        for fd, _ in poll.poll(max(0, int(1000 * (due - time.monotonic())))):
            if not sockets[fd].recv(1 << 20):
                return


def nobody(_service, _one):
    return lambda: None


def readers(service, one):
    ready = multiprocessing.Event()
    reader = multiprocessing.Process(target=read_all, args=(service, one, ready))
    reader.start()
    ready.wait(DEADLINE_S)

    def end():
        reader.kill()
        reader.join()
    return end


def clients(service, one):
    dadrace = os.path.join(os.path.dirname(service.program), "dadrace")
    many = [subprocess.Popen([dadrace, "ctl", "--socket", service.path, "follow", one], stdout=subprocess.DEVNULL)
            for _ in range(FOLLOWERS)]
    return lambda: [client.wait(DEADLINE_S) for client in many]


def rate(service, row, trials, followed):
    one = service.submit(campaign(trials))
    end_followers = followed(service, one)
    before = service.cpu_s()
    service.await_end(one)
    cpu = service.cpu_s() - before
    end_followers()
    lines = service.lines(one, "trial")
    begin = min(line["started_unix_ms"] for line in lines)
    end = max(line["started_unix_ms"] + line["elapsed_ns"] / 1e6 for line in lines)
    sample("followers", row, "trials/s", len(lines) / (end - begin) * 1e3)
    sample("followers", row, "us of CPU a trial", cpu / len(lines) * 1e6)


def latency(service):
    """From the call to the start of the first trial: programs are loaded and lanes made meanwhile."""
    called = time.time()
    one = service.submit(campaign(1, lanes=1))
    accepted = time.time()
    service.await_end(one)
    sample("service", "submit, until it is accepted", "ms", (accepted - called) * 1e3)
    sample("service", "submit, until its first trial begins", "ms",
           service.lines(one, "trial")[0]["started_unix_ms"] - called * 1e3)


def crowd(service):
    """A thousand connections with half a message each; one that was there before is answered."""
    held = []
    for _ in range(CLIENTS):
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        try:
            client.connect(service.path)
            client.send(b'{"method":"io.dadrace.Con')
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            pass
        held.append(client)
    waits = []
    for _ in range(200):
        begin = time.monotonic()
        service.control.call("Version")
        waits.append((time.monotonic() - begin) * 1e6)
    waits.sort()
    sample("service", f"a call beside {CLIENTS:,} clients, p50", "us", waits[100])
    sample("service", f"a call beside {CLIENTS:,} clients, p99", "us", waits[198])
    sample("service", f"resident beside {CLIENTS:,} clients", "MiB", service.rss_mib())
    for client in held:
        client.close()


def idle(service, seconds):
    before = service.cpu_s()
    time.sleep(seconds)
    sample("service", "idle: resident", "MiB", service.rss_mib())
    sample("service", "idle: CPU", "%", (service.cpu_s() - before) / seconds * 100)


def one_round(program, seconds):
    service = Service(program)
    try:
        idle(service, seconds)
        latency(service)
        crowd(service)
        trials = 40 * LANES * seconds
        rows = [("nobody follows", nobody), (f"{FOLLOWERS} that read, a scrape each second", readers),
                (f"{FOLLOWERS} dadrace ctl follow", clients)]
        random.shuffle(rows)
        for row, followed in rows:
            rate(service, row, trials, followed)
    finally:
        service.stop()


def kills(program, number):
    """Every accepted campaign ends once, with each of its trials once, and counted once."""
    trials, accepted, restarts, wrong, fallen = 12, [], [], 0, 0
    service = Service(program)
    try:
        begin = time.monotonic()
        accepted.append(service.submit(campaign(trials, lanes=2)))
        service.await_end(accepted[0])
        whole_s = time.monotonic() - begin  # a kill comes at any time of a campaign, or of the next one
        for _ in range(number):
            while sum(service.state(one) != "ended" for one in accepted[-3:]) < 2:
                accepted.append(service.submit(campaign(trials, lanes=2)))
            time.sleep(random.uniform(0, 1.5 * whole_s))
            before = service.counted()
            service.kill()
            begin = time.monotonic()
            service.start()
            restarts.append((time.monotonic() - begin) * 1e3)
            fallen += service.counted() < before
        for one in accepted:
            service.await_end(one)
            numbers = sorted(line["spec"]["trial"] for line in service.lines(one, "trial"))
            ends = len(service.lines(one, "summary"))
            if numbers != list(range(1, trials + 1)) or ends != 1:
                print(f"{one}: trials {numbers}, {ends} summaries")
                wrong += 1
        runs = [service.control.call("Show", id=one)["campaign"]["runs"] for one in accepted]
        counted = service.counted()
        wrong += counted != trials * len(accepted)
        restarts.sort()
        print(f"{number} times kill -9, after 0 to {1.5 * whole_s:.1f} s: {len(accepted)} campaigns accepted, all ended, "
              f"in {sum(runs)} runs ({max(runs)} of one); {wrong} with trials lost or doubled, {counted} trials counted "
              f"of {trials * len(accepted)}, counters fell {fallen} times; answers again after {restarts[number // 2]:.0f} ms ({restarts[-1]:.0f} at most)")
        return wrong + fallen != 0
    finally:
        service.stop()


if __name__ == "__main__":
    what, program, number = sys.argv[1:]
    if what == "kills":
        sys.exit(kills(program, int(number)))
    one_round(program, int(number))
