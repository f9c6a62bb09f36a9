"""The ledger's file: sealed frames, each linked to all before it. docs/console.md.

A frame is ``size (4, little-endian) ‖ tag (16) ‖ sealed ‖ link (32)``, where ``size`` counts tag and sealed, and
``link`` is a keyed hash over the link before, tag and sealed. The tag tells the ledger which key opens the frame and
tells nobody else anything.

``head`` says which file is the ledger, how long it is and what its last link is. It is replaced only after the frames
it counts are durable: what lies behind its end was never promised to anybody, and what lies before it must be whole.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from hmac import compare_digest
from pathlib import Path
from typing import BinaryIO, Self

from whistle.console import private
from whistle.console.vault import StorageKey
from whistle.errors import ChainBroken, LedgerError
from whistle.language import _
from whistle.protocol.canonical import Json, decode, encode, undate
from whistle.protocol.fields import Fields, text
from whistle.protocol.labels import HASH_SIZE

MAGIC = b"whistle-ledger-1\n"
TAG_SIZE = 16
_SIZE_BYTES = 4
_FRAME_LIMIT = 1 << 26
_HEAD_LIMIT = 1 << 16
_HEAD = b"whistle/console/1/ledger head"
_LINK = b"whistle/console/1/ledger link"


@dataclass(frozen=True, slots=True)
class Frame:
    """One sealed entry, and the tag (16 bytes) by which its key is found."""

    tag: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """What the ledger is: number of its file, frames and bytes in it, last link, and the day a sync got to."""

    generation: int
    count: int
    size: int
    link: bytes
    reached: date | None

    def seal(self, key: StorageKey) -> bytes:
        """Return the bytes of the file ``head``."""
        day = None if self.reached is None else self.reached.isoformat()
        value: dict[str, Json] = {"generation": self.generation, "count": self.count, "size": self.size}
        return key.derive(_HEAD).seal(encode({**value, "link": self.link.hex(), "reached": day}), _HEAD)

    @classmethod
    def open(cls, untrusted_bytes: bytes, key: StorageKey) -> Self:
        """Return what ``seal`` wrote; raises ``ValueError``."""
        opened = decode(key.derive(_HEAD).open(untrusted_bytes, _HEAD))
        fields = Fields(opened, "generation", "count", "size", "link", "reached")
        return cls(
            fields.integer("generation"),
            fields.integer("count"),
            fields.integer("size"),
            bytes.fromhex(fields.text("link")),
            fields.optional("reached", lambda value: undate(text(value))),
        )


class Log:
    """Frames in order, in a folder of their own. ``frames`` must be taken to its end before anything is appended."""

    def __init__(self, folder: Path, key: StorageKey) -> None:
        """Find the ledger in ``folder``, or begin one; raises ``ChainBroken`` and ``VaultUnsafe``."""
        private.make_folder(folder)
        self._folder = folder
        self._key = key
        private.clear_staged(folder / "head")
        self._head = self._read_head()
        self._clear_others()

    @property
    def reached(self) -> date | None:
        """The day up to which everything on the shelf has been seen."""
        return self._head.reached

    def reach(self, day: date) -> None:
        """Remember, durably, how far a sync got."""
        self._write_head(replace(self._head, reached=day))

    def frames(self) -> Iterator[Frame]:
        """Give every frame, checked, in order; raises ``ChainBroken`` with the place in plain words.

        What a cut-off ``append`` left behind the end is taken where it is whole, and removed where it is not.
        """
        with self._open(os.O_RDWR) as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise ChainBroken(_("the beginning of the ledger"))
            head = replace(self._head, count=0, size=len(MAGIC), link=self._first_link)
            while (found := self._next(file, head)) is not None:
                frame, head = found
                yield frame
                if head.count == self._head.count and not _same(head, self._head):
                    raise _broken(head.count)
            file.truncate(head.size)
            os.fsync(file.fileno())
        if head != self._head:
            self._write_head(head)

    def append(self, frames: Iterable[Frame]) -> None:
        """Add frames; when this returns they are durable. Raises ``LedgerError``."""
        head = self._head
        try:
            with self._open(os.O_RDWR) as file:
                file.truncate(head.size)
                file.seek(head.size)
                for frame in frames:
                    head = self._write(file, frame, head)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise LedgerError from error
        self._write_head(head)

    def drop(self, doomed: Callable[[bytes], bool]) -> None:
        """Write the ledger anew without the frames of a tag that is ``doomed``, and overwrite the old file."""
        kept = [frame for frame in self.frames() if not doomed(frame.tag)]
        old = self._path
        head = replace(
            self._head, generation=self._head.generation + 1, count=0, size=len(MAGIC), link=self._first_link
        )
        path = self._folder / _name(head.generation)
        with os.fdopen(private.open_private(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC), "wb") as file:
            file.write(MAGIC)
            for frame in kept:
                head = self._write(file, frame, head)
            file.flush()
            os.fsync(file.fileno())
        # No disk may have the head that names this file, and not the file's own name.
        private.sync_folder(self._folder)
        self._write_head(head)
        private.remove_private(old)

    @property
    def _path(self) -> Path:
        return self._folder / _name(self._head.generation)

    @property
    def _first_link(self) -> bytes:
        return self._key.mark(_LINK, MAGIC)

    def _open(self, flags: int) -> BinaryIO:
        return os.fdopen(private.open_private(self._path, flags), "r+b")

    def _next(self, file: BinaryIO, head: Head) -> tuple[Frame, Head] | None:
        """Return the frame behind ``head`` and the head behind that frame; ``None`` at the end."""
        promised = head.count < self._head.count
        size = int.from_bytes(file.read(_SIZE_BYTES), "little")
        if TAG_SIZE < size <= _FRAME_LIMIT:
            body, link = file.read(size), file.read(HASH_SIZE)
            frame = Frame(body[:TAG_SIZE], body[TAG_SIZE:])
            expected = self._link(head.link, frame)
            if len(body) == size and compare_digest(link, expected):
                return frame, replace(
                    head, count=head.count + 1, size=head.size + _SIZE_BYTES + size + HASH_SIZE, link=expected
                )
        if promised:
            raise _broken(head.count + 1)
        return None

    def _write(self, file: BinaryIO, frame: Frame, head: Head) -> Head:
        body, link = frame.tag + frame.sealed, self._link(head.link, frame)
        if len(body) > _FRAME_LIMIT:
            raise LedgerError
        file.write(len(body).to_bytes(_SIZE_BYTES, "little") + body + link)
        size = head.size + _SIZE_BYTES + len(body) + HASH_SIZE
        return replace(head, count=head.count + 1, size=size, link=link)

    def _link(self, before: bytes, frame: Frame) -> bytes:
        return self._key.mark(_LINK, before, frame.tag, frame.sealed)

    def _read_head(self) -> Head:
        path = self._folder / "head"
        if not path.exists():
            if any(self._folder.glob("entries-*")) and not self._is_unborn():
                raise ChainBroken(_("the head of the ledger is missing"))
            return self._begin()
        try:
            return Head.open(private.read_private(path, _HEAD_LIMIT), self._key)
        except ValueError as error:
            raise ChainBroken(_("the head of the ledger")) from error

    def _is_unborn(self) -> bool:
        """Tell whether the first start was cut off between its two files."""
        first = self._folder / _name(0)
        return list(self._folder.glob("entries-*")) == [first] and first.stat().st_size <= len(MAGIC)

    def _begin(self) -> Head:
        head = Head(0, 0, len(MAGIC), self._first_link, None)
        private.write_private(self._folder / _name(0), MAGIC)
        private.write_private(self._folder / "head", head.seal(self._key))
        return head

    def _write_head(self, head: Head) -> None:
        try:
            private.write_private(self._folder / "head", head.seal(self._key), overwrite_old=False)
        except OSError as error:
            raise LedgerError from error
        self._head = head

    def _clear_others(self) -> None:
        """Remove what a cut-off ``drop`` left: the file before it, or the one that never became the ledger."""
        for path in self._folder.glob("entries-*"):
            if path != self._path:
                private.remove_private(path)


def _name(generation: int) -> str:
    return f"entries-{generation}"


def _same(left: Head, right: Head) -> bool:
    return left.size == right.size and compare_digest(left.link, right.link)


def _broken(number: int) -> ChainBroken:
    return ChainBroken(_("entry {number}").format(number=number))
