"""Colleagues were told what this console was shown of a closed day."""

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Self

from whistle.console.case import Journal
from whistle.protocol.canonical import Json
from whistle.protocol.fields import Fields


@dataclass(frozen=True)
class Inventoried:
    """The day. How much there was of it is kept nowhere."""

    listed: date

    kind: ClassVar = "inventoried"

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept."""
        return {"listed": self.listed.isoformat()}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        return cls(Fields(value, "listed").day("listed"))

    def fold_journal(self, journal: Journal, _day: date) -> Journal:
        """Go on with the day after it."""
        return replace(journal, inventoried=self.listed)
