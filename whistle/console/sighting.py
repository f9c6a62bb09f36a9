"""What a reader's console found of one message: whether it is there, opens, and verifies."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

from whistle.protocol.canonical import Json, base64
from whistle.protocol.fields import Fields
from whistle.protocol.labels import ADDRESS_SIZE, COMMITMENT_SIZE


class Sight(StrEnum):
    """How far a reader's console got with a message."""

    OPENED = "opened"
    FAULTY = "faulty"  # it opened, and did not verify
    CLOSED = "closed"  # it is there, and no slot is for this reader
    ABSENT = "absent"  # it is not there, for this reader


@dataclass(frozen=True, slots=True)
class Sighting:
    """A message by its commitment (32 bytes), its address (32 bytes) and its day, and what was found of it."""

    commitment: bytes
    address: bytes
    day: date
    sight: Sight

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept, and that travels."""
        return {
            "commitment": base64(self.commitment),
            "address": base64(self.address),
            "day": self.day.isoformat(),
            "sight": self.sight.value,
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "commitment", "address", "day", "sight")
        return cls(
            fields.octets("commitment", COMMITMENT_SIZE),
            fields.octets("address", ADDRESS_SIZE),
            fields.day("day"),
            Sight(fields.text("sight")),
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What ``person``'s console said of a message."""

    person: int
    sighting: Sighting
