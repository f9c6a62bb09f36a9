from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings
from nacl.exceptions import CryptoError

from tests.protocol.cast import chance, flip, identity, refuses
from whistle.errors import NotForMe, RecordMalformed, SlotsAmbiguous
from whistle.protocol.hashing import hashed
from whistle.protocol.keys import Identity, check_x25519
from whistle.protocol.slots import decoy_slots, open_slots, seal_slots

SIZE = 1_216
SIXTEEN = [identity(f"reader {number}") for number in range(16)]


def payload(number: int) -> bytes:
    return chance(f"payload {number}", 64)


def sealed_to(count: int) -> bytes:
    return seal_slots([(reader.recipient, payload(number)) for number, reader in enumerate(SIXTEEN[:count])])


def each_of(slots: bytes) -> list[bytes]:
    return [slots[at : at + SIZE] for at in range(0, len(slots), SIZE)]


def place_of(slots: bytes, reader: Identity) -> int:
    """Return which slot opens, by breaking one after the other."""
    for number in range(16):
        try:
            open_slots(flip(slots, number * SIZE), reader)
        except NotForMe:
            return number
    raise AssertionError


@pytest.mark.parametrize("count", [0, 1, 2, 15, 16])
def test_every_reader_finds_their_own_payload_and_nobody_else_any(count: int) -> None:
    slots = sealed_to(count)
    assert len(slots) == 19_456
    for number, reader in enumerate(SIXTEEN[:count]):
        assert open_slots(slots, reader) == payload(number)
    refuses(NotForMe, lambda: open_slots(slots, identity("a stranger")))
    refuses(NotForMe, lambda: open_slots(decoy_slots(), SIXTEEN[0]))


def test_a_slot_is_a_sealed_box_around_a_kem_ciphertext_and_a_secretbox() -> None:
    reader = SIXTEEN[0]
    slots = sealed_to(1)
    sealed = each_of(slots)[place_of(slots, reader)]
    inner = bindings.crypto_box_seal_open(sealed, reader.recipient.x25519, reader.secret_scalar())
    ciphertext, box = inner[:1_088], inner[1_088:]
    assert len(box) == 80
    key = hashed(b"whistle/1/slot", ciphertext, bytes(reader.recipient), key=reader.mlkem.decapsulate(ciphertext))
    assert bindings.crypto_secretbox_open(box, bytes(24), key) == payload(0)


@pytest.mark.parametrize("position", [0, 31, 32, 47, 48, 48 + 1_087, 48 + 1_088, SIZE - 81, SIZE - 1])
def test_a_flipped_byte_anywhere_in_a_slot_closes_it(position: int) -> None:
    slots = sealed_to(3)
    at = place_of(slots, SIXTEEN[0]) * SIZE
    refuses(NotForMe, lambda: open_slots(flip(slots, at + position), SIXTEEN[0]))
    assert open_slots(flip(slots, at + position), SIXTEEN[1]) == payload(1)


def test_neither_half_of_an_identity_opens_alone() -> None:
    slots = sealed_to(1)
    secret = SIXTEEN[0].secret_bytes()
    other = identity("a stranger").secret_bytes()
    refuses(NotForMe, lambda: open_slots(slots, Identity(secret[:32] + other[32:])))
    refuses(NotForMe, lambda: open_slots(slots, Identity(other[:32] + secret[32:])))


def test_two_slots_that_open_are_an_error() -> None:
    slots = sealed_to(2)
    place = place_of(slots, SIXTEEN[0])
    copied = each_of(slots)
    copied[(place + 1) % 16] = copied[place]
    refuses(SlotsAmbiguous, lambda: open_slots(b"".join(copied), SIXTEEN[0]))
    assert len({place_of(sealed_to(1), SIXTEEN[0]) for _ in range(8)}) > 1


def test_the_order_is_random_and_every_place_is_used() -> None:
    # 200 draws of 16 places: one is missed with a chance of 16 * (15/16)^200, which is 4 in 100,000.
    one = [(SIXTEEN[0].recipient, payload(0))]
    found = set()
    for _ in range(200):
        found.add(place_of(seal_slots(one), SIXTEEN[0]))
        if len(found) == 16:
            return
    raise AssertionError(found)


def test_unused_slots_are_real_seals_to_keys_that_nobody_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    thrown_away: list[tuple[bytes, bytes]] = []
    make = bindings.crypto_box_keypair

    def keypair() -> tuple[bytes, bytes]:
        thrown_away.append(make())
        return thrown_away[-1]

    monkeypatch.setattr(bindings, "crypto_box_keypair", keypair)
    makers: list[tuple[Callable[[], bytes], int]] = [(lambda: sealed_to(3), 13), (decoy_slots, 16)]
    for make_slots, unused in makers:
        slots = make_slots()
        insides = set()
        for public, secret in thrown_away:
            for slot in each_of(slots):
                try:
                    insides.add(bindings.crypto_box_seal_open(slot, public, secret))
                except CryptoError:
                    continue
        assert len(insides) == len(thrown_away) == unused
        assert {len(inside) for inside in insides} == {1_168}
        thrown_away.clear()


def test_every_slot_begins_with_a_point_that_a_strict_reader_accepts() -> None:
    for slot in (*each_of(sealed_to(3)), *each_of(decoy_slots())):
        check_x25519(slot[:32])


def test_no_two_slots_share_a_byte_string_of_note() -> None:
    slots = each_of(sealed_to(16)) + each_of(sealed_to(16)) + each_of(decoy_slots()) + each_of(decoy_slots())
    assert len({slot[:32] for slot in slots}) == len({slot[48:80] for slot in slots}) == 64


@pytest.mark.parametrize(
    "payloads",
    [
        [(reader.recipient, bytes(64)) for reader in (*SIXTEEN, identity("one more"))],
        [(SIXTEEN[0].recipient, bytes(64)), (SIXTEEN[0].recipient, payload(1))],
        [(SIXTEEN[0].recipient, bytes(63))],
        [(SIXTEEN[0].recipient, bytes(65))],
    ],
    ids=["17 payloads", "one reader twice", "63 bytes", "65 bytes"],
)
def test_what_cannot_be_sealed_is_refused(payloads: Any) -> None:
    refuses(RecordMalformed, lambda: seal_slots(payloads))


@given(st.integers(-2, 2).filter(bool))
def test_slots_of_another_size_are_refused(more: int) -> None:
    refuses(RecordMalformed, lambda: open_slots(bytes(16 * SIZE + more), SIXTEEN[0]))


@given(st.binary(min_size=16, max_size=64))
def test_any_bytes_are_slots_that_are_not_for_me(data: bytes) -> None:
    slots = (data * (16 * SIZE // len(data) + 1))[: 16 * SIZE]
    refuses(NotForMe, lambda: open_slots(slots, SIXTEEN[0]))
