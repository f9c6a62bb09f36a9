from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.cast import ANA, BO, SITE, TODAY, chance, flip, refuses, signed_statement, signer
from tests.protocol.test_message import event, inventory
from whistle.errors import SignatureInvalid
from whistle.protocol.acts import (
    check_event,
    check_inventory,
    event_hash,
    inventory_entry,
    make_inventory,
    sign_event,
)
from whistle.protocol.hashing import hashed
from whistle.protocol.message import Event
from whistle.protocol.record import Record

ANAS, BOS = signer("Ana").verifier, signer("Bo").verifier


def records(count: int) -> list[Record]:
    return [Record(chance(f"address {number}", 32), bytes(32), bytes(32_704)) for number in range(count)]


@pytest.mark.parametrize("previous", [None, bytes(32)])
def test_an_event_is_signed_over_what_the_text_names(previous: bytes | None) -> None:
    signed = event(counter=4, previous=previous, audience=(1, 258))
    check_event(ANAS, SITE, signed)
    fields = (
        b"whistle/1/event", SITE, signed.case, ANA, bytes.fromhex("0100 0201"), 4, previous or b"", b"2026-11-21",
        signed.payload,
    )  # fmt: skip
    ANAS.verify(signed.signature, *fields)
    assert event_hash(SITE, signed) == hashed(*fields, signed.signature)


CHANGES = [
    {"case": bytes(32)},
    {"author": BO},
    {"audience": (ANA,)},
    {"audience": (ANA, BO, 3)},
    {"counter": 1},
    {"previous": bytes(32)},
    {"day": date(2026, 11, 20)},
    {"payload": b""},
    {"signature": bytes(64)},
]


@pytest.mark.parametrize("change", CHANGES)
def test_an_event_that_was_changed_is_not_signed_and_has_another_hash(change: dict[str, object]) -> None:
    changed: Event = replace(event(), **change)  # type: ignore[arg-type] # the values fit their names
    refuses(SignatureInvalid, lambda: check_event(ANAS, SITE, changed))
    assert event_hash(SITE, changed) != event_hash(SITE, event())


def test_an_event_is_of_one_author_and_one_site() -> None:
    refuses(SignatureInvalid, lambda: check_event(BOS, SITE, event()))
    refuses(SignatureInvalid, lambda: check_event(ANAS, chance("another site", 32), event()))
    assert event_hash(chance("another site", 32), event()) != event_hash(SITE, event())


def test_signing_replaces_whatever_signature_there_was() -> None:
    assert sign_event(signer("Ana"), SITE, replace(event(), signature=b"s" * 64)) == event()


def test_an_entry_names_a_whole_record() -> None:
    record = records(1)[0]
    assert inventory_entry(record) == hashed(b"whistle/1/inventory entry", bytes(record))[:8]
    changed = {inventory_entry(Record.parse(flip(bytes(record), position))) for position in (0, 40, 70, 32_767)}
    assert len(changed | {inventory_entry(record)}) == 5


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, [0]), (1, [1]), (799, [799]), (800, [800]), (801, [800, 1]), (1_601, [800, 800, 1])]
)
def test_an_inventory_has_as_many_parts_as_it_needs(count: int, sizes: list[int]) -> None:
    all_records = records(count)
    parts = make_inventory(signer("Ana"), SITE, ANA, signed_statement(ANA), TODAY, all_records)
    assert [len(part.entries) for part in parts] == [8 * size for size in sizes]
    assert [(part.part, part.parts) for part in parts] == [(number, len(sizes)) for number in range(len(sizes))]
    assert b"".join(part.entries for part in parts) == b"".join(sorted(map(inventory_entry, all_records)))
    for part in parts:
        check_inventory(ANAS, SITE, part)
        assert (part.author, part.day, part.statement) == (ANA, TODAY, signed_statement(ANA))


def test_an_inventory_is_signed_over_what_the_text_names() -> None:
    part = inventory()[0]
    ANAS.verify(part.signature, b"whistle/1/inventory", SITE, ANA, b"2026-11-21", 0, 1, part.entries)


@pytest.mark.parametrize(
    "change", [{"author": BO}, {"day": date(2026, 11, 20)}, {"part": 1}, {"parts": 2}, {"entries": bytes(8)}]
)
def test_an_inventory_that_was_changed_is_not_signed(change: dict[str, object]) -> None:
    changed = replace(inventory()[0], **change)  # type: ignore[arg-type] # as above
    refuses(SignatureInvalid, lambda: check_inventory(ANAS, SITE, changed))


def test_an_inventory_is_of_one_author_and_one_site() -> None:
    refuses(SignatureInvalid, lambda: check_inventory(BOS, SITE, inventory()[0]))
    refuses(SignatureInvalid, lambda: check_inventory(ANAS, chance("another site", 32), inventory()[0]))


@given(st.binary(max_size=30), st.integers(0, 2**53 - 1), st.none() | st.binary(min_size=32, max_size=32))
def test_every_signed_event_is_accepted(payload: bytes, counter: int, previous: bytes | None) -> None:
    check_event(ANAS, SITE, event(payload=payload, counter=counter, previous=previous))
