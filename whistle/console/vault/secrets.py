"""What a vault keeps, as one frozen value ⇄ JSON. docs/console.md."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Self

from whistle.console.vault.storage import KEY_SIZE, StorageKey
from whistle.errors import KeyRejected, ProtocolError, VaultDamaged
from whistle.protocol import canonical, labels
from whistle.protocol.canonical import Json, base64, undate
from whistle.protocol.fields import PERSON_LIMIT, Fields, octets, text
from whistle.protocol.keys import Identity
from whistle.protocol.published import Memory
from whistle.protocol.signing import SIGNING_KEY_SIZE, Signed, Signer

_VERSION = 1
_MANY = 1 << 24
MARK_SIZE = 16


@dataclass(frozen=True)
class KeptIdentity:
    """A sealing Identity, the number of its statement, and the days (both included) on which others seal to it."""

    number: int
    first: date
    last: date
    identity: Identity

    def to_json(self) -> Json:
        """Return the object that is kept."""
        days: list[Json] = [self.first.isoformat(), self.last.isoformat()]
        return {"number": self.number, "days": days, "secret": base64(self.identity.secret_bytes())}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "number", "days", "secret")
        first, last = fields.items("days", lambda day: undate(text(day)), 2)
        return cls(fields.integer("number", 1), first, last, Identity(fields.octets("secret", labels.IDENTITY_SIZE)))


@dataclass(frozen=True)
class FullBackup:
    """A backup that was made with every key in it: when, and where to."""

    day: date
    place: str

    def to_json(self) -> Json:
        """Return the object that is kept."""
        return {"day": self.day.isoformat(), "place": self.place}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "day", "place")
        return cls(fields.day("day"), fields.text("place"))


@dataclass(frozen=True)
class Membership:
    """The organisation that this person joined: their id there, what was last seen of it, and where its intake is.

    ``memory`` keeps a site from going back in time; ``published`` is the last document that was verified.
    """

    person: int
    memory: Memory
    published: bytes = field(repr=False)
    intake: str

    def to_json(self) -> Json:
        """Return the object that is kept."""
        return {
            "person": self.person,
            "memory": base64(bytes(self.memory)),
            "published": base64(self.published),
            "intake": self.intake,
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError`` and ``KeyringMalformed``."""
        fields = Fields(value, "person", "memory", "published", "intake")
        memory = Memory.parse(fields.octets("memory"))
        person = fields.integer("person", 1, PERSON_LIMIT)
        return cls(person, memory, fields.octets("published"), fields.text("intake"))


@dataclass(frozen=True)
class Secrets:
    """Everything a vault keeps.

    ``cases`` has the key of every case by its name (32 bytes each): without it what the ledger holds of the case is
    noise. ``statements`` are this person's own, by number. ``deleted`` recognises the records (marks of 16 bytes) of
    deleted cases while they may still lie on a shelf, each until its day; ``doomed`` names deleted cases and their
    stored files until these have been overwritten. ``ledger`` guards the ledger's order and opens nothing in it.
    """

    signer: Signer
    ledger: StorageKey
    membership: Membership | None = None
    identities: tuple[KeptIdentity, ...] = ()
    statements: Mapping[int, Signed] = field(default_factory=dict)
    cases: Mapping[bytes, StorageKey] = field(default_factory=dict)
    journal: bytes | None = None
    deleted: Mapping[bytes, date] = field(default_factory=dict)
    doomed: Mapping[bytes, tuple[str, ...]] = field(default_factory=dict)
    backups: tuple[FullBackup, ...] = ()

    def without_keys(self) -> "Secrets":
        """Return what may be kept anywhere: enough to act as this person again, and nothing that opens a report."""
        return replace(self, identities=(), cases={}, journal=None, deleted={}, doomed={}, backups=())

    def wipe(self) -> None:
        """Overwrite the keys that can be overwritten."""
        self.ledger.wipe()
        for key in self.cases.values():
            key.wipe()

    def __bytes__(self) -> bytes:
        """Return the JSON that a vault seals."""
        return canonical.encode(
            {
                "version": _VERSION,
                "signer": base64(self.signer.secret_bytes()),
                "ledger": base64(self.ledger.secret_bytes()),
                "membership": None if self.membership is None else self.membership.to_json(),
                "identities": [identity.to_json() for identity in self.identities],
                "statements": [[number, signed.to_json()] for number, signed in sorted(self.statements.items())],
                "cases": [[base64(name), base64(key.secret_bytes())] for name, key in self.cases.items()],
                "journal": None if self.journal is None else base64(self.journal),
                "deleted": [[base64(mark), until.isoformat()] for mark, until in self.deleted.items()],
                "doomed": [[base64(name), list(files)] for name, files in self.doomed.items()],
                "backups": [backup.to_json() for backup in self.backups],
            }
        )

    @classmethod
    def parse(cls, opened_bytes: bytes) -> Self:
        """Return the secrets in JSON that was sealed; raises ``VaultDamaged``."""
        names = ("membership", "identities", "statements", "cases", "journal", "deleted", "doomed", "backups")
        try:
            fields = Fields(canonical.decode(opened_bytes), "version", "signer", "ledger", *names)
            fields.integer("version", _VERSION, _VERSION)
            return cls(
                Signer(fields.octets("signer", SIGNING_KEY_SIZE)),
                StorageKey(fields.octets("ledger", KEY_SIZE)),
                fields.optional("membership", Membership.from_json),
                fields.items("identities", KeptIdentity.from_json, _MANY),
                dict(fields.items("statements", _statement, _MANY)),
                dict(fields.items("cases", _case, _MANY)),
                fields.optional("journal", lambda value: octets(value, labels.CASE_SIZE)),
                dict(fields.items("deleted", _deleted, _MANY)),
                dict(fields.items("doomed", _doomed, _MANY)),
                fields.items("backups", FullBackup.from_json, _MANY),
            )
        except (ValueError, KeyRejected, ProtocolError) as error:
            raise VaultDamaged from error


def _pair(value: Json) -> tuple[Json, Json]:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - a pair
        raise ValueError("no pair")
    return value[0], value[1]


def _statement(value: Json) -> tuple[int, Signed]:
    number, signed = _pair(value)
    return Fields({"number": number}, "number").integer("number", 1), Signed.from_json(signed)


def _case(value: Json) -> tuple[bytes, StorageKey]:
    name, key = _pair(value)
    return octets(name, labels.CASE_SIZE), StorageKey(octets(key, KEY_SIZE))


def _doomed(value: Json) -> tuple[bytes, tuple[str, ...]]:
    name, files = _pair(value)
    return octets(name, labels.CASE_SIZE), Fields({"files": files}, "files").items("files", text, _MANY)


def _deleted(value: Json) -> tuple[bytes, date]:
    mark, until = _pair(value)
    return octets(mark, MARK_SIZE), undate(text(until))
