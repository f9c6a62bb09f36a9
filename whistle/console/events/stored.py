"""The files or the long text of a message were fetched whole, verified, and kept."""

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Self

from whistle.console.case import Case, ItemState
from whistle.console.events.body import content_json, content_of
from whistle.protocol.canonical import Json, base64
from whistle.protocol.content import Content
from whistle.protocol.fields import Fields
from whistle.protocol.labels import COMMITMENT_SIZE


@dataclass(frozen=True)
class Stored:
    """The stream of the message with this commitment; ``content`` is there where it was the stream's last part."""

    commitment: bytes
    content: Content | None

    kind: ClassVar = "stored"

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept."""
        return {"commitment": base64(self.commitment), "content": content_json(self.content)}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "commitment", "content")
        content = fields.optional("content", content_of)
        return cls(fields.octets("commitment", COMMITMENT_SIZE), content)

    def fold(self, case: Case, _day: date) -> Case:
        """Complete the message."""
        changed = case.changing(self.commitment, state=ItemState.COMPLETE)
        if self.content is None:
            return changed
        items = (item.holding(self.content) if item.commitment == self.commitment else item for item in changed.items)
        return replace(changed, items=tuple(items))
