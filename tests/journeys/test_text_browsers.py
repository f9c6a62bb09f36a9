"""Whole journeys with text browsers that nobody here wrote: the corpus, there and back, over the pages."""

import re
from contextlib import closing
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest

from tests.corpus import Report, load
from tests.journeys.browser import FILE_FIELDS, BrowserDied, TextBrowser, begun_again
from tests.journeys.conftest import Office
from tests.journeys.instance import ANA, BOON, CHITRA, NAMES, NUMBERS, Console
from tests.journeys.w3m import W3m
from whistle.console.answer import Attachment
from whistle.console.case import Case

CORPUS = load()


def readers_of(report: Report) -> list[int]:
    """Return who may read a report, by its own account."""
    excluded = {NUMBERS[who] for who in report.excludes}
    return [number for number in (ANA, BOON) if number not in excluded]


def twelve(page: str) -> str:
    """Return the words of a receipt from the page that shows them."""
    words = re.findall(r"\d+\. ([a-z]+)", page)
    assert len(words) == 12, page
    return " ".join(words)


def send_report(browser: TextBrowser, office: Office, report: Report, files: list[Path]) -> str:
    """Send a report as its source would, and return the receipt."""
    browser.open(f"{office.instance.address}/", then="Make a report")
    browser.press("Make a report", then="Write down these 12 words")
    words = twelve(browser.shown())
    browser.press("I have written them down", then="Two of your words")
    for place in map(int, re.findall(r"Word (\d+)", browser.shown())):
        browser.fill(f"Word {place}", words.split()[place - 1])
    browser.press("Go on", then="Who must not read this?")
    for who in report.excludes:
        browser.tick(NAMES[NUMBERS[who]])
    for place, path in enumerate(files):
        browser.attach(place, path)
    if report.contact is not None:
        browser.write("Name, telephone", report.contact)
    browser.write("What do you want to tell?", report.text)
    browser.press("Seal and send", then="Your report has arrived")
    return words


def come_back(browser: TextBrowser, office: Office, words: str) -> None:
    """Come back with twelve words, to the page with the answers."""
    browser.open(f"{office.instance.address}/", then="I have my 12 words")
    browser.press("I have my 12 words", then="Enter your 12 words")
    browser.write("Your 12 words", words)
    browser.press("Look for answers", then="Answers to your report")


def said(page: str) -> list[str]:
    """Return the answers that stand on a page, every letter of them."""
    found = re.findall(r'<p class="said"[^>]*>(.*?)</p>', page, re.DOTALL)
    return [unescape(text.replace("<br>", "\n")) for text in found]


def on_disk(folder: Path, report: Report) -> list[Path]:
    """Write a report's files, as many as the form takes, under names that the browsers can type."""
    paths = []
    for number, attachment in enumerate(report.attachments[:FILE_FIELDS]):
        paths.append(folder / f"file-{number}.bin")
        paths[-1].write_bytes(attachment.content)
    return paths


def squeezed(text: str) -> str:
    """Return text without its blanks: where lines are broken is the browser's own affair."""
    return "".join(text.split())


@pytest.mark.parametrize("report", CORPUS, ids=lambda report: report.slug)
@begun_again
def test_a_report_is_read_and_answered_and_followed_up(
    report: Report, browser: TextBrowser, office: Office, tmp_path: Path
) -> None:
    files = on_disk(tmp_path, report)
    words = send_report(browser, office, report, files)
    assert names_on(browser.shown()) == [NAMES[number] for number in readers_of(report)]
    keys = office.instance.keys_of(words)

    office.sync()
    for number, console in office.consoles.items():
        case = console.case(keys)
        assert (case is not None) == (number in readers_of(report))
        if case is not None:
            assert [item.text for item in case.items] == [browser.sent(report.text)]
            assert console.files(case, case.items[0]) == [(path.name, path.read_bytes()) for path in files]
            assert case.items[0].readers == tuple(readers_of(report))
        kept = report.contact is not None and browser.sent(report.contact) in console.contacts()
        assert kept == (number == CHITRA and report.contact is not None)

    answerer = office.consoles[readers_of(report)[0]]
    case = case_of(answerer, keys)
    answerer.reply(case, report.answer, report.language, *answer_files(report))

    come_back(browser, office, words)
    page = browser.read()
    assert squeezed(report.answer) in squeezed(page), (report.answer, page)
    if isinstance(browser, W3m):
        assert said(browser.source()) == [report.answer]
    for who in ("reviewer-1", "reviewer-2"):
        assert browser.is_ticked(NAMES[NUMBERS[who]]) == (who in report.excludes)

    browser.write("What do you want to add?", report.follow_up)
    browser.press("Seal and send", then="Your message has arrived")
    assert names_on(browser.shown()) == [NAMES[number] for number in readers_of(report)]

    office.sync()
    for number, console in office.consoles.items():
        found = console.case(keys)
        assert (found is not None) == (number in readers_of(report))
        if found is not None:
            texts = [item.text for item in found.items if item.from_source]
            assert texts == [browser.sent(report.text), browser.sent(report.follow_up)]
            assert [item.text for item in found.items if not item.from_source] == [report.answer]
            assert not found.faults
            assert not found.misfits


#: An empty file, one of 300 KB, one with a name that a terminal cannot show, and one with quotes and a tag in it.
FILED = {"08-customs-villa", "31-harbour-abroad", "23-letters-that-turn", "25-docket-log"}


@pytest.mark.parametrize("report", [each for each in CORPUS if each.slug in FILED], ids=lambda report: report.slug)
@begun_again
def test_every_file_of_an_answer_is_saved_whole(
    report: Report, browser: TextBrowser, office: Office, tmp_path: Path
) -> None:
    words = send_report(browser, office, report, [])
    office.sync()
    answerer = office.consoles[readers_of(report)[0]]
    case = case_of(answerer, office.instance.keys_of(words))
    sent = [Attachment(file.name, "text/plain", BytesIO(file.content)) for file in report.attachments]
    answerer.reply(case, "Please look at this.", "en", *sent)
    for place, file in enumerate(report.attachments):
        come_back(browser, office, words)
        saved = tmp_path / f"saved-{place}"
        saved.unlink(missing_ok=True)
        browser.save("Save", saved, place)
        assert saved.read_bytes() == file.content


def test_a_journey_is_begun_again_where_the_browser_died_twice_at_most(office: Office, tmp_path: Path) -> None:
    with closing(W3m(tmp_path / "browser")) as browser:
        visits: list[int] = []

        @begun_again
        def visit(deaths: int) -> None:
            visits.append(deaths)
            if len(visits) <= deaths:
                browser.die()
            browser.open(f"{office.instance.address}/", then="Make a report")

        with pytest.warns(UserWarning, match="begun again"):
            visit(2)
        assert visits == [2, 2, 2]
        visits.clear()
        with pytest.warns(UserWarning, match="begun again"), pytest.raises(BrowserDied):
            visit(3)


def case_of(console: Console, keys: object) -> Case:
    case = console.case(keys)  # type: ignore[arg-type]
    assert case is not None
    return case


def answer_files(report: Report) -> list[Attachment]:
    """Return what the reviewer sends back: the first of the source's own files, where there is one."""
    return [Attachment(file.name, "text/plain", BytesIO(file.content)) for file in report.attachments[:1]]


def names_on(page: str) -> list[str]:
    """Return whom the page names as those who can open a message."""
    named = re.search(r"These people can open it: ([^.]*)\.", " ".join(page.split()))
    assert named is not None, page
    return named[1].split(", ")
