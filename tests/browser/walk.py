"""Every page that a source can come to, in every state, one after the other, errors among them."""

import secrets
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from tests.browser import journey
from tests.browser.driving import Browser
from tests.corpus import Report
from tests.journeys.conftest import Office
from tests.journeys.instance import ANA
from tests.journeys.test_text_browsers import case_of
from whistle.console.answer import Attachment
from whistle.protocol.receipt import Receipt

Look = Callable[[str], None]
_WARNED = "return [...document.querySelectorAll('.warn')].some((each) => each.checkVisibility());"
_WRONG = "Nothing was sent yet"
#: More answers than one page shows.
_ANSWERS = 8


def report_and_return(browser: Browser, address: str, office: Office, report: Report, folder: Path, look: Look) -> None:
    """Go through a report and all that follows, and call ``look`` with a name for each page."""
    words = _report(browser, address, report, folder, look)
    _wrong_words(browser, address, look)
    keys = office.instance.keys_of(words)
    journey.come_back(browser, address, words)
    look("answers, none yet")
    office.sync()
    answerer = office.consoles[ANA]
    files = [Attachment("записка.txt", "text/plain", BytesIO(b"a file"))]
    answerer.reply(case_of(answerer, keys), report.answer, report.language, *files)
    # A text that cannot be made smaller, so that it takes more than one record.
    answerer.reply(case_of(answerer, keys), f"A long answer. {secrets.token_hex(20_000)}", "en")
    for number in range(_ANSWERS):
        answerer.reply(case_of(answerer, keys), f"Answer {number}", "en")
    journey.come_back(browser, address, words)
    look("answers")
    browser.press("Older answers", then="Answer 1, from")
    look("older answers")
    browser.press("Read it", then="A long answer.")
    look("a long answer")
    journey.come_back(browser, address, words)
    browser.write("What do you want to add?", " ")
    browser.press("Seal and send", then=_WRONG)
    look("a follow-up without a text")
    journey.add(browser, report.follow_up)
    look("a follow-up has arrived")
    journey.come_back(browser, address, words)
    browser.press("Withdraw my report", then="Withdraw everything that you sent?")
    look("withdraw?")
    browser.press("No, keep it", then="Answers to your report")
    journey.withdraw(browser)
    look("withdrawn")
    journey.come_back(browser, address, words)
    look("answers after withdrawing")


def _report(browser: Browser, address: str, report: Report, folder: Path, look: Look) -> str:
    browser.open(f"{address}/", then="Make a report")
    look("the first page")
    browser.press("Make a report", then="Write down these 12 words")
    look("twelve words")
    words = list(browser.run(journey.READ_WORDS))
    browser.press("I have written them down", then="Two of your words")
    look("two words asked")
    browser.press("Go on", then="Two of your words")
    browser.wait_until(lambda: bool(browser.run(_WARNED)), "a warning")
    look("two words wrong")
    browser.press("Show me the words again", then="Write down these 12 words")
    browser.press("I have written them down", then="Two of your words")
    browser.press("Skip this", then="Who must not read this?")
    look("the form")
    browser.press("Seal and send", then=_WRONG)
    look("the form without a text")
    browser.write("What", report.text)
    browser.choose(journey.on_disk(folder, report))
    look("the form with files")
    browser.press("Seal and send", then="Your report has arrived")
    look("it has arrived")
    return " ".join(words)


def _wrong_words(browser: Browser, address: str, look: Look) -> None:
    cases = {
        "no words": ("", "Enter your 12 words"),
        "a word in no list": ("xyzzy " * 12, "Enter your 12 words"),
        "a wrong last word": ("abandon " * 11 + "zoo", "Enter your 12 words"),
        "words of nobody": (" ".join(Receipt.generate().words()), "Nothing was found for these words"),
    }
    for name, (entered, then) in cases.items():
        browser.open(f"{address}/", then="I have my 12 words")
        browser.press("I have my 12 words", then="Enter your 12 words")
        look("enter twelve words")
        browser.write("Your 12 words", entered)
        browser.press("Look for answers", then=then)
        if then == "Enter your 12 words":
            browser.wait_until(lambda: bool(browser.run(_WARNED)), "a warning")
        look(name)
