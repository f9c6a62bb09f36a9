"""Cases are folds of events: what a reviewer sees is computed from the ledger, and from nothing else."""

from collections.abc import Iterable
from datetime import date

from whistle.console.case import Case, Journal
from whistle.console.events import (
    Answered,
    AnyEvent,
    CaseEvent,
    Contacted,
    Drafted,
    Faulty,
    Heard,
    JournalEvent,
    Received,
    Seen,
    Told,
    Withdrawn,
)
from whistle.errors import ChainBroken
from whistle.protocol.hashing import hashed
from whistle.protocol.thread import Thread

_STREAM = b"whistle/console/1/stream seen"
#: So many numbers are remembered with the addresses of all threads: a colleague who counts oddly fills no memory.
_PLACES = 256


class Cases:
    """All cases and the journal as the acts so far add up to them, and what is needed to recognise things again."""

    def __init__(self, journal: bytes) -> None:
        """Take the name (32 bytes) under which the journal's acts are kept."""
        self._journal_name = journal
        self.journal = Journal()
        self.by_name: dict[bytes, Case] = {}
        self._threads: dict[Thread, bytes] = {}
        # Where the messages of one number of all threads lie; emptied whenever there is another thread.
        self._places: dict[tuple[int, int], dict[bytes, bytes]] = {}
        self._commitments: dict[bytes, bytes] = {}
        self._streams: dict[bytes, bytes] = {}
        self._marks: set[bytes] = set()
        self._taken_back: set[bytes] = set()
        #: Of what colleagues were told: the messages, by commitment, and of each chain its last event that was put.
        self.reported: set[bytes] = set()
        self.told: dict[bytes, int] = {}
        #: Of what colleagues told: by author and chain, and by number, the hash of each event and of the one before.
        self.heard: dict[tuple[int, bytes], dict[int, tuple[bytes, bytes | None]]] = {}

    def apply(self, name: bytes, event: AnyEvent, day: date) -> None:
        """Add an event of ``day`` to a case or the journal; raises ``ChainBroken`` where it stands in the wrong one."""
        self._note(event)
        if name == self._journal_name:
            if not isinstance(event, JournalEvent):
                raise ChainBroken
            self.journal = event.fold_journal(self.journal, day)
            return
        if not isinstance(event, CaseEvent):
            raise ChainBroken
        self.by_name[name] = event.fold(self.by_name.get(name, Case(name)), day)
        self._index(name, event)

    def _note(self, event: AnyEvent) -> None:
        """Keep what is looked up by something else than a case."""
        if isinstance(event, Faulty):
            self._marks.add(event.mark)
        elif isinstance(event, Withdrawn):
            self._taken_back.update(event.body.commitments)
        elif isinstance(event, Seen):
            self.reported.update(each.commitment for each in event.sightings)
        elif isinstance(event, Told):
            self.told[event.chain] = event.counter
        elif isinstance(event, Heard):
            self.heard.setdefault((event.author, event.chain), {})[event.counter] = event.hash, event.previous

    def forget(self, name: bytes) -> None:
        """Drop a case whose key is gone."""
        self.by_name.pop(name, None)
        self._threads = {thread: case for thread, case in self._threads.items() if case != name}
        self._places.clear()
        self._commitments = {each: case for each, case in self._commitments.items() if case != name}

    def knows(self, commitment: bytes) -> bool:
        """Tell whether a verified record with this commitment (32 bytes) is in a case."""
        return commitment in self._commitments

    def of_commitment(self, commitment: bytes) -> bytes | None:
        """Return the name of the case that has a record with this commitment, if there is one."""
        return self._commitments.get(commitment)

    def was_taken_back(self, commitment: bytes) -> bool:
        """Tell whether a source said that it took back the message with this commitment (32 bytes)."""
        return commitment in self._taken_back

    def has_mark(self, mark: bytes) -> bool:
        """Tell whether the record with this mark was reported as faulty before."""
        return mark in self._marks

    def of_thread(self, thread: Thread) -> bytes | None:
        """Return the name of the case of ``thread``, if there is one."""
        return self._threads.get(thread)

    def at(self, address: bytes, direction: int, index: int) -> bytes | None:
        """Return the case in whose thread message ``index`` of ``direction`` lies at ``address``, if there is one."""
        place = (direction, index)
        if place not in self._places:
            while len(self._places) >= _PLACES:
                del self._places[next(iter(self._places))]
            self._places[place] = {thread.address(*place): name for thread, name in self._threads.items()}
        return self._places[place].get(address)

    def stream_owner(self, key: bytes) -> bytes | None:
        """Return the commitment of the first message that brought this stream key (32 bytes), if there was one."""
        return self._streams.get(hashed(_STREAM, key))

    def _index(self, name: bytes, event: AnyEvent) -> None:
        if isinstance(event, Received | Withdrawn) and event.body.thread not in self._threads:
            self._threads[event.body.thread] = name
            self._places.clear()
        if isinstance(event, Received | Answered | Drafted) and event.body.stream is not None:
            self._streams.setdefault(hashed(_STREAM, event.body.stream.key), event.commitment)
        if isinstance(event, Received | Withdrawn | Answered | Contacted | Drafted):
            self._commitments[event.commitment] = name


def inbox(cases: Iterable[Case]) -> tuple[Case, ...]:
    """Return the cases as a reviewer wants to find them: what is unread first, then the newest."""
    return tuple(sorted(cases, key=lambda case: (not case.unread, -case.newest.toordinal(), case.name)))
