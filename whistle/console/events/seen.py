"""What this console found of messages that colleagues read too; it is told to their readers, and to nobody else."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from whistle.console.case import Case, Journal
from whistle.console.sighting import Sighting
from whistle.protocol.canonical import Json
from whistle.protocol.fields import Fields

#: So many fit the body of an event.
SIGHTINGS_LIMIT = 64


@dataclass(frozen=True)
class Seen:
    """What was found, by message. It travels as an event of the protocol, for those readers alone."""

    sightings: tuple[Sighting, ...]

    kind: ClassVar = "seen"

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept, and that travels."""
        return {"sightings": [sighting.to_json() for sighting in self.sightings]}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        return cls(Fields(value, "sightings").items("sightings", Sighting.from_json, SIGHTINGS_LIMIT))

    def fold(self, case: Case, _day: date) -> Case:
        """Leave the case as it is: this reviewer sees for themselves."""
        return case

    def fold_journal(self, journal: Journal, _day: date) -> Journal:
        """Leave the journal as it is."""
        return journal
