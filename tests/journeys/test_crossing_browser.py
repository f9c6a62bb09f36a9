"""What the page began every other client goes on with, and the other way round; who was left out stays left out."""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from tests.corpus import Report, load
from tests.journeys.conftest import Office
from tests.journeys.instance import CHITRA, NAMES, Console
from tests.journeys.page import PageSource
from tests.journeys.test_commands import Commands
from tests.journeys.test_text_browsers import case_of, readers_of
from tests.journeys.visitor import Visitor
from whistle.console.answer import Attachment
from whistle.console.case import Case
from whistle.protocol.receipt import Receipt
from whistle.protocol.thread import SourceKeys

#: Two that exclude a reviewer: one with contact details, the other with names in Cyrillic and an empty file.
CROSSING = [report for report in load() if report.slug in {"08-customs-villa", "19-closed-by-friday"}]
each_report = pytest.mark.parametrize("report", CROSSING, ids=lambda report: report.slug)


@pytest.fixture(scope="session")
def page(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageSource]:
    with PageSource(office.instance.address, tmp_path_factory.mktemp("page")) as source:
        yield source


def names_of(report: Report) -> list[str]:
    return [NAMES[number] for number in readers_of(report)]


def read_by_all(office: Office, report: Report, keys: SourceKeys, said: list[str]) -> tuple[Console, Case]:
    """Check that those who may read the case read all that was said, and nobody else has it; return one of them."""
    office.sync()
    for number, console in office.consoles.items():
        case = console.case(keys)
        assert (case is not None) == (number in readers_of(report))
        if case is not None:
            assert (case.faults, case.misfits) == ((), ())
            assert [item.text for item in case.items if item.from_source] == said
    console = office.consoles[readers_of(report)[0]]
    return console, case_of(console, keys)


def answered(console: Console, report: Report, keys: SourceKeys) -> tuple[str, str, list[tuple[str, bytes]]]:
    """Answer with the first file of the report, and return author, text and files."""
    files = [(attachment.name, attachment.content) for attachment in report.attachments[:1]]
    attached = [Attachment(name, "application/octet-stream", BytesIO(content)) for name, content in files]
    console.reply(case_of(console, keys), report.answer, report.language, *attached)
    return NAMES[console.number], report.answer, files


@each_report
def test_a_report_from_the_page_is_read_and_answered_and_the_page_reads_that(
    report: Report, page: PageSource, office: Office
) -> None:
    receipt = page.report(report)
    keys = office.instance.keys_of(receipt)
    console, case = read_by_all(office, report, keys, [report.text])
    sent = [(attachment.name, attachment.content) for attachment in report.attachments]
    assert console.files(case, case.items[0]) == sent
    if report.contact is not None:
        assert report.contact in office.consoles[CHITRA].contacts()
    answer = answered(console, report, keys)
    assert page.replies(receipt) == [answer]
    assert page.visit(receipt)["received_by"] == [answer[0]]
    assert page.follow_up(receipt, report) == {"message": 2, "readers": names_of(report)}
    read_by_all(office, report, keys, [report.text, report.follow_up])


@each_report
def test_a_report_from_the_page_is_followed_up_and_withdrawn_by_command(
    report: Report, page: PageSource, office: Office, tmp_path: Path
) -> None:
    receipt = page.report(report)
    keys = office.instance.keys_of(receipt)
    console, _case = read_by_all(office, report, keys, [report.text])
    _author, text, _files = answered(console, report, keys)
    asked = ("--intake", office.instance.address, "--no-trace", "--receipt-file", "-")
    replies = json.loads(office.instance.whistle("replies", *asked, "--json", stdin=receipt))
    assert [reply["text"] for reply in replies["replies"]] == [text]
    follow_up = tmp_path / "follow-up"
    follow_up.write_bytes(report.follow_up.encode())
    sent = office.instance.whistle("follow-up", *asked, "--yes", "--text", follow_up, "--json", stdin=receipt)
    assert json.loads(sent) == {"message": 2, "readers": names_of(report)}
    read_by_all(office, report, keys, [report.text, report.follow_up])
    office.instance.whistle("withdraw", *asked, "--yes", stdin=receipt)
    office.sync()
    assert case_of(console, keys).withdrawn
    visit = page.visit(receipt)
    assert (visit["withdrawn"], visit["stored"], visit["problems"]) == (True, [2], [])


@each_report
def test_a_report_by_command_is_followed_up_and_withdrawn_in_the_page(
    report: Report, page: PageSource, office: Office, tmp_path: Path
) -> None:
    receipt = Commands(office.instance, tmp_path).tip(report).words
    goes_on_in_the_page(report, receipt, page, office)


@each_report
def test_a_report_by_the_form_is_followed_up_and_withdrawn_in_the_page(
    report: Report, page: PageSource, office: Office
) -> None:
    receipt = Visitor(office.instance.address).report(report)
    goes_on_in_the_page(report, receipt, page, office)


def goes_on_in_the_page(report: Report, receipt: str, page: PageSource, office: Office) -> None:
    keys = office.instance.keys_of(receipt)
    console, _case = read_by_all(office, report, keys, [report.text])
    answer = answered(console, report, keys)
    assert page.replies(receipt) == [answer]
    assert page.visit(receipt)["preselected"] == readers_of(report)
    assert page.follow_up(receipt, report) == {"message": 2, "readers": names_of(report)}
    read_by_all(office, report, keys, [report.text, report.follow_up])
    assert page.withdraw(receipt, report) == {"messages": [1, 2], "replies": []}
    office.sync()
    assert case_of(console, keys).withdrawn


@each_report
def test_a_report_from_the_page_is_followed_up_and_withdrawn_by_the_form(
    report: Report, page: PageSource, office: Office
) -> None:
    receipt = page.report(report)
    keys = office.instance.keys_of(receipt)
    console, _case = read_by_all(office, report, keys, [report.text])
    _author, text, _files = answered(console, report, keys)
    visitor = Visitor(office.instance.address)
    found = visitor.come_back(receipt)
    assert text.split()[0] in found.text, found.text
    sent = visitor.submit("/replies/follow-up", text=report.follow_up)
    assert "has arrived" in sent.text, sent.text
    read_by_all(office, report, keys, [report.text, report.follow_up])
    visitor.come_back(receipt)
    visitor.submit("/withdraw")
    visitor.submit("/withdraw/now")
    office.sync()
    assert case_of(console, keys).withdrawn
    assert page.visit(receipt)["withdrawn"]


def test_words_of_nobody_find_nothing_in_the_page(page: PageSource) -> None:
    words = " ".join(Receipt.generate().words())
    assert page.refused("visit", receipt=words) == "NothingFound"
    assert page.refused("withdraw", receipt=words, language="en") == "NothingFound"
    assert page.refused("visit", receipt=f"{words} {words}") == "WrongWordCount"
