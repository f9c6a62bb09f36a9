"""The nightly tidy: sorts the arrivals in, takes away what was burned or has expired, and leaves no order of arrival.

It goes in steps of a few milliseconds, between which the shelf is used as ever: puts go to a new file for arrivals,
burns reach every file that holds the record. Nothing of the shelf is removed before it lies durably elsewhere, so a
crash at any step loses nothing, and the next tidy sorts in what this one left.
"""

from collections.abc import Generator
from typing import Final

from whistle.errors import ShelfUnavailable
from whistle.protocol.labels import RECORD_SIZE
from whistle.shelf.cabinet import Cabinet
from whistle.shelf.drawer import merged
from whistle.shelf.sqlite import PAGE_SIZE
from whistle.shelf.tables import Horizon, ShelfKind

#: Records in one step, each 32,768 bytes. Fixed, because SQLite counts commits in the header of the file: the same
#: messages have to take the same number.
STEP: Final = 32
#: Pages that one step gives back: as many bytes as the records of a step.
PAGES: Final = STEP * RECORD_SIZE // PAGE_SIZE


def steps(cabinet: Cabinet, horizon: Horizon) -> Generator[None]:
    """Tidy; every ``next`` does one step. Leaving it unfinished is safe, if it is closed before it is begun again."""
    if cabinet.sorting is not None:
        yield from _sort_in(cabinet, horizon)
    cabinet.set_arrivals_aside()
    yield
    yield from _sort_in(cabinet, horizon)


def _sort_in(cabinet: Cabinet, horizon: Horizon) -> Generator[None]:
    yield from _clear_chunks(cabinet, horizon)
    yield from _move_chunks(cabinet, horizon)
    yield from _write_messages(cabinet, horizon)
    cabinet.remove_sorted()
    yield
    while cabinet.free_bytes():
        yield


def _clear_chunks(cabinet: Cabinet, horizon: Horizon) -> Generator[None]:
    # Asked once: who burns chunk after chunk meanwhile keeps nothing from coming to an end.
    places = sorted(cabinet.chunks.gone(horizon.chunks))
    for start in range(0, len(places), STEP):
        cabinet.chunks.remove(places[start : start + STEP])
        yield
    while cabinet.chunks.shrink(PAGES):
        yield
    cabinet.chunks.rinse()


def _move_chunks(cabinet: Cabinet, horizon: Horizon) -> Generator[None]:
    """Add the chunks that came, in the order of their addresses: pages that are never rewritten are born sorted."""
    after = -1
    while cabinet.sorting is not None and (rows := cabinet.sorting.next_live(ShelfKind.CHUNK, after, STEP, horizon)):
        after = rows[-1].place
        # A tidy that was cut off has moved some of them already.
        moved = cabinet.chunks.live([row.place for row in rows], horizon)
        if missing := [row for row in rows if row.place not in moved]:
            cabinet.chunks.add(missing, horizon)
        yield


def _write_messages(cabinet: Cabinet, horizon: Horizon) -> Generator[None]:
    """Write all messages into a fresh file by ordered insert: the same messages make the same file."""
    fresh = cabinet.begin_fresh()
    try:
        after = -1
        sources = [drawer for drawer in (cabinet.messages, cabinet.sorting) if drawer is not None]
        while rows := merged((d.next_live(ShelfKind.MESSAGE, after, STEP, horizon) for d in sources), STEP):
            if cabinet.fresh is not fresh:
                raise ShelfUnavailable("the tidy broke off")
            fresh.add(rows, horizon)
            after = rows[-1].place
            yield
        cabinet.put_fresh_in_place()
    finally:
        cabinet.drop_fresh()
    yield
