"""A whole journey with nothing but a keyboard; whoever tabs always sees where they are."""

import re

import pytest

from tests.browser import journey
from tests.browser.conftest import Start
from tests.browser.driving import Browser, Mode
from tests.browser.recorder import Recorder
from tests.journeys.conftest import Office
from tests.journeys.instance import BOON, NAMES
from tests.journeys.test_text_browsers import case_of

_MOST_TABS = 80
_FOCUSED = """
const element = document.activeElement;
if (element === null || element === document.body) return ["", true];
const style = getComputedStyle(element);
const seen = style.outlineStyle !== "none" || style.boxShadow !== "none";
const label = element.labels?.[0]?.innerText ?? (element.innerText || element.value || "");
return [label.trim(), seen];
"""


def tab_to(browser: Browser, label: str) -> None:
    """Press the tabulator until something is focused, by what it is called."""
    passed = []
    for _tab in range(_MOST_TABS):
        browser.keys("Tab")
        name, seen = browser.run(_FOCUSED)
        if name.startswith(label):
            assert seen, f"nobody sees that {name} is focused"
            return
        passed.append(name)
    raise AssertionError(f"{label} cannot be reached: {passed}")


def press(browser: Browser, label: str, then: str, key: str = "Enter") -> None:
    tab_to(browser, label)
    browser.keys(key)
    browser.wait_for(then)


@pytest.mark.parametrize("kind", ["Chromium", "Firefox"])
@pytest.mark.parametrize("mode", [Mode.OFF, Mode.ON], ids=lambda mode: mode.value)
def test_a_whole_journey(kind: str, mode: Mode, start: Start, recorder: Recorder, office: Office) -> None:
    browser = start(kind, mode)
    browser.open(f"{recorder.address}/", then="Make a report")
    press(browser, "Make a report", then="Write down these 12 words")
    words = list(browser.run(journey.READ_WORDS))
    press(browser, "I have written them down", then="Two of your words", key="Space")
    for place in map(int, re.findall(r"Word (\d+)", browser.text())):
        tab_to(browser, f"Word {place}")
        browser.keys(words[place - 1])
    press(browser, "Go on", then="Who must not read this?")
    tab_to(browser, NAMES[BOON])
    browser.keys("Space")
    tab_to(browser, "What do you want to tell?")
    browser.keys("The stamp costs three hundred.", "Enter", "Every time.")
    press(browser, "Seal and send", then="Your report has arrived")
    assert NAMES[BOON] not in journey.readers(browser)

    keys = office.instance.keys_of(" ".join(words))
    office.sync()
    assert office.consoles[BOON].case(keys) is None
    case = case_of(office.consoles[1], keys)
    assert [item.text for item in case.items] == ["The stamp costs three hundred.\nEvery time."]

    tab_to(browser, "Back to the first page")
    browser.keys("Enter")
    browser.wait_for("I have my 12 words")
    press(browser, "I have my 12 words", then="Enter your 12 words")
    tab_to(browser, "Your 12 words")
    browser.keys(" ".join(words))
    press(browser, "Look for answers", then="Answers to your report")
    tab_to(browser, "What do you want to add?")
    browser.keys("And a cake.")
    press(browser, "Seal and send", then="Your message has arrived")
    office.sync()
    assert [item.text for item in case_of(office.consoles[1], keys).items][-1] == "And a cake."
    assert office.consoles[BOON].case(keys) is None
