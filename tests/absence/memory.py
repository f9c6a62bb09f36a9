"""What lies in the memory of all processes of a server, and what of it has changed since one looked last."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_PAGE = 1 << 12
_BLOCK = 1 << 17
_VIRTUAL = ("[vvar]", "[vvar_vclock]", "[vsyscall]", "[vdso]")


@dataclass(frozen=True)
class Piece:
    """Some memory, and whose it is."""

    place: str
    data: bytes = field(repr=False)


def regions(process: int) -> Iterator[tuple[int, bytes]]:
    """Yield all memory of a living process that it can have written to, with its address; only root may look."""
    with suppress(FileNotFoundError, ProcessLookupError), Path(f"/proc/{process}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            span, rights, _offset, _device, inode, *_name = line.split()
            # What is no file's may have been written to and then closed; what is a file's, and closed, was read.
            if rights.startswith("rw") or (rights.startswith("r") and inode == "0" and not line.endswith(_VIRTUAL)):
                start, end = (int(one, 16) for one in span.split("-"))
                with suppress(OSError):  # a mapping beyond the end of its file
                    memory.seek(start)
                    yield start, memory.read(end - start)


def processes(session: int) -> list[int]:
    """Return every living process of a session, whoever its parent is by now."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            state, _parent, _group, belongs = path.read_text(errors="replace").rpartition(")")[2].split()[:4]
            if int(belongs) == session and state not in "ZX":
                found.append(int(path.parent.name))
    return sorted(found)


class Watch:
    """Keeps what lay in memory when it was looked at last, so that a look finds what is new since."""

    def __init__(self, session: int) -> None:
        self._session = session
        self._before: dict[tuple[int, int], bytes] = {}

    def look(self) -> list[Piece]:
        """Return what has changed since the last look, with a page before and after it."""
        before, self._before = self._before, {}
        found = []
        for process in processes(self._session):
            for start, data in regions(process):
                self._before[process, start] = data
                old = before.get((process, start), b"")
                found += [Piece(f"the memory of process {process}", data[a:b]) for a, b in _changed(old, data)]
        return found


def _changed(old: bytes, new: bytes) -> Iterator[tuple[int, int]]:
    """Yield the spans of ``new`` in which it differs from ``old``, each with the pages beside it."""
    begun, end = -1, -1
    for page in _changed_pages(old, new):
        if begun < 0 or page > end + _PAGE:
            if begun >= 0:
                yield begun, end + _PAGE
            begun = max(0, page - _PAGE)
        end = page + _PAGE
    if begun >= 0:
        yield begun, end + _PAGE


def _changed_pages(old: bytes, new: bytes) -> Iterator[int]:
    for block in range(0, len(new), _BLOCK):
        if old[block : block + _BLOCK] != (data := new[block : block + _BLOCK]):
            for at in range(0, len(data), _PAGE):
                page = data[at : at + _PAGE]
                if page != old[block + at : block + at + _PAGE] and page.strip(b"\0"):
                    yield block + at
