"""The shelf confirmed a reply of one's own."""

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Self

from whistle.console.case import Case, ItemState
from whistle.protocol.canonical import Json, base64
from whistle.protocol.fields import Fields
from whistle.protocol.labels import COMMITMENT_SIZE


@dataclass(frozen=True)
class Sent:
    """The reply with this commitment lies on the shelf, durably."""

    commitment: bytes

    kind: ClassVar = "sent"

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept."""
        return {"commitment": base64(self.commitment)}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        return cls(Fields(value, "commitment").octets("commitment", COMMITMENT_SIZE))

    def fold(self, case: Case, _day: date) -> Case:
        """Note that the reply was sent; its record is no longer needed."""
        item = case.item(self.commitment)
        if item is None or item.outgoing is None:
            return case
        outgoing = replace(item.outgoing, record=None)
        return case.changing(self.commitment, state=ItemState.COMPLETE, outgoing=outgoing)
