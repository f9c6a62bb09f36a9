"""What a site publishes, and what a client remembers of it, as JSON. docs/protocol.md, section 7."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from whistle.errors import KeyringMalformed, ProtocolError
from whistle.protocol import labels
from whistle.protocol.canonical import Json, base64, decode, encode
from whistle.protocol.fields import PERSON_LIMIT, Fields
from whistle.protocol.keyring import Succession, site_of
from whistle.protocol.signing import Signed, Verifier

_SUCCESSION_LIMIT: Final = 1_000
_WORK_LIMIT: Final = 40


@dataclass(frozen=True, slots=True)
class Published:
    """The document as the site shows it, unverified. ``challenge`` (32 bytes) and ``work`` (bits) are the day's."""

    keyring: Signed
    successions: tuple[Succession, ...]
    statements: tuple[Signed, ...]
    challenge: bytes
    work: int

    def __bytes__(self) -> bytes:
        """Return the JSON that ``GET /v1/keyring`` answers."""
        return encode(
            {
                "keyring": self.keyring.to_json(),
                "successions": [succession.to_json() for succession in self.successions],
                "statements": [statement.to_json() for statement in self.statements],
                "challenge": base64(self.challenge),
                "work": self.work,
            }
        )

    @classmethod
    def parse(cls, untrusted_bytes: bytes) -> Self:
        """Return the document in JSON; raises ``KeyringMalformed``."""
        try:
            fields = Fields(decode(untrusted_bytes), "keyring", "successions", "statements", "challenge", "work")
            return cls(
                Signed.from_json(fields["keyring"]),
                fields.items("successions", Succession.from_json, _SUCCESSION_LIMIT),
                fields.items("statements", Signed.from_json, PERSON_LIMIT),
                fields.octets("challenge", labels.HASH_SIZE),
                fields.integer("work", 0, _WORK_LIMIT),
            )
        except ValueError as error:
            raise KeyringMalformed from error


@dataclass(frozen=True, slots=True)
class Memory:
    """What a client keeps between visits so that a site cannot take it back in time.

    The roots it has seen in order of succession, the highest serial, and the highest statement number of each person.
    """

    roots: tuple[Verifier, ...]
    serial: int = 0
    numbers: Mapping[int, int] | None = None

    @property
    def site(self) -> bytes:
        """The organisation that this memory is of (32 bytes)."""
        return site_of(self.roots[0])

    def __bytes__(self) -> bytes:
        """Return the memory as JSON, to be kept."""
        numbers: list[Json] = [[person, number] for person, number in sorted((self.numbers or {}).items())]
        return encode(
            {"roots": [base64(bytes(root)) for root in self.roots], "serial": self.serial, "numbers": numbers}
        )

    @classmethod
    def parse(cls, untrusted_bytes: bytes) -> Self:
        """Return the memory in JSON; raises ``KeyringMalformed``."""
        try:
            fields = Fields(decode(untrusted_bytes), "roots", "serial", "numbers")
            roots = fields.items("roots", _root, _SUCCESSION_LIMIT + 1)
            numbers = dict(fields.items("numbers", _number, PERSON_LIMIT))
            if not roots:
                raise ValueError("no root")
            memory = cls(roots, fields.integer("serial"), numbers)
            if bytes(memory) != untrusted_bytes:
                raise ValueError("numbers out of order")
        except (ValueError, ProtocolError) as error:
            raise KeyringMalformed from error
        return memory


def _root(value: Json) -> Verifier:
    return Verifier(Fields({"root": value}, "root").octets("root"))


def _number(value: Json) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - a pair
        raise ValueError("no pair")
    pair = Fields({"person": value[0], "number": value[1]}, "person", "number")
    return pair.integer("person", 1, PERSON_LIMIT), pair.integer("number", 1)
