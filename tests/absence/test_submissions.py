"""Nothing of a submission is left behind: not in memory, not in a file, not in any write, not in any log.

The server is as talkative as its settings can make it. Every way of telling comes with text, contact details, names and
bytes of files, and with every secret that derives from a receipt or is made for a report.
"""

import os
import re
from pathlib import Path

import pytest

from tests.absence.canaries import reports
from tests.absence.submissions import Left, submit
from tests.journeys.instance import Instance, copied
from whistle.intake.heads import parse
from whistle.intake.tending import ORDER, Order

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may read and trace hardened processes"),
    pytest.mark.timeout(900),
]

#: Ways of telling, each with as many submissions as a change has time for.
_FEW = {"form": 4, "form with files": 3, "Chromium": 2, "command": 2}
#: … and with as many as it is to hold for, so many to a server.
_MANY = {"form": 200, "form with files": 200, "Chromium": 200, "Firefox": 25, "command": 200}
_TOGETHER = 25
_LONG = [pytest.mark.long, pytest.mark.timeout(7_200)]
_CASES = [
    *(pytest.param(mode, count, id=f"{mode}, {count}") for mode, count in _FEW.items()),
    *(
        pytest.param(mode, _TOGETHER, id=f"{mode}, from {start}", marks=_LONG)
        for mode, count in _MANY.items()
        for start in range(0, count, _TOGETHER)
    ),
]
#: What is looked for of every submission, whatever it has beside.
_ALWAYS = {
    "text 0",
    "follow-up 0",
    "words",
    "receipt",
    "thread key",
    "state key",
    "burn key",
    "content key 0",
    "content key 1",
}


@pytest.mark.parametrize(("mode", "count"), _CASES)
def test_nothing_is_left_behind(founded: Instance, tmp_path: Path, mode: str, count: int) -> None:
    instance = copied(founded, tmp_path / "copy")
    told = list(reports(mode, count, files=mode != "form"))
    left = submit(instance, mode, told, tmp_path)
    check_search(left, [report.slug for report in told], files=mode != "form")
    assert left.in_memory == set()
    assert left.given_out == set()
    assert left.holes == set()
    assert left.in_files == set()
    for order in left.orders:
        check_order(order)
    # Without JavaScript the server knows what it seals, for the length of one request: the same search sees it there.
    seen = {hit.needle for hit in left.answered}
    assert seen >= {f"{report.slug}, words" for report in told} if mode.startswith("form") else not seen


def check_search(left: Left, slugs: list[str], *, files: bool) -> None:
    """Check that there was something to look for, and something to look at."""
    names = {needle.name for needle in left.needles}
    for slug in slugs:
        assert {f"{slug}, {what}" for what in _ALWAYS} <= names
        if files:
            of_files = ("name of file 0", "name of file 1", "content of file 0", "stream key 0", "chunk key 0")
            assert {f"{slug}, {what}" for what in of_files} <= names
    assert left.searched > len(slugs) * 2 * 32_768


def check_order(order: bytes) -> None:
    """Check that what the worker orders says no more than which request there is: its head, without the body."""
    kind, _seconds = ORDER.unpack_from(order)
    head = order[ORDER.size :]
    if kind == Order.PREPARE:
        assert head == b""
    else:
        assert kind == Order.FORK
        assert parse(head).untrusted_bytes == head
        assert not re.search(rb"\r\n\r\n", head)
