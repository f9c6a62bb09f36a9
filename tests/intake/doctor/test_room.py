"""The file system is this machine's own; where it has too much of something, the limit is moved instead."""

import os
from pathlib import Path

import pytest

from tests.intake.doctor.conftest import Place, codes
from whistle.intake.doctor import room
from whistle.intake.doctor.room import examine

MIB = 1 << 20


def look(place: Place) -> set[str]:
    return codes(examine(place.installation()))


def free(path: Path) -> int:
    system = os.statvfs(path)
    return system.f_bavail * system.f_frsize // MIB


def test_a_healthy_disk_is_left_in_peace(healthy: Place) -> None:
    assert look(healthy) == set()


def test_a_shelf_that_may_outgrow_its_disk(healthy: Place) -> None:
    healthy.set(capacity_mib=free(healthy.base) + 1_000)
    assert look(healthy) == {"disk-small"}


def test_a_disk_that_is_full(healthy: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_LEAST_MIB", free(healthy.base) + 1_000)
    assert look(healthy) == {"disk-full"}


def test_a_tidy_needs_room_for_a_copy(healthy: Place) -> None:
    with (healthy.shelf / "messages.sqlite").open("r+b") as file:
        file.truncate((free(healthy.base) + 1_000) * MIB)  # a hole: it takes no room
    assert look(healthy) == {"disk-full", "shelf-nearly-full"}


def test_a_shelf_that_was_never_tidied_needs_no_room_for_a_copy(
    healthy: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    (healthy.shelf / "messages.sqlite").unlink()
    assert look(healthy) == set()
    monkeypatch.setattr(room, "_LEAST_MIB", free(healthy.base) // 2)
    assert look(healthy) == set()


def test_a_shelf_that_is_nearly_full(healthy: Place) -> None:
    with (healthy.shelf / "chunks.sqlite").open("r+b") as file:
        file.truncate(15 * MIB)
    assert look(healthy) == {"shelf-nearly-full"}


def test_too_few_files_are_left(healthy: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.statvfs(healthy.base).f_files == 0:
        return  # this file system has no such limit
    monkeypatch.setattr(room, "_LEAST_FILES", os.statvfs(healthy.base).f_favail + 10_000_000)
    assert look(healthy) == {"inodes-few"}


def test_a_disk_that_cannot_be_written_to(healthy: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    system = list(os.statvfs(healthy.base))
    system[8] |= os.ST_RDONLY
    monkeypatch.setattr(os, "statvfs", lambda _path: os.statvfs_result(system))
    assert look(healthy) == {"disk-read-only"}
