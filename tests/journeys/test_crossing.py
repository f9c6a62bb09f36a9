"""What one kind of client began another goes on with: the receipt is all it takes."""

import json
from pathlib import Path

import pytest

from tests.corpus import Report, load
from tests.journeys.browser import TextBrowser, begun_again
from tests.journeys.conftest import Office
from tests.journeys.instance import NAMES
from tests.journeys.test_commands import Commands
from tests.journeys.test_text_browsers import (
    case_of,
    come_back,
    names_on,
    readers_of,
    said,
    send_report,
    squeezed,
)
from tests.journeys.w3m import W3m
from whistle.protocol.thread import SourceKeys

#: Two that exclude a reviewer; in the second, invisible and turning characters.
CROSSING = [report for report in load() if report.slug in {"08-customs-villa", "19-closed-by-friday"}]


def texts(office: Office, report: Report, keys: SourceKeys) -> list[str]:
    """Return what the source said, as everybody reads it who may; nobody else has the case."""
    office.sync()
    found = []
    for number, console in office.consoles.items():
        case = console.case(keys)
        assert (case is not None) == (number in readers_of(report))
        if case is not None:
            assert not case.faults
            assert not case.misfits
            found.append([item.text for item in case.items if item.from_source])
    assert all(each == found[0] for each in found)
    return found[0]


@pytest.mark.parametrize("report", CROSSING, ids=lambda report: report.slug)
@begun_again
def test_a_report_by_command_is_followed_up_in_a_browser(
    report: Report,
    browser: TextBrowser,
    office: Office,
    tmp_path: Path,
) -> None:
    told = Commands(office.instance, tmp_path).tip(report)
    keys = office.instance.keys_of(told.words)
    assert texts(office, report, keys) == [report.text]
    answerer = office.consoles[readers_of(report)[0]]
    answerer.reply(case_of(answerer, keys), report.answer, report.language)
    come_back(browser, office, told.words)
    assert squeezed(report.answer) in squeezed(browser.read())
    if isinstance(browser, W3m):
        assert said(browser.source()) == [report.answer]
    browser.write("What do you want to add?", report.follow_up)
    browser.press("Seal and send", then="Your message has arrived")
    assert names_on(browser.shown()) == [NAMES[number] for number in readers_of(report)]
    assert texts(office, report, keys) == [report.text, browser.sent(report.follow_up)]


@pytest.mark.parametrize("report", CROSSING, ids=lambda report: report.slug)
@begun_again
def test_a_report_in_a_browser_is_followed_up_and_withdrawn_by_command(
    report: Report,
    browser: TextBrowser,
    office: Office,
    tmp_path: Path,
) -> None:
    words = send_report(browser, office, report, [])
    keys = office.instance.keys_of(words)
    assert texts(office, report, keys) == [browser.sent(report.text)]
    text = tmp_path / "follow-up"
    text.write_bytes(report.follow_up.encode())
    asked = ("--intake", office.instance.address, "--no-trace", "--receipt-file", "-", "--yes")
    sent = office.instance.whistle("follow-up", *asked, "--text", text, "--json", stdin=words)
    assert json.loads(sent) == {"message": 2, "readers": [NAMES[number] for number in readers_of(report)]}
    assert texts(office, report, keys) == [browser.sent(report.text), report.follow_up]
    office.instance.whistle("withdraw", *asked, stdin=words)
    office.sync()
    assert case_of(office.consoles[readers_of(report)[0]], keys).withdrawn
    come_back(browser, office, words)
    assert "You have withdrawn what you sent." in " ".join(browser.shown().split())


@pytest.mark.parametrize("report", CROSSING[:1], ids=lambda report: report.slug)
@begun_again
def test_a_report_is_withdrawn_in_a_browser(
    report: Report,
    browser: TextBrowser,
    office: Office,
) -> None:
    words = send_report(browser, office, report, [])
    keys = office.instance.keys_of(words)
    assert texts(office, report, keys) == [browser.sent(report.text)]
    come_back(browser, office, words)
    browser.press("Withdraw my report", then="Withdraw everything that you sent?")
    browser.press("Withdraw everything", then="It is withdrawn")
    office.sync()
    case = case_of(office.consoles[readers_of(report)[0]], keys)
    assert case.withdrawn
    assert [item.text for item in case.items if item.text] == [browser.sent(report.text)]
