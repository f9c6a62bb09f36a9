"""Whole journeys in real browsers, and what is left of them on the wire, in the server's memory and in the profile."""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.absence.search import Needle, Search
from tests.absence.test_instance import secrets_of, told
from tests.browser import journey, traces
from tests.browser.conftest import Start
from tests.browser.driving import Browser, Mode
from tests.browser.office import Desks
from tests.browser.recorder import Recorder
from tests.corpus import Report, load
from tests.journeys.instance import ANA, BOON, CHITRA, NAMES, Instance
from tests.journeys.test_text_browsers import readers_of

CORPUS = {report.slug: report for report in load()}
#: Both exclude somebody: one with files of which one is empty, one with a way to be reached.
VILLA, FRIDAY = CORPUS["08-customs-villa"], CORPUS["19-closed-by-friday"]
#: Every browser in every mode takes one of the reports; the other one it takes only where there is time.
JOURNEYS = [
    pytest.param(
        kind, mode, report, marks=[pytest.mark.long] if later else [], id=f"{kind} {mode.value}, {report.slug}"
    )
    for place, (kind, mode) in enumerate(product(("Chromium", "Firefox"), Mode))
    for later, report in ((place % 2, VILLA), (1 - place % 2, FRIDAY))
]


@dataclass
class Lived:
    """One report with everything that became of it."""

    report: Report
    words: str
    files: list[Path]

    def needles(self, instance: Instance) -> list[Needle]:
        """Return all that must not be found; a token that was burned with has been said aloud and opens nothing."""
        secrets = secrets_of(self.report.slug, self.words, instance.keys_of(self.words))
        return [*told(self.report), *(secret for secret in secrets if " token " not in secret.name)]


def live(browser: Browser, address: str, report: Report, desks: Desks, folder: Path) -> Lived:
    """Report, be read, be answered, read the answer, add to it, withdraw."""
    files = journey.on_disk(folder / "files", report)
    words = journey.report(browser, address, report, files)
    assert journey.readers(browser) == [NAMES[number] for number in readers_of(report)]

    reader = readers_of(report)[0]
    new = {number: desks.new(number) for number in (ANA, BOON, CHITRA)}
    assert {number for number in (ANA, BOON) if new[number]} == set(readers_of(report))
    (label,) = new[reader]
    said, saved = desks.read(reader, label, folder / "saved")
    assert f"\n{journey.sent(report.text)}\n" in said
    assert sorted(saved) == sorted(file.content for file in report.attachments)
    assert len(new[CHITRA]) == (report.contact is not None)
    for contact in new[CHITRA]:
        assert journey.sent(report.contact or "") in desks.read(CHITRA, contact, folder / "contact")[0]
    # Browsers note what a file was called that somebody saved, so this one has a name that says nothing.
    enclosed = folder / "enclosed.bin"
    enclosed.write_bytes(files[0].read_bytes())
    desks.reply(reader, label, report.answer, report.language, [enclosed])

    journey.come_back(browser, address, words)
    assert browser.said() == [report.answer]
    assert browser.save("//input[@value='Save'] | //button[normalize-space()='Save']") == files[0].read_bytes()
    for number in (ANA, BOON):
        assert browser.is_ticked(NAMES[number]) == (number not in readers_of(report))
    journey.add(browser, report.follow_up, files[-1:])
    assert journey.readers(browser) == [NAMES[number] for number in readers_of(report)]

    assert desks.new(ANA) == desks.new(BOON) == []
    said, saved = desks.read(reader, label, folder / "saved-again")
    assert f"\n{journey.sent(report.follow_up)}\n" in said
    assert files[-1].read_bytes() in saved

    journey.come_back(browser, address, words)
    journey.withdraw(browser)
    desks.run(reader, "sync")
    assert "The source has taken this back." in desks.run(reader, "read", label)
    return Lived(report, words, files)


@pytest.mark.parametrize(("kind", "mode", "report"), JOURNEYS)
def test_a_report_there_and_back(
    kind: str, mode: Mode, report: Report, start: Start, recorded: Recorder, desks: Desks, tmp_path: Path
) -> None:
    served = desks.instance
    browser = start(kind, mode)
    lived = live(browser, recorded.address, report, desks, tmp_path)
    search = Search(lived.needles(served))
    on_the_wire = {hit for said in recorded.bytes_sent() for hit in search.data(said, "the wire")}
    # Without JavaScript the server seals, and must get what there is to seal: the search sees it.
    assert bool(on_the_wire) == (mode is Mode.OFF), on_the_wire
    if os.geteuid() == 0:  # nobody else may read the memory of a hardened process
        assert served.server is not None
        processes = _family(served.server.master)
        assert served.server.worker in processes
        for process in processes:
            with suppress(FileNotFoundError):  # it has ended since, and its memory with it
                assert search.memory(process) == set()
    assert browser.complaints() == []
    browser.close()
    hits = traces.search(browser.profile, search)
    if (kind, mode) == ("Chromium", Mode.OFF):
        # So that it can show pages again after a crash, it keeps the forms that were sent (docs/threats.md says so).
        hits = {hit for hit in hits if "/Default/Sessions/" not in hit.place}
    assert hits == set()
    assert traces.noted(browser.profile) == []
    assert traces.storage(browser.profile) == []
    _tells_nothing(traces.visited(browser.profile), mode)


def _family(process: int) -> list[int]:
    """Return a process with all that it started, and they."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *(each for child in children for each in _family(int(child)))]


def _tells_nothing(visited: set[tuple[str, str]], mode: Mode) -> None:
    """Check that the history has addresses of pages without anything of the journey; with JavaScript only the first."""
    ours = {(url, title) for url, title in visited if url.startswith("http://127.0.0.1:")}
    addresses = {urlsplit(url) for url, _title in ours}
    assert addresses
    # Without JavaScript a form's address has the place of whoever sends it: random, and forgotten by the server.
    place = r"(place=[\w%-]+)?" if mode is Mode.OFF else ""
    assert all(re.fullmatch(place, address.query) and not address.fragment for address in addresses), addresses
    if mode is not Mode.OFF:
        assert {address.path for address in addresses} == {"/"}
        assert all(title.startswith(("Tell us what you know", "\u00a0")) or not title for _url, title in ours), ours
