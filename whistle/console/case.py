"""What a case is: a frozen value that the events of a ledger add up to."""

from bisect import insort
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Literal

from whistle import errors
from whistle.console.places import Places
from whistle.console.sighting import Report
from whistle.errors import WhistleError
from whistle.language import _
from whistle.protocol.content import Answers, Content, Echo, File, StreamReference
from whistle.protocol.message import FromSource, Reply
from whistle.protocol.thread import Thread

#: Bytes of a case's name by which people call it.
LABEL_SIZE = 4
_TITLE_LENGTH = 80


class ItemKind(StrEnum):
    """What an item of a case is."""

    MESSAGE = "message"
    WITHDRAW = "withdraw"
    REPLY = "reply"
    CONTACT = "contact"


class ItemState(StrEnum):
    """How far an item is."""

    COMPLETE = "complete"
    WAITING = "waiting"  # its files or its long text have not been fetched yet
    INCOMPLETE = "incomplete"  # they could not be fetched whole
    SENDING = "sending"  # a reply of one's own that the shelf has not confirmed yet


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that did not verify: the name of its error, and the day it was seen."""

    error: str
    day: date

    def message(self) -> str:
        """Return the sentence for the reviewer."""
        kind = getattr(errors, self.error, WhistleError)
        return _(" ".join((kind.__doc__ or "").split()))


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What it takes to send a reply again, byte by byte, and to burn it: its draft (16 bytes), record and tokens."""

    draft: bytes
    record: bytes | None = field(repr=False)
    token: bytes = field(repr=False)
    chunk_tokens: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """One message of a case, from its source (author 0) or from a reviewer.

    ``written`` is the day that its author states, ``arrived`` the day under which the shelf lists it.
    """

    kind: ItemKind
    author: int
    index: int
    commitment: bytes
    written: date
    arrived: date
    language: str
    readers: tuple[int, ...]
    text: str = field(default="", repr=False)
    answers: Answers | None = field(default=None, repr=False)
    files: tuple[File, ...] = field(default=(), repr=False)
    stream: StreamReference | None = None
    state: ItemState = ItemState.COMPLETE
    reference: bytes | None = None
    previous: bytes | Literal["unknown"] | None = None
    echoes: tuple[Echo, ...] = ()
    withdrawn: bool = False
    outgoing: Outgoing | None = None

    @property
    def from_source(self) -> bool:
        """Whether the source wrote it."""
        return self.author == 0

    @property
    def is_stored(self) -> bool:
        """Whether its files are here, whole."""
        return self.stream is not None and (self.state is ItemState.COMPLETE or self.outgoing is not None)

    @property
    def inside(self) -> Content | None:
        """What its body held; ``None`` where the content is, or was, in the stream's last part."""
        moved = self.stream is not None and self.stream.part is not None
        return None if moved else Content(self.text, self.answers, self.files)

    def holding(self, content: Content) -> "Item":
        """Return the item with what it says."""
        return replace(self, text=content.text, answers=content.answers, files=content.files)


@dataclass(frozen=True)
class Case:
    """A conversation with one source, or the contact details of one. ``name`` (32 bytes) is random.

    ``read`` has the commitments of the items that the reviewer has seen, ``reports`` what colleagues saw of them.
    """

    name: bytes
    thread: Thread | None = None
    channel: int = 0
    items: tuple[Item, ...] = ()
    read: frozenset[bytes] = frozenset()
    faults: tuple[Fault, ...] = ()
    reports: tuple[Report, ...] = ()

    @property
    def label(self) -> str:
        """A short name to say and to type: the beginning of the random one."""
        return self.name[:LABEL_SIZE].hex()

    @property
    def is_contact(self) -> bool:
        """Whether these are contact details, for a custodian."""
        return any(item.kind is ItemKind.CONTACT for item in self.items)

    @property
    def title(self) -> str:
        """The beginning of the first text that is here."""
        first = next((item.text for item in self.items if item.text.strip()), "")
        words = " ".join(first.split())
        return words if len(words) <= _TITLE_LENGTH else words[: _TITLE_LENGTH - 1] + "…"

    @property
    def newest(self) -> date:
        """The day of the last thing that happened."""
        return max((item.arrived for item in self.items), default=date.min)

    @property
    def unread(self) -> tuple[Item, ...]:
        """What came from others and has not been seen."""
        return tuple(item for item in self.items if item.outgoing is None and item.commitment not in self.read)

    @property
    def withdrawn(self) -> bool:
        """Whether the source took back the newest it wrote."""
        newest = self.newest_from_source
        return newest is not None and newest.kind is ItemKind.WITHDRAW

    @property
    def newest_from_source(self) -> Item | None:
        """The message of the source with the highest number."""
        return max((item for item in self.items if item.from_source), key=lambda item: item.index, default=None)

    @property
    def readers(self) -> tuple[int, ...]:
        """Whom the source chose, by its newest message that is here; empty where that is not known."""
        newest = self.newest_from_source
        if newest is None or self.is_contact:
            return ()
        echoed = (item.echoes[-1].index for item in self.items if item.kind is ItemKind.REPLY and item.echoes)
        # A colleague has seen a newer message than we have: the list in force may be another one by now.
        return () if max(echoed, default=0) > newest.index else newest.readers

    @property
    def missing(self) -> tuple[range, ...]:
        """The numbers (from 0) of the source's messages that are not here, below the newest.

        As ranges, because a source can claim any number, and to list four thousand million of them would end us.
        """
        numbers = sorted({item.index for item in self._ups})
        return tuple(range(before + 1, after) for before, after in pairwise((-1, *numbers)) if before + 1 < after)

    @property
    def missing_numbers(self) -> str:
        """``missing`` as people count, from 1, for a sentence."""
        return ", ".join(str(gap.stop) if len(gap) == 1 else f"{gap.start + 1}–{gap.stop}" for gap in self.missing)

    @property
    def misfits(self) -> tuple[Item, ...]:
        """The source's messages that name another one before them than the one that is here, or share a number."""
        ups = self._ups
        at: dict[int, set[bytes]] = {}
        for item in ups:
            at.setdefault(item.index, set()).add(item.commitment)
        return tuple(
            item
            for item in ups
            if len(at[item.index]) > 1
            or (isinstance(item.previous, bytes) and item.previous not in at.get(item.index - 1, {item.previous}))
        )

    @property
    def _ups(self) -> list[Item]:
        return [] if self.is_contact else [item for item in self.items if item.from_source]

    def item(self, commitment: bytes) -> Item | None:
        """Return the item with this commitment (32 bytes), if it is here."""
        return next((item for item in self.items if item.commitment == commitment), None)

    def with_item(self, added: Item) -> "Case":
        """Return the case with one more item, in the order of days and numbers."""
        items = list(self.items)
        # They are in order already: to sort all of them for each one would take hours where somebody sent thousands.
        insort(items, added, key=lambda item: (item.arrived, not item.from_source, item.index))
        return replace(self, items=tuple(items))

    def changing(self, commitment: bytes, **changes: object) -> "Case":
        """Return the case with fields of one of its items replaced."""
        items = tuple(
            replace(item, **changes) if item.commitment == commitment else item  # type: ignore[arg-type] # fields of Item
            for item in self.items
        )
        return replace(self, items=items)


@dataclass(frozen=True, slots=True)
class Difference:
    """The server showed ``person`` and this reviewer different records of the day ``listed``; found on ``day``."""

    person: int
    listed: date
    kept_from_me: bool
    count: int
    day: date


@dataclass(frozen=True)
class Journal:
    """What happened to the console itself rather than to a case.

    ``inventoried`` is the last day of which colleagues were told what this console was shown; ``reports`` are of
    messages that colleagues saw and this reviewer did not.
    """

    faults: tuple[Fault, ...] = ()
    alarms: tuple[Fault, ...] = ()
    deletions: tuple[tuple[str, date], ...] = ()
    retired: tuple[tuple[int, date], ...] = ()
    places: Places = field(default_factory=Places)
    inventoried: date | None = None
    differences: tuple[Difference, ...] = ()
    reports: tuple[Report, ...] = ()

    def differing(self, found: Difference) -> "Journal":
        """Return the journal with a difference, once for each person, day and side."""
        known = {(each.person, each.listed, each.kept_from_me) for each in self.differences}
        if (found.person, found.listed, found.kept_from_me) in known:
            return self
        return replace(self, differences=(*self.differences, found))


def item_of(body: FromSource, kind: ItemKind, commitment: bytes, arrived: date) -> Item:
    """Return the item that a message of a source becomes, yet without what it says."""
    return Item(
        kind,
        0,
        body.index,
        commitment,
        body.day,
        arrived,
        body.language,
        body.readers,
        previous=body.previous,
    )


def reply_item(body: Reply, commitment: bytes, arrived: date) -> Item:
    """Return the item that a reply becomes."""
    item = Item(
        ItemKind.REPLY,
        body.author,
        body.index,
        commitment,
        body.day,
        arrived,
        body.language,
        body.readers,
        stream=body.stream,
        echoes=body.echoes,
    )
    return with_content(item, body.content, body.stream)


def with_content(item: Item, content: Content | None, stream: StreamReference | None) -> Item:
    """Return the item with what its body says; what lies in a stream is still to be fetched."""
    state = ItemState.COMPLETE if stream is None else ItemState.WAITING
    waiting = replace(item, stream=stream, state=state)
    return waiting if content is None else waiting.holding(content)
