"""Disks that become full while a report arrives: what was acknowledged is there, and whoever wrote keeps their words.

The server is an ordinary user's, on a small disk of its own. Half of the disks fill up slowly, so that the shelf sees
it coming; on the others somebody takes all that is left at once, at a moment spread over the time of a report, but for
a last bit of room that is spread as well: so every write of the server fails on some disk.
"""

import os
import random
from collections.abc import Iterator
from contextlib import closing, suppress
from http import HTTPStatus
from threading import Timer

import pytest

from tests.journeys.instance import ANA, Console, Instance
from tests.journeys.ordinary import ordinary
from tests.journeys.visitor import Visitor
from whistle.console.case import ItemState
from whistle.errors import ShelfFull, Unreachable
from whistle.protocol.receipt import Receipt
from whistle.protocol.thread import SourceKeys

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk for a server")

TEXT = "Everything or nothing. " * 40
FILE = random.Random(9).randbytes(3_200_000)
_MIB = 1 << 20
#: Of these, the shelf keeps 64 MiB free for burns.
_DISK_MIB = 96


class Town:
    """A server on a small disk, a reviewer, and somebody who fills the disk."""

    def __init__(self, instance: Instance, console: Console) -> None:
        self.instance = instance
        self.console = console
        self.directory = instance.directory()
        self._ballast = instance.intake / "ballast"

    @property
    def free(self) -> int:
        system = os.statvfs(self.instance.intake)
        return system.f_bavail * system.f_frsize

    def fill(self, left: int) -> None:
        """Take all of the disk but ``left`` bytes."""
        descriptor = os.open(self._ballast, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            with suppress(OSError):  # the server may take the last of it meanwhile
                os.posix_fallocate(descriptor, 0, max(1, self.free - left))
        finally:
            os.close(descriptor)

    def make_room(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def report(self) -> dict[SourceKeys, bool]:
        """Send a report; return its keys and whether the site said that it arrived. Nothing if it was closed before."""
        visitor = Visitor(self.instance.address)
        try:
            words = visitor.begin()
            form = visitor.page.form("/report/send").set("text", TEXT)
        except AssertionError:
            assert "no room for more" in visitor.page.text, visitor.page.text
            return {}
        page = visitor.send(form, ("file.bin", FILE))
        arrived = "Your report has arrived" in page.text
        if not arrived:
            assert page.status == HTTPStatus.SERVICE_UNAVAILABLE, page.text
            assert TEXT.strip() in page.text, "what was written is gone"
            assert any(sentence in page.text for sentence in ("Nothing was stored", "no room for these files"))
        return {SourceKeys(Receipt.parse(words), self.directory.site): arrived}

    def check(self, reports: dict[SourceKeys, bool]) -> None:
        """Check that every report that arrived is there, and that each that is there is whole."""
        with suppress(ShelfFull):  # reading comes first; for what a console has to put there is no room
            self.console.sync()
        for keys, arrived in reports.items():
            case = self.console.case(keys)
            assert case is not None or not arrived, "lost"
            if case is not None:
                (item,) = case.items
                assert (item.state, item.text) == (ItemState.COMPLETE, TEXT)
                assert self.console.files(case, item) == [("file.bin", FILE)]
                assert not case.faults

    def restart(self) -> None:
        assert self.instance.server is not None
        self.instance.server.kill()
        self.instance.start(self.instance.server.port)


@pytest.fixture
def town(founded: Instance) -> Iterator[Town]:
    with (
        ordinary(founded, _DISK_MIB) as instance,
        instance.serving(),
        closing(Console(instance, ANA)) as console,
    ):
        yield Town(instance, console)


def _live_through(town: Town, number: int, of: int) -> None:
    """Let the disk become full in the way of this number, and make room again."""
    part = number / of
    reports = town.report()
    assert all(reports.values())
    if number % 2:
        filling = Timer(0.25 * part, town.fill, [int((1 - part) * 2 * len(FILE))])
        filling.start()
        reports |= town.report()
        filling.join()
    else:
        town.fill((64 * _MIB) + int(3 * part * len(FILE)))
        while (more := town.report()) and all(more.values()):
            reports |= more
        reports |= more
    town.check(reports)
    town.make_room()
    town.restart()
    town.check(reports)
    last = town.report()
    assert list(last.values()) == [True], "it did not find its way back"
    town.check(reports | last)


@pytest.mark.parametrize("number", [12, 25])
def test_a_full_disk_loses_nothing(town: Town, number: int) -> None:
    _live_through(town, number, 50)


@pytest.mark.long
@pytest.mark.parametrize("number", range(50))
def test_fifty_full_disks_lose_nothing(town: Town, number: int) -> None:
    _live_through(town, number, 50)


def test_a_server_that_was_killed_on_a_full_disk_needs_nothing_but_room(town: Town) -> None:
    reports = town.report()
    town.fill(0)
    with suppress(AssertionError, Unreachable):
        town.restart()  # it may say that it cannot
    town.make_room()
    town.restart()
    reports |= town.report()
    assert list(reports.values()) == [True, True]
    town.check(reports)
