import tracemalloc
import zlib
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings

from tests.protocol.cast import (
    ANA,
    BO,
    SITE,
    chance,
    flipped,
    identity,
    message,
    name_of,
    place_up,
    reader,
    refuses,
    seal_message,
    source,
    state_for,
)
from whistle.errors import (
    BodyMalformed,
    NotForMe,
    RecordAltered,
    RecordMalformed,
    SenderUnproven,
    SlotsAmbiguous,
    StateAltered,
    TooLarge,
    UnsupportedVersion,
)
from whistle.protocol import labels
from whistle.protocol.hashing import hashed
from whistle.protocol.keys import Identity
from whistle.protocol.message import encode
from whistle.protocol.record import Record
from whistle.protocol.sealing import (
    Author,
    Place,
    authenticator,
    commitment_of,
    decoy,
    has_form,
    header_of,
    open_sealed,
    open_state,
    open_with_key,
    pack,
    seal,
    unpack,
)
from whistle.protocol.slots import seal_slots

SLOTS_AT, BODY_AT = 64 + 33, 64 + 33 + 16 * 1_216
READERS = {person: identity(name_of(person)) for person in (ANA, BO)}


def raw_deflate(data: bytes) -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflate.compress(data) + deflate.flush()


def padded(packed: bytes) -> bytes:
    return (len(packed).to_bytes(4, "little") + packed).ljust(13_199, b"\0")


def slot_of(record: Record, identity: Identity) -> int:
    for number in range(16):
        try:
            open_sealed(flipped(record, SLOTS_AT + number * 1_216), identity)
        except NotForMe:
            return number
        except RecordAltered:
            continue
    raise AssertionError


# --- the body


@given(st.binary(max_size=2_000) | st.text(max_size=900).map(str.encode))
def test_what_is_packed_is_unpacked_and_always_has_one_size(body: bytes) -> None:
    packed = pack(body)
    assert len(packed) == 13_199
    assert unpack(packed) == body


def test_a_body_is_a_length_raw_deflate_and_zeros() -> None:
    packed = pack(b'{"a":1}' * 3)
    size = int.from_bytes(packed[:4], "little")
    assert zlib.decompress(packed[4 : 4 + size], wbits=-15) == b'{"a":1}' * 3
    assert not any(packed[4 + size :])


def test_a_body_that_does_not_fit_is_too_large() -> None:
    chance_bytes = chance("body", 13_300)
    largest = max(size for size in range(13_100, 13_200) if len(raw_deflate(chance_bytes[:size])) <= 13_195)
    assert len(raw_deflate(chance_bytes[:largest])) == 13_195
    assert unpack(pack(chance_bytes[:largest])) == chance_bytes[:largest]
    refuses(TooLarge, lambda: pack(chance_bytes[: largest + 1]))
    assert unpack(pack(bytes(131_072))) == bytes(131_072)
    refuses(TooLarge, lambda: pack(bytes(131_073)))


@given(st.binary(max_size=40), st.integers(0, 60))
def test_any_bytes_are_a_body_or_malformed(data: bytes, size: int) -> None:
    for untrusted in (data, padded(data), (size.to_bytes(4, "little") + data).ljust(13_199, b"\0")):
        try:
            unpack(untrusted)
        except BodyMalformed:
            continue


@pytest.mark.parametrize(
    "body",
    [
        padded(raw_deflate(b"{}"))[:-1] + b"\1",
        padded(raw_deflate(b"{}"))[:-1] + b"X",
        padded(raw_deflate(b"{}"))[:-1],
        padded(raw_deflate(b"{}")) + b"\0",
        padded(raw_deflate(b"{}") + b"\0"),
        padded(raw_deflate(b"{}") + b"trailing"),
        padded(raw_deflate(b"{}")[:-1]),
        padded(b""),
        bytes(13_199),
        (13_196).to_bytes(4, "little") + chance("body", 13_195),
        (2**32 - 1).to_bytes(4, "little") + bytes(13_195),
        padded(raw_deflate(bytes(131_073))),
        padded(raw_deflate(bytes(10_000_000))),
        padded(zlib.compress(b"{}")),
        padded(b"\xff" * 20),
        b"",
        b"\1",
    ],
    ids=[
        "padding that is not zero",
        "padding of another kind",
        "a byte too few",
        "a byte too many",
        "a zero behind the stream, inside the length",
        "bytes behind the stream",
        "a stream cut short",
        "no stream",
        "zeros",
        "a length beyond the end",
        "the largest length",
        "a byte more than a body may have",
        "a bomb",
        "zlib instead of raw deflate",
        "no deflate",
        "nothing",
        "one byte",
    ],
)
def test_what_no_writer_packs_is_malformed(body: bytes) -> None:
    refuses(BodyMalformed, lambda: unpack(body))


def test_a_bomb_is_not_unpacked_before_it_is_refused() -> None:
    bomb = padded(raw_deflate(bytes(10_000_000)))
    tracemalloc.start()
    try:
        refuses(BodyMalformed, lambda: unpack(bomb))
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_full_body_is_read() -> None:
    stored = b"\1" + (13_190).to_bytes(2, "little") + (0xFFFF - 13_190).to_bytes(2, "little") + bytes(13_190)
    assert unpack((13_195).to_bytes(4, "little") + stored) == bytes(13_190)


# --- the record


def test_every_reader_opens_what_the_source_sealed_and_its_proof_holds() -> None:
    keys = source()
    body = encode(message(keys))
    record = seal_message(keys, message(keys))
    for person, who in READERS.items():
        opened = open_sealed(record, who)
        assert (opened.body, opened.record, opened.commitment) == (body, record, commitment_of(record))
        opened.prove(SITE, who, 0, 0, keys.identity.recipient)
        assert reader(person).identity.recipient == who.recipient
    refuses(NotForMe, lambda: open_sealed(record, identity("a stranger")))


def test_a_record_has_the_parts_that_the_text_names() -> None:
    keys = source()
    record = seal_message(keys, message(keys))
    data = bytes(record)
    packed = pack(encode(message(keys)))
    place = place_up(keys, 0)
    assert (data[:32], data[32:64], data[64]) == (place.address, place.burn_hash, 1)
    header = data[:65]
    assert place.header == header_of(record) == header
    opened = open_sealed(record, READERS[ANA])
    content_key = opened.content_key
    body = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(data[BODY_AT:], data[:BODY_AT], bytes(24), content_key)
    assert body == packed
    assert data[65:97] == hashed(b"whistle/1/commitment", header, packed, key=content_key)
    shared = keys.identity.shared_secret(READERS[ANA].recipient)
    ends = bytes(keys.identity.recipient), bytes(READERS[ANA].recipient)
    expected = hashed(b"whistle/1/authenticator", SITE, header, data[65:97], 0, 0, *ends, key=shared)
    assert opened.proof == expected


def test_an_authenticator_names_role_and_person() -> None:
    ends = identity("Ana").recipient, identity("Bo").recipient
    shared = identity("Ana").shared_secret(ends[1])
    proven = chance("header and commitment", 97)
    expected = hashed(
        b"whistle/1/authenticator", SITE, proven[:65], proven[65:], 2, 7, bytes(ends[0]), bytes(ends[1]), key=shared
    )
    assert authenticator(shared, SITE, proven, 2, 7, ends) == expected


@pytest.mark.parametrize("changed", ["site", "role", "person", "sender", "reader"])
def test_a_proof_holds_for_nobody_and_nothing_else(changed: str) -> None:
    keys = source()
    opened = open_sealed(seal_message(keys, message(keys)), READERS[ANA])
    opened.prove(SITE, READERS[ANA], 0, 0, keys.identity.recipient)
    refuses(
        SenderUnproven,
        lambda: opened.prove(
            chance("another site", 32) if changed == "site" else SITE,
            READERS[BO if changed == "reader" else ANA],
            int(changed == "role"),
            int(changed == "person"),
            (source("another") if changed == "sender" else keys).identity.recipient,
        ),
    )


def test_the_source_reads_its_own_slot_and_nothing_else() -> None:
    keys = source()
    record = seal_message(keys, message(keys))
    assert open_state(record, keys) == state_for(message(keys))
    refuses(RecordAltered, lambda: open_sealed(record, keys.identity))
    refuses(NotForMe, lambda: open_state(record, source("another")))


def test_whoever_was_given_the_content_key_reads_the_body() -> None:
    keys = source()
    record = seal_message(keys, message(keys))
    opened = open_sealed(record, READERS[ANA])
    assert open_with_key(record, opened.content_key) == opened.body
    refuses(RecordAltered, lambda: open_with_key(record, chance("another key", 32)))
    refuses(UnsupportedVersion, lambda: open_with_key(flipped(record, 64), opened.content_key))
    refuses(RecordAltered, lambda: open_with_key(flipped(record, 0), opened.content_key))


def _every_reader_refuses(record: Record, position: int, bit: int) -> None:
    changed = flipped(record, position, bit)
    for who in READERS.values():
        with pytest.raises((RecordAltered, NotForMe, UnsupportedVersion)):
            open_sealed(changed, who)
    keys = source()
    own = SLOTS_AT + slot_of_source(record) * 1_216
    if position < SLOTS_AT or own <= position < own + 1_216:
        with pytest.raises((StateAltered, NotForMe, UnsupportedVersion)):
            open_state(changed, keys)


def slot_of_source(record: Record) -> int:
    keys = source()
    for number in range(16):
        try:
            open_state(flipped(record, SLOTS_AT + number * 1_216), keys)
        except NotForMe:
            return number
    raise AssertionError


def positions(count: int) -> list[int]:
    """Return the borders of every part of a record, and ``count`` positions drawn from the rest."""
    slots = [SLOTS_AT + number * 1_216 for number in range(17)]
    parts = [0, 31, 32, 63, 64, 65, 96, *slots, *(at - 1 for at in slots), 32_751, 32_752, 32_767]
    inside = [at + within for at in slots[:16] for within in (32, 48, 48 + 1_088, 1_200)]
    return sorted({*parts, *inside, *(Random(7).randrange(32_768) for _ in range(count))})


def test_a_flipped_byte_is_refused_by_every_reader() -> None:
    record = seal_message(source(), message(source()))
    for position in positions(60):
        _every_reader_refuses(record, position, 1 << position % 8)


@pytest.mark.long
@pytest.mark.parametrize("quarter", range(4))
def test_a_flipped_byte_at_any_of_the_32768_positions_is_refused_by_every_reader(quarter: int) -> None:
    record = seal_message(source(), message(source()))
    for position in range(quarter * 8_192, (quarter + 1) * 8_192):
        _every_reader_refuses(record, position, 1 << position % 8)


def test_a_record_of_another_version_says_so() -> None:
    keys = source()
    record = seal_message(keys, message(keys))
    for version in (0, 2, 255):
        other = Record(record.address, record.burn_hash, bytes([version]) + record.sealed[1:])
        refuses(UnsupportedVersion, lambda other=other: open_sealed(other, READERS[ANA]))  # type: ignore[misc] # bound early
        refuses(UnsupportedVersion, lambda other=other: open_state(other, keys))  # type: ignore[misc] # as above


@given(st.binary(min_size=1, max_size=50))
def test_any_record_is_refused_by_errors_of_the_protocol(data: bytes) -> None:
    record = Record.parse((data * 32_768)[:32_768])
    for open_it in (lambda: open_sealed(record, READERS[ANA]), lambda: open_state(record, source())):
        with pytest.raises((NotForMe, UnsupportedVersion)):
            open_it()


# --- attacks of somebody who may read, and so knows the content key


def resealed(record: Record, content_key: bytes, packed: bytes, commitment: bytes | None = None) -> Record:
    """Return ``record`` with other words under the same slots."""
    sealed = record.sealed[:1] + (commitment or commitment_of(record)) + record.sealed[33 : 33 + 16 * 1_216]
    associated = record.address + record.burn_hash + sealed
    body = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(packed, associated, bytes(24), content_key)
    return Record(record.address, record.burn_hash, sealed + body)


def test_a_co_recipient_cannot_put_other_words_under_the_commitment_of_the_source() -> None:
    keys = source()
    record = seal_message(keys, message(keys))
    content_key = open_sealed(record, READERS[BO]).content_key
    forged = resealed(record, content_key, pack(b'{"kind":"message"}'))
    refuses(RecordAltered, lambda: open_sealed(forged, READERS[ANA]))


def test_a_co_recipient_cannot_put_other_words_under_the_proof_of_the_source() -> None:
    keys = source()
    record = seal_message(keys, message(keys))
    content_key = open_sealed(record, READERS[BO]).content_key
    packed = pack(b'{"kind":"message"}')
    commitment = hashed(b"whistle/1/commitment", header_of(record), packed, key=content_key)
    opened = open_sealed(resealed(record, content_key, packed, commitment), READERS[ANA])
    refuses(SenderUnproven, lambda: opened.prove(SITE, READERS[ANA], 0, 0, keys.identity.recipient))
    refuses(StateAltered, lambda: open_state(resealed(record, content_key, packed, commitment), keys))


def test_a_record_that_is_moved_elsewhere_does_not_open() -> None:
    keys = source()
    record = seal_message(keys, message(keys))
    moved = Record(keys.thread.address(labels.UP, 1), record.burn_hash, record.sealed)
    burnable = Record(record.address, chance("another burn hash", 32), record.sealed)
    for other in (moved, burnable):
        refuses(RecordAltered, lambda other=other: open_sealed(other, READERS[ANA]))  # type: ignore[misc] # bound early
        refuses(StateAltered, lambda other=other: open_state(other, keys))  # type: ignore[misc] # as above


def test_a_slot_that_is_copied_is_an_error_even_where_the_body_is_resealed() -> None:
    keys = source()
    record = seal_message(keys, message(keys))
    content_key = open_sealed(record, READERS[BO]).content_key
    at = {person: 33 + slot_of(record, who) * 1_216 for person, who in READERS.items()}
    mine = record.sealed[at[ANA] : at[ANA] + 1_216]
    sealed = record.sealed[: at[BO]] + mine + record.sealed[at[BO] + 1_216 :]
    twice = resealed(Record(record.address, record.burn_hash, sealed), content_key, pack(encode(message(keys))))
    refuses(SlotsAmbiguous, lambda: open_sealed(twice, READERS[ANA]))


def test_the_state_of_another_record_is_refused() -> None:
    keys = source()
    first, second = (
        seal_message(keys, message(keys, index=index, previous=previous))
        for index, previous in ((0, None), (1, chance("a commitment", 32)))
    )
    slots = [
        record.sealed[33 + at : 33 + at + 1_216]
        for record in (first, second)
        for at in [slot_of_source(record) * 1_216]
    ]
    grafted = Record(second.address, second.burn_hash, second.sealed.replace(slots[1], slots[0]))
    refuses(StateAltered, lambda: open_state(grafted, keys))


def test_the_content_key_in_a_slot_is_the_one_of_the_body() -> None:
    keys = source()
    record = seal_message(keys, message(keys))
    slots = seal_slots([(READERS[ANA].recipient, chance("another key and proof", 64))])
    other = Record(record.address, record.burn_hash, record.sealed[:33] + slots + record.sealed[33 + len(slots) :])
    refuses(RecordAltered, lambda: open_sealed(other, READERS[ANA]))


# --- writing


def test_what_cannot_be_sealed_is_refused() -> None:
    keys = source()
    author = Author(keys.identity, 0, 0)
    many = [identity(f"reader {number}").recipient for number in range(17)]
    for readers in (many, [many[0], many[0]]):
        refuses(RecordMalformed, lambda readers=readers: seal(place_up(keys, 0), pack(b""), author, SITE, readers))  # type: ignore[misc] # bound early
    assert len(bytes(seal(place_up(keys, 0), pack(b"{}"), author, SITE, many[:16]))) == 32_768


def test_every_sealing_has_a_key_of_its_own() -> None:
    keys = source()
    first, second = (seal_message(keys, message(keys)) for _ in range(2))
    assert open_sealed(first, READERS[ANA]).content_key != open_sealed(second, READERS[ANA]).content_key
    assert commitment_of(first) != commitment_of(second)


def test_a_decoy_is_for_nobody_and_no_two_are_alike() -> None:
    first, second = decoy(), decoy()
    for record in (first, second):
        assert len(bytes(record)) == 32_768
        assert record.sealed[0] == 1
        refuses(NotForMe, lambda record=record: open_sealed(record, READERS[ANA]))  # type: ignore[misc] # bound early
    parts = [(0, 32), (32, 64), (65, 97), (97, 129), (BODY_AT, BODY_AT + 32), (32_736, 32_768)]
    assert all(bytes(first)[start:end] != bytes(second)[start:end] for start, end in parts)


def test_an_opened_record_shows_none_of_its_secrets() -> None:
    keys = source()
    opened = open_sealed(seal_message(keys, message(keys)), READERS[ANA])
    shown = repr(opened)
    for secret in (opened.content_key, opened.proof, opened.body):
        assert repr(secret)[2:-1] not in shown
    assert "tender" not in shown


def test_a_place_is_its_header() -> None:
    assert Place(b"a" * 32, b"b" * 32).header == b"a" * 32 + b"b" * 32 + b"\1"


def test_what_is_sealed_has_a_form_and_what_was_burned_has_none() -> None:
    keys = source()
    record = seal_message(keys, message(keys))
    assert has_form(record)
    assert has_form(decoy())
    chance = Random(1)
    assert not any(
        has_form(Record(record.address, record.burn_hash, chance.randbytes(labels.SEALED_SIZE))) for _ in range(300)
    )


@pytest.mark.parametrize("at", [0, *(33 + slot * labels.SLOT_SIZE + 31 for slot in range(labels.SLOT_COUNT))])
def test_every_mark_of_the_form_counts(at: int) -> None:
    sealed = bytearray(decoy().sealed)
    sealed[at] = 0x80
    assert not has_form(Record(bytes(32), bytes(32), bytes(sealed)))
    sealed[at] = 0x7F if at else 1
    assert has_form(Record(bytes(32), bytes(32), bytes(sealed)))
