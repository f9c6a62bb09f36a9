"""What is there between unlock and lock, and the time after which a desk locks itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from threading import Timer
from time import monotonic
from typing import Self

from whistle.console.book import Book
from whistle.console.meeting import last_keyring
from whistle.console.vault import Vault, member
from whistle.errors import NotJoined
from whistle.protocol.keyring import Keyring


@dataclass
class Session:
    """An open vault and the book in it, which is missing until an organisation was joined.

    ``seen`` are hashes of records that were tried; ``entries`` has what the last fetch listed of days that colleagues
    were not told of; ``closing`` asks whatever runs to stop.
    """

    vault: Vault
    maybe_book: Book | None
    seen: set[bytes] = field(default_factory=set)
    entries: dict[date, list[bytes]] = field(default_factory=dict)
    closing: bool = False
    _keyring: tuple[bytes, Keyring] | None = None

    @classmethod
    def begin(cls, vault: Vault) -> Self:
        """Read and check the whole ledger; raises ``ChainBroken``, and locks the vault again."""
        try:
            book = Book(vault) if vault.secrets.membership is not None else None
        except BaseException:
            vault.lock()
            raise
        return cls(vault, book)

    @property
    def book(self) -> Book:
        """The book; raises ``NotJoined``."""
        if self.maybe_book is None:
            raise NotJoined
        return self.maybe_book

    @property
    def keyring(self) -> Keyring:
        """The organisation as it was last seen; raises ``NotJoined``."""
        published = member(self.vault).published
        if self._keyring is None or self._keyring[0] != published:
            self._keyring = published, last_keyring(self.vault)
        return self._keyring[1]


class Watch:
    """Calls ``end`` when nobody has said for ``seconds`` that they are there; ``None`` never ends."""

    def __init__(self, seconds: float | None, end: Callable[[], None]) -> None:
        self.seconds = seconds
        self._end = end
        self._ends_at = 0.0
        self._timer: Timer | None = None

    def begin(self) -> None:
        """Begin to watch."""
        self.stop()
        self.touch()
        self._look()

    def touch(self) -> None:
        """Say that somebody is there."""
        if self.seconds is not None:
            self._ends_at = monotonic() + self.seconds

    def stop(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        if self.seconds is None:
            return
        left = self._ends_at - monotonic()
        if left <= 0:
            self._end()
            return
        self._timer = Timer(left, self._look)
        self._timer.daemon = True
        self._timer.start()
