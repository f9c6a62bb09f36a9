"""A report made in one way is followed up in every other, and whoever was left out stays left out.

``tests/journeys/test_crossing_browser.py`` tries many reports with the page's code in Node; here browsers run it.
"""

import json
from pathlib import Path

import pytest

from tests.browser import journey
from tests.browser.conftest import Start
from tests.browser.driving import Browser, Mode
from tests.corpus import Report, load
from tests.journeys.conftest import Office
from tests.journeys.instance import NAMES
from tests.journeys.test_commands import Commands
from tests.journeys.test_text_browsers import case_of, readers_of

VILLA = next(report for report in load() if report.slug == "08-customs-villa")
#: Who begins, and who goes on; form and command without the page are in ``tests/journeys/test_crossing.py``.
CROSSINGS = [("page", "command"), ("command", "page"), ("form", "page"), ("page", "form")]


class Pages:
    """The pages of the site, with JavaScript or without."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self._address = address

    def report(self, report: Report, folder: Path) -> str:
        return journey.report(self._browser, self._address, report, journey.on_disk(folder, report))

    def add(self, words: str, text: str, answer: str) -> list[str]:
        """Read the newest answer, add a text, and return whom the page names as its readers."""
        journey.come_back(self._browser, self._address, words)
        assert self._browser.said()[:1] == [answer]
        journey.add(self._browser, text)
        return journey.readers(self._browser)


class Command:
    """The command line."""

    def __init__(self, office: Office, folder: Path) -> None:
        self._instance = office.instance
        self._folder = folder

    def report(self, report: Report, folder: Path) -> str:
        folder.mkdir()
        return Commands(self._instance, folder).tip(report).words

    def add(self, words: str, text: str, answer: str) -> list[str]:
        """Read the newest answer, add a text, and return whom the command names as its readers."""
        asked = ("--intake", self._instance.address, "--no-trace", "--receipt-file", "-", "--json")
        found = json.loads(self._instance.whistle("replies", *asked, stdin=words))
        assert [reply["text"] for reply in found["replies"]][:1] == [answer]
        path = self._folder / "text"
        path.write_bytes(text.encode())
        sent = json.loads(self._instance.whistle("follow-up", *asked, "--text", path, "--yes", stdin=words))
        return list(sent["readers"])


@pytest.mark.parametrize("kind", ["Chromium", pytest.param("Firefox", marks=pytest.mark.long)])
def test_every_way_goes_on_with_what_every_other_began(kind: str, start: Start, office: Office, tmp_path: Path) -> None:
    address = office.instance.address
    ways: dict[str, Pages | Command] = {
        "page": Pages(start(kind, Mode.ON), address),
        "form": Pages(start(kind, Mode.OFF), address),
        "command": Command(office, tmp_path),
    }
    readers = readers_of(VILLA)
    for first, second in CROSSINGS:
        words = ways[first].report(VILLA, tmp_path / f"{first} {second}")
        keys = office.instance.keys_of(words)
        office.sync()
        reader = office.consoles[readers[0]]
        reader.reply(case_of(reader, keys), VILLA.answer, VILLA.language)
        assert ways[second].add(words, VILLA.follow_up, VILLA.answer) == [NAMES[number] for number in readers]
        office.sync()
        for number, console in office.consoles.items():
            assert (console.case(keys) is not None) == (number in readers)
        case = case_of(reader, keys)
        assert [item.text for item in case.items if item.from_source] == [VILLA.text, VILLA.follow_up]
        saved = reader.files(case, case.items[0])
        assert saved == [(file.name, file.content) for file in VILLA.attachments]
        assert (case.faults, case.misfits) == ((), ())
