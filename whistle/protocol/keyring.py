"""The signed keyring: the organisation, its channels, its people. docs/protocol.md, section 7."""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Self

from whistle.errors import KeyRejected, KeyringMalformed
from whistle.protocol import labels
from whistle.protocol.canonical import Json, base64, decode, encode
from whistle.protocol.fields import PERSON_LIMIT, Fields
from whistle.protocol.hashing import hashed
from whistle.protocol.signing import Signed, Signer, Verifier

NAME_LIMIT = 200
_CHANNEL_LIMIT = 200


class Role(IntEnum):
    """What a person may do; 0 is the source."""

    SOURCE = 0
    REVIEWER = 1
    CUSTODIAN = 2
    OVERSIGHT = 3


ROLE_NAMES = {role.name.lower(): role for role in Role if role is not Role.SOURCE}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody enrolled: a small id that is never used again, the name as published, role and signing key.

    No statement with a number below ``statement_minimum`` is accepted: so a stolen key is shut out.
    """

    id: int
    name: str
    role: Role
    signing: Verifier
    statement_minimum: int = 1

    def to_json(self) -> Json:
        """Return the object that is signed."""
        return {
            "id": self.id,
            "name": self.name,
            "role": self.role.name.lower(),
            "signing": base64(bytes(self.signing)),
            "statement_minimum": self.statement_minimum,
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "id", "name", "role", "signing", "statement_minimum")
        role = ROLE_NAMES.get(fields.text("role"))
        if role is None:
            raise ValueError("no role")
        return cls(
            fields.integer("id", 1, PERSON_LIMIT),
            fields.name("name", NAME_LIMIT),
            role,
            Verifier(fields.octets("signing")),
            fields.integer("statement_minimum", 1),
        )


@dataclass(frozen=True, slots=True)
class Former:
    """Somebody who was enrolled and left at the end of ``last``: what they wrote until then stays provable."""

    person: Person
    last: date

    def to_json(self) -> Json:
        """Return the object that is signed."""
        return {"person": self.person.to_json(), "last": self.last.isoformat()}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "person", "last")
        return cls(Person.from_json(fields["person"]), fields.day("last"))


@dataclass(frozen=True, slots=True)
class Channel:
    """A door to the organisation: who reads what comes in by it (at most 15 people) and what its form asks."""

    id: int
    name: str
    questionnaire: str
    people: tuple[int, ...]

    def to_json(self) -> Json:
        """Return the object that is signed."""
        people: list[Json] = list(self.people)
        return {"id": self.id, "name": self.name, "questionnaire": self.questionnaire, "people": people}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "id", "name", "questionnaire", "people")
        return cls(
            fields.integer("id", 1, PERSON_LIMIT),
            fields.name("name", NAME_LIMIT),
            fields.questionnaire("questionnaire"),
            fields.people("people"),
        )


@dataclass(frozen=True, slots=True)
class Keyring:
    """What the root signs. ``serial`` only rises; ``first_root`` names the organisation for ever."""

    organisation: str
    first_root: Verifier
    channels: tuple[Channel, ...]
    people: tuple[Person, ...]
    former: tuple[Former, ...]
    minimum_version: int
    serial: int
    issued: date
    expires: date

    @property
    def site(self) -> bytes:
        """The organisation's name in every derivation (32 bytes); it outlives every succession."""
        return site_of(self.first_root)

    def sign(self, root: Signer) -> Signed:
        """Return the keyring signed by ``root``; raises ``KeyringMalformed`` for what no client would accept."""
        payload: Json = {
            "organisation": self.organisation,
            "first_root": base64(bytes(self.first_root)),
            "channels": [channel.to_json() for channel in self.channels],
            "people": [person.to_json() for person in self.people],
            "former": [former.to_json() for former in self.former],
            "minimum_version": self.minimum_version,
            "serial": self.serial,
            "issued": self.issued.isoformat(),
            "expires": self.expires.isoformat(),
        }
        encoded = encode(payload)
        self.parse(encoded)
        return Signed.make(root, labels.KEYRING, encoded)

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Return the keyring in a payload; whether its signature is good is for ``directory`` to judge.

        Raises ``KeyringMalformed``.
        """
        try:
            keyring = cls._read(decode(payload))
            keyring.check()
        except (ValueError, KeyRejected) as error:
            raise KeyringMalformed from error
        return keyring

    @classmethod
    def _read(cls, value: Json) -> Self:
        names = ("organisation", "first_root", "channels", "people", "former")
        fields = Fields(value, *names, "minimum_version", "serial", "issued", "expires")
        return cls(
            fields.line("organisation", NAME_LIMIT),
            Verifier(fields.octets("first_root")),
            fields.items("channels", Channel.from_json, _CHANNEL_LIMIT),
            fields.items("people", Person.from_json, PERSON_LIMIT),
            fields.items("former", Former.from_json, PERSON_LIMIT),
            fields.integer("minimum_version", 1, 255),
            fields.integer("serial", 1),
            fields.day("issued"),
            fields.day("expires"),
        )

    def check(self) -> None:
        """Raise ``ValueError`` where the parts contradict each other."""
        everybody = [person.id for person in self.people] + [former.person.id for former in self.former]
        enrolled = {person.id for person in self.people}
        if len(set(everybody)) < len(everybody):
            raise ValueError("a person id used twice")
        if len({channel.id for channel in self.channels}) < len(self.channels):
            raise ValueError("a channel id used twice")
        if any(not enrolled.issuperset(channel.people) for channel in self.channels):
            raise ValueError("a channel with somebody who is not enrolled")
        if self.expires < self.issued:
            raise ValueError("expired before it was issued")


@dataclass(frozen=True, slots=True)
class Succession:
    """A root hands over to the next: signed by both, so that neither the old nor the new key alone can do it."""

    payload: bytes
    old_signature: bytes
    new_signature: bytes

    @classmethod
    def make(cls, site: bytes, old: Signer, new: Signer, day: date) -> Self:
        """Return the succession of ``old`` by ``new``, from ``day`` on."""
        payload = encode(
            {
                "site": base64(site),
                "old": base64(bytes(old.verifier)),
                "new": base64(bytes(new.verifier)),
                "day": day.isoformat(),
            }
        )
        return cls(payload, old.sign(labels.SUCCESSION, payload), new.sign(labels.SUCCESSION, payload))

    def verify(self, site: bytes) -> tuple[Verifier, Verifier]:
        """Return the old and the new root; raises ``SignatureInvalid`` and ``KeyringMalformed``."""
        try:
            fields = Fields(decode(self.payload), "site", "old", "new", "day")
            old = Verifier(fields.octets("old"))
            new = Verifier(fields.octets("new"))
            fields.day("day")
            if fields.octets("site") != site:
                raise ValueError("a succession of another organisation")
        except (ValueError, KeyRejected) as error:
            raise KeyringMalformed from error
        old.verify(self.old_signature, labels.SUCCESSION, self.payload)
        new.verify(self.new_signature, labels.SUCCESSION, self.payload)
        return old, new

    def to_json(self) -> Json:
        """Return the object that is published."""
        return {
            "payload": base64(self.payload),
            "old_signature": base64(self.old_signature),
            "new_signature": base64(self.new_signature),
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "payload", "old_signature", "new_signature")
        size = labels.SIGNATURE_SIZE
        return cls(fields.octets("payload"), fields.octets("old_signature", size), fields.octets("new_signature", size))


def site_of(first_root: Verifier) -> bytes:
    """Return the name (32 bytes) of the organisation whose first root this is."""
    return hashed(labels.SITE, bytes(first_root))
