"""The folder of a shelf: who may see it, who has it open, and what is durable in it."""

import fcntl
import os
import stat
from pathlib import Path
from typing import Final
from weakref import WeakSet

from whistle.errors import ShelfFull, ShelfInUse, ShelfUnavailable, ShelfUnsafe
from whistle.shelf.failures import SyncFailed

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600

#: With less than this many bytes free, nobody is invited to write a report and nothing new is stored: a burn needs
#: room too, and who fills the disk must not keep a source from withdrawing.
_SPARE_BYTES: Final = 64 << 20

#: What one step frees of a file without a name.
_FREED_BYTES: Final = 32 << 20


def prepare(folder: Path) -> None:
    """Create ``folder`` if it is missing; raise ``ShelfUnsafe`` if anybody else on the machine could get at it."""
    if not os.path.lexists(folder):
        folder.mkdir(mode=FOLDER_MODE)
    _refuse_unless(folder, stat.S_IFDIR | FOLDER_MODE)
    entries = list(folder.iterdir())
    for entry in entries:
        _refuse_unless(entry, stat.S_IFREG | FILE_MODE)
    if not entries:
        # A new folder: its own name has to be durable before anything in it can be.
        sync(folder.parent)


def _refuse_unless(path: Path, mode: int) -> None:
    status = path.lstat()
    if stat.S_IFMT(status.st_mode) | (status.st_mode & 0o777) != mode:
        raise ShelfUnsafe(f"{path}: {stat.filemode(status.st_mode)}, not {stat.filemode(mode)}")
    if status.st_uid != os.geteuid():
        raise ShelfUnsafe(f"{path}: owner {status.st_uid}, not {os.geteuid()}")


def create(path: Path) -> None:
    """Create an empty file for us alone; SQLite would go by the umask, and gives its other files the same mode."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, FILE_MODE))


def sync(path: Path) -> None:
    """Make the content of a file, or the names in a folder, durable; raises ``SyncFailed``.

    Never for a file that SQLite has open: closing it here would drop SQLite's locks on it.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise SyncFailed(error.errno, "fsync") from error
    finally:
        os.close(descriptor)


def rename(old: Path, new: Path) -> None:
    """Give a complete file its name so that after a power cut the folder has the old file or the whole new one."""
    sync(old)
    # The removal of the log of the file that is replaced must not come back after the rename: SQLite would apply the
    # log of one file to another.
    sync(old.parent)
    old.replace(new)
    sync(old.parent)


def check_room(folder: Path) -> None:
    """Raise ``ShelfUnavailable`` where nothing can be written, and ``ShelfFull`` where the disk is all but full."""
    system = os.statvfs(folder)
    if system.f_flag & os.ST_RDONLY:
        raise ShelfUnavailable
    if system.f_bavail * system.f_frsize < _SPARE_BYTES:
        raise ShelfFull


class NamelessFile:
    """A file that is about to lose its name, and gives its bytes back piece by piece after that.

    The system takes about half a second for every gigabyte of a file that goes at once. Only for a file that SQLite
    has closed, as ``sync``. Should the process die, the system frees the rest.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)

    def shrink(self) -> bool:
        """Give some bytes back; return whether there are any left."""
        status = os.fstat(self._descriptor)
        if status.st_nlink:
            raise ShelfUnavailable("this file is still in use")
        left = max(0, status.st_size - _FREED_BYTES)
        os.ftruncate(self._descriptor, left)
        return left > 0

    def close(self) -> None:
        """Let the rest go."""
        os.close(self._descriptor)


class FolderLock:
    """Keeps every other process out of the folder. Raises ``ShelfInUse`` if one is in."""

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise ShelfInUse from error
        _held.add(self)

    def close(self) -> None:
        """Let others in."""
        _held.discard(self)
        os.close(self._descriptor)


_held: WeakSet[FolderLock] = WeakSet()


def _let_go_in_child() -> None:
    """Close the descriptors that a fork copied: a child that lives on would keep its parent's successor out."""
    for lock in list(_held):
        lock.close()


os.register_at_fork(after_in_child=_let_go_in_child)
