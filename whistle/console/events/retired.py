"""An old Identity was destroyed: nobody can open any more what was sealed to it."""

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Self

from whistle.console.case import Journal
from whistle.protocol.canonical import Json
from whistle.protocol.fields import Fields


@dataclass(frozen=True)
class Retired:
    """The number of the statement whose Identity is gone."""

    number: int

    kind: ClassVar = "retired"

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept."""
        return {"number": self.number}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        return cls(Fields(value, "number").integer("number", 1))

    def fold_journal(self, journal: Journal, day: date) -> Journal:
        """Remember it."""
        return replace(journal, retired=(*journal.retired, (self.number, day)))
