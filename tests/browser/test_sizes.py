"""With JavaScript, a report of 10 characters and one of 4,000, a visit with an answer and one without: all the same."""

from collections import Counter

import pytest

from tests.absence.test_sizes import LENGTHS, SCRIPTS, text_of
from tests.browser import journey
from tests.browser.conftest import Start
from tests.browser.driving import Browser, Mode
from tests.browser.recorder import Recorder
from tests.journeys.conftest import Office
from tests.journeys.instance import ANA
from tests.journeys.test_text_browsers import case_of

Shapes = Counter[tuple[str, str, int]]


def report(browser: Browser, recorder: Recorder, text: str) -> tuple[str, Shapes]:
    """Report, and return the receipt and what could be seen of it at the server."""
    recorder.forget()
    words = journey.begin(browser, recorder.address)
    browser.write("What", text)
    browser.press("Seal and send", then="Your report has arrived")
    return words, recorder.shapes("/")


def visit(browser: Browser, recorder: Recorder, words: str) -> Shapes:
    """Come back, and return what could be seen of it at the server."""
    recorder.forget()
    journey.come_back(browser, recorder.address, words)
    return recorder.shapes("/")


@pytest.mark.parametrize("kind", ["Chromium", "Firefox"])
def test_requests_tell_nothing(kind: str, start: Start, recorder: Recorder, office: Office) -> None:
    browser = start(kind, Mode.ON)
    report(browser, recorder, "The first time, more is fetched than later.")
    words, seen = "", []
    # A short and a long text in two scripts: what a character weighs must not matter either.
    for script in (SCRIPTS[0], SCRIPTS[-1]):
        for length in LENGTHS:
            words, shapes = report(browser, recorder, text_of(script, length))
            seen.append(shapes)
    assert all(shapes == seen[0] for shapes in seen), seen
    assert seen[0]["POST", "/v1/messages", 32_768] == 1

    before = visit(browser, recorder, words)
    assert "There is no answer yet" in browser.text()
    office.sync()
    keys = office.instance.keys_of(words)
    office.consoles[ANA].reply(case_of(office.consoles[ANA], keys), "We have a question.", "en")
    after = visit(browser, recorder, words)
    assert browser.said() == ["We have a question."]
    assert after == before
    assert [count for (_method, path, _size), count in before.items() if path == "/v1/look"] == [1]
    assert [count for (_method, path, _size), count in before.items() if path == "/v1/fetch"] == [1]


def test_a_longer_text_is_seen(start: Start, recorder: Recorder) -> None:
    """Show that this would notice: far beyond what fits one record, more is sent."""
    browser = start("Chromium", Mode.ON)
    _words, short = report(browser, recorder, "x")
    _words, long = report(browser, recorder, "".join(text_of(script, 4_000) for script in SCRIPTS))
    assert long != short
    assert any(path == "/v1/chunks" for _method, path, _size in long)
