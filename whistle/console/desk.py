"""The reviewer's desk: the one class that pages and commands use. docs/console.md."""

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Lock, RLock
from typing import Self

from whistle.console import meeting, reports, vault, warnings
from whistle.console.answer import Addressees, Answer, Writer, addressees
from whistle.console.book import Book
from whistle.console.case import Case, Item, Journal
from whistle.console.cases import inbox
from whistle.console.events import Read
from whistle.console.sending import send
from whistle.console.session import Session, Watch
from whistle.console.sync import OPEN_DAYS, Progress, Sync, Synced
from whistle.console.vault import FullBackup, Vault
from whistle.courier import Courier
from whistle.courier.asking import burn
from whistle.courier.carrying import CarriedCourier
from whistle.errors import CarriedMalformed, CaseUnknown, FileUnknown, StreamKeyReused, VaultLocked
from whistle.protocol.content import File
from whistle.protocol.directory import Directory
from whistle.protocol.keyring import Keyring, Person, Role
from whistle.protocol.lockbox import Cost
from whistle.protocol.signing import Signed


def today_utc() -> date:
    """Return the day as the protocol counts days."""
    return datetime.now(UTC).date()


class Desk:
    """One reviewer's vault, cases and acts, in ``folder``.

    Every method but ``unlock``, ``lock`` and the constructors raises ``VaultLocked`` while it is locked, and
    ``NotJoined`` where it needs an organisation and there is none yet. It may be used from several threads.

    After ``lock_minutes`` without a call it locks itself (``None``: never). ``keep_days`` is how long the shelf keeps
    records, in days; old keys live a week longer. ``daily_records`` is how many records this console puts on each day.
    """

    def __init__(
        self,
        folder: Path,
        keep_days: int = 90,
        lock_minutes: int | None = 15,
        today: Callable[[], date] = today_utc,
        daily_records: int = 8,
    ) -> None:
        self.folder = folder
        self._daily_records = daily_records
        self._keep_days = keep_days
        self._today = today
        self._session: Session | None = None
        self._acting = RLock()
        # One guess at a time, each of which takes much memory.
        self._checking = Lock()
        self._watch = Watch(None if lock_minutes is None else 60 * lock_minutes, self.lock)

    # --- open and shut

    @property
    def exists(self) -> bool:
        """Whether there is a vault; raises ``VaultUnsafe`` where others could enter its folder."""
        return vault.exists(self.folder)

    @property
    def is_locked(self) -> bool:
        """Whether the passphrase has to be given."""
        return self._session is None

    def create(self, passphrase: str, name: str, role: Role, cost: Cost | None = None) -> bytes:
        """Make a new vault and return the enrolment request (JSON) for the keeper of the root.

        The desk is unlocked afterwards. Raises ``VaultExists``, ``VaultUnsafe``, ``PassphraseTooShort`` and
        ``KeyringMalformed`` for a name that cannot be published.
        """
        with self._acting:
            self._begin(Vault.create(self.folder, passphrase, cost))
            return self.enrolment(name, role)

    def restore(self, backup: Path, passphrase: str) -> None:
        """Make a vault from a backup, and unlock it; raises as ``unlock``, and ``VaultExists``."""
        with self._acting:
            self._begin(Vault.restore(backup, self.folder, passphrase))

    def unlock(self, passphrase: str) -> None:
        """Open the vault and check the whole ledger.

        Raises ``WrongPassphrase``, ``VaultMissing``, ``VaultInUse``, ``VaultUnsafe``, ``VaultDamaged`` and
        ``ChainBroken``.
        """
        with self._acting:
            if self._session is None:
                self._begin(Vault.open(self.folder, passphrase))

    def check_passphrase(self, passphrase: str) -> None:
        """Raise ``WrongPassphrase`` for another one than that of the open vault, which is not disturbed by it."""
        session = self._session
        if session is None:
            raise VaultLocked
        # Not by way of ``_open``: somebody else's guesses must not keep the desk from locking itself.
        with self._checking:
            session.vault.check_passphrase(passphrase)

    def lock(self) -> None:
        """Forget every secret, as far as Python allows. A sync that runs is cut off; the next one goes on."""
        session = self._session
        if session is not None:
            session.closing = True
        with self._acting:
            if self._session is not None:
                self._session.vault.lock()
                self._session = None
            self._watch.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.lock()

    # --- the organisation

    def enrolment(self, name: str, role: Role) -> bytes:
        """Return an enrolment request (JSON) once more."""
        return vault.enrolment(self._open().vault, name, role)

    def join(self, published: bytes, words: str, intake: str) -> Person:
        """Join the organisation whose published document or keyring file (JSON) is given, and return who we are there.

        ``words`` are its fingerprint as told by another way. Raises ``FingerprintDiffers``, ``NotInKeyring``,
        ``AlreadyJoined`` and ``KeyringError`` of all kinds.
        """
        with self._acting:
            session = self._open()
            document = meeting.read_published(published)
            person = meeting.join(session.vault, document, words, intake, self._today())[1]
            session.maybe_book = Book(session.vault)
            return person

    def rotate(self) -> Signed:
        """Make a new sealing key for 30 days from today, and return its statement, which is public.

        A sync hands the statement in by itself.
        """
        with self._acting:
            session = self._open()
            own = vault.member(session.vault)
            people = self.keyring.people
            minimum = next((person.statement_minimum for person in people if person.id == own.person), 1)
            return vault.rotate(session.vault, self._today(), own.memory.numbers or {}, minimum)

    @property
    def keyring(self) -> Keyring:
        """The organisation as it was last seen."""
        return self._open().keyring

    @property
    def directory(self) -> Directory:
        """The organisation as it was last seen, judged today; raises ``KeyringExpired``."""
        return meeting.last_met(self._open().vault, self._today())

    @property
    def me(self) -> Person:
        """Who we are in the organisation; raises ``NotInKeyring`` where we are not any more."""
        return meeting.own_person(self._open().vault, self.keyring)

    @property
    def intake(self) -> str:
        """The address of the organisation's intake, as given when it was joined; empty where it was not."""
        return vault.member(self._open().vault).intake

    def name_of(self, person: int) -> str:
        """Return the published name of a person, present or former; empty for nobody known."""
        keyring = self.keyring
        everybody = [*keyring.people, *(former.person for former in keyring.former)]
        return next((each.name for each in everybody if each.id == person), "")

    # --- reading

    def sync(
        self,
        courier: Courier,
        anonymous: Courier | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Synced:
        """Fetch, open, judge and keep what is new; send what was not sent; destroy what is due.

        ``anonymous`` carries what should not be linked to our signed requests; without it ``courier`` carries all.
        Raises ``CourierError``, ``KeyringError`` of all kinds, ``NotInKeyring`` and ``LedgerError``; what was done
        until then stays done.
        """
        with self._acting:
            session = self._open()
            book = session.book

            def beat(reached: Progress) -> None:
                if session.closing:
                    raise VaultLocked
                if progress is not None:
                    progress(reached)

            ways, today = (courier, anonymous or courier), self._today()
            through, days = _last_day(courier, today), self._keep_days
            return Sync(book, *ways, today, through, days, self._daily_records, session.seen, beat).run()

    def inbox(self) -> tuple[Case, ...]:
        """Return every case: those with something unread first, then the newest."""
        return inbox([*self._open().book.cases.by_name.values()])

    def case(self, label: str) -> Case:
        """Return the case whose label or name (hex) begins so; raises ``CaseUnknown`` for none or several."""
        wanted = label.strip().lower()
        found = [case for case in self.inbox() if wanted and case.name.hex().startswith(wanted)]
        if len(found) != 1:
            raise CaseUnknown
        return found[0]

    def mark_read(self, name: bytes) -> Case:
        """Note that everything in the case (its whole name, 32 bytes) has been seen, and return it."""
        with self._acting:
            book = self._open().book
            commitments = tuple(item.commitment for item in book.case(name).unread)
            if commitments:
                book.record(self._today(), (name, Read(commitments)))
            return book.case(name)

    def file(self, name: bytes, commitment: bytes, number: int) -> tuple[File, Iterator[bytes]]:
        """Return file ``number`` (from 0) of an item, and its bytes a piece at a time.

        Raises ``CaseUnknown`` and ``FileUnknown``; the pieces raise ``StoredFileDamaged`` and ``StreamError``.
        """
        book = self._open().book
        item = book.case(name).item(commitment)
        if item is None or item.stream is None or not 0 <= number < len(item.files):
            raise FileUnknown
        if book.cases.stream_owner(item.stream.key) != commitment and item.outgoing is None:
            raise StreamKeyReused
        if not item.is_stored:
            raise FileUnknown
        stored = book.stored(name, item.stream)
        return item.files[number], stored.data(item.stream, item.files, item.files[number])

    # --- acting

    def addressees(self, name: bytes) -> Addressees:
        """Return who would read a reply; raises ``NobodyChoseYou``, ``CaseUnknown`` and ``KeyringExpired``."""
        book = self._open().book
        return addressees(book.case(name), self.directory, book.person)

    def reply(self, courier: Courier, name: bytes, answer: Answer, without: Collection[int] = ()) -> Item:
        """Seal a reply to the source, keep it, send it, and return it.

        ``without`` are the ids of ``addressees(name).closed``, confirmed. Raises ``NothingToSay``, ``NobodyChoseYou``,
        ``ReaderClosed``, ``KeyLapsed``, ``TooLarge``; and ``CourierError`` or ``ShelfError`` where it could not be
        sent: then it is kept, and the next sync sends it. That is also so, without an error, where this
        console has used up the places of today and half of tomorrow's: the item's state is ``SENDING`` then.
        """
        with self._acting:
            book = self._open().book
            writer = Writer(book, courier, self.directory, self._today())
            return send(writer, name, answer, frozenset(without), per_day=self._daily_records)

    def delete(self, name: bytes, burn_with: Courier | None = None) -> tuple[FullBackup, ...]:
        """Destroy a case: its key, its entries, its files, and our replies on the shelf if a courier is given.

        Return the full backups that can still open it. Raises ``CaseUnknown``, and ``CourierError`` where the replies
        could not be burned: then nothing was deleted.
        """
        with self._acting:
            book = self._open().book
            case = book.case(name)
            if burn_with is not None:
                burn(burn_with, _burn_tokens(case))
            book.delete(name, self._today(), self._keep_days)
            return book.vault.secrets.backups

    # --- the vault

    def backup(self, path: Path, *, full: bool = False) -> None:
        """Write a backup of the vault that opens with the present passphrase.

        By default it holds no key that opens a report. A ``full`` one holds all of them, and is remembered.
        """
        with self._acting:
            self._open().vault.backup(path, self._today(), full=full)

    def forget_backup(self, place: str) -> None:
        """Take a full backup off the list, because it has been destroyed."""
        with self._acting:
            self._open().vault.forget_backup(place)

    def change_passphrase(self, old: str, new: str, cost: Cost | None = None) -> None:
        """Seal the vault under another passphrase; raises ``WrongPassphrase`` and ``PassphraseTooShort``."""
        with self._acting:
            self._open().vault.change_passphrase(old, new, cost)

    # --- what the reviewer should know

    @property
    def journal(self) -> Journal:
        """What happened to the console itself."""
        return self._open().book.cases.journal

    @property
    def synced(self) -> date | None:
        """The day of the last complete sync."""
        reached = self._open().book.ledger.reached
        return None if reached is None else reached + OPEN_DAYS

    def warnings(self) -> tuple[str, ...]:
        """Return what needs the reviewer's attention, in plain words, the most urgent first."""
        session = self._open()
        if session.maybe_book is None:
            return warnings.of(session.vault.secrets, Journal(), None, self._today())
        cases = session.book.cases
        found = reports.warnings(cases.journal, cases, self.name_of)
        return (*found, *warnings.of(session.vault.secrets, cases.journal, self.synced, self._today()))

    # --- inside

    def _begin(self, opened: Vault) -> None:
        self._session = Session.begin(opened)
        self._watch.begin()

    def _open(self) -> Session:
        session = self._session
        if session is None or session.closing:
            raise VaultLocked
        self._watch.touch()
        return session


def _last_day(courier: Courier, today: date) -> date:
    """Return the last day that ``courier`` knows of: a carried file knows nothing of what came after it was written."""
    if not isinstance(courier, CarriedCourier):
        return today
    if not courier.days:
        raise CarriedMalformed
    return min(courier.days[-1], today)


def _burn_tokens(case: Case) -> list[bytes]:
    sent = [item.outgoing for item in case.items if item.outgoing is not None]
    return [token for outgoing in sent for token in (outgoing.token, *outgoing.chunk_tokens)]
