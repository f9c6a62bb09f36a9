"""What the site publishes: the signed keyring, the people's newest sealing statements, the day's challenge.

docs/protocol.md, sections 7 and 9. The keyring file comes from the organisation root, by hand; statements arrive over
the interface, each signed by its person. Nothing here is secret except the seed of the challenges, which lives in
memory: when the process starts anew, clients fetch the document again.
"""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from whistle.errors import (
    KeyringMalformed,
    ProtocolError,
    SettingsError,
    ShelfUnavailable,
    StatementMalformed,
    StatementRejected,
    StatementRolledBack,
)
from whistle.language import _
from whistle.protocol import labels
from whistle.protocol.canonical import decode
from whistle.protocol.directory import verify
from whistle.protocol.fields import Fields
from whistle.protocol.hashing import hashed
from whistle.protocol.keyring import Keyring, Person, Succession
from whistle.protocol.published import Published
from whistle.protocol.signing import Signed, Verifier
from whistle.protocol.standing import current
from whistle.protocol.statement import Statement

_SUCCESSION_LIMIT = 1_000


def today() -> date:
    """Return the day, in UTC."""
    return datetime.now(UTC).date()


class Bulletin:
    """The published document, and who may add to it.

    ``keyring_file`` holds ``{"keyring": …, "successions": […]}`` in the spelling of the published document;
    ``statements`` is the folder of the people's newest statements, one file per person. Raises ``KeyringError`` for a
    keyring that no client would accept, except for its age (that is for clients to judge), and ``SettingsError`` where
    there is none.
    """

    def __init__(self, keyring_file: Path, statements: Path, work_bits: int, clock: Callable[[], date] = today) -> None:
        self._file = keyring_file
        self._folder = statements
        self.work_bits = work_bits
        self._clock = clock
        self._seed = secrets.token_bytes(labels.HASH_SIZE)
        self._statements: dict[int, Signed] = {}
        self._document = b""
        self._day: date | None = None
        self._files_seen: tuple[tuple[str, int], ...] = ()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._statement_files():
            # A new folder: its own name has to be durable before a statement in it can be.
            _sync_names(self._folder.parent)
        self.refresh()

    def refresh(self) -> None:
        """Read the files again if they have changed. What was published before stays if they cannot be used."""
        try:
            files = tuple((str(file), file.stat().st_mtime_ns) for file in (self._file, *self._statement_files()))
            if files != self._files_seen:
                self._files_seen = files
                self._load()
                self._day = None
        except OSError as error:
            raise SettingsError(_("{path} cannot be read").format(path=self._file)) from error

    @property
    def document(self) -> bytes:
        """The JSON that ``GET /v1/keyring`` answers."""
        if self._day != self._clock():
            self._day = self._clock()
            statements = tuple(signed for _person, signed in sorted(self._statements.items()))
            signed, successions = self._signed
            challenge = self._challenge(self._day)
            self._document = bytes(Published(signed, successions, statements, challenge, self.work_bits))
        return self._document

    @property
    def site(self) -> bytes:
        """The organisation's name in signatures (32 bytes)."""
        return self._keyring.site

    def person(self, number: int) -> Person | None:
        """Return somebody who is enrolled now."""
        return next((person for person in self._keyring.people if person.id == number), None)

    def signing_key(self, number: int) -> Verifier | None:
        """Return the key with which an enrolled person signs."""
        person = self.person(number)
        return person.signing if person is not None else None

    def challenges(self) -> tuple[bytes, bytes]:
        """Return today's and yesterday's challenge (32 bytes each): both are accepted."""
        day = self._clock()
        return self._challenge(day), self._challenge(day - timedelta(days=1))

    def publish(self, untrusted_bytes: bytes) -> None:
        """Take a person's next statement, durably.

        Raises ``StatementError``, ``SignatureInvalid``, and ``ShelfUnavailable`` where it could not be written.

        The one that is already published may be handed in again: an answer that was lost is no reason for an error.
        """
        try:
            signed = Signed.from_json(decode(untrusted_bytes))
        except ValueError as error:
            raise StatementMalformed from error
        person = self.person(Statement.claimed(signed).person)
        if person is None:
            raise StatementRejected
        statement = current(signed, person, self.site, self._clock())
        before = self._statements.get(person.id)
        if signed == before:
            return
        if before is not None and statement.number <= Statement.claimed(before).number:
            raise StatementRolledBack
        if self._shares_a_key(statement):
            raise StatementRejected
        _write(self._folder / f"{person.id}.json", untrusted_bytes)
        self.refresh()

    def _shares_a_key(self, statement: Statement) -> bool:
        others = (
            Statement.claimed(signed) for person, signed in self._statements.items() if person != statement.person
        )
        return any(other.recipient.x25519 == statement.recipient.x25519 for other in others)

    def _challenge(self, day: date) -> bytes:
        return hashed(labels.WORK, day.isoformat().encode(), key=self._seed)

    def _load(self) -> None:
        signed, successions = _read(self._file)
        keyring = Keyring.parse(signed.untrusted_payload)
        verify(Published(signed, successions, (), bytes(labels.HASH_SIZE), 0), keyring.issued)
        self._signed, self._keyring = (signed, successions), keyring
        self._statements = {}
        for file in self._statement_files():
            with suppress(ProtocolError, ValueError):
                statement = Signed.from_json(decode(file.read_bytes()))
                person = self.person(Statement.claimed(statement).person)
                if person is not None and file.stem == str(person.id):
                    Statement.verify(statement, person.signing)
                    self._statements[person.id] = statement

    def _statement_files(self) -> list[Path]:
        return sorted(self._folder.glob("*.json"))


def _read(file: Path) -> tuple[Signed, tuple[Succession, ...]]:
    try:
        fields = Fields(decode(file.read_bytes()), "keyring", "successions")
        return (
            Signed.from_json(fields["keyring"]),
            fields.items("successions", Succession.from_json, _SUCCESSION_LIMIT),
        )
    except ValueError as error:
        raise KeyringMalformed from error


def _write(file: Path, content: bytes) -> None:
    """Replace a file so that after a power cut either the old or the new one is there, whole."""
    draft = file.with_suffix(".new")
    try:
        with draft.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
        _sync_names(file.parent)
    except OSError as error:
        raise ShelfUnavailable from error
    finally:
        draft.unlink(missing_ok=True)


def _sync_names(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
