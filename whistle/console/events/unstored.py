"""The files or the long text of a message could not be fetched whole."""

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Self

from whistle.console.case import Case, Fault, ItemState
from whistle.protocol.canonical import Json, base64
from whistle.protocol.fields import Fields
from whistle.protocol.labels import COMMITMENT_SIZE


@dataclass(frozen=True)
class Unstored:
    """The stream of the message with this commitment, and the name of the error; a later sync tries again."""

    commitment: bytes
    error: str

    kind: ClassVar = "unstored"

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept."""
        return {"commitment": base64(self.commitment), "error": self.error}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "commitment", "error")
        return cls(fields.octets("commitment", COMMITMENT_SIZE), fields.text("error"))

    def fold(self, case: Case, day: date) -> Case:
        """Say so beside the message."""
        changed = case.changing(self.commitment, state=ItemState.INCOMPLETE)
        return replace(changed, faults=(*case.faults, Fault(self.error, day)))
