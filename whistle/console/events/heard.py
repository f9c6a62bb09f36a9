"""An event of a colleague was verified, and takes its place in its chain."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from whistle.console.case import Journal
from whistle.protocol.canonical import Json, base64
from whistle.protocol.fields import PERSON_LIMIT, Fields, octets
from whistle.protocol.labels import CASE_SIZE, HASH_SIZE


@dataclass(frozen=True)
class Heard:
    """Whose chain (its random name, 32 bytes), which number in it, its hash, and the hash that it names before it."""

    author: int
    chain: bytes
    counter: int
    hash: bytes
    previous: bytes | None

    kind: ClassVar = "heard"

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept."""
        return {
            "author": self.author,
            "chain": base64(self.chain),
            "counter": self.counter,
            "hash": base64(self.hash),
            "previous": None if self.previous is None else base64(self.previous),
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "author", "chain", "counter", "hash", "previous")
        return cls(
            fields.integer("author", 1, PERSON_LIMIT),
            fields.octets("chain", CASE_SIZE),
            fields.integer("counter"),
            fields.octets("hash", HASH_SIZE),
            fields.optional("previous", lambda value: octets(value, HASH_SIZE)),
        )

    def fold_journal(self, journal: Journal, _day: date) -> Journal:
        """Leave the journal as it is; the chains are kept beside it."""
        return journal
