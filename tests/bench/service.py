#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures of the service: a dadraced of its own, in a folder of its own.

usage: service.py round DADRACED SECONDS    one round: prints samples, as figures.py wants them
       service.py beside DADRACED PAIRS     what a campaign loses to followers and to a crowd: samples
       service.py kills DADRACED NUMBER     kill -9 at random times over a queue: prints what came of it
       service.py kept DADRACED NUMBER      with so many kept campaigns, then 1,000 queued beside a running one: samples

Of followers there are two kinds: connections of one process that only reads, which show what the service
does for them, and as many `dadrace ctl follow`. A crowd are CLIENTS (in the environment; 1000) connections with
half a message each, to the control socket and to HTTP, and lines of 1 GiB. What a campaign loses to them is
measured while one campaign runs, in turns with nothing: each figure is a span's rate by that of its neighbours.
"""

import glob
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
LANES, FOLLOWERS = 4, 10
CLIENTS = int(os.environ.get("CLIENTS", 1000))
SETTLE_S, SPAN_S = 1, 3
QUEUE = 1000


def sample(table, row, column, value):
    print(table, row, column, value, sep="\t", flush=True)


def campaign(trials, lanes=LANES):
    return f"name: bench\nstop: {{trials: {trials}}}\nlanes: {lanes}\narms: [race]\nwindow: {{hold_us: [1000]}}\n"


def cpu_of(pid):
    """Seconds, to the nanosecond: the scheduler's own account."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0]) / 1e9


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
                       f"socket: {self.path}\nhttp: {self.http}\nqueue_max: {QUEUE}\nkeep_campaigns: 100000\n")
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
        return cpu_of(self.process.pid)

    def peak_mib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM:"))

    def rss_mib(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize() / 2**20

    def call(self, method, **parameters):
        """Over a new connection when the service has closed one that was silent."""
        end = time.monotonic() + DEADLINE_S
        while True:
            try:
                return self.control.call(method, **parameters)
            except (OSError, EOFError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)
                self.control = Connection(self.path)

    def list(self):
        """All campaigns; a reply has a part of them."""
        campaigns, part = [], {"next": 0, "more": True}
        while part["more"]:
            part = self.call("List", after=part["next"])
            campaigns += part["campaigns"]
        return campaigns

    def submit(self, text):
        return self.call("Submit", campaign=text)["id"]

    def state(self, one):
        return self.call("Show", id=one)["campaign"]["state"]

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


def readers(service, one):
    ready = multiprocessing.Event()
    reader = multiprocessing.Process(target=read_all, args=(service, one, ready))
    reader.start()
    ready.wait(DEADLINE_S)
    return [reader.pid], lambda: (reader.kill(), reader.join())


def clients(service, one):
    dadrace = os.path.join(os.path.dirname(service.program), "dadrace")
    many = [subprocess.Popen([dadrace, "ctl", "--socket", service.path, "follow", one], stdout=subprocess.DEVNULL)
            for _ in range(FOLLOWERS)]
    return [client.pid for client in many], lambda: [(client.kill(), client.wait()) for client in many]


def half(path, text):
    """A connection with half a message; a busy service may leave it waiting."""
    client = socket.socket(socket.AF_UNIX)
    client.setblocking(False)
    try:
        client.connect(path)
        client.send(text)
    except (BlockingIOError, BrokenPipeError, ConnectionResetError):
        pass
    return client


def line_without_end(path):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(DEADLINE_S)
    try:
        client.connect(path)
        for _ in range(1 << 14):
            client.sendall(b" " * 65536)
    except (BrokenPipeError, ConnectionResetError):
        pass
    client.close()


def press(service):
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    held = []
    for path, text in (service.path, b'{"method":"io.dadrace.Con'), (service.http, b"GET /metrics HTTP/1.1\r\nHo"):
        for i in range(CLIENTS):
            held.append(half(path, text))
            if i % 100 == 0:
                line_without_end(service.path)
    time.sleep(DEADLINE_S)


def crowd(service, _one):
    process = multiprocessing.Process(target=press, args=(service,))
    process.start()
    return [process.pid], lambda: (process.kill(), process.join())


def rates(service, one, spans):
    """Trials per second that ended in each span."""
    ends = [line["started_unix_ms"] / 1e3 + line["elapsed_ns"] / 1e9 for line in service.lines(one, "trial")]
    return [sum(begin <= end < until for end in ends) / (until - begin) for begin, until in spans]


def beside(service, pairs, row, others, settle_s):
    one = service.submit(campaign(1000000))
    while not service.call("Show", id=one)["campaign"]["trials"]:
        time.sleep(0.1)
    spans, used, theirs, before = [], [], [], service.rss_mib()
    for i in range(2 * pairs + 1):
        pids, end = others(service, one) if i % 2 else ([], lambda: None)
        time.sleep(settle_s)
        begin, cpu, their = time.time(), service.cpu_s(), sum(map(cpu_of, pids))
        time.sleep(SPAN_S)
        spans.append((begin, time.time()))
        used.append(service.cpu_s() - cpu)
        theirs.append(sum(map(cpu_of, pids)) - their)
        end()
    peak = service.peak_mib()
    service.call("Cancel", id=one)
    service.await_end(one)
    rate = rates(service, one, spans)
    for i in range(1, len(rate), 2):
        quiet = (rate[i - 1] + rate[i + 1]) / 2
        sample("beside", row, "trials/s", rate[i])
        sample("beside", row, "trials/s without", quiet)
        sample("beside", row, "ratio", rate[i] / quiet)
        sample("beside", row, "service, us a trial", used[i] / SPAN_S / rate[i] * 1e6)
        sample("beside", row, "without, us a trial", (used[i - 1] + used[i + 1]) / 2 / SPAN_S / quiet * 1e6)
        sample("beside", row, "they, us a trial", theirs[i] / SPAN_S / rate[i] * 1e6)
    for column, mib in (("resident before, MiB", before), ("at most, MiB", peak), ("after, MiB", service.rss_mib())):
        sample("beside", row, column, mib)


def all_beside(service, pairs):
    rows = [(f"{FOLLOWERS} that read, a scrape each second", readers, SETTLE_S),
            (f"{FOLLOWERS} dadrace ctl follow", clients, 3 * SETTLE_S),  # they begin with the first trial
            (f"a crowd of {CLIENTS:,}, lines of 1 GiB", crowd, 0)]
    for row in rows:
        beside(service, pairs, *row)


def latency(service):
    """From the call to the start of the first trial: programs are loaded and lanes made meanwhile."""
    called = time.time()
    one = service.submit(campaign(1, lanes=1))
    accepted = time.time()
    service.await_end(one)
    sample("service", "submit, until it is accepted", "ms", (accepted - called) * 1e3)
    sample("service", "submit, until its first trial begins", "ms",
           service.lines(one, "trial")[0]["started_unix_ms"] - called * 1e3)


def beside_crowd(service):
    """One that was there before is answered."""
    end = crowd(service, None)[1]
    waits = []
    for _ in range(200):
        begin = time.monotonic()
        service.call("Version")
        waits.append((time.monotonic() - begin) * 1e6)
    end()
    waits.sort()
    sample("service", f"a call beside a crowd of {CLIENTS:,}, p50", "us", waits[100])
    sample("service", f"a call beside a crowd of {CLIENTS:,}, p99", "us", waits[198])


def idle(service, seconds):
    before = service.cpu_s()
    time.sleep(seconds)
    sample("service", "idle: resident", "MiB", service.rss_mib())
    sample("service", "idle: CPU", "%", (service.cpu_s() - before) / seconds * 100)


def versions(service, row, seconds):
    """How long a call waits, made at any time."""
    waits, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic()
        service.call("Version")
        waits.append((time.monotonic() - begin) * 1e3)
        time.sleep(random.uniform(0, 0.02))
    waits.sort()
    sample("service", f"{row}: Version, p99", "ms", waits[len(waits) * 99 // 100])
    sample("service", f"{row}: Version, at most", "ms", waits[-1])


def copies(service, one, number):
    """What the service keeps of one campaign, as often as that; it finds them when it starts."""
    folder = f"{service.folder}/state/campaigns"
    for i in range(number):
        copy = f"{one[:-8]}{i:08x}"
        shutil.copytree(f"{folder}/{one}", f"{folder}/{copy}")
        for path in glob.glob(f"{folder}/{copy}/*.json"):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace(one, copy))


def kept(program, number):
    service = Service(program)
    row = f"{number:,} kept"
    try:
        one = service.submit(campaign(1, lanes=1))
        service.await_end(one)
        service.process.terminate()
        service.process.wait()
        copies(service, one, number)
        begin = time.monotonic()
        service.start()
        sample("service", f"{row}: answers after its start", "ms", (time.monotonic() - begin) * 1e3)
        if len(service.list()) != number + 1:
            raise RuntimeError("the service does not list what it keeps")
        versions(service, row, 10)
        before = service.cpu_s()
        time.sleep(30)
        sample("service", f"{row}: idle: CPU", "%", (service.cpu_s() - before) / 30 * 100)
        sample("service", f"{row}: resident", "MiB", service.rss_mib())
        row += f", {QUEUE:,} queued, one running"
        service.submit(campaign(1000000))
        for _ in range(QUEUE):
            service.submit(campaign(1))
        versions(service, row, 20)
        sample("service", f"{row}: resident", "MiB", service.rss_mib())
    finally:
        service.stop()


def one_round(program, seconds):
    service = Service(program)
    try:
        idle(service, seconds)
        latency(service)
        beside_crowd(service)
        all_beside(service, 1)
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
        runs = [service.call("Show", id=one)["campaign"]["runs"] for one in accepted]
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
    if what == "kept":
        sys.exit(kept(program, int(number)))
    if what == "beside":
        alone = Service(program)
        try:
            all_beside(alone, int(number))
        finally:
            alone.stop()
        sys.exit()
    one_round(program, int(number))
