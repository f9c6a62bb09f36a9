"""The server showed a colleague and this reviewer different records of one day."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from whistle.console.case import Difference, Journal
from whistle.protocol.canonical import Json
from whistle.protocol.fields import PERSON_LIMIT, Fields


@dataclass(frozen=True)
class Differed:
    """Of which day, with whom, from whom records were kept (the colleague, or this reviewer), and how many."""

    person: int
    listed: date
    kept_from_me: bool
    count: int

    kind: ClassVar = "differed"

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept."""
        return {
            "person": self.person,
            "listed": self.listed.isoformat(),
            "kept_from_me": self.kept_from_me,
            "count": self.count,
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "person", "listed", "kept_from_me", "count")
        kept_from_me = fields["kept_from_me"]
        if not isinstance(kept_from_me, bool):
            raise ValueError("neither true nor false")  # noqa: TRY004 - a parser has one kind of error
        person = fields.integer("person", 1, PERSON_LIMIT)
        return cls(person, fields.day("listed"), kept_from_me, fields.integer("count", 1))

    def fold_journal(self, journal: Journal, day: date) -> Journal:
        """Keep it in view."""
        return journal.differing(Difference(self.person, self.listed, self.kept_from_me, self.count, day))
