from hashlib import blake2b

from hypothesis import given
from hypothesis import strategies as st

from whistle.protocol.hashing import framed, hashed

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
