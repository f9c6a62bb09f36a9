"""The kinds of message, each a frozen type with one spelling as JSON. docs/protocol.md, section 6.

``encode`` and ``decode`` are the only way in and out; ``reading`` checks what a decoded message claims.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import ClassVar, Final, Literal, Self, TypeAlias

from whistle.errors import BodyMalformed, KeyRejected, UnknownKind
from whistle.protocol import canonical, labels
from whistle.protocol.canonical import Json, base64
from whistle.protocol.content import Content, Echo, StreamReference
from whistle.protocol.fields import INDEX_LIMIT, PERSON_LIMIT, Fields, octets, text
from whistle.protocol.keys import Recipient
from whistle.protocol.signing import Signed
from whistle.protocol.thread import Thread

UNKNOWN: Final = "unknown"
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")
_SOURCE_NAMES = ("kind", "recipient", "thread", "index", "previous", "day", "language", "channel", "readers")


@dataclass(frozen=True)
class FromSource:
    """What every record of a thread's source carries, so that each can be understood alone.

    ``previous`` is the commitment of the message before, ``None`` for the first, ``"unknown"`` where the source could
    not verify one. ``readers`` are person ids, ascending; the list stays in force until a newer one.
    """

    thread: Thread
    index: int
    previous: bytes | Literal["unknown"] | None
    day: date
    language: str
    channel: int
    readers: tuple[int, ...]

    kind: ClassVar[str]

    def _source_json(self) -> dict[str, Json]:
        previous = base64(self.previous) if isinstance(self.previous, bytes) else self.previous
        values: tuple[Json, ...] = (
            self.kind,
            base64(bytes(self.thread.recipient)),
            base64(self.thread.key),
            self.index,
            previous,
            self.day.isoformat(),
            self.language,
            self.channel,
            list(self.readers),
        )
        return dict(zip(_SOURCE_NAMES, values, strict=True))


@dataclass(frozen=True)
class Message(FromSource):
    """A report or a follow-up. ``content`` is ``None`` where it moved to the stream's last part.

    ``reference`` (16 bytes) names the contact record that was sent with it, if there is one.
    """

    reference: bytes | None
    content: Content | None
    stream: StreamReference | None

    kind: ClassVar = "message"

    def to_json(self) -> dict[str, Json]:
        """Return the object that travels."""
        return self._source_json() | {
            "reference": None if self.reference is None else base64(self.reference),
            **_content_json(self.content, self.stream),
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, *_SOURCE_NAMES, "reference", "content", "stream")
        reference = fields.optional("reference", lambda item: octets(item, labels.REFERENCE_SIZE))
        return cls(*_source(fields), reference, *_content(fields))


@dataclass(frozen=True)
class Withdraw(FromSource):
    """The source takes back the messages with these commitments (at most 200 in one record)."""

    commitments: tuple[bytes, ...]

    kind: ClassVar = "withdraw"

    def to_json(self) -> dict[str, Json]:
        """Return the object that travels."""
        return self._source_json() | {"commitments": [base64(commitment) for commitment in self.commitments]}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, *_SOURCE_NAMES, "commitments")
        return cls(*_source(fields), fields.items("commitments", _commitment, labels.WITHDRAW_LIMIT))


@dataclass(frozen=True)
class Reply:
    """An answer of ``author`` to the source, whose sealing statement travels with it, read by ``readers`` too.

    ``echoes`` are the newest messages of the source that the author has opened (at most 64, ascending by index).
    """

    index: int
    day: date
    language: str
    author: int
    statement: Signed
    readers: tuple[int, ...]
    echoes: tuple[Echo, ...]
    content: Content | None
    stream: StreamReference | None

    kind: ClassVar = "reply"

    def to_json(self) -> dict[str, Json]:
        """Return the object that travels."""
        return {
            "kind": self.kind,
            "index": self.index,
            "day": self.day.isoformat(),
            "language": self.language,
            "author": self.author,
            "statement": self.statement.to_json(),
            "readers": list(self.readers),
            "echoes": [echo.to_json() for echo in self.echoes],
            **_content_json(self.content, self.stream),
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        names = ("kind", "index", "day", "language", "author", "statement", "readers", "echoes", "content", "stream")
        fields = Fields(value, *names)
        echoes = fields.items("echoes", Echo.from_json, labels.ECHO_LIMIT)
        if any(left.index >= right.index for left, right in pairwise(echoes)):
            raise ValueError("echoes out of order")
        return cls(
            fields.integer("index", high=INDEX_LIMIT),
            fields.day("day"),
            _language(fields),
            fields.integer("author", 1, PERSON_LIMIT),
            Signed.from_json(fields["statement"]),
            fields.people("readers"),
            echoes,
            *_content(fields),
        )


@dataclass(frozen=True)
class Contact:
    """Who the source is, or whom to ask: for a custodian alone, under keys that nobody can link to the thread."""

    recipient: Recipient
    reference: bytes
    day: date
    language: str
    channel: int
    readers: tuple[int, ...]
    text: str = field(repr=False)

    kind: ClassVar = "contact"

    def to_json(self) -> dict[str, Json]:
        """Return the object that travels."""
        return {
            "kind": self.kind,
            "recipient": base64(bytes(self.recipient)),
            "reference": base64(self.reference),
            "day": self.day.isoformat(),
            "language": self.language,
            "channel": self.channel,
            "readers": list(self.readers),
            "text": self.text,
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "kind", "recipient", "reference", "day", "language", "channel", "readers", "text")
        return cls(
            _recipient(fields),
            fields.octets("reference", labels.REFERENCE_SIZE),
            fields.day("day"),
            _language(fields),
            fields.integer("channel", 1, PERSON_LIMIT),
            fields.people("readers"),
            fields.text("text"),
        )


@dataclass(frozen=True)
class Event:
    """An act of ``author`` on a case, for ``audience``; ``counter`` and ``previous`` chain the author's acts there.

    ``case`` is a random name (32 bytes) of this case for this audience; ``payload`` is the act, as JSON.
    """

    case: bytes
    author: int
    statement: Signed
    audience: tuple[int, ...]
    counter: int
    previous: bytes | None
    day: date
    payload: bytes = field(repr=False)
    signature: bytes

    kind: ClassVar = "event"

    def to_json(self) -> dict[str, Json]:
        """Return the object that travels."""
        return {
            "kind": self.kind,
            "case": base64(self.case),
            "author": self.author,
            "statement": self.statement.to_json(),
            "audience": list(self.audience),
            "counter": self.counter,
            "previous": None if self.previous is None else base64(self.previous),
            "day": self.day.isoformat(),
            "payload": base64(self.payload),
            "signature": base64(self.signature),
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        names = ("case", "author", "statement", "audience", "counter", "previous", "day", "payload", "signature")
        fields = Fields(value, "kind", *names)
        return cls(
            fields.octets("case", labels.CASE_SIZE),
            fields.integer("author", 1, PERSON_LIMIT),
            Signed.from_json(fields["statement"]),
            fields.people("audience"),
            fields.integer("counter"),
            fields.optional("previous", _commitment),
            fields.day("day"),
            fields.octets("payload"),
            fields.octets("signature", labels.SIGNATURE_SIZE),
        )


@dataclass(frozen=True)
class Inventory:
    """Part ``part`` of ``parts`` of what ``author`` was shown of a closed day: 8 bytes of hash a record, sorted."""

    author: int
    statement: Signed
    day: date
    part: int
    parts: int
    entries: bytes
    signature: bytes

    kind: ClassVar = "inventory"

    def to_json(self) -> dict[str, Json]:
        """Return the object that travels."""
        return {
            "kind": self.kind,
            "author": self.author,
            "statement": self.statement.to_json(),
            "day": self.day.isoformat(),
            "part": self.part,
            "parts": self.parts,
            "entries": base64(self.entries),
            "signature": base64(self.signature),
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "kind", "author", "statement", "day", "part", "parts", "entries", "signature")
        parts = fields.integer("parts", 1, INDEX_LIMIT)
        entries = fields.octets("entries")
        size = labels.INVENTORY_ENTRY_SIZE
        listed = [entries[at : at + size] for at in range(0, len(entries), size)]
        if len(entries) % size or len(listed) > labels.INVENTORY_LIMIT or listed != sorted(listed):
            raise ValueError("no sorted inventory")
        return cls(
            fields.integer("author", 1, PERSON_LIMIT),
            Signed.from_json(fields["statement"]),
            fields.day("day"),
            fields.integer("part", 0, parts - 1),
            parts,
            entries,
            fields.octets("signature", labels.SIGNATURE_SIZE),
        )


Body: TypeAlias = Message | Withdraw | Reply | Contact | Event | Inventory
_KINDS: Final[dict[str, type[Body]]] = {
    kind.kind: kind for kind in (Message, Withdraw, Reply, Contact, Event, Inventory)
}


def encode(body: Body) -> bytes:
    """Return the one spelling of ``body`` as JSON; raises ``BodyMalformed`` for what ``decode`` would refuse."""
    try:
        encoded = canonical.encode(body.to_json())
    except ValueError as error:
        raise BodyMalformed from error
    decode(encoded)
    return encoded


def decode(untrusted_bytes: bytes) -> Body:
    """Return the message in JSON; raises ``BodyMalformed``, and ``UnknownKind`` for a kind of a later version."""
    try:
        value = canonical.decode(untrusted_bytes)
        if not isinstance(value, dict) or next(iter(value), None) != "kind":
            raise BodyMalformed
        kind = _KINDS.get(text(value["kind"]))
        if kind is None:
            raise UnknownKind
        return kind.from_json(value)
    except (ValueError, KeyRejected) as error:
        raise BodyMalformed from error


def _source(fields: Fields) -> tuple[Thread, int, bytes | Literal["unknown"] | None, date, str, int, tuple[int, ...]]:
    previous = None if fields["previous"] is None else _previous(fields["previous"])
    index = fields.integer("index", high=INDEX_LIMIT)
    if (index == 0) != (previous is None):
        raise ValueError("a first message has no previous one, every other has")
    return (
        Thread(fields.octets("thread"), _recipient(fields)),
        index,
        previous,
        fields.day("day"),
        _language(fields),
        fields.integer("channel", 1, PERSON_LIMIT),
        fields.people("readers"),
    )


def _previous(value: Json) -> bytes | Literal["unknown"]:
    return UNKNOWN if value == UNKNOWN else _commitment(value)


def _commitment(value: Json) -> bytes:
    return octets(value, labels.COMMITMENT_SIZE)


def _recipient(fields: Fields) -> Recipient:
    return Recipient(fields.octets("recipient"))


def _language(fields: Fields) -> str:
    language = fields.text("language")
    if not _LANGUAGE.fullmatch(language):
        raise ValueError("no language tag")
    return language


def _content_json(content: Content | None, stream: StreamReference | None) -> dict[str, Json]:
    return {
        "content": None if content is None else content.to_json(),
        "stream": None if stream is None else stream.to_json(),
    }


def _content(fields: Fields) -> tuple[Content | None, StreamReference | None]:
    """Return content and stream, which say together where text and files are."""
    content = fields.optional("content", Content.from_json)
    stream = fields.optional("stream", StreamReference.from_json)
    moved = stream is not None and stream.part is not None
    if moved == (content is not None):
        raise ValueError("content must be in the body or in the stream, and in one of them only")
    if content is not None and bool(content.files) != (stream is not None):
        raise ValueError("files need a stream, and a stream without a part needs files")
    return content, stream
