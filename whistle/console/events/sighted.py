"""A colleague told what their console found of messages that this reviewer reads too."""

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Self

from whistle.console.case import Case, Journal
from whistle.console.sighting import Report, Sighting
from whistle.protocol.canonical import Json
from whistle.protocol.fields import PERSON_LIMIT, Fields

_LIMIT = 64


@dataclass(frozen=True)
class Sighted:
    """Whose event it was, and those of its sightings that belong to one case, or to none that is here."""

    author: int
    sightings: tuple[Sighting, ...]

    kind: ClassVar = "sighted"

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept."""
        return {"author": self.author, "sightings": [sighting.to_json() for sighting in self.sightings]}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "author", "sightings")
        author = fields.integer("author", 1, PERSON_LIMIT)
        return cls(author, fields.items("sightings", Sighting.from_json, _LIMIT))

    def fold(self, case: Case, _day: date) -> Case:
        """Show it beside the message."""
        return replace(case, reports=(*case.reports, *(Report(self.author, each) for each in self.sightings)))

    def fold_journal(self, journal: Journal, _day: date) -> Journal:
        """Keep it: a colleague was shown what this reviewer was not."""
        return replace(journal, reports=(*journal.reports, *(Report(self.author, each) for each in self.sightings)))
