"""The kinds of event, one file each: how it is kept, and its line in the fold.

To add a kind, write its file and name its class below. ``fold`` is for events of a case, ``fold_journal`` for those of
the console itself; a kind has one of them or both.
"""

from datetime import date
from typing import ClassVar, Protocol, TypeAlias, runtime_checkable

from whistle.console.case import Case, Journal
from whistle.console.events.alarmed import Alarmed
from whistle.console.events.answered import Answered
from whistle.console.events.contacted import Contacted
from whistle.console.events.deleted import Deleted
from whistle.console.events.differed import Differed
from whistle.console.events.drafted import Drafted
from whistle.console.events.faulty import Faulty
from whistle.console.events.heard import Heard
from whistle.console.events.inventoried import Inventoried
from whistle.console.events.posted import Posted
from whistle.console.events.read import Read
from whistle.console.events.received import Received
from whistle.console.events.retired import Retired
from whistle.console.events.seen import Seen
from whistle.console.events.sent import Sent
from whistle.console.events.shown import Shown
from whistle.console.events.sighted import Sighted
from whistle.console.events.stored import Stored
from whistle.console.events.told import Told
from whistle.console.events.unstored import Unstored
from whistle.console.events.withdrawn import Withdrawn
from whistle.errors import ChainBroken
from whistle.protocol import canonical
from whistle.protocol.canonical import Json
from whistle.protocol.fields import Fields, text

_KINDS = (
    Alarmed,
    Answered,
    Contacted,
    Deleted,
    Differed,
    Drafted,
    Faulty,
    Heard,
    Inventoried,
    Posted,
    Read,
    Received,
    Retired,
    Seen,
    Sent,
    Shown,
    Sighted,
    Stored,
    Told,
    Unstored,
    Withdrawn,
)
_BY_NAME = {kind.kind: kind for kind in _KINDS}


class Kept(Protocol):
    """What every kind of event has."""

    kind: ClassVar[str]

    def to_json(self) -> dict[str, Json]:
        """Return the object that is kept."""


@runtime_checkable
class CaseEvent(Protocol):
    """An event of a case."""

    def fold(self, case: Case, day: date, /) -> Case:
        """Return the case after the event, which happened on ``day``."""


@runtime_checkable
class JournalEvent(Protocol):
    """An event of the console itself."""

    def fold_journal(self, journal: Journal, day: date, /) -> Journal:
        """Return the journal after the event, which happened on ``day``."""


AnyEvent: TypeAlias = (
    Alarmed
    | Answered
    | Contacted
    | Deleted
    | Differed
    | Drafted
    | Faulty
    | Heard
    | Inventoried
    | Posted
    | Read
    | Received
    | Retired
    | Seen
    | Sent
    | Shown
    | Sighted
    | Stored
    | Told
    | Unstored
    | Withdrawn
)


def encode(event: Kept) -> bytes:
    """Return the event as the JSON of a ledger's entry."""
    return canonical.encode({"kind": event.kind, "event": event.to_json()})


def decode(payload: bytes) -> AnyEvent:
    """Return the event in an entry's JSON; raises ``ChainBroken`` for what ``encode`` did not write."""
    try:
        fields = Fields(canonical.decode(payload), "kind", "event")
        return _BY_NAME[text(fields["kind"])].from_json(fields["event"])
    except (KeyError, ValueError) as error:
        raise ChainBroken from error


__all__ = [
    "Alarmed",
    "Answered",
    "AnyEvent",
    "CaseEvent",
    "Contacted",
    "Deleted",
    "Differed",
    "Drafted",
    "Faulty",
    "Heard",
    "Inventoried",
    "JournalEvent",
    "Posted",
    "Read",
    "Received",
    "Retired",
    "Seen",
    "Sent",
    "Shown",
    "Sighted",
    "Stored",
    "Told",
    "Unstored",
    "Withdrawn",
    "decode",
    "encode",
]
