"""What lets the shelf down is told to the operator by its kind and place, and by nothing else."""

import os
import re
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from whistle.errors import AddressTaken, RecordMalformed, ShelfError, ShelfFull, ShelfUnavailable
from whistle.intake.log import Troubles, place_of
from whistle.intake.verbs import Verbs
from whistle.protocol.labels import ADDRESS_SIZE, BURN_COUNT, FETCH_COUNT, LOOK_COUNT, RECORD_SIZE
from whistle.shelf import Shelf

DAY = date(2026, 11, 21)
_LINE = re.compile(
    r"1 × Shelf(Full|Unavailable)( from [A-Za-z]+Error( (SQLITE_|E)[A-Z_]+)?)? at"
    r" whistle/shelf/[a-z]+\.py:\d+(, [\w./-]*[a-z]+/[a-z_]+\.py:\d+)?"
)


class Scene:
    """A real shelf, and all that is said of it."""

    def __init__(self, folder: Path, capacity: int = 100) -> None:
        self.shelf = Shelf(
            folder / "sesame-shelf", today=lambda: DAY, message_days=30, chunk_days=30, capacity=capacity
        )
        self.troubles = Troubles()
        self.outcomes: list[ShelfError | None] = []
        self.verbs = Verbs(self.shelf, None, failed=self.troubles.add_error)  # type: ignore[arg-type] # unused

    def put(self, *records: bytes) -> None:
        for record in records:
            self.verbs.put_message(record, self.outcomes.append)
        self.verbs.commit()

    def only_line(self) -> str:
        (line,) = self.troubles.drain()
        assert _LINE.fullmatch(line), line
        return line


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.shelf.close()


@contextmanager
def disk_that_fails() -> Iterator[None]:
    """Let no file of this process grow: writes fail as they do on a disk with a quota."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def sesame() -> bytes:
    """Return a record by whose bytes anybody would know it."""
    return os.urandom(64) + b"sesame" * 10 + os.urandom(RECORD_SIZE - 124)


def test_a_disk_that_fails_is_told_once_for_all_who_wait(scene: Scene) -> None:
    records = [sesame() for _ in range(5)]
    with disk_that_fails():
        scene.put(*records)
    assert len(scene.outcomes) == 5
    assert all(isinstance(outcome, ShelfFull | ShelfUnavailable) for outcome in scene.outcomes)
    line = scene.only_line()
    assert "OperationalError SQLITE_" in line
    assert "sesame" not in line
    assert not [record for record in records if record[:8].hex() in line]


@pytest.mark.parametrize("verb", ["look", "fetch", "burn", "messages", "check_room", "commit"])
def test_a_shelf_that_cannot_be_used_is_told_by_every_verb(scene: Scene, verb: str) -> None:
    scene.shelf.close()
    asks: dict[str, Callable[[], object]] = {
        "look": lambda: scene.verbs.look(os.urandom(LOOK_COUNT * ADDRESS_SIZE)),
        "fetch": lambda: scene.verbs.fetch(os.urandom(FETCH_COUNT * ADDRESS_SIZE)),
        "burn": lambda: scene.verbs.burn(os.urandom(BURN_COUNT * 32), scene.outcomes.append),
        "messages": lambda: scene.verbs.messages(DAY, b""),
        "check_room": scene.verbs.check_room,
    }
    if verb == "commit":
        scene.put(sesame())
        (outcome,) = scene.outcomes
        assert isinstance(outcome, ShelfUnavailable)
    else:
        with pytest.raises(ShelfUnavailable):
            asks[verb]()
    assert "ShelfUnavailable at whistle/shelf/shelf.py" in scene.only_line()


def test_a_limit_of_our_own_is_no_failure(tmp_path: Path) -> None:
    scene = Scene(tmp_path, capacity=1)
    record = sesame()
    scene.put(record, sesame())
    scene.put(record[:32] + sesame()[32:])
    with pytest.raises(ShelfFull):
        scene.verbs.check_room()
    stored, full, taken = scene.outcomes
    assert stored is None
    assert isinstance(full, ShelfFull)
    assert isinstance(taken, AddressTaken)
    assert scene.troubles.drain() == []
    scene.shelf.close()


def test_malformed_bytes_are_no_failure(scene: Scene) -> None:
    with pytest.raises(RecordMalformed):
        scene.verbs.look(b"sesame")
    assert scene.troubles.drain() == []


def test_what_fails_again_and_again_is_counted_in_one_line(scene: Scene) -> None:
    with disk_that_fails():
        for _ in range(30):
            scene.put(sesame())
    (line,) = scene.troubles.drain()
    assert line.startswith("30 × Shelf")


def test_the_name_of_a_fault_of_the_system_is_kept_and_its_words_are_not() -> None:
    with pytest.raises(ShelfUnavailable) as caught:
        _fail()
    place = place_of(caught.value)
    assert place.startswith("ShelfUnavailable from FileNotFoundError ENOENT at ")
    assert "sesame" not in place


def _fail() -> None:
    try:
        Path("/sesame/there is no such place").read_bytes()
    except OSError as error:
        raise ShelfUnavailable("sesame words") from error


def test_an_endless_chain_of_causes_ends() -> None:
    first, second = ValueError("a"), TypeError("b")
    first.__cause__, second.__cause__ = second, first
    assert place_of(first) == "ValueError from TypeError at an unknown place"
