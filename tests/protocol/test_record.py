from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.cast import chance, refuses
from whistle.errors import RecordMalformed
from whistle.protocol.hashing import framed
from whistle.protocol.record import Record, burn_hash


def test_a_record_is_its_three_parts_in_a_row() -> None:
    data = chance("record", 32_768)
    record = Record.parse(data)
    assert (record.address, record.burn_hash, record.sealed) == (data[:32], data[32:64], data[64:])
    assert bytes(record) == data


@given(st.binary(max_size=200) | st.integers(-3, 3).filter(bool).map(lambda more: bytes(32_768 + more)))
def test_bytes_of_another_size_are_no_record(data: bytes) -> None:
    refuses(RecordMalformed, lambda: Record.parse(data))


@pytest.mark.parametrize("sizes", [(31, 32, 32_704), (32, 33, 32_704), (32, 32, 32_703), (33, 31, 32_704)])
def test_parts_of_another_size_are_no_record(sizes: tuple[int, int, int]) -> None:
    refuses(RecordMalformed, lambda: Record(*(bytes(size) for size in sizes)))


def test_a_burn_hash_is_of_a_token_of_32_bytes() -> None:
    assert burn_hash(b"t" * 32) == sha256(framed(b"whistle/1/burn hash", b"t" * 32)).digest()
    for size in (31, 33, 0):
        refuses(RecordMalformed, lambda size=size: burn_hash(bytes(size)))  # type: ignore[misc] # bound early
