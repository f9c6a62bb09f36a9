"""The ledger and the cases it adds up to, kept in step: what is durable is what is seen."""

from datetime import date, timedelta
from pathlib import Path
from secrets import token_bytes
from typing import TypeAlias

from whistle.console import private
from whistle.console.case import Case
from whistle.console.cases import Cases
from whistle.console.events import AnyEvent, Deleted, decode, encode
from whistle.console.ledger import Act, Ledger
from whistle.console.stored import StoredStream
from whistle.console.vault import GRACE_DAYS, MARK_SIZE, StorageKey, Vault, member
from whistle.errors import CaseUnknown, NotJoined
from whistle.protocol.content import StreamReference
from whistle.protocol.labels import CASE_SIZE
from whistle.protocol.message import Event

FILES_NAME = "files"
_DELETED = b"whistle/console/1/deleted"

Happened: TypeAlias = tuple[bytes, AnyEvent]


class Book:
    """Everything this person has opened and done."""

    def __init__(self, vault: Vault) -> None:
        """Read and check the whole ledger; raises ``ChainBroken`` and ``NotJoined``."""
        self.vault = vault
        self.person = member(vault).person
        self.ledger = Ledger(vault)
        if vault.secrets.journal is None:
            vault.change(journal=token_bytes(CASE_SIZE))
        self.journal = self._journal()
        if self.journal not in vault.secrets.cases:
            vault.change(cases={**vault.secrets.cases, self.journal: StorageKey.generate()})
        self.cases = Cases(self.journal)
        for act in self.ledger.acts():
            self.cases.apply(act.case, decode(act.payload), act.day)
        self._clear_away()

    def record(self, today: date, *happened: Happened, keys: dict[bytes, StorageKey] | None = None) -> None:
        """Make events durable, and then seen. ``keys`` are those of the cases that begin with them."""
        if keys:
            # First the keys: an entry without its key would be lost, a key without an entry is nothing.
            self.vault.change(cases={**self.vault.secrets.cases, **keys})
        if happened:
            self.ledger.append([Act(name, (self.person,), today, encode(event)) for name, event in happened])
        for name, event in happened:
            self.cases.apply(name, event, today)

    def tell(self, today: date, name: bytes, event: AnyEvent, audience: tuple[int, ...]) -> None:
        """Make an event durable that is for colleagues too; ``ledger.for_others`` has it until it was sent."""
        self.ledger.append([Act(name, audience, today, encode(event))])
        self.cases.apply(name, event, today)

    @property
    def untold(self) -> tuple[tuple[bytes, Event], ...]:
        """The events for colleagues that were not put on the shelf yet, each with its case."""
        told = self.cases.told
        return tuple(
            (name, event) for name, event in self.ledger.for_others if event.counter > told.get(event.case, -1)
        )

    @property
    def files(self) -> Path:
        """The folder of stored files."""
        return self.vault.folder / FILES_NAME

    def case(self, name: bytes) -> Case:
        """Return a case by its whole name; raises ``CaseUnknown``."""
        try:
            return self.cases.by_name[name]
        except KeyError as error:
            raise CaseUnknown from error

    def key(self, name: bytes) -> StorageKey:
        """Return the key of a case; raises ``CaseUnknown``."""
        try:
            return self.vault.secrets.cases[name]
        except KeyError as error:
            raise CaseUnknown from error

    def delete(self, name: bytes, today: date, keep_days: int) -> None:
        """Destroy the key of a case, and then what it opened.

        When the vault is written the case is gone, here and in every copy of the ledger; the rest is tidying up.
        """
        case, secrets = self.case(name), self.vault.secrets
        until = today + timedelta(days=keep_days + GRACE_DAYS)
        marks = {self.deleted_mark(item.commitment): until for item in case.items}
        keys = {each: key for each, key in secrets.cases.items() if each != name}
        files = tuple(self.stored(name, item.stream).name for item in case.items if item.stream is not None)
        self.vault.change(cases=keys, deleted={**secrets.deleted, **marks}, doomed={**secrets.doomed, name: files})
        secrets.cases[name].wipe()
        self.cases.forget(name)
        self._clear_away()
        self.record(today, (self.journal, Deleted(case.label)))

    def stored(self, name: bytes, reference: StreamReference) -> StoredStream:
        """Return the file in which a stream of a case rests; raises ``CaseUnknown``."""
        return StoredStream(self.files, self.key(name), reference.key)

    def deleted_mark(self, commitment: bytes) -> bytes:
        """Return the mark (16 bytes) by which a record of a deleted case is passed over while it is on the shelf."""
        return self.vault.secrets.ledger.mark(_DELETED, commitment, size=MARK_SIZE)

    def _clear_away(self) -> None:
        """Overwrite what is left of deleted cases: in the ledger and among the stored files."""
        doomed = self.vault.secrets.doomed
        if doomed:
            self.ledger.forget(doomed)
            for name in (file for files in doomed.values() for file in files):
                private.remove_private(self.files / name)
            self.vault.change(doomed={})

    def _journal(self) -> bytes:
        name = self.vault.secrets.journal
        if name is None:
            raise NotJoined
        return name
