import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whistle.console.ledger.log import Frame, Log
from whistle.console.vault import StorageKey
from whistle.errors import ChainBroken, LedgerError, WhistleError

KEY = StorageKey(bytes(range(32)))
FRAMES = [Frame(bytes([number]) * 16, b"sealed %d" % number * (number + 1)) for number in range(5)]


def filled(folder: Path, frames: Sequence[Frame] = FRAMES) -> Log:
    log = Log(folder, KEY)
    list(log.frames())
    log.append(frames[:2])
    log.append(frames[2:])
    return log


def read(folder: Path, key: StorageKey = KEY) -> list[Frame]:
    return list(Log(folder, key).frames())


def test_frames_come_back_in_order(tmp_path: Path) -> None:
    filled(tmp_path / "ledger")
    assert read(tmp_path / "ledger") == FRAMES


def test_an_empty_log(tmp_path: Path) -> None:
    assert read(tmp_path / "ledger") == []
    assert read(tmp_path / "ledger") == []


def test_how_far_a_sync_got_is_kept(tmp_path: Path) -> None:
    log = filled(tmp_path / "ledger")
    assert log.reached is None
    log.reach(date(2026, 11, 21))
    log.append(FRAMES[:1])
    assert Log(tmp_path / "ledger", KEY).reached == date(2026, 11, 21)
    assert read(tmp_path / "ledger") == [*FRAMES, FRAMES[0]]


@pytest.mark.parametrize("name", ["entries-0", "head"])
def test_every_changed_byte_is_found(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "ledger"
    filled(folder)
    data = (folder / name).read_bytes()
    for at in range(len(data)):
        for changed in (data[at] ^ 1, data[at] ^ 0x80):
            (folder / name).write_bytes(data[:at] + bytes([changed]) + data[at + 1 :])
            with pytest.raises(ChainBroken):
                read(folder)
    (folder / name).write_bytes(data)
    assert read(folder) == FRAMES


def test_every_cut_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    filled(folder)
    data = (folder / "entries-0").read_bytes()
    for size in range(len(data)):
        (folder / "entries-0").write_bytes(data[:size])
        with pytest.raises(ChainBroken):
            read(folder)


def test_frames_cannot_change_places_repeat_or_go(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    filled(folder)
    whole = (folder / "entries-0").read_bytes()
    ends, at = [], 17
    while at < len(whole):
        at += 4 + int.from_bytes(whole[at : at + 4], "little") + 32
        ends.append(at)
    pieces = [whole[start:end] for start, end in zip([17, *ends], ends, strict=False)]
    orders = ([1, 0, 2, 3, 4], [0, 0, 1, 2, 3, 4], [0, 2, 3, 4], [0, 1, 2, 3], [0, 1, 2, 3, 3])
    for order in orders:
        (folder / "entries-0").write_bytes(whole[:17] + b"".join(pieces[number] for number in order))
        with pytest.raises(ChainBroken, match="entry"):
            read(folder)


def test_the_place_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    filled(folder)
    data = bytearray((folder / "entries-0").read_bytes())
    data[-40] ^= 1
    (folder / "entries-0").write_bytes(data)
    with pytest.raises(ChainBroken) as caught:
        read(folder)
    assert caught.value.message() == "An entry of the ledger is missing, repeated or was changed. (entry 5)"


def test_an_older_log_under_a_newer_head_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    log = filled(folder)
    old = (folder / "entries-0").read_bytes()
    log.append(FRAMES)
    (folder / "entries-0").write_bytes(old)
    with pytest.raises(ChainBroken):
        read(folder)


def test_missing_files_are_found(tmp_path: Path) -> None:
    for name in ("head", "entries-0"):
        folder = tmp_path / f"without {name}"
        filled(folder)
        (folder / name).unlink()
        with pytest.raises(WhistleError):
            read(folder)


def test_another_key_reads_nothing(tmp_path: Path) -> None:
    filled(tmp_path / "ledger")
    with pytest.raises(ChainBroken):
        read(tmp_path / "ledger", StorageKey.generate())


@pytest.mark.parametrize("whole", [True, False])
def test_what_a_cut_off_append_left_is_taken_if_whole(tmp_path: Path, *, whole: bool) -> None:
    folder = tmp_path / "ledger"
    log = filled(folder)
    head = (folder / "head").read_bytes()
    log.append([Frame(b"t" * 16, b"newest")])
    (folder / "head").write_bytes(head)
    if not whole:
        os.truncate(folder / "entries-0", (folder / "entries-0").stat().st_size - 1)
    expected = [*FRAMES, Frame(b"t" * 16, b"newest")] if whole else FRAMES
    assert read(folder) == expected
    assert read(folder) == expected
    log = Log(folder, KEY)
    list(log.frames())
    log.append(FRAMES[:1])
    assert read(folder) == [*expected, FRAMES[0]]


def test_dropping_writes_anew_and_overwrites_the_old_file(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    log = filled(folder)
    os.link(folder / "entries-0", tmp_path / "old")
    before = (tmp_path / "old").read_bytes()
    log.drop(lambda tag: tag == FRAMES[2].tag)
    assert read(folder) == [*FRAMES[:2], *FRAMES[3:]]
    assert [path.name for path in folder.glob("entries-*")] == ["entries-1"]
    after = (tmp_path / "old").read_bytes()
    assert FRAMES[2].sealed in before
    assert all(frame.sealed not in after for frame in FRAMES)
    log.append(FRAMES[:1])
    assert read(folder) == [*FRAMES[:2], *FRAMES[3:], FRAMES[0]]


def test_a_cut_off_drop_leaves_one_ledger(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    filled(folder)
    (folder / "entries-1").write_bytes(b"half of a new one")
    (folder / "entries-1").chmod(0o600)
    assert read(folder) == FRAMES
    assert not (folder / "entries-1").exists()


def test_a_cut_off_birth_begins_again(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    Log(folder, KEY)
    (folder / "head").unlink()
    assert read(folder) == []


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = filled(tmp_path / "ledger")

    def fail(_descriptor: int) -> None:
        raise OSError("the disk failed")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(LedgerError):
            log.append(FRAMES)
    log.append(FRAMES[:1])
    assert read(tmp_path / "ledger") == [*FRAMES, FRAMES[0]]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    batches=st.lists(
        st.lists(st.tuples(st.integers(0, 3), st.binary(min_size=1, max_size=99)), max_size=4), max_size=6
    ),
    doomed=st.integers(0, 3),
)
def test_any_frames_and_any_deletion(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[tuple[int, bytes]]], doomed: int
) -> None:
    folder = tmp_path_factory.mktemp("any") / "ledger"
    log = Log(folder, KEY)
    list(log.frames())
    frames = [[Frame(bytes([tag]) * 16, sealed) for tag, sealed in batch] for batch in batches]
    for batch in frames:
        log.append(batch)
    everything = [frame for batch in frames for frame in batch]
    assert read(folder) == everything
    log.drop(lambda tag: tag[0] == doomed)
    assert read(folder) == [frame for frame in everything if frame.tag[0] != doomed]
