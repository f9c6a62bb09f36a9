"""A visit with a receipt: what lies in the thread, judged and put together. docs/protocol.md, section 9."""

from collections.abc import Sequence

from whistle.courier import Courier
from whistle.courier.asking import fetch
from whistle.errors import NothingFound, ProtocolError, RecordMalformed
from whistle.protocol import labels
from whistle.protocol.content import Echo
from whistle.protocol.directory import Directory
from whistle.protocol.message import Reply
from whistle.protocol.reading import Verified
from whistle.protocol.record import Record
from whistle.protocol.stream import StreamKeys
from whistle.protocol.thread import SourceKeys
from whistle.source import judging
from whistle.source.judging import Own
from whistle.source.survey import Occupied, survey
from whistle.source.visit import Problem, ReceivedReply, Visit

_REPLIES = labels.FETCH_COUNT - 1
#: Somebody who was a reader once can fill a thread with rubbish; a visit gives up on it after so many more fetches.
_FURTHER_FETCHES = 16


class Visiting:
    """One visit in the making: a look, a fetch, and further fetches only where something does not hold."""

    def __init__(self, courier: Courier, keys: SourceKeys, directory: Directory) -> None:
        self._courier = courier
        self._keys = keys
        self._directory = directory
        self._own: dict[int, Own] = {}
        self._verified: dict[int, Verified[Reply]] = {}
        self._problems: list[Problem] = []
        self._further = _FURTHER_FETCHES

    def visit(self, before: int | None) -> Visit:
        """Return what lies in the thread, with the newest replies below index ``before``."""
        occupied = survey(self._courier, self._keys.thread)
        ups = list(reversed(occupied.up))
        downs = [index for index in reversed(occupied.down) if before is None or index < before]
        self._take(ups[:1], downs[:_REPLIES])
        if not ups and not occupied.down:
            raise NothingFound
        tried = self._search(ups[1:], downs[_REPLIES:])
        newest = max(self._own.values(), key=lambda own: own.index, default=None)
        replies = self._judge(newest, occupied)
        asked = downs[: _REPLIES + tried]
        older = asked[-1] if len(downs) > len(asked) else None
        return self._visit(occupied, newest, replies, older)

    def _search(self, ups: list[int], downs: list[int]) -> int:
        """Fetch further while the newest message or some of the replies do not hold; return how many replies more."""
        tried = 0
        while self._further and ((not self._own and ups) or (self._missing() and downs)):
            self._further -= 1
            down = downs[: self._missing()]
            up = [] if self._own else ups[: labels.FETCH_COUNT - len(down)]
            self._take(up, down)
            del ups[: len(up)], downs[: len(down)]
            tried += len(down)
        return tried

    def _missing(self) -> int:
        """Return how many replies are to be fetched in place of those that do not hold."""
        return _REPLIES - len(self._verified) if any(not problem.ours for problem in self._problems) else 0

    def _take(self, ups: Sequence[int], downs: Sequence[int]) -> None:
        """Fetch these indices upwards and downwards, at most 8 together, and open them."""
        thread = self._keys.thread
        addresses = [thread.address(labels.UP, index) for index in ups]
        addresses += [thread.address(labels.DOWN, index) for index in downs]
        records = fetch(self._courier, addresses)
        for index, record in zip(ups, records, strict=False):
            self._take_own(index, record)
        for index, record in zip(downs, records[len(ups) :], strict=True):
            self._take_reply(index, record)

    def _take_own(self, index: int, record: Record | None) -> None:
        try:
            self._own[index] = judging.own(_there(record), index, self._keys)
        except ProtocolError as error:
            self._problems.append(Problem(ours=True, index=index, error=error))

    def _take_reply(self, index: int, record: Record | None) -> None:
        try:
            self._verified[index] = judging.reply(_there(record), self._keys, self._directory)
        except ProtocolError as error:
            self._problems.append(Problem(ours=False, index=index, error=error))

    def _judge(self, newest: Own | None, occupied: Occupied) -> list[ReceivedReply]:
        """Return the replies whose readers and streams hold, newest first, fetching the messages they answer."""
        self._fetch_echoed(newest, occupied)
        received: list[ReceivedReply] = []
        streams = StreamKeys()
        for index, verified in sorted(self._verified.items()):
            try:
                doubt = not judging.readers_hold(verified.body, newest, self._own)
                if verified.body.stream is not None:
                    streams.meet(verified.body.stream, verified.opened.commitment)
            except ProtocolError as error:
                self._problems.append(Problem(ours=False, index=index, error=error))
                continue
            received.append(judging.received(verified, self._directory, doubt=doubt))
        return received[::-1]

    def _fetch_echoed(self, newest: Own | None, occupied: Occupied) -> None:
        allowed = set() if newest is None else set(newest.state.readers)
        failed = {problem.index for problem in self._problems if problem.ours}
        needed = {
            verified.body.echoes[-1].index
            for verified in self._verified.values()
            if verified.body.echoes and not set(verified.body.readers) <= allowed
        }
        wanted = sorted((needed & set(occupied.up)) - set(self._own) - failed)
        for at in range(0, len(wanted), labels.FETCH_COUNT):
            self._take(wanted[at : at + labels.FETCH_COUNT], ())

    def _visit(self, occupied: Occupied, newest: Own | None, replies: list[ReceivedReply], older: int | None) -> Visit:
        shown = [self._verified[reply.index].body for reply in replies]
        # An echo beyond what was looked at would send the next message where nobody finds it again.
        echoed = {echo.index for body in shown for echo in body.echoes if echo.index < occupied.seen}
        highest = max((*occupied.up, *(echo.index for body in shown for echo in body.echoes)), default=-1)
        confirmed: dict[str, None] = {}
        for reply, body in zip(replies, shown, strict=True):
            if newest is not None and Echo(newest.index, newest.commitment) in body.echoes:
                confirmed[reply.author] = None
        return Visit(
            stored=occupied.up,
            next_index=max((*occupied.up, *echoed), default=-1) + 1,
            newest=None if newest is None else newest.index,
            commitment=None if newest is None else newest.commitment,
            withdrawn=newest is not None and newest.withdraw,
            channel=None if newest is None else newest.state.channel,
            readers=None if newest is None else newest.state.readers,
            received_by=tuple(confirmed),
            replies=tuple(replies),
            older=older,
            problems=tuple(self._problems),
            preselected=newest.state.readers if newest is not None and newest.index >= highest else (),
        )


def _there(record: Record | None) -> Record:
    """Return the record; raises ``RecordMalformed`` where the shelf gave other bytes for an address in use."""
    if record is None:
        raise RecordMalformed
    return record
