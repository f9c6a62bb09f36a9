"""Leaving the page: with a warning while something would be lost, in a hurry without one, and nothing comes back."""

import pytest

from tests.browser import journey
from tests.browser.chromium import Chromium
from tests.browser.conftest import Start
from tests.browser.driving import Browser, Mode
from tests.browser.recorder import Recorder

NEUTRAL = "https://www.wikipedia.org/"
TEXT = "The stamp costs three hundred, every time."
_WOULD_WARN = """
const event = new Event("beforeunload", { cancelable: true });
window.dispatchEvent(event);
return event.defaultPrevented;
"""


def in_a_hurry(browser: Browser, how: str) -> None:
    if how == "button":
        browser.click("//button[normalize-space()='Leave now']")
    else:
        browser.keys("Escape", "Escape")


def started(start: Start, kind: str) -> Browser:
    browser = start(kind, Mode.ON)
    if isinstance(browser, Chromium):
        browser.page.route(f"{NEUTRAL}**", lambda route: route.fulfill(body="Something else"))
    return browser


@pytest.mark.parametrize("how", ["button", "key"])
@pytest.mark.parametrize("kind", ["Chromium", "Firefox"])
def test_a_way_out_in_a_hurry(kind: str, how: str, start: Start, recorder: Recorder) -> None:
    browser = started(start, kind)
    words = journey.begin(browser, recorder.address)
    browser.write("What", TEXT)
    in_a_hurry(browser, how)
    browser.wait_until(lambda: browser.address == NEUTRAL, NEUTRAL)
    browser.back()
    # Whatever the browser goes back to, it is not what was left.
    shown = browser.text() + str(
        browser.run("return [...document.querySelectorAll('textarea')].map((each) => each.value);")
    )
    assert TEXT not in shown
    assert words.split()[0] not in shown.split()
    browser.complaints()  # Firefox found no Wikipedia on this machine


@pytest.mark.parametrize("kind", ["Chromium", "Firefox"])
def test_a_warning_once_while_something_is_unsent(kind: str, start: Start, recorder: Recorder) -> None:
    browser = start(kind, Mode.ON)
    journey.begin(browser, recorder.address)
    assert not browser.run(_WOULD_WARN)
    browser.write("What", TEXT)
    assert browser.run(_WOULD_WARN)
    assert not browser.run(_WOULD_WARN)
    browser.write("What", TEXT + " More.")
    assert browser.run(_WOULD_WARN)
    browser.press("Seal and send", then="Your report has arrived")
    assert not browser.run(_WOULD_WARN)


def test_the_browser_shows_the_warning(start: Start, recorder: Recorder) -> None:
    browser = start("Chromium", Mode.ON)
    assert isinstance(browser, Chromium)
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    journey.begin(browser, recorder.address)
    browser.click("//textarea[@id='text']")
    browser.keys(TEXT)
    browser.page.on("dialog", stay)
    browser.page.close(run_before_unload=True)
    browser.wait_until(lambda: bool(asked) and bool(browser.text()), "the question whether to leave")
    assert asked == ["beforeunload"]
    assert browser.written("What") == TEXT
