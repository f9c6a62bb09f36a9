"""A reply of one's own was sealed, and is about to be sent."""

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Self

from whistle.console.case import Case, ItemState, Outgoing, reply_item
from whistle.console.events.body import body_json, body_of, content_json, content_of
from whistle.protocol.canonical import Json, base64
from whistle.protocol.content import Content
from whistle.protocol.fields import Fields
from whistle.protocol.labels import BURN_TOKEN_SIZE, COMMITMENT_SIZE, RECORD_SIZE
from whistle.protocol.message import Reply

DRAFT_SIZE = 16


@dataclass(frozen=True)
class Drafted:
    """The reply, its sealed record, and the tokens that burn it.

    It rests here before it travels, so that it can be sent again byte by byte after a failure. Sealed once more, under
    a number that was free, it keeps its ``draft`` (16 bytes). The tokens are kept because a rotation destroys the key
    from which they derive. ``content`` is there where it moved to the stream.
    """

    draft: bytes
    body: Reply
    content: Content | None
    commitment: bytes
    record: bytes
    token: bytes
    chunk_tokens: tuple[bytes, ...]

    kind: ClassVar = "drafted"

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept."""
        return {
            "draft": base64(self.draft),
            "body": body_json(self.body),
            "content": content_json(self.content),
            "commitment": base64(self.commitment),
            "record": base64(self.record),
            "token": base64(self.token),
            "chunk_tokens": base64(b"".join(self.chunk_tokens)),
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "draft", "body", "content", "commitment", "record", "token", "chunk_tokens")
        tokens = fields.octets("chunk_tokens")
        if len(tokens) % BURN_TOKEN_SIZE:
            raise ValueError("a token of another size")
        return cls(
            fields.octets("draft", DRAFT_SIZE),
            body_of(fields, Reply),
            fields.optional("content", content_of),
            fields.octets("commitment", COMMITMENT_SIZE),
            fields.octets("record", RECORD_SIZE),
            fields.octets("token", BURN_TOKEN_SIZE),
            tuple(tokens[at : at + BURN_TOKEN_SIZE] for at in range(0, len(tokens), BURN_TOKEN_SIZE)),
        )

    def fold(self, case: Case, day: date) -> Case:
        """Add the reply, in place of an earlier sealing of the same draft."""
        earlier = (item for item in case.items if item.outgoing is None or item.outgoing.draft != self.draft)
        outgoing = Outgoing(self.draft, self.record, self.token, self.chunk_tokens)
        item = replace(reply_item(self.body, self.commitment, day), outgoing=outgoing, state=ItemState.SENDING)
        return replace(case, items=tuple(earlier)).with_item(
            item if self.content is None else item.holding(self.content)
        )
