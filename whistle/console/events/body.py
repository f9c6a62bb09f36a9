"""What arrived, inside events: kept in the spelling in which it was committed to."""

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Generic, Self, TypeVar

from whistle.errors import BodyMalformed
from whistle.protocol.canonical import Json, base64
from whistle.protocol.content import Content
from whistle.protocol.fields import Fields, octets
from whistle.protocol.labels import COMMITMENT_SIZE
from whistle.protocol.message import Body, decode, encode

B = TypeVar("B", bound=Body)


@dataclass(frozen=True)
class Arrival(Generic[B]):
    """A body as verified, its commitment (32 bytes), the day under which the shelf listed it, and its own JSON."""

    body: B
    commitment: bytes
    arrived: date
    encoded: bytes = field(repr=False)

    body_kind: ClassVar[type[Body]]

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept."""
        return {
            "body": base64(self.encoded),
            "commitment": base64(self.commitment),
            "arrived": self.arrived.isoformat(),
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "body", "commitment", "arrived")
        body = body_of(fields, cls.body_kind)
        commitment, encoded = fields.octets("commitment", COMMITMENT_SIZE), fields.octets("body")
        return cls(body, commitment, fields.day("arrived"), encoded)  # type: ignore[arg-type] # of the kind above


def body_json(body: Body) -> str:
    """Return the body as it is kept in an event."""
    return base64(encode(body))


def body_of(fields: Fields, kind: type[B]) -> B:
    """Return the body in the field ``body``; raises ``ValueError`` for any other kind."""
    try:
        body = decode(fields.octets("body"))
    except BodyMalformed as error:
        raise ValueError("no body") from error
    if type(body) is not kind:
        raise ValueError("a body of another kind")
    return body


def content_json(content: Content | None) -> Json:
    """Return the content as it is kept in an event."""
    return None if content is None else base64(bytes(content))


def content_of(value: Json) -> Content:
    """Return the content that ``content_json`` wrote; raises ``ValueError``."""
    try:
        return Content.parse(octets(value))
    except BodyMalformed as error:
        raise ValueError("no content") from error
