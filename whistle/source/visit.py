"""What a source finds with its receipt. docs/protocol.md, section 9."""

from dataclasses import dataclass, field
from datetime import date

from whistle.errors import ProtocolError
from whistle.language import _
from whistle.protocol.content import Content, File, StreamReference


@dataclass(frozen=True)
class Problem:
    """A record that was skipped because it does not hold: ``ours`` for the source's own, else a reply, and why."""

    ours: bool
    index: int
    error: ProtocolError

    def message(self) -> str:
        """Return a sentence for the source; messages are counted from 1."""
        if self.ours:
            sentence = _("Message {number} on the site was not written with your words, and was left alone: {reason}")
        else:
            sentence = _("Reply {number} was not shown: {reason}")
        return sentence.format(number=self.index + 1, reason=self.error.message())


@dataclass(frozen=True)
class ReceivedReply:
    """A reply that was verified: who wrote it, when, and what.

    ``content`` is ``None`` where the text was too long for one record and waits on the shelf: ``Source.content`` gets
    it. ``doubt`` tells what could not be checked, because the message that it answers is no longer stored.
    """

    index: int
    day: date
    language: str
    author: str
    readers: tuple[str, ...]
    content: Content | None = field(repr=False)
    stream: StreamReference | None = field(repr=False)
    doubt: bool

    @property
    def number(self) -> int:
        """How people count replies: from 1."""
        return self.index + 1

    @property
    def files(self) -> tuple[File, ...]:
        """The files that came with it, as far as they are known."""
        return () if self.content is None else self.content.files


@dataclass(frozen=True)
class Visit:
    """What one look and one fetch told.

    ``stored`` are the indices of the source's messages that lie on the shelf, ascending. Of the newest that was
    verified (``None`` where none was) there are its index ``newest``, its ``commitment`` (32 bytes), whether it is a
    withdraw, and with it the ``channel`` and ``readers`` in force; ``received_by`` are the names of those who confirmed
    in a verified reply that they opened it. ``preselected`` are the readers to preselect for the next message: nobody
    where the list in force may not be the newest one.

    ``replies`` are newest first; where others lie before them, ``older`` is what to give to ``Source.visit`` next.
    """

    stored: tuple[int, ...]
    next_index: int
    newest: int | None
    commitment: bytes | None = field(repr=False)
    withdrawn: bool
    channel: int | None
    readers: tuple[int, ...] | None
    preselected: tuple[int, ...]
    received_by: tuple[str, ...]
    replies: tuple[ReceivedReply, ...]
    older: int | None
    problems: tuple[Problem, ...]
