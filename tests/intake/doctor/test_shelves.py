import os
from datetime import timedelta

import pytest

from tests.intake.doctor.conftest import WORKER, Place, codes
from whistle.intake.doctor import shelves
from whistle.intake.doctor.shelves import examine
from whistle.protocol.record import Record
from whistle.shelf import Shelf

NAMES = ("arrivals.sqlite", "messages.sqlite", "chunks.sqlite")


def look(place: Place, days: int = 0, *, thorough: bool = False) -> set[str]:
    return codes(examine(place.installation(days=days), thorough=thorough))


def contents(place: Place) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in place.shelf.iterdir()}


def put(place: Place, *, days: int = 0) -> None:
    day = place.installation(days=days).today
    with Shelf(place.shelf, today=lambda: day, message_days=90, chunk_days=90, capacity=1_000) as shelf:
        shelf.put_messages([Record.parse(os.urandom(32_768)) for _ in range(20)])
        for _ in shelf.tidy():
            pass
        shelf.put_messages([Record.parse(os.urandom(32_768))])


def test_a_sound_shelf_is_left_in_peace_and_as_it_was(healthy: Place) -> None:
    put(healthy)
    before = contents(healthy)
    assert look(healthy) == set()
    assert contents(healthy) == before


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("thorough", [True, False])
def test_a_damaged_file(healthy: Place, name: str, *, thorough: bool) -> None:
    put(healthy)
    path = healthy.shelf / name
    data = bytearray(path.read_bytes())
    data[4_096:8_192] = os.urandom(4_096)
    path.write_bytes(data)
    assert look(healthy, thorough=thorough) == {"shelf-damaged"}
    path.write_bytes(b"no database")
    assert look(healthy, thorough=thorough) == {"shelf-damaged"}


def test_a_large_shelf_is_read_only_when_asked(healthy: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    put(healthy)
    (healthy.shelf / "messages.sqlite").write_bytes(b"no database")
    monkeypatch.setattr(shelves, "_QUICK_MIB", 0)
    with (healthy.shelf / "chunks.sqlite").open("r+b") as file:
        file.truncate(2 << 20)
    assert look(healthy) == {"shelf-not-read"}
    assert look(healthy, thorough=True) == {"shelf-damaged"}


def test_a_shelf_whose_process_died(healthy: Place) -> None:
    day = healthy.installation().today
    reader, writer = os.pipe()
    number = os.fork()
    if number == 0:
        shelf = Shelf(healthy.shelf, today=lambda: day, message_days=90, chunk_days=90, capacity=1_000)
        shelf.put_messages([Record.parse(os.urandom(32_768))])
        os.write(writer, b"x")
        os._exit(0)
    os.waitpid(number, 0)
    assert os.read(reader, 1) == b"x"
    before = contents(healthy)
    assert look(healthy) == {"shelf-cut-off"}
    assert contents(healthy) == before


def test_nights_that_were_missed(healthy: Place) -> None:
    put(healthy)
    assert look(healthy, 1) == set()
    assert look(healthy, 2) == {"tidy-waits"}


def test_a_tidy_that_does_not_happen_while_it_serves(healthy: Place) -> None:
    healthy.serve()
    installation = healthy.installation()
    old = installation.now - timedelta(days=3).total_seconds()
    assert look(healthy) == set()
    os.utime(healthy.shelf / "messages.sqlite", (old, old))
    assert look(healthy) == {"tidy-overdue"}
    healthy.write("proc/stat", f"btime {int(installation.now) - 7_200}\n")
    healthy.write(f"proc/{WORKER}/stat", f"{WORKER} (a (b) c) S " + " ".join(["1"] * 18) + " 360000 0 0\n")
    assert look(healthy) == set()


def test_a_shelf_in_use_is_not_read(healthy: Place) -> None:
    healthy.serve()
    (healthy.shelf / "messages.sqlite").write_bytes(b"no database")
    assert look(healthy) == set()
