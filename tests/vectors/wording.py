"""How a vector is put into words: its name, what it asks, what it gives or how it is refused."""

from typing import Any

from tests.protocol.cast import (
    identity,
    name_of,
)
from tests.vectors.operations import text
from tests.vectors.pool import ENTROPY, KEYS, SITE_TEXT, Vector
from whistle.protocol import labels
from whistle.protocol.record import Record


def good(name: str, do: str, **given: Any) -> Vector:
    """Return a vector whose outcome is what the operation gives today."""
    return {"name": name, "do": do, "given": given}


def bad(name: str, error: str, do: str, **given: Any) -> Vector:
    """Return a vector that must be refused with ``error``, named by hand."""
    return {"name": name, "do": do, "given": given, "error": error}


def patched(name: str, *pieces: tuple[int, bytes]) -> Any:
    """Return how to make a record from one of the pool by overwriting bytes."""
    return {"record": name, "put": [[offset, text(piece)] for offset, piece in pieces]}


def flipped(pool: dict[str, Record], name: str, position: int, bit: int = 1) -> Any:
    return patched(name, (position, bytes([bytes(pool[name])[position] ^ bit])))


def who(number: int) -> Vector:
    return {"identity": text(identity(name_of(number)).secret_bytes()), "person": number, "site": SITE_TEXT}


def opener(number: int) -> Vector:
    return {"identity": text(identity(name_of(number)).secret_bytes())}


SOURCE: Vector = {"entropy": ENTROPY, "site": SITE_TEXT}
DIRECTORY: Vector = {"document": "usual", "today": "2026-11-21"}
THREAD: Vector = {"thread": text(KEYS.thread.key), "recipient": text(bytes(KEYS.identity.recipient))}
SLOTS_AT = 64 + 33
BODY_AT = SLOTS_AT + 16 * labels.SLOT_SIZE
