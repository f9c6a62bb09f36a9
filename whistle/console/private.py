"""Files that belong to one person: 0600 in a 0700 folder, written whole or not at all.

What replaces a file also overwrites the bytes that it replaces. That is the most a program can do: a disk that moves
blocks by itself (an SSD, a snapshot) may still keep them, which is why docs/console.md asks for an encrypted disk.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from whistle.errors import VaultDamaged, VaultMissing, VaultUnsafe

FOLDER_MODE = 0o700
FILE_MODE = 0o600
_OTHERS = 0o077
_BLOCK = 1 << 20


def make_folder(path: Path) -> None:
    """Make ``path`` for its owner alone, or refuse one that others can enter (``VaultUnsafe``)."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    for each in missing:
        # What is made durable in a folder is lost all the same while the folder's own name is not durable.
        sync_folder(each.parent)
    check_folder(path)


def check_folder(path: Path) -> None:
    """Raise ``VaultMissing`` where there is no folder, and ``VaultUnsafe`` for one that others can enter."""
    try:
        state = path.stat()
    except OSError as error:
        raise VaultMissing(str(path)) from error
    _check(path, state, stat.S_ISDIR(state.st_mode))


def open_private(path: Path, flags: int = os.O_RDONLY, *, anywhere: bool = False) -> int:
    """Return a descriptor of a file that is its owner's alone; raises ``VaultMissing`` and ``VaultUnsafe``.

    ``anywhere`` is for files that a passphrase guards: a stick may know neither owners nor modes.
    """
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
    except FileNotFoundError as error:
        raise VaultMissing(str(path)) from error
    except OSError as error:
        raise VaultUnsafe(str(path)) from error
    try:
        state = os.fstat(descriptor)
        if not anywhere or not stat.S_ISREG(state.st_mode):
            _check(path, state, stat.S_ISREG(state.st_mode))
    except VaultUnsafe:
        os.close(descriptor)
        raise
    return descriptor


def read_private(path: Path, limit: int, *, anywhere: bool = False) -> bytes:
    """Return the bytes of a file; raises as ``open_private``, and ``VaultDamaged`` for more than ``limit`` bytes."""
    with os.fdopen(open_private(path, anywhere=anywhere), "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise VaultDamaged
    return data


def write_private(path: Path, data: bytes, *, overwrite_old: bool = True, anywhere: bool = False) -> None:
    """Put ``data`` durably in place of what ``path`` held, and overwrite that; raises as ``open_private``."""
    staged = path.with_name(f".{path.name}.{token_hex(8)}")
    descriptor = open_private(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, anywhere=anywhere)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with _held(path if overwrite_old else None) as old:
            staged.replace(path)
            # Only when the new file is sure to be found may the old one's bytes go.
            sync_folder(path.parent)
            if old is not None:
                _overwrite(old)
    finally:
        staged.unlink(missing_ok=True)


def remove_private(path: Path) -> None:
    """Overwrite a file and remove it; nothing happens where there is none."""
    with _held(path) as descriptor:
        if descriptor is not None:
            path.unlink()
            sync_folder(path.parent)
            _overwrite(descriptor)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clear_staged(path: Path) -> None:
    """Remove what a cut-off ``write_private`` to ``path`` left behind."""
    for leftover in path.parent.glob(f".{path.name}.*"):
        remove_private(leftover)


@contextmanager
def _held(path: Path | None) -> Iterator[int | None]:
    """Hold the file that is at ``path`` now, even after its name was given to another one."""
    try:
        descriptor = None if path is None else os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        descriptor = None
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _overwrite(descriptor: int) -> None:
    size = os.fstat(descriptor).st_size
    for start in range(0, size, _BLOCK):
        os.pwrite(descriptor, os.urandom(min(_BLOCK, size - start)), start)
    os.fsync(descriptor)


def _check(path: Path, state: os.stat_result, right_type: bool) -> None:  # noqa: FBT001 - a private step
    if not right_type or state.st_uid != os.geteuid() or stat.S_IMODE(state.st_mode) & _OTHERS:
        raise VaultUnsafe(str(path))
