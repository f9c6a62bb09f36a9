from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.cast import chance, flip, refuses
from whistle.errors import StateAltered
from whistle.protocol.hashing import hashed
from whistle.protocol.state import State

KEY, HEADER, COMMITMENT = chance("state key", 32), chance("header", 65), chance("commitment", 32)
USUAL = State(258, 9, b"12345678", (1, 2, 65_535))

STATES = st.builds(
    State,
    st.integers(1, 65_535),
    st.integers(8, 1 << 20),
    st.binary(min_size=8, max_size=8),
    st.sets(st.integers(1, 65_535), max_size=15).map(lambda people: tuple(sorted(people))),
) | st.builds(State, st.integers(1, 65_535), st.just(0), st.just(bytes(8)), st.just((1,)))


def test_a_state_is_48_bytes_in_a_fixed_layout() -> None:
    expected = "0201" + "09000000" + b"12345678".hex() + "01000200ffff" + "00" * 24 + "00000000"
    assert bytes(USUAL).hex() == expected
    assert len(bytes(USUAL)) == 48


@given(STATES)
def test_round_trip(state: State) -> None:
    assert State.parse(bytes(state)) == state
    assert State.open(state.slot(KEY, HEADER, COMMITMENT), KEY, HEADER, COMMITMENT) == state


@given(st.binary(max_size=60) | st.binary(min_size=48, max_size=48))
def test_any_bytes_are_a_state_or_an_error_of_the_state(data: bytes) -> None:
    try:
        state = State.parse(data)
    except StateAltered:
        return
    assert bytes(state) == data


@pytest.mark.parametrize(
    "data",
    [
        bytes(48),  # channel 0
        b"\1" + bytes(46),
        b"\1" + bytes(48),
        bytes(replace(USUAL, chunks=7)),
        bytes(replace(USUAL, chunks=(1 << 20) + 1)),
        bytes(replace(USUAL, chunks=0)),
        bytes(replace(USUAL, readers=(2, 1))),
        bytes(replace(USUAL, readers=(1, 1))),
        bytes(replace(USUAL, readers=(0, 1))),
        flip(bytes(USUAL), 47),
        flip(bytes(USUAL), 44),
    ],
)
def test_what_no_source_writes_is_refused(data: bytes) -> None:
    refuses(StateAltered, lambda: State.parse(data))


def test_the_limits_of_a_state_are_included() -> None:
    for state in (
        replace(USUAL, chunks=8),
        replace(USUAL, chunks=1 << 20),
        replace(USUAL, channel=1),
        replace(USUAL, channel=65_535),
        replace(USUAL, readers=tuple(range(1, 16))),
        replace(USUAL, readers=()),
        replace(USUAL, stream_nonce=bytes(8)),
    ):
        assert State.parse(bytes(state)) == state


@pytest.mark.parametrize(
    "state",
    [
        replace(USUAL, channel=0),
        replace(USUAL, channel=65_536),
        replace(USUAL, chunks=7),
        replace(USUAL, chunks=1),
        replace(USUAL, chunks=(1 << 20) + 1),
        replace(USUAL, chunks=0),
        replace(USUAL, stream_nonce=bytes(7)),
        replace(USUAL, stream_nonce=bytes(9)),
        replace(USUAL, readers=tuple(range(1, 17))),
        replace(USUAL, readers=(2, 1)),
        replace(USUAL, readers=(1, 1)),
        replace(USUAL, readers=(0,)),
        replace(USUAL, readers=(65_536,)),
    ],
)
def test_a_source_writes_only_what_it_could_read_again(state: State) -> None:
    refuses(StateAltered, lambda: state.slot(KEY, HEADER, COMMITMENT))


@given(st.integers(0, 63), st.integers(0, 7))
def test_a_flipped_bit_anywhere_is_refused(position: int, bit: int) -> None:
    payload = USUAL.slot(KEY, HEADER, COMMITMENT)
    refuses(StateAltered, lambda: State.open(flip(payload, position, 1 << bit), KEY, HEADER, COMMITMENT))


def test_the_mac_covers_key_header_and_commitment() -> None:
    payload = USUAL.slot(KEY, HEADER, COMMITMENT)
    refuses(StateAltered, lambda: State.open(payload, flip(KEY, 0), HEADER, COMMITMENT))
    refuses(StateAltered, lambda: State.open(payload, KEY, flip(HEADER, 0), COMMITMENT))
    refuses(StateAltered, lambda: State.open(payload, KEY, HEADER, flip(COMMITMENT, 31)))


def test_the_mac_is_the_hash_that_the_text_names() -> None:
    expected = hashed(b"whistle/1/state", HEADER, COMMITMENT, bytes(USUAL), key=KEY, size=16)
    assert USUAL.slot(KEY, HEADER, COMMITMENT) == bytes(USUAL) + expected
