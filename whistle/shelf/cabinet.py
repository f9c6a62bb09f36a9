"""The cabinet: the drawers of one folder, and the durable steps by which one takes the place of another.

Every change of names leaves, after a crash at any moment, a folder that opens with everything that was acknowledged.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from whistle.errors import ShelfUnavailable
from whistle.shelf import folder
from whistle.shelf.drawer import Ashes, Drawer
from whistle.shelf.failures import FOREIGN, opening_error
from whistle.shelf.sqlite import Use

ARRIVALS: Final = "arrivals.sqlite"
SORTING: Final = "sorting.sqlite"
MESSAGES: Final = "messages.sqlite"
CHUNKS: Final = "chunks.sqlite"

#: A file with this beginning is not yet in use; one that is found at the start was cut off and is removed.
_FRESH: Final = "fresh-"


class Cabinet:
    """The drawers of one folder, which no other process can open meanwhile.

    ``sorting`` exists while the tidy sorts it in, ``fresh`` while the tidy writes the messages anew. Once ``is_sound``
    is false, a change of names broke off and only opening the folder again finds the way.
    """

    arrivals: Drawer
    messages: Drawer
    chunks: Drawer
    sorting: Drawer | None = None
    fresh: Drawer | None = None

    def __init__(self, path: Path) -> None:
        self._path = path
        self._process = os.getpid()
        self.is_sound = True
        self._nameless: list[folder.NamelessFile] = []
        folder.prepare(path)
        with ExitStack() as opened:
            lock = folder.FolderLock(path)
            opened.callback(lock.close)
            self._remove_left_overs()
            opened.callback(self._close_drawers)
            self.messages = _found(path / MESSAGES, Use.SORTED)
            self.chunks = _found(path / CHUNKS, Use.CHUNKS)
            if (path / SORTING).exists():
                self.sorting = _found(path / SORTING, Use.SORTED)
            self.arrivals = _found(path / ARRIVALS, Use.ARRIVALS)
            self._opened = opened.pop_all()

    @property
    def drawers(self) -> tuple[Drawer, ...]:
        """The drawers that answer for what is on the shelf, older before newer."""
        sorting = () if self.sorting is None else (self.sorting,)
        return (self.messages, self.chunks, *sorting, self.arrivals)

    @property
    def message_drawers(self) -> tuple[Drawer, ...]:
        """Those of ``drawers`` that can hold messages."""
        return tuple(drawer for drawer in self.drawers if drawer is not self.chunks)

    @property
    def chunk_drawers(self) -> tuple[Drawer, ...]:
        """Those of ``drawers`` that can hold chunks."""
        return tuple(drawer for drawer in self.drawers if drawer is not self.messages)

    @property
    def every_copy(self) -> tuple[Drawer, ...]:
        """All drawers that hold bytes of records, whether or not they answer for them yet."""
        return self.drawers if self.fresh is None else (*self.drawers, self.fresh)

    def check_room(self) -> None:
        """Raise ``ShelfFull`` where only burns and the tidy may still write, ``ShelfUnavailable`` where nobody can."""
        folder.check_room(self._path)

    def overwrite(self, drawer: Drawer, ashes: Mapping[int, Ashes]) -> None:
        """Overwrite burned rows in ``drawer``, which is one of ``every_copy``."""
        if not ashes:
            return
        try:
            drawer.overwrite(ashes)
        except FOREIGN:
            if drawer is not self.fresh:
                raise
            # Without a log a failed write has spoiled the file. With it the burned bytes go, and the tidy breaks off.
            self.drop_fresh()

    def close(self) -> None:
        """Close every drawer and let other processes in."""
        with ExitStack() as closing:
            closing.push(self._opened)
            while self._nameless:
                closing.callback(self._nameless.pop().close)
            self.drop_fresh()

    def _close_drawers(self) -> None:
        with ExitStack() as closing:
            for name in ("messages", "chunks", "sorting", "arrivals"):
                drawer = getattr(self, name, None)
                if drawer is not None:
                    closing.callback(drawer.close)

    def _remove_left_overs(self) -> None:
        for cut_off in self._path.glob(f"{_FRESH}*"):
            cut_off.unlink()
        # A log without its file, back after a power cut: SQLite would apply it to the next file of that name.
        for log in self._path.glob("*-wal"):
            if not log.with_name(log.name.removesuffix("-wal")).exists():
                log.unlink()

    # --- what the tidy does with whole files

    def set_arrivals_aside(self) -> None:
        """Make the arrivals the drawer to be sorted in, and begin an empty one."""
        self._remove_left_overs()
        Drawer.open(self._path / f"{_FRESH}{ARRIVALS}", Use.ARRIVALS).close()
        self.arrivals.empty_log()
        with self._renaming():
            self.arrivals.close()
            # After a crash between the two, the next start makes a new file for arrivals.
            folder.rename(self.arrivals.path, self._path / SORTING)
            folder.rename(self._path / f"{_FRESH}{ARRIVALS}", self._path / ARRIVALS)
            self.sorting = Drawer.open(self._path / SORTING, Use.SORTED)
            self.arrivals = Drawer.open(self._path / ARRIVALS, Use.ARRIVALS)

    def begin_fresh(self) -> Drawer:
        """Begin a file for all messages that nobody reads until it is complete."""
        if self.fresh is not None:
            raise ShelfUnavailable("a tidy is already running")
        self._remove_left_overs()
        # No log: what breaks off is removed, and a log would hold a second copy of everything.
        self.fresh = Drawer.open(self._path / f"{_FRESH}{MESSAGES}", Use.UNFINISHED)
        return self.fresh

    def drop_fresh(self) -> None:
        """Remove the file that ``begin_fresh`` began, if it is still there."""
        # A child that forked during a tidy must not remove its parent's file when its copy of the tidy ends.
        if self.fresh is not None and os.getpid() == self._process:
            self.fresh.close()
            self.fresh = None
            self._remove_left_overs()

    def put_fresh_in_place(self) -> None:
        """Let the fresh file take the place of the messages; the sorted-in drawer no longer holds any alone."""
        if self.fresh is None:
            raise ShelfUnavailable("the fresh file was dropped")
        self.fresh.finish()
        self.messages.empty_log()
        with self._renaming():
            self.messages.close()
            replaced = folder.NamelessFile(self.messages.path)
            folder.rename(self.fresh.path, self.messages.path)
            self._nameless.append(replaced)
            self.fresh = None
            self.messages = Drawer.open(self.messages.path, Use.SORTED)

    def remove_sorted(self) -> None:
        """Remove the drawer that was sorted in, all of whose live rows now lie durably elsewhere."""
        if self.sorting is not None:
            with self._renaming():
                self.sorting.close()
                sorted_in = folder.NamelessFile(self.sorting.path)
                self.sorting.path.unlink()
                self._nameless.append(sorted_in)
                self.sorting = None
                folder.sync(self._path)

    def free_bytes(self) -> bool:
        """Free some of the bytes of files that have lost their names; return whether there are more."""
        if self._nameless and not self._nameless[-1].shrink():
            self._nameless.pop().close()
        return bool(self._nameless)

    @contextmanager
    def _renaming(self) -> Iterator[None]:
        self.is_sound = False
        yield
        self.is_sound = True


def _found(path: Path, use: Use) -> Drawer:
    """Open a drawer at the start, when somebody reads which file is in the way."""
    with ExitStack() as opened:
        try:
            drawer = Drawer.open(path, use)
            opened.callback(drawer.close)
            # Reads a page for some forty rows: damage is then found by somebody who can mend it.
            drawer.count()
            # Where the power went while the file was born, SQLite has undone what was begun and leaves this behind.
            path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
        except FOREIGN as error:
            raise opening_error(error, path.name) from error
        opened.pop_all()
    return drawer
