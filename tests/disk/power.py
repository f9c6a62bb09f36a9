"""What a disk may hold after the power went, worked out from what was recorded.

Only a sync makes anything certain: of a file its bytes and its size, of a folder its names. What came since the last
one may be there or not, each operation by itself, and of a write each sector of 512 bytes by itself; where a file had
grown, what did not arrive reads as zeros. No file system loses more than that, and most lose less.
"""

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from tests.disk.recording import Created, Removed, Renamed, Said, Step, Synced, Truncated, Written

_SECTOR: Final = 512
#: Whether something that was not synced arrived.
Chance: TypeAlias = Callable[[], bool]


@dataclass(eq=False)
class _Node:
    """A file or a folder: what is certain of it, and what was done to it since."""

    is_folder: bool
    certain: bytes = b""
    since: list[Written | Truncated] = field(default_factory=list)

    def after(self, arrives: Chance) -> bytes:
        data = bytearray(self.certain)
        for step in self.since:
            if isinstance(step, Written):
                _write(data, step, arrives)
            elif arrives():
                _truncate(data, step.size)
        return bytes(data)

    def sync(self) -> None:
        self.certain = self.after(lambda: True)
        self.since.clear()


_Naming: TypeAlias = tuple[Step, _Node | None]


class Disk:
    """A folder as it lies on a disk, and as it may be found there after the power went."""

    def __init__(self, folder: Path) -> None:
        """Take the folder as it is, all of it durable; it may not be there yet, its parent is."""
        self._folder = str(folder)
        found = [folder, *folder.rglob("*")] if folder.exists() else []
        self._certain = {str(path): _Node(path.is_dir(), b"" if path.is_dir() else path.read_bytes()) for path in found}
        self._now = dict(self._certain)
        self._since: list[_Naming] = []

    def do(self, step: Step) -> None:
        """Let something happen to it."""
        match step:
            case Written() | Truncated():
                self._now[step.path].since.append(step)
            case Created():
                self._name(step, _Node(step.is_folder))
            case Renamed() | Removed():
                self._name(step, None)
            case Synced():
                self._sync(step.path)

    def after(self, arrives: Chance) -> dict[str, bytes | None]:
        """Return what may be found: bytes by the names of files, nothing by those of folders."""
        names = dict(self._certain)
        for naming in self._since:
            if arrives():
                _apply(names, naming)
        found: dict[str, bytes | None] = {}
        for path in sorted(names):
            if path == self._folder or str(Path(path).parent) in found:
                found[path] = None if names[path].is_folder else names[path].after(arrives)
        return found

    def _name(self, step: Step, node: _Node | None) -> None:
        self._since.append((step, node))
        _apply(self._now, self._since[-1])

    def _sync(self, path: str) -> None:
        node = self._now.get(path)
        if node is not None and not node.is_folder:
            node.sync()
            return
        mine = [naming for naming in self._since if str(Path(_path(naming)).parent) == path]
        for naming in mine:
            _apply(self._certain, naming)
        self._since = [naming for naming in self._since if naming not in mine]


@dataclass(frozen=True)
class Loss:
    """The power went before step ``at`` of a recording; ``found`` is on the disk, ``said`` was acknowledged."""

    at: int
    how: str
    found: dict[str, bytes | None]
    said: tuple[str, ...]

    def lay_out(self, folder: Path) -> None:
        """Make the folder what was found, in place of whatever is there."""
        if folder.exists():
            shutil.rmtree(folder)
        for path, data in self.found.items():
            if data is None:
                Path(path).mkdir(mode=0o700)
            else:
                Path(path).write_bytes(data)
                Path(path).chmod(0o600)


def losses(before: Disk, steps: Sequence[Step], points: Sequence[int], *, chances: int) -> Iterator[Loss]:
    """Yield what may be found when the power goes at each of ``points``, in so many ways besides two.

    The two: nothing arrived that was not synced; all of it did. What looks the same as before, with nothing more
    acknowledged, is not told again.
    """
    chance = random.Random(len(steps))
    wanted, seen = set(points), set[tuple[int, int]]()
    said: list[str] = []
    for at, step in enumerate([*steps, Said("")]):
        if at in wanted:
            for how, arrives in _ways(chance, chances):
                found = before.after(arrives)
                mark = (len(said), hash(tuple(found.items())))
                if mark not in seen:
                    seen.add(mark)
                    yield Loss(at, how, found, tuple(said))
        if isinstance(step, Said):
            said.append(step.line)
        else:
            before.do(step)


def spread(steps: Sequence[Step], count: int) -> list[int]:
    """Return so many points of a recording: spread evenly, and the end of it."""
    return sorted({round(number * len(steps) / count) for number in range(count + 1)})


def _ways(chance: random.Random, count: int) -> Iterator[tuple[str, Chance]]:
    yield "nothing arrived", lambda: False
    yield "all arrived", lambda: True
    for number in range(count):
        share = (0.5, 0.1, 0.9)[number % 3]
        yield f"{share} arrived", lambda share=share: chance.random() < share  # type: ignore[misc]


def _path(naming: _Naming) -> str:
    step = naming[0]
    assert isinstance(step, Created | Renamed | Removed)
    assert not isinstance(step, Renamed) or Path(step.path).parent == Path(step.new).parent
    return step.path


def _apply(names: dict[str, _Node], naming: _Naming) -> None:
    step, node = naming
    match step:
        case Created() if node is not None:
            names[step.path] = node
        case Renamed() if step.path in names:
            names[step.new] = names.pop(step.path)
        case Removed():
            names.pop(step.path, None)


def _write(data: bytearray, step: Written, arrives: Chance) -> None:
    end = step.offset + len(step.data)
    at = step.offset
    while at < end:
        stop = min(end, at - at % _SECTOR + _SECTOR)
        if arrives():
            if len(data) < stop:
                data += bytes(stop - len(data))
            data[at:stop] = step.data[at - step.offset : stop - step.offset]
        at = stop


def _truncate(data: bytearray, size: int) -> None:
    del data[size:]
    data += bytes(size - len(data))
