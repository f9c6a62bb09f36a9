"""The reviewer has seen items of a case."""

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Self

from whistle.console.case import Case
from whistle.protocol.canonical import Json, base64
from whistle.protocol.fields import Fields, octets
from whistle.protocol.labels import COMMITMENT_SIZE

_ITEM_LIMIT = 1 << 20


@dataclass(frozen=True)
class Read:
    """The commitments (32 bytes each) of what was on the screen."""

    commitments: tuple[bytes, ...]

    kind: ClassVar = "read"

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept."""
        return {"commitments": [base64(commitment) for commitment in self.commitments]}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "commitments")
        return cls(fields.items("commitments", lambda item: octets(item, COMMITMENT_SIZE), _ITEM_LIMIT))

    def fold(self, case: Case, _day: date) -> Case:
        """Take them off what is unread."""
        return replace(case, read=case.read | set(self.commitments))
