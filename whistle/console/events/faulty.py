"""A record opened and did not verify."""

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Self

from whistle.console.case import Case, Fault, Journal
from whistle.console.vault import MARK_SIZE
from whistle.protocol.canonical import Json, base64
from whistle.protocol.fields import Fields


@dataclass(frozen=True)
class Faulty:
    """The name of the error, and a mark (16 bytes) by which the same record is not reported twice.

    It belongs to a case where the record lies at an address of its thread, and to the journal where it does not.
    """

    error: str
    mark: bytes

    kind: ClassVar = "faulty"

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept."""
        return {"error": self.error, "mark": base64(self.mark)}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "error", "mark")
        return cls(fields.text("error"), fields.octets("mark", MARK_SIZE))

    def fold(self, case: Case, day: date) -> Case:
        """Say so in the case."""
        return replace(case, faults=(*case.faults, Fault(self.error, day)))

    def fold_journal(self, journal: Journal, day: date) -> Journal:
        """Say so in the journal."""
        return replace(journal, faults=(*journal.faults, Fault(self.error, day)))
