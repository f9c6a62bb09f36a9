"""A vault and the organisation that its owner has joined. docs/console.md."""

from whistle.console import meeting, vault
from whistle.console.book import Book
from whistle.console.door import Door
from whistle.protocol.directory import Directory
from whistle.protocol.keyring import Keyring, Person
from whistle.protocol.signing import Signed


class Office(Door):
    """What a reviewer is to the organisation, and what its keyring says."""

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
