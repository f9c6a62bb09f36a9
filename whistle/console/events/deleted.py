"""A case was deleted: its key is gone, and this is all that is left of it."""

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Self

from whistle.console.case import Journal
from whistle.protocol.canonical import Json
from whistle.protocol.fields import Fields


@dataclass(frozen=True)
class Deleted:
    """The short name of the case, which is random and says nothing of it."""

    label: str

    kind: ClassVar = "deleted"

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept."""
        return {"label": self.label}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        return cls(Fields(value, "label").text("label"))

    def fold_journal(self, journal: Journal, day: date) -> Journal:
        """Remember that there was one."""
        return replace(journal, deletions=(*journal.deletions, (self.label, day)))
