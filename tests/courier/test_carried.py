from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol import cast
from whistle.courier.carried import CarriedWriter, Entry, Kind, entries
from whistle.errors import CarriedMalformed
from whistle.protocol.labels import RECORD_SIZE
from whistle.protocol.sealing import decoy

PAYLOADS = {
    Kind.PUBLISHED: b"{}",
    Kind.DAY: b"2026-11-21",
    Kind.MESSAGE: bytes(decoy()),
    Kind.CHUNKS: bytes(decoy()) + bytes(decoy()),
    Kind.BURN: cast.chance("tokens", 256),
    Kind.STATEMENT: b"{}",
}


def written(*kinds: Kind) -> bytes:
    stream = BytesIO()
    writer = CarriedWriter(stream)
    for kind in kinds:
        writer.add(kind, PAYLOADS[kind])
    writer.end()
    return stream.getvalue()


WHOLE = written(*PAYLOADS)
SMALL = written(Kind.PUBLISHED, Kind.DAY, Kind.BURN)


def read(data: bytes) -> list[Entry]:
    return list(entries(BytesIO(data)))


def test_what_was_written_is_read() -> None:
    found = read(WHOLE)
    assert {entry.kind: entry.payload for entry in found} == PAYLOADS
    for entry in found:
        assert WHOLE[entry.offset : entry.offset + len(entry.payload)] == entry.payload
    assert found[1].day == cast.TODAY
    assert [bytes(record) for record in found[2].records] == [PAYLOADS[Kind.MESSAGE]]
    assert b"".join(map(bytes, found[3].records)) == PAYLOADS[Kind.CHUNKS]
    assert b"".join(found[4].tokens) == PAYLOADS[Kind.BURN]


@given(st.binary(max_size=400))
def test_any_bytes_give_only_our_error(data: bytes) -> None:
    for untrusted in (data, SMALL[:18] + data, SMALL[:-37] + data):
        if untrusted != SMALL:
            with pytest.raises(CarriedMalformed):
                read(untrusted)


@given(st.integers(0, len(SMALL) - 1), st.integers(0, 7))
def test_any_flipped_bit_is_refused(place: int, bit: int) -> None:
    with pytest.raises(CarriedMalformed):
        read(cast.flip(SMALL, place, 1 << bit))


@given(st.integers(0, len(SMALL) - 1))
def test_a_file_that_was_cut_is_refused(end: int) -> None:
    with pytest.raises(CarriedMalformed):
        read(SMALL[:end])


@given(st.integers(18, len(WHOLE)))
def test_an_unfinished_file_gives_what_is_whole_in_it(end: int) -> None:
    found = list(entries(BytesIO(WHOLE[:end]), unfinished=True))
    assert found == read(WHOLE)[: len(found)]
    assert all(entry.end <= end for entry in found)
    assert len(found) == sum(entry.end <= end for entry in read(WHOLE))


def test_entries_out_of_order_or_of_another_file_are_refused() -> None:
    found = read(SMALL)
    first, second = SMALL[18 : found[0].end], SMALL[found[0].end : found[1].end]
    for wrong in (second + first, first + first, second):
        with pytest.raises(CarriedMalformed):
            read(SMALL[:18] + wrong + SMALL[found[1].end :])
    with pytest.raises(CarriedMalformed):
        read(SMALL + b"\0")


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        (Kind.PUBLISHED, 0),
        (Kind.DAY, 9),
        (Kind.MESSAGE, RECORD_SIZE - 1),
        (Kind.MESSAGE, 2 * RECORD_SIZE),
        (Kind.CHUNKS, 0),
        (Kind.CHUNKS, RECORD_SIZE + 1),
        (Kind.CHUNKS, 33 * RECORD_SIZE),
        (Kind.BURN, 255),
        (Kind.STATEMENT, 16_385),
        (Kind.END, 1),
    ],
)
def test_a_payload_of_another_size_is_not_written(kind: Kind, size: int) -> None:
    with pytest.raises(CarriedMalformed):
        CarriedWriter(BytesIO()).add(kind, bytes(size))


@pytest.mark.parametrize("day", [b"2026-13-01", b"20261121..", b"2026-W01-1", b"\xff" * 10])
def test_a_day_that_is_none(day: bytes) -> None:
    with pytest.raises(CarriedMalformed):
        Entry(Kind.DAY, day, 0, b"").day  # noqa: B018 - reading it is the test
