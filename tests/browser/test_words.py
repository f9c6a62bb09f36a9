"""Typing twelve words: completed on request, a word that no list has is marked at once, a wrong one at the end."""

import pytest

from tests.browser.conftest import Start
from tests.browser.driving import Mode
from tests.browser.recorder import Recorder

ELEVEN = "abandon " * 11


@pytest.mark.parametrize("kind", ["Chromium", "Firefox"])
def test_words_are_completed_and_checked_while_they_are_typed(kind: str, start: Start, recorder: Recorder) -> None:
    browser = start(kind, Mode.ON)
    browser.open(f"{recorder.address}/", then="I have my 12 words")
    browser.press("I have my 12 words", then="Enter your 12 words")
    browser.click("//textarea[@id='receipt']")
    browser.keys("abandn ")
    browser.wait_for("Word 1 is in none of the word lists")
    browser.write("Your 12 words", "")
    browser.click("//textarea[@id='receipt']")
    browser.keys("aband")
    browser.press("abandon", then="")
    browser.wait_until(lambda: browser.written("Your 12 words").startswith("abandon"), "the whole word")
    browser.write("Your 12 words", ELEVEN)
    browser.wait_for("11 of 12 words")
    browser.click("//textarea[@id='receipt']")
    sent = recorder.sent
    browser.write("Your 12 words", f"{ELEVEN}about")
    browser.wait_for("12 words, and they belong together.")
    browser.write("Your 12 words", f"{ELEVEN}zoo")
    browser.wait_until(lambda: "they belong together" not in browser.text(), "a word of warning")
    # Nothing of this concerns the site; the lists were fetched whole, whatever was typed.
    assert recorder.sent == sent
    browser.press("Look for answers", then="Enter your 12 words")
    assert "Answers to your report" not in browser.text()
