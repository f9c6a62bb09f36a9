"""Events of one's own were put on the shelf, for those whom they are for."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from whistle.console.case import Journal
from whistle.protocol.canonical import Json, base64
from whistle.protocol.fields import Fields
from whistle.protocol.labels import CASE_SIZE


@dataclass(frozen=True)
class Told:
    """The chain (its random name, 32 bytes), and the number of the last of its events that was put."""

    chain: bytes
    counter: int

    kind: ClassVar = "told"

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept."""
        return {"chain": base64(self.chain), "counter": self.counter}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "chain", "counter")
        return cls(fields.octets("chain", CASE_SIZE), fields.integer("counter"))

    def fold_journal(self, journal: Journal, _day: date) -> Journal:
        """Leave the journal as it is; what is yet to be put is found beside it."""
        return journal
