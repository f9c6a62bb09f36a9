"""The small interface that everybody who reaches a shelf is given. docs/protocol.md, section 9.

An implementation carries bytes and knows nothing of what is in them. Every method may raise a ``CourierError``
(``Unreachable``, ``Refused``, ``AnswerMalformed``) or a ``ShelfError``, and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from whistle.protocol.record import Record


@dataclass(frozen=True, slots=True)
class Pass:
    """What admits an enrolled person to the listing: who asks, when (Unix seconds), a nonce, and a signature."""

    person: int
    time: int
    nonce: bytes
    signature: bytes


class Courier(Protocol):
    """Carries records to a shelf and back."""

    def keyring(self) -> bytes:
        """Return the published document (JSON, UTF-8) as the site shows it now, unverified."""

    def publish(self, statement: bytes) -> None:
        """Hand in a signed sealing statement (JSON, UTF-8)."""

    def put_message(self, record: Record) -> None:
        """Put one message, durably. The identical record again is fine; raises ``AddressTaken`` for another."""

    def put_chunks(self, records: Sequence[Record]) -> None:
        """Put 1 to 32 chunks in one durable step; raises ``AddressTaken`` and stores none of them if one clashes."""

    def look(self, addresses: Sequence[bytes]) -> tuple[bool, ...]:
        """Return for each of exactly 128 addresses whether a record lies there, on either shelf."""

    def fetch(self, addresses: Sequence[bytes]) -> tuple[bytes, ...]:
        """Return for each of exactly 8 addresses the 32,768 bytes there, or random bytes where nothing is."""

    def burn(self, tokens: Sequence[bytes]) -> None:
        """Remove what has the burn hash of one of exactly 8 tokens; the answer never tells whether there was any."""

    def messages(self, query: str, admission: Pass) -> tuple[Record, ...]:
        """Return one page of the listing: the messages of a day in order of address, for an enrolled person.

        ``query`` is what ``wire.listing_query`` makes. A page of fewer than ``wire.LISTING_PAGE`` records is the last.
        """
