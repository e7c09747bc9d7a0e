#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The page that `dadrace report -o` makes.

usage: report_page.py parse FILE PICTURES WORD...   well-formed, self-contained, without script, says the words
       report_page.py look FILE SCREENSHOT          in a headless Chromium whose scripts are off
"""

import html.parser
import re
import sys
import xml.etree.ElementTree

import page

VOID = {"meta", "br", "hr", "img", "link"}


class Parser(html.parser.HTMLParser):
    """Every element is closed in its turn, nothing is a script, links stay in the page."""

    def __init__(self):
        super().__init__()
        self.open, self.text, self.ids, self.links = [], [], set(), set()

    def handle_starttag(self, tag, attrs):
        assert tag not in ("script", "iframe", "object", "link", "img"), f"<{tag}> at {self.getpos()}"
        for name, value in attrs:
            assert not name.startswith("on"), f"{name} at {self.getpos()}"
            assert name not in ("src", "srcset", "action", "xlink:href"), f"{name} at {self.getpos()}"
            if name == "id":
                assert value not in self.ids, f"id {value} twice"
                self.ids.add(value)
            if name == "href":
                assert value.startswith("#"), f"a link to {value}"
                self.links.add(value[1:])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> at {self.getpos()}"

    def handle_data(self, data):
        self.text.append(data)


def parse(path, pictures, *words):
    source = open(path, encoding="utf-8").read()
    parser = Parser()
    parser.feed(source)
    parser.close()
    assert not parser.open, f"not closed: {parser.open}"
    assert parser.links <= parser.ids, f"links to nothing: {parser.links - parser.ids}"
    text = "".join(parser.text)
    for word in words:
        assert word in text, f"it does not say {word}"
    found = re.findall(r"<svg xmlns.*?</svg>", source, re.S)
    assert len(found) == int(pictures), f"{len(found)} pictures"
    for one in re.findall(r"<svg .*?</svg>", source, re.S):
        xml.etree.ElementTree.fromstring(one)


def look(browser, path, screenshot):
    browser.open("about:blank")
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.call("Page.navigate", url="file://" + path)
    browser.wait("document.readyState === 'complete' && document.querySelector('footer') !== null")
    assert browser.value("document.scripts.length") == 0, "a script"
    sizes = "[...document.querySelectorAll('svg.race')].map(one => one.getBoundingClientRect().width)"
    assert all(width > 700 for width in browser.value(sizes)), "a picture is too small to be read"
    outside = ("[...document.querySelectorAll('svg.race')].flatMap(one => [...one.querySelectorAll('text')].filter("
               "text => { const a = text.getBoundingClientRect(), b = one.getBoundingClientRect();"
               " return a.left < b.left || a.right > b.right + 1; }).map(text => text.textContent))")
    assert not browser.value(outside), f"text beyond its picture: {browser.value(outside)}"
    browser.screenshot(screenshot + "-light.png")
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    for what in "body", "svg.race":
        colour = browser.value(f"getComputedStyle(document.querySelector('{what}')).backgroundColor")
        assert max(map(int, re.findall(r"\d+", colour)[:3])) < 64, f"{what} is {colour} in dark mode"
    browser.screenshot(screenshot + "-dark.png")
    browser.call("Emulation.setEmulatedMedia", media="print",
                 features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert browser.value("getComputedStyle(document.querySelector('svg.race')).backgroundColor") \
        == "rgb(246, 247, 249)", "it prints dark"
    browser.call("Emulation.setEmulatedMedia", media="", features=[])
    reached = set()
    for _ in range(12):
        browser.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        reached.add(browser.value("document.activeElement.tagName"))
    assert {"A", "SUMMARY", "DIV"} <= reached, f"Tab reaches {reached} only"
    elsewhere = [one for one in browser.urls if not one.startswith(("file://" + path, "about:"))]
    assert not elsewhere, f"fetched from elsewhere: {elsewhere}"
    assert not browser.complaints, f"the console says: {browser.complaints}"


if __name__ == "__main__":
    if sys.argv[1] == "parse":
        parse(*sys.argv[2:])
    else:
        page.with_browser(look, *sys.argv[2:])
