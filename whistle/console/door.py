"""The door of a desk: what opens, shuts, copies and guards its vault. docs/console.md."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Lock, RLock
from typing import Self

from whistle.console import vault
from whistle.console.book import Book
from whistle.console.posting import Post
from whistle.console.session import Session, Watch
from whistle.console.vault import Vault
from whistle.errors import VaultLocked
from whistle.protocol.keyring import Role
from whistle.protocol.lockbox import Cost


def today_utc() -> date:
    """Return the day as the protocol counts days."""
    return datetime.now(UTC).date()


class Door:
    """One reviewer's vault in ``folder``, locked until the passphrase is given.

    After ``lock_minutes`` without a call it locks itself (``None``: never). It may be used from several threads.
    """

    def __init__(self, folder: Path, lock_minutes: int | None = 15, today: Callable[[], date] = today_utc) -> None:
        self.folder = folder
        self._today = today
        self._session: Session | None = None
        self._acting = RLock()
        # One guess at a time, each of which takes much memory.
        self._checking = Lock()
        self._watch = Watch(None if lock_minutes is None else 60 * lock_minutes, self.lock)
        #: Posts of which something was put while there was no book to note it in.
        self._unnoted: list[Post] = []

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

    def enrolment(self, name: str, role: Role) -> bytes:
        """Return an enrolment request (JSON) once more."""
        return vault.enrolment(self._open().vault, name, role)

    # --- copies, and the passphrase

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

    # --- inside

    def _begin(self, opened: Vault) -> None:
        self._session = session = Session.begin(opened)
        self._watch.begin()
        if session.maybe_book is not None:
            self._note(session.maybe_book)

    def _note(self, book: Book) -> None:
        for post in self._unnoted:
            post.note(book)
        self._unnoted = []

    def _open(self) -> Session:
        session = self._session
        if session is None or session.closing:
            raise VaultLocked
        self._watch.touch()
        return session
