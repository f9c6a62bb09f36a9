"""This console was shown records of a closed day that a colleague was not, and tells that colleague where they lie."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from whistle.console.case import Journal
from whistle.protocol.canonical import Json, base64
from whistle.protocol.fields import Fields, octets
from whistle.protocol.labels import ADDRESS_SIZE

ADDRESSES_LIMIT = 64


@dataclass(frozen=True)
class Shown:
    """The day, and the addresses (32 bytes each); of many, the first. It travels as an event of the protocol."""

    listed: date
    addresses: tuple[bytes, ...]

    kind: ClassVar = "shown"

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept, and that travels."""
        return {"listed": self.listed.isoformat(), "addresses": [base64(address) for address in self.addresses]}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "listed", "addresses")
        addresses = fields.items("addresses", lambda item: octets(item, ADDRESS_SIZE), ADDRESSES_LIMIT)
        return cls(fields.day("listed"), addresses)

    def fold_journal(self, journal: Journal, _day: date) -> Journal:
        """Leave the journal as it is: what differed has an event of its own."""
        return journal
