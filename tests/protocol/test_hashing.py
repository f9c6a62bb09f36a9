import pickle
from hashlib import blake2b, sha256
from hmac import digest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whistle.protocol.hashing import Row, framed, hashed

FIELDS = st.lists(st.binary(max_size=12) | st.integers(0, 2**64 - 1), max_size=4)


def test_each_field_is_preceded_by_its_length_as_u64_little_endian() -> None:
    assert framed(b"ab", 258, b"") == bytes.fromhex("0200000000000000 6162 0800000000000000 0201000000000000") + bytes(
        8
    )


@given(FIELDS, FIELDS)
def test_two_lists_of_fields_give_the_same_bytes_only_if_they_are_the_same(
    left: list[bytes | int], right: list[bytes | int]
) -> None:
    as_bytes = [[f.to_bytes(8, "little") if isinstance(f, int) else f for f in fields] for fields in (left, right)]
    assert (framed(*left) == framed(*right)) == (as_bytes[0] == as_bytes[1])


def test_the_hash_is_blake2b_over_the_framed_fields() -> None:
    assert hashed(b"a", 1) == blake2b(framed(b"a", 1), digest_size=32).digest()
    assert hashed(b"a", key=b"k" * 32) == blake2b(framed(b"a"), key=b"k" * 32, digest_size=32).digest()
    assert hashed(b"a", size=64) == blake2b(framed(b"a"), digest_size=64).digest()


def test_key_and_size_change_the_whole_hash() -> None:
    assert len({hashed(b"a"), hashed(b"a", key=b"k"), hashed(b"a", key=b"l"), hashed(b"a", size=64)[:32]}) == 4


def expected(index: int, *fields: bytes | int, key: bytes) -> bytes:
    """Return a value of a row by RFC 5869 itself."""
    extracted = digest(bytes(32), hashed(*fields, key=key), sha256)
    value = b""
    for turn in range(1, index % 128 + 2):
        value = digest(extracted, value + framed(b"whistle/1/row", index // 128) + bytes([turn]), sha256)
    return value


@given(FIELDS, st.binary(min_size=16, max_size=32), st.lists(st.integers(0, 2**40) | st.integers(0, 400), max_size=6))
def test_a_row_is_hkdf_of_a_key_of_its_own(fields: list[bytes | int], key: bytes, indices: list[int]) -> None:
    row = Row(*fields, key=key)
    assert [row.at(index) for index in indices] == [expected(index, *fields, key=key) for index in indices]


@pytest.mark.parametrize("index", [0, 127, 128, 255, 256, 2**20 - 1])
def test_any_value_of_a_row_may_be_the_first_asked_for(index: int) -> None:
    assert Row(b"a", key=bytes(32)).at(index) == expected(index, b"a", key=bytes(32))


def test_no_two_values_of_rows_are_the_same() -> None:
    rows = [
        Row(b"a", key=bytes(32)),
        Row(b"a", key=bytes(31) + b"k"),
        Row(b"b", key=bytes(32)),
        Row(b"a", 0, key=bytes(32)),
    ]
    values = {row.at(index) for row in rows for index in range(1_000)}
    assert len(values) == 4_000
    assert {len(value) for value in values} == {32}


def test_a_row_tells_nothing_of_itself() -> None:
    row = Row(b"a", key=bytes(32))
    assert repr(row) == "<Row>"
    with pytest.raises(TypeError):
        pickle.dumps(row)
