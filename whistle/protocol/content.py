"""What a message says, and where its stream lies. docs/protocol.md, section 6."""

import re
from dataclasses import dataclass, field
from typing import Self

from whistle.errors import BodyMalformed
from whistle.protocol import labels
from whistle.protocol.canonical import Json, base64, decode, encode
from whistle.protocol.fields import INDEX_LIMIT, Fields

_QUESTION = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to the questions of one version of a questionnaire (``name/version``)."""

    questionnaire: str
    values: dict[str, Json] = field(repr=False)

    def to_json(self) -> Json:
        """Return the object that travels."""
        return {"questionnaire": self.questionnaire, "values": self.values}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "questionnaire", "values")
        name, values = fields.questionnaire("questionnaire"), fields["values"]
        # A name that looks like a number would change its place in a JavaScript object.
        if not isinstance(values, dict) or not all(_QUESTION.fullmatch(question) for question in values):
            raise ValueError("no answers to a questionnaire")
        return cls(name, values)


@dataclass(frozen=True, slots=True)
class File:
    """A file of a stream: its name in full Unicode, media type, size in bytes, and the chunk where it starts."""

    name: str = field(repr=False)
    type: str
    size: int
    chunk: int

    def to_json(self) -> Json:
        """Return the object that travels."""
        return {"name": self.name, "type": self.type, "size": self.size, "chunk": self.chunk}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "name", "type", "size", "chunk")
        return cls(
            fields.text("name", labels.FILE_NAME_LIMIT),
            fields.text("type", labels.FILE_TYPE_LIMIT),
            fields.integer("size"),
            fields.integer("chunk", high=labels.CHUNK_LIMIT),
        )


@dataclass(frozen=True, slots=True)
class Content:
    """What a person wrote: the text, the answers, and the table of the files."""

    text: str = field(repr=False)
    answers: Answers | None = None
    files: tuple[File, ...] = ()

    def to_json(self) -> Json:
        """Return the object that travels, in the body or as the last part of the stream."""
        answers = None if self.answers is None else self.answers.to_json()
        return {"text": self.text, "answers": answers, "files": [file.to_json() for file in self.files]}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "text", "answers", "files")
        files = fields.items("files", File.from_json, labels.FILE_LIMIT)
        return cls(fields.text("text"), fields.optional("answers", Answers.from_json), files)

    def __bytes__(self) -> bytes:
        """Return the content as the JSON of a stream's last part; raises ``ValueError`` for what cannot travel."""
        return encode(self.to_json())

    @classmethod
    def parse(cls, untrusted_bytes: bytes) -> Self:
        """Return the content in a stream's last part; raises ``BodyMalformed``."""
        try:
            return cls.from_json(decode(untrusted_bytes))
        except ValueError as error:
            raise BodyMalformed from error


@dataclass(frozen=True, slots=True)
class Part:
    """The last part of a stream, where text, answers and file table moved together: bytes, first chunk, SHA-256."""

    size: int
    chunk: int
    digest: bytes

    def to_json(self) -> Json:
        """Return the object that travels."""
        return {"size": self.size, "chunk": self.chunk, "digest": base64(self.digest)}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "size", "chunk", "digest")
        size = fields.integer("size", 1, labels.PART_LIMIT)
        return cls(size, fields.integer("chunk", high=labels.CHUNK_LIMIT), fields.octets("digest", labels.HASH_SIZE))


@dataclass(frozen=True, slots=True)
class StreamReference:
    """How to find and open a stream: key (32 bytes), nonce (8), count of chunks, digest over them, last part."""

    key: bytes = field(repr=False)
    nonce: bytes
    chunks: int
    digest: bytes
    part: Part | None = None

    def to_json(self) -> Json:
        """Return the object that travels."""
        return {
            "key": base64(self.key),
            "nonce": base64(self.nonce),
            "chunks": self.chunks,
            "digest": base64(self.digest),
            "part": None if self.part is None else self.part.to_json(),
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "key", "nonce", "chunks", "digest", "part")
        nonce = fields.octets("nonce", labels.STREAM_NONCE_SIZE)
        if not any(nonce):
            raise ValueError("the nonce that means no stream")
        return cls(
            fields.octets("key", labels.STREAM_KEY_SIZE),
            nonce,
            fields.integer("chunks", labels.CHUNK_MINIMUM, labels.CHUNK_LIMIT),
            fields.octets("digest", labels.HASH_SIZE),
            fields.optional("part", Part.from_json),
        )


@dataclass(frozen=True, slots=True)
class Echo:
    """A message of the source that a reviewer has opened: its index and commitment (32 bytes)."""

    index: int
    commitment: bytes

    def to_json(self) -> Json:
        """Return the pair that travels."""
        return [self.index, base64(self.commitment)]

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - a pair
            raise ValueError("no pair")
        pair = Fields({"index": value[0], "commitment": value[1]}, "index", "commitment")
        return cls(pair.integer("index", high=INDEX_LIMIT), pair.octets("commitment", labels.COMMITMENT_SIZE))
