"""kill -9 of every process of the server, at moments spread over a submission: what arrived is there, and whole.

The server is an ordinary user's. The moments of a form are spread over the time that one takes; those of the interface
over its requests, before, while and after each. What had happened by then is recorded, and must have been everything
that can have happened.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPException
from io import BytesIO
from threading import Thread
from typing import TypeVar

import pytest

from tests.journeys.instance import ANA, Console, Instance
from tests.journeys.ordinary import ordinary
from tests.journeys.visitor import Visitor
from whistle.console.case import ItemState
from whistle.courier.http import HttpCourier
from whistle.errors import CourierError, NothingFound, ShelfError
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record
from whistle.protocol.thread import SourceKeys
from whistle.source import Attachment, Draft, Source

TEXT = "Everything or nothing. " * 40
#: Three batches of chunks and a piece of a fourth.
FILE = random.Random(5).randbytes(3_200_000)
T = TypeVar("T")


@dataclass
class Scene:
    """An instance that is killed and started again, and one reviewer who looks for what is there."""

    instance: Instance
    console: Console
    chance: random.Random
    happened: Counter[str] = field(default_factory=Counter)

    def kill(self) -> None:
        assert self.instance.server is not None
        self.instance.server.kill()

    def restart(self) -> None:
        """Start the server as an operator would, without mending anything."""
        assert self.instance.server is not None
        self.instance.start(self.instance.server.port)

    def size(self) -> int:
        """Return how large the shelf is, in bytes of its files."""
        return sum(path.stat().st_size for path in (self.instance.intake / "shelf").iterdir())

    def is_stored(self, keys: SourceKeys, receipt: Receipt) -> bool:
        """Tell whether a report is there; if it is, all of it must be."""
        self.console.sync()
        case = self.console.case(keys)
        with HttpCourier(self.instance.address) as courier:
            try:
                visit = Source(courier, self.instance.directory(), receipt).visit()
            except NothingFound:
                assert case is None
                return False
        assert not visit.problems
        assert case is not None
        (item,) = case.items
        assert item.state is ItemState.COMPLETE
        assert item.text == TEXT
        assert self.console.files(case, item) == [("file.bin", FILE)]
        assert not case.faults
        return True


@pytest.fixture
def scene(founded: Instance) -> Iterator[Scene]:
    with (
        ordinary(founded) as instance,
        instance.serving(),
        closing(Console(instance, ANA)) as console,
    ):
        yield Scene(instance, console, random.Random(7))


# --- by the form


@dataclass
class Posting:
    """A form on its way, from a thread."""

    visitor: Visitor
    arrived: bool = False

    def run(self) -> None:
        form = self.visitor.page.form("/report/send").set("text", TEXT)
        try:
            page = self.visitor.send(form, ("file.bin", FILE))
        except (OSError, HTTPException):  # cut off
            return
        self.arrived = "Your report has arrived" in page.text


def _post_and_kill(scene: Scene, moment: float) -> None:
    visitor = Visitor(scene.instance.address)
    words = visitor.begin()
    posting, before = Posting(visitor), scene.size()
    thread = Thread(target=posting.run)
    thread.start()
    time.sleep(moment)
    scene.kill()
    thread.join()
    grown = scene.size() > before + len(FILE) // 10
    scene.restart()
    stored = scene.is_stored(scene.instance.keys_of(words), Receipt.parse(words))
    assert stored or not posting.arrived
    scene.happened["arrived" if posting.arrived else "stored" if stored else "cut off" if grown else "nothing"] += 1


def _time_of_one(scene: Scene) -> float:
    visitor = Visitor(scene.instance.address)
    visitor.begin()
    start = time.monotonic()
    posting = Posting(visitor)
    posting.run()
    assert posting.arrived
    return time.monotonic() - start


def _form_at(scene: Scene, moments: int, part: int = 0, parts: int = 1) -> None:
    """Kill at so many moments of all that there are: ``part`` of ``parts``, each of which is spread over the whole."""
    whole = _time_of_one(scene)
    for number in range(part, moments * parts, parts):
        _post_and_kill(scene, 1.05 * whole * (number + scene.chance.random()) / (moments * parts))
    assert sum(scene.happened.values()) == moments


def test_a_form_is_stored_whole_or_not_at_all(scene: Scene) -> None:
    _form_at(scene, 10)


@pytest.mark.long
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("part", range(5))
def test_a_form_is_stored_whole_or_not_at_all_at_505_moments(scene: Scene, part: int) -> None:
    _form_at(scene, 101, part, parts=5)
    assert set(scene.happened) >= {"cut off", "arrived"}, scene.happened


# --- by the interface


@dataclass
class Fatal:
    """A courier that has the server killed at one of its puts: before it, while it is on its way, or after it."""

    courier: HttpCourier
    kill: Callable[[], None]
    at: int
    when: str
    chance: random.Random
    puts: int = 0

    def keyring(self) -> bytes:
        return self.courier.keyring()

    def look(self, addresses: Sequence[bytes]) -> tuple[bool, ...]:
        return self.courier.look(addresses)

    def fetch(self, addresses: Sequence[bytes]) -> tuple[bytes, ...]:
        return self.courier.fetch(addresses)

    def burn(self, tokens: Sequence[bytes]) -> None:
        self.courier.burn(tokens)

    def publish(self, statement: bytes) -> None:
        self.courier.publish(statement)

    def messages(self, query: str, admission: object) -> tuple[Record, ...]:
        raise NotImplementedError

    def put_chunks(self, records: Sequence[Record]) -> None:
        self._put(lambda: self.courier.put_chunks(records))

    def put_message(self, record: Record) -> None:
        self._put(lambda: self.courier.put_message(record))

    def _put(self, act: Callable[[], None]) -> None:
        self.puts += 1
        if self.puts != self.at:
            act()
        elif self.when == "before":
            self.kill()
            act()
        elif self.when == "after":
            act()
            self.kill()
        else:
            thread = Thread(target=self._kill_soon)
            thread.start()
            try:
                act()
            finally:
                thread.join()

    def _kill_soon(self) -> None:
        time.sleep(self.chance.random() * 0.03)
        self.kill()


def _send_and_kill(scene: Scene, at: int, when: str) -> None:
    receipt = Receipt.generate()
    directory = scene.instance.directory()
    keys = SourceKeys(receipt, directory.site)
    with HttpCourier(scene.instance.address, pause=0) as courier:
        courier.keyring()
        fatal = Fatal(courier, scene.kill, at, when, scene.chance)
        draft = Draft(TEXT, "en", 1, (ANA,))
        sending = Source(fatal, directory, receipt).prepare(draft, [Attachment("file.bin", "", BytesIO(FILE))])
        sent = False
        try:
            sending.send()
            sent = True
        except (CourierError, ShelfError):
            pass
        scene.kill()
        scene.restart()
        stored = scene.is_stored(keys, receipt)
        assert stored or not sent
        scene.happened[f"{when} put {at}, {'stored' if stored else 'nothing'}"] += 1
        if not sent:
            fatal.at = 0
            assert sending.send().index == 0
    assert scene.is_stored(keys, receipt)


#: Three whole batches of chunks, the last one, and the message.
PUTS = 5
WHENS = ("before", "while", "after")


def test_what_the_interface_took_is_whole_and_can_be_gone_on_with(scene: Scene) -> None:
    moments = [(at, when) for at in (1, 3, 4, 5) for when in WHENS][1:]
    for at, when in moments:
        _send_and_kill(scene, at, when)
    assert scene.happened["before put 5, nothing"]
    assert scene.happened["after put 5, stored"]


@pytest.mark.long
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("part", range(3))
def test_what_the_interface_took_is_whole_at_495_moments(scene: Scene, part: int) -> None:
    scene.chance.seed(part)
    for _turn in range(11):
        for at in range(1, PUTS + 1):
            for when in WHENS:
                _send_and_kill(scene, at, when)
    assert sum(scene.happened.values()) == 165
