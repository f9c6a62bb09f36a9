"""The reviewer's desk: the one class that pages and commands use. docs/console.md."""

from collections.abc import Callable, Collection, Iterator
from datetime import date
from pathlib import Path

from whistle.console import reports, warnings
from whistle.console.answer import Addressees, Answer, Writer, addressees
from whistle.console.case import Case, Item, Journal
from whistle.console.cases import inbox
from whistle.console.door import today_utc
from whistle.console.events import Posted, Read
from whistle.console.office import Office
from whistle.console.posting import Drawer, Letter, Post, Waiting
from whistle.console.sending import keep, send_one
from whistle.console.sync import OPEN_DAYS, Progress, Sync, Synced
from whistle.console.vault import FullBackup
from whistle.courier import Courier
from whistle.courier.asking import burn
from whistle.courier.carrying import CarriedCourier
from whistle.errors import CarriedMalformed, CaseUnknown, FileUnknown, StreamKeyReused, VaultLocked
from whistle.protocol.content import File


class Desk(Office):
    """One reviewer's vault, cases and acts, in ``folder``.

    Every method but those of the door that open or shut it raises ``VaultLocked`` while it is locked, and
    ``NotJoined`` where it needs an organisation and there is none yet.

    ``keep_days`` is how long the shelf keeps records, in days; old keys live a week longer. ``daily_records`` is how
    many records this console puts on each day.
    """

    def __init__(
        self,
        folder: Path,
        keep_days: int = 90,
        lock_minutes: int | None = 15,
        today: Callable[[], date] = today_utc,
        daily_records: int = 8,
    ) -> None:
        super().__init__(folder, lock_minutes, today)
        self._daily_records = daily_records
        self._keep_days = keep_days

    # --- reading

    def sync(
        self,
        courier: Courier,
        anonymous: Courier | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Synced:
        """Do what ``fetch`` does, and put the records of the day at once; raises ``ShelfError`` too."""
        with self._acting:
            synced = self.fetch(courier, anonymous, progress)
            post = self.post()
            try:
                while post.left:
                    post.put(post.begin(), anonymous or courier, self._writer(anonymous or courier))
            finally:
                post.note(self._open().book)
            return synced

    def fetch(
        self,
        courier: Courier,
        anonymous: Courier | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Synced:
        """Fetch, open, judge and keep what is new; destroy what is due.

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
            sync = Sync(book, *ways, today, _last_day(courier, today), self._keep_days, session.seen, beat)
            synced = sync.run()
            session.entries = sync.inventories()
            return synced

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
        """Do what ``keep`` does, and send the reply at once.

        Raises also ``CourierError`` or ``ShelfError`` where it could not be sent: then it is kept, and the next sync
        sends it. That is also so, without an error, where this console has used up the places of today and half of
        tomorrow's: the item's state is ``SENDING`` then.
        """
        with self._acting:
            item, book = self.keep(courier, name, answer, without), self._open().book
            if not self._drawer().may_answer():
                return item
            item = send_one(self._writer(courier), name, item.commitment)
            book.record(self._today(), (book.journal, Posted(1, self._daily_records)))
            return item

    def keep(self, courier: Courier, name: bytes, answer: Answer, without: Collection[int] = ()) -> Item:
        """Seal a reply to the source, keep it to be sent, and return it.

        ``without`` are the ids of ``addressees(name).closed``, confirmed. Raises ``NothingToSay``, ``NobodyChoseYou``,
        ``ReaderClosed``, ``KeyLapsed`` and ``TooLarge``.
        """
        with self._acting:
            return keep(self._writer(courier), name, answer, frozenset(without))

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

    # --- what is put

    def post(self) -> Post:
        """Seal what is to be put today: what waits, and decoys. ``fetch`` comes before it, for what it can tell of."""
        with self._acting:
            session = self._open()
            if not session.vault.secrets.statements:  # without one nobody could answer, or believe, this person
                return Post((), self._today(), self._daily_records)
            return self._drawer().post(session.entries)

    def post_of(self, answer: Waiting, taken: int = 0) -> Post | None:
        """Return a post of one answer, or nothing where this console has used up its places, and half of tomorrow's.

        ``taken`` places are about to be, by a post that is being put.
        """
        with self._acting:
            drawer = self._drawer()
            return drawer.answer(answer) if drawer.may_answer(taken) else None

    def put(self, post: Post, letter: Letter, courier: Courier) -> None:
        """Put a letter of a post and note it; raises ``CourierError`` and ``ShelfError``: then it is left.

        It works while the desk is locked, too: then it is noted when it is unlocked, and an answer waits.
        """
        if letter.answer is None:
            post.put(letter, courier, None)  # before anything else, so that nobody who reads is kept waiting
        with self._acting:
            is_open = self._session is not None and not self._session.closing
            if letter.answer is not None:
                post.put(letter, courier, self._writer(courier) if is_open else None)
            self._unnoted = [each for each in (*self._unnoted, post) if each.is_unnoted]
            if self._session is not None and is_open:
                self._note(self._session.book)

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

    def _drawer(self) -> Drawer:
        return Drawer(self._open().book, self.directory, self._today(), self._daily_records)

    def _writer(self, courier: Courier) -> Writer:
        return Writer(self._open().book, courier, self.directory, self._today())


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
