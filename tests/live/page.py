#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The service's page in a headless Chromium, driven by its debugging pipe.

usage: page.py URL CAMPAIGN RUNNING SCREENSHOT

The race of a faulty campaign is drawn, a running one's trials are seen to grow, dark mode and the keyboard
work, nothing is fetched from elsewhere and the console is silent.
"""

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

DEADLINE_S = 40


class Browser:
    def __init__(self, profile):
        ours, theirs = os.pipe(), os.pipe()  # what it reads, what it writes
        self.out, self.inp = ours[1], theirs[0]

        def place():
            os.dup2(ours[0], 103)
            os.dup2(theirs[1], 104)
            os.dup2(103, 3)
            os.dup2(104, 4)

        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--remote-debugging-pipe", f"--user-data-dir={profile}", "--window-size=1200,1100",
             "about:blank"], preexec_fn=place, close_fds=False, start_new_session=True,
            stderr=subprocess.DEVNULL)
        self.number = 0
        self.rest = b""
        self.complaints = []
        self.urls = []
        self.session = None

    def end(self):
        """With all its children: one that lives writes its profile anew."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                os.killpg(self.process.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.01)

    def receive(self):
        while b"\0" not in self.rest:
            block = os.read(self.inp, 1 << 20)
            if not block:
                raise EOFError("chromium has ended")
            self.rest += block
        text, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(text)
        kind, parameters = message.get("method"), message.get("params", {})
        if kind == "Runtime.exceptionThrown":
            self.complaints.append(str(parameters["exceptionDetails"])[:300])
        if kind == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.complaints.append(parameters["entry"]["text"] + " " + parameters["entry"].get("url", ""))
        if kind == "Network.requestWillBeSent":
            self.urls.append(parameters["request"]["url"])
        return message

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            reply = self.receive()
            if reply.get("id") == self.number:
                return reply.get("result", {})

    def open(self, url):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.call("Page.navigate", url=url)

    def value(self, expression):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def wait(self, expression):
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            if self.value(expression):
                return
            time.sleep(0.1)
        sys.exit(f"not within {DEADLINE_S} s: {expression}")

    def screenshot(self, path):
        picture = self.call("Page.captureScreenshot")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture))


def with_browser(look_at, *arguments):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        try:
            look_at(browser, *arguments)
        finally:
            browser.end()


def press(browser, key, code, text=""):
    browser.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, text=text)
    browser.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)


def phone(browser, screenshot):
    """Nothing but pictures and wide tables scrolls sideways."""
    browser.call("Emulation.setDeviceMetricsOverride", width=390, height=900, deviceScaleFactor=1, mobile=True)
    width = browser.value("document.documentElement.scrollWidth")
    browser.screenshot(screenshot + "-phone.png")
    browser.call("Emulation.clearDeviceMetricsOverride")
    assert width <= 390, f"a phone has to scroll to {width} pixels"


def filtered(browser, campaign):
    browser.value(f"document.getElementById('filter').value = {json.dumps(campaign)};"
                  "document.getElementById('filter').oninput()")
    browser.wait("document.querySelectorAll('#runs tbody tr').length === 1")
    browser.value("document.getElementById('filter').value = ''; document.getElementById('filter').oninput()")
    browser.wait("document.querySelectorAll('#runs tbody tr').length > 1")


def look(browser, url, campaign, running, screenshot):
    browser.open(f"{url}/#{campaign}")
    browser.wait("document.querySelector('#race svg .window') !== null")
    browser.wait("document.querySelector('#findings li') !== null")
    browser.wait("document.activeElement.id === 'one-title'")  # the address names it, so it is in sight
    picture = browser.value("document.querySelector('#race svg').outerHTML")
    for words in ("the window is open", "the echo reaches the device", "held in the window", "+4"):
        assert words in picture, f"the race lacks: {words}"
    # By the keyboard: to the first campaign, which is the faulty one, and along its strip.
    assert "fault" in browser.value("document.getElementById('answer').className"), "the answer is not: fault"
    browser.value("document.activeElement.blur()")
    browser.value("document.querySelector('#now th a').focus()")
    press(browser, "Tab", 9)
    assert browser.value("document.activeElement.matches('#now .mark.fault')"), "Tab does not reach a verdict"
    press(browser, "ArrowLeft", 37)
    assert browser.value("document.activeElement.matches('#now .mark')"), "Left leads out of the strip"
    # Who holds, and the repeat drawn with its counter, each hold and put in words.
    browser.wait("document.querySelector('#findings .holders li') !== null")
    holders = browser.value("document.querySelector('#findings').textContent")
    for words in ("Held by, according to the ledger of repeat", "+4 by ", "[syscall];"):
        assert words in holders, f"who holds lacks: {words}: {holders}"
    assert f"/{campaign} " in browser.value("document.querySelector('#findings .line code').textContent"), "no replay line"
    browser.value("document.querySelector('#findings details:last-of-type').open = true")
    browser.wait("document.querySelector('#findings details:last-of-type pre').textContent.includes('leaks')")
    browser.value("document.querySelector('#findings button.row').focus()")
    press(browser, "Enter", 13, "\r")
    browser.wait("document.querySelectorAll('#race svg .mark').length > 5")
    titles = browser.value("[...document.querySelectorAll('#race .mark.left')].map("
                           "one => one.parentNode.querySelector('title').textContent).join('\\n')")
    assert titles.count("; never dropped") == 4, f"the holds that are left: {titles}"
    assert browser.value("document.querySelector('#race svg title').textContent").find("repeat") > 0, "no repeat"
    browser.screenshot(screenshot + "-light.png")
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(22, 24, 27)", "no dark mode"
    browser.screenshot(screenshot + "-dark.png")
    phone(browser, screenshot)
    filtered(browser, campaign)
    browser.value("document.querySelector('#running a').focus()")
    press(browser, "Enter", 13, "\r")
    browser.wait(f"document.getElementById('one-title').textContent === {json.dumps(running)}")
    trials = f"+document.querySelector('#runs [data-id=\"{running}\"]').closest('tr').children[2].textContent"
    before = browser.value(trials)
    browser.wait(f"{trials} > {before} + 5")
    browser.wait("document.querySelectorAll('#arms tr').length === 4")
    browser.screenshot(screenshot + "-live.png")
    elsewhere = [one for one in browser.urls if not one.startswith((url, "about:", "data:"))]
    assert not elsewhere, f"fetched from elsewhere: {elsewhere}"
    assert not browser.complaints, f"the console says: {browser.complaints}"


if __name__ == "__main__":
    with_browser(look, *sys.argv[1:])
