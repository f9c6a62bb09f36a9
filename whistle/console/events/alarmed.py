"""The site showed something that an honest site does not show."""

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Self

from whistle.console.case import Fault, Journal
from whistle.protocol.canonical import Json
from whistle.protocol.fields import Fields


@dataclass(frozen=True)
class Alarmed:
    """The name of the error that says what it was."""

    error: str

    kind: ClassVar = "alarmed"

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept."""
        return {"error": self.error}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        return cls(Fields(value, "error").text("error"))

    def fold_journal(self, journal: Journal, day: date) -> Journal:
        """Keep it in view."""
        return replace(journal, alarms=(*journal.alarms, Fault(self.error, day)))
