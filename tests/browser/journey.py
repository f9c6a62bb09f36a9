"""What a source does on the pages, the same with JavaScript and without."""

import re
from collections.abc import Sequence
from pathlib import Path

from tests.browser.driving import Browser
from tests.corpus import Report
from tests.journeys.browser import line_ends
from tests.journeys.instance import NAMES, NUMBERS

READ_WORDS = """return [...document.querySelectorAll("ol.words > li")].map(word => word.textContent.trim());"""
_SEND_SOON = """
setTimeout(() => document.querySelector("#text").form.querySelector("[type=submit]").click(), 1000);
"""


def begin(browser: Browser, address: str) -> str:
    """Go up to the form of a new report, and return the receipt."""
    browser.open(f"{address}/", then="Make a report")
    browser.press("Make a report", then="Write down these 12 words")
    words = list(browser.run(READ_WORDS))
    assert len(words) == 12
    browser.press("I have written them down", then="Two of your words")
    for place in map(int, re.findall(r"Word (\d+)", browser.text())):
        browser.write(f"Word {place}", words[place - 1])
    browser.press("Go on", then="Who must not read this?")
    return " ".join(words)


def report(browser: Browser, address: str, report: Report, files: Sequence[Path] = ()) -> str:
    """Send a report as its source would, and return the receipt."""
    words = begin(browser, address)
    for who in report.excludes:
        browser.tick(NAMES[NUMBERS[who]])
    browser.write("What", report.text)
    if report.contact is not None:
        browser.click("//summary[contains(., 'A way to reach you')]")
        browser.write("Name, telephone", report.contact)
    if files:
        browser.choose(files)
    browser.press("Seal and send", then="Your report has arrived")
    return words


def send_soon(browser: Browser) -> None:
    """Have the form sent in a second, so that the browser can be left alone before."""
    browser.run(_SEND_SOON)


def come_back(browser: Browser, address: str, words: str) -> None:
    """Come back with twelve words, to the page with the answers."""
    browser.open(f"{address}/", then="I have my 12 words")
    browser.press("I have my 12 words", then="Enter your 12 words")
    browser.write("Your 12 words", words)
    browser.press("Look for answers", then="Answers to your report")


def add(browser: Browser, text: str, files: Sequence[Path] = ()) -> None:
    """Send a follow-up from the page with the answers."""
    browser.write("What do you want to add?", text)
    if files:
        browser.choose(files)
    browser.press("Seal and send", then="Your message has arrived")


def withdraw(browser: Browser) -> None:
    """Take everything back from the page with the answers."""
    browser.press("Withdraw my report", then="Withdraw everything that you sent?")
    browser.press("Withdraw everything", then="It is withdrawn")


def readers(browser: Browser) -> list[str]:
    """Return whom the page names as those who can open what has arrived."""
    named = re.search(r"These people can open it: ([^.]*)\.", " ".join(browser.text().split()))
    assert named is not None, browser.text()
    return named[1].split(", ")


def on_disk(folder: Path, report: Report) -> list[Path]:
    """Write a report's files under their own names."""
    folder.mkdir(parents=True)
    paths = []
    for attachment in report.attachments:
        paths.append(folder / attachment.name)
        paths[-1].write_bytes(attachment.content)
    return paths


def sent(text: str) -> str:
    """Return what of a text leaves a field of a form: every end of a line is LF."""
    return line_ends(text)
