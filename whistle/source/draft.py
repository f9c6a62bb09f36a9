"""What a source wants to say, and to whom. docs/protocol.md, section 6."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from whistle.errors import BodyMalformed, NobodyToRead, ProtocolError, ReaderUnavailable, TooLarge
from whistle.protocol.content import Answers, Content
from whistle.protocol.directory import Directory
from whistle.protocol.keyring import Person, Role
from whistle.protocol.statement import Statement

#: Text and answers together, in bytes of JSON: half of a stream's last part, whose other half is for the file table.
CONTENT_LIMIT = 8 << 20

_UNNAMED = "file"
_UNTYPED = "application/octet-stream"


class Readable(Protocol):
    """Anything that gives up its bytes once, such as an open file or a part of an upload."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, and none at the end."""


@dataclass(frozen=True)
class Attachment:
    """A file to be sent: its name as its owner sees it, its media type, and its bytes, which are read once."""

    name: str
    type: str
    stream: Readable = field(repr=False)

    @property
    def sent_name(self) -> str:
        """The name that travels: without the folders before it, which may hold the name of their owner."""
        name = self.name.replace("\\", "/").rsplit("/", 1)[-1]
        return name.encode(errors="replace").decode() or _UNNAMED

    @property
    def sent_type(self) -> str:
        """The media type that travels."""
        return self.type.encode(errors="replace").decode() or _UNTYPED


@dataclass(frozen=True)
class Draft:
    """A message as its source wrote it.

    ``readers`` are the person ids that the source chose, out of ``Directory.readers(channel)``; nobody else reads it.
    ``contact`` goes to the people in ``custodians`` alone, out of ``Directory.custodians(channel)``.
    """

    text: str = field(repr=False)
    language: str
    channel: int
    readers: tuple[int, ...]
    answers: Answers | None = field(default=None, repr=False)
    contact: str | None = field(default=None, repr=False)
    custodians: tuple[int, ...] = ()

    def check(self) -> None:
        """Raise ``BodyMalformed`` for text that is not Unicode, and ``TooLarge`` beyond 8 MiB."""
        try:
            size = len(bytes(Content(self.text, self.answers)))
        except ValueError as error:
            raise BodyMalformed from error
        if size > CONTENT_LIMIT:
            raise TooLarge


@dataclass(frozen=True)
class Choice:
    """A person of a channel whom the source may choose, and whether to show them as chosen.

    ``closed`` tells why nobody can write to them at the moment; such a person is shown, with the reason, unselected.
    """

    person: Person
    closed: ProtocolError | None
    selected: bool

    @property
    def custodian(self) -> bool:
        """Whether the person reads contact details only, and no reports."""
        return self.person.role is Role.CUSTODIAN


def choices(directory: Directory, channel: int, selected: Sequence[int] | None = None) -> tuple[Choice, ...]:
    """Return everybody of ``channel``, readers of reports first, so that the source can choose who reads.

    ``selected`` are the ids to preselect: for a follow-up those of ``Visit.preselected``. ``None``, for a first report,
    preselects everybody who can be written to. Raises ``KeyringMalformed`` for a channel that does not exist.
    """
    people = directory.readers(channel) + directory.custodians(channel)
    closed = {person.id: directory.closed.get(person.id) for person in people}
    return tuple(
        Choice(
            person,
            closed[person.id],
            closed[person.id] is None and (selected is None or person.id in selected),
        )
        for person in people
    )


def statements_of(directory: Directory, chosen: Sequence[int], people: Sequence[Person]) -> tuple[Statement, ...]:
    """Return the current statement of everybody in ``chosen``, each once, ascending by person id.

    Raises ``NobodyToRead`` for nobody, and ``ReaderUnavailable``, by name, for everybody who is not among ``people`` or
    cannot be sealed to today: nobody is skipped silently.
    """
    offered = {person.id: person.name for person in people}
    ids = sorted(set(chosen))
    missing = [person for person in ids if person not in offered or person not in directory.statements]
    if missing:
        raise ReaderUnavailable([offered.get(person, str(person)) for person in missing])
    if not ids:
        raise NobodyToRead
    return tuple(directory.statements[person] for person in ids)
