"""Records were put on the shelf, in places that this console has every day."""

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Self

from whistle.console.case import Journal
from whistle.protocol.canonical import Json
from whistle.protocol.fields import Fields


@dataclass(frozen=True)
class Posted:
    """How many records, decoys among them, and how many places there were that day."""

    count: int
    per_day: int

    kind: ClassVar = "posted"

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept."""
        return {"count": self.count, "per_day": self.per_day}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "count", "per_day")
        return cls(fields.integer("count"), fields.integer("per_day", 1))

    def fold_journal(self, journal: Journal, day: date) -> Journal:
        """Take the places."""
        return replace(journal, places=journal.places.take(self.count, day, self.per_day))
