"""Vectors of opening records, and of states."""

# ruff: noqa: E501 - a vector a line is easier to read, however long the line

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nacl import bindings

from tests.protocol.cast import (
    ANA,
    BO,
    DEDE,
    NO_STREAM,
    chance,
    flip,
    identity,
    message,
)
from tests.vectors.of_bodies import stored_body
from tests.vectors.operations import text
from tests.vectors.pool import ENTROPY, KEYS, SITE_TEXT, Vector
from tests.vectors.wording import BODY_AT, SLOTS_AT, SOURCE, bad, flipped, good, opener, patched
from whistle.errors import NotForMe, ProtocolError
from whistle.protocol import labels
from whistle.protocol.hashing import hashed
from whistle.protocol.message import encode
from whistle.protocol.record import Record
from whistle.protocol.sealing import commitment_of, header_of, open_sealed, open_state
from whistle.protocol.state import State


def resealed(pool: dict[str, Record], name: str, body: bytes, *, recommit: bool, slots: bytes | None = None) -> Any:
    """Return a record as a co-recipient, who knows its content key, can seal it again with another body."""
    record = pool[name]
    content_key = open_sealed(record, identity("Bo")).content_key
    commitment = commitment_of(record)
    if recommit:
        commitment = hashed(labels.COMMITMENT, header_of(record), body, key=content_key)
    sealed = record.sealed[:1] + commitment + (slots or record.sealed[33 : 33 + 16 * labels.SLOT_SIZE])
    associated = record.address + record.burn_hash + sealed
    body = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(body, associated, bytes(24), content_key)
    return patched(name, (64, sealed + body))


def slot_of(record: Record, opens: Callable[[Record], object]) -> int:
    """Return which slot one reader opens: the one that, broken, is no longer for them."""
    for number in range(16):
        try:
            opens(Record.parse(flip(bytes(record), SLOTS_AT + number * labels.SLOT_SIZE)))
        except NotForMe:
            return number
        except ProtocolError:
            continue
    raise AssertionError


def sealed_records(pool: dict[str, Record]) -> list[Vector]:
    report = pool["report"]
    anas = slot_of(report, lambda each: open_sealed(each, identity("Ana")))
    bos = slot_of(report, lambda each: open_sealed(each, identity("Bo")))
    own = slot_of(report, lambda each: open_state(each, KEYS))
    later = slot_of(pool["follow-up"], lambda each: open_state(each, KEYS))
    slots = bytes(report)[SLOTS_AT:BODY_AT]
    size = labels.SLOT_SIZE
    copied = slots[: bos * size] + slots[anas * size : (anas + 1) * size] + slots[(bos + 1) * size :]
    body = stored_body(encode(message(KEYS)))
    state_slot = bytes(report)[SLOTS_AT + own * size : SLOTS_AT + (own + 1) * size]
    bit_flips = [
        ("the address", 0, "RecordAltered"),
        ("the burn hash", 32, "RecordAltered"),
        ("the version", 64, "UnsupportedVersion"),
        ("the commitment", 65, "RecordAltered"),
        ("the reader's slot, its first byte", SLOTS_AT + anas * size, "NotForMe"),
        ("the reader's slot, its last byte", SLOTS_AT + (anas + 1) * size - 1, "NotForMe"),
        ("another slot", SLOTS_AT + bos * size + 600, "RecordAltered"),
        ("the source's slot", SLOTS_AT + own * size + 600, "RecordAltered"),
        ("the body", BODY_AT, "RecordAltered"),
        ("the last byte", 32_767, "RecordAltered"),
    ]
    state_flips = [
        ("the address", 0, "StateAltered"),
        ("the burn hash", 63, "StateAltered"),
        ("the version", 64, "UnsupportedVersion"),
        ("the commitment", 96, "StateAltered"),
        ("its slot", SLOTS_AT + own * size + 1_000, "NotForMe"),
    ]
    moved = KEYS.thread.address(labels.UP, 1)
    return [
        good("a report, by Ana", "open", record={"record": "report"}, **opener(ANA)),
        good("a report, by Bo", "open", record={"record": "report"}, **opener(BO)),
        good("a follow-up with a file", "open", record={"record": "follow-up"}, **opener(ANA)),
        good("an inventory", "open", record={"record": "inventory"}, **opener(BO)),
        good("a report, by its content key", "open with key", record={"record": "report"},
             content_key=text(open_sealed(report, identity("Ana")).content_key)),
        bad("another content key", "RecordAltered", "open with key", record={"record": "report"}, content_key=text(bytes(32))),
        good("the state of a report", "open state", record={"record": "report"}, **SOURCE),
        good("the state of a report with a stream", "open state", record={"record": "follow-up"}, **SOURCE),
        bad("the source cannot reopen what she wrote", "RecordAltered", "open",
            record={"record": "report"}, identity=text(KEYS.identity.secret_bytes())),
        bad("another receipt", "NotForMe", "open state", record={"record": "report"}, entropy=text(bytes(16)), site=SITE_TEXT),
        bad("the same receipt at another site", "NotForMe", "open state",
            record={"record": "report"}, entropy=ENTROPY, site=text(chance("another site", 32))),
        bad("a stranger", "NotForMe", "open", record={"record": "report"}, **opener(DEDE)),
        bad("a decoy", "NotForMe", "open", record={"record": "decoy"}, **opener(ANA)),
        bad("a decoy, by the source", "NotForMe", "open state", record={"record": "decoy"}, **SOURCE),
        bad("a byte too few", "RecordMalformed", "open", record={"size": 32_767}, **opener(ANA)),
        bad("a byte too many", "RecordMalformed", "open", record={"size": 32_769}, **opener(ANA)),
        bad("zeros", "UnsupportedVersion", "open", record={"size": 32_768}, **opener(ANA)),
        bad("version 2", "UnsupportedVersion", "open", record=patched("report", (64, b"\2")), **opener(ANA)),
        *(bad(f"a flipped bit in {where}", error, "open", record=flipped(pool, "report", at), **opener(ANA))
          for where, at, error in bit_flips),
        *(bad(f"a flipped bit in {where}, for the source", error, "open state", record=flipped(pool, "report", at), **SOURCE)
          for where, at, error in state_flips),
        bad("a record moved to another address", "RecordAltered", "open", record=patched("report", (0, moved)), **opener(ANA)),
        bad("a burn hash changed", "RecordAltered", "open", record=patched("report", (32, bytes(32))), **opener(ANA)),
        bad("a record moved to another address, for the source", "StateAltered", "open state",
            record=patched("report", (0, moved)), **SOURCE),
        bad("a co-recipient puts other words under the commitment", "RecordAltered", "open",
            record=resealed(pool, "report", stored_body(b"{}"), recommit=False), **opener(ANA)),
        bad("a co-recipient copies a slot, so that two open", "SlotsAmbiguous", "open",
            record=resealed(pool, "report", body, recommit=False, slots=copied), **opener(ANA)),
        bad("a slot copied without resealing", "SlotsAmbiguous", "open", record=patched("report", (SLOTS_AT, copied)), **opener(ANA)),
        bad("the source's slot grafted from another record", "StateAltered", "open state",
            record=patched("follow-up", (SLOTS_AT + later * size, state_slot)), **SOURCE),
        bad("a slot with another content key", "RecordAltered", "open",
            record=patched("report", (SLOTS_AT, bytes(pool["slots of a stranger"])[SLOTS_AT:BODY_AT])), **opener(ANA)),
        bad("a body with padding that is not zero, honestly sealed", "BodyMalformed", "open",
            record={"record": "padding"}, **opener(ANA)),
        bad("16 slots less a byte", "RecordMalformed", "slots", slots=text(slots[:-1]), **opener(ANA)),
        good("16 slots", "slots", slots=text(slots), **opener(ANA)),
    ]  # fmt: skip


def states() -> list[Vector]:
    key, header, commitment = chance("state key", 32), chance("header", 65), chance("commitment", 32)

    def given(data: bytes, mac: bytes | None = None) -> Vector:
        made = hashed(labels.STATE, header, commitment, data, key=key, size=16)
        return {
            "payload": text(data + (mac or made)),
            "state_key": text(key),
            "header": text(header),
            "commitment": text(commitment),
        }

    usual = State(258, 9, b"12345678", (1, 2, 65_535))
    wrong = {
        "channel 0": bytes(48),
        "readers out of order": bytes(replace(usual, readers=(2, 1))),
        "a reader twice": bytes(replace(usual, readers=(1, 1))),
        "a gap before a reader": bytes(replace(usual, readers=(0, 1))),
        "7 chunks": bytes(replace(usual, chunks=7)),
        "2^20 + 1 chunks": bytes(replace(usual, chunks=2**20 + 1)),
        "a nonce without chunks": bytes(replace(usual, chunks=0)),
        "the last bytes not zero": flip(bytes(usual), 47),
    }
    return [
        good("a stream and three readers", "state", **given(bytes(usual))),
        good("no stream and nobody", "state", **given(bytes(State(1, 0, NO_STREAM, ())))),
        good("15 readers", "state", **given(bytes(replace(usual, readers=tuple(range(1, 16)))))),
        bad("a forged MAC", "StateAltered", "state", **given(bytes(usual), bytes(16))),
        *(bad(name, "StateAltered", "state", **given(data)) for name, data in wrong.items()),
    ]
