"""What strace writes down of a process: one call after the other, with whole buffers. strace(1)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

#: Every string whole, and in hex, so that nothing has to be guessed; it is to be given a file, and what to record.
WHOLE: Final = ("strace", "--follow-forks", "--strings-in-hex=all", f"--string-limit={1 << 25}", "--quiet=all")
_LINE: Final = re.compile(r"(?:(\d+) +)?(\w+)\((.*)\) += (-?\d+|0x[0-9a-f]+)(?:<(.*?)>(?:\(deleted\))?)?(?: .*)?")
#: What a call was given first; an arrow is no end.
_DESCRIPTOR: Final = re.compile(r"(\d+)<((?:->|[^>])*)>(\(deleted\))?")
_MAPPED: Final = re.compile(r", \d+<([^>]*)>(?:\(deleted\))?, (?:0x)?[0-9a-f]+$")
_UNFINISHED: Final = "<unfinished ...>"
_RESUMED: Final = re.compile(r"<\.\.\. \w+ resumed>")


@dataclass(frozen=True)
class Call:
    """One call to the kernel that has come back; ``opened`` is what the descriptor leads to that it gave."""

    process: int
    name: str
    arguments: str
    result: int
    opened: str

    @cached_property
    def strings(self) -> list[bytes]:
        """Every string that it was given or got, in order."""
        return [_bytes(found) for found in self.arguments.split('"')[1::2]]  # no quote is ever within one

    @cached_property
    def _descriptor(self) -> re.Match[str] | None:
        return _DESCRIPTOR.match(self.arguments)

    @property
    def number(self) -> int:
        """The descriptor that it was given first; -1 where that was something else."""
        return int(self._descriptor[1]) if self._descriptor else -1

    @property
    def place(self) -> str:
        """Where that descriptor leads to: a path, or what strace says of a socket."""
        return _text(self._descriptor[2]) if self._descriptor else ""

    @property
    def mapped(self) -> str:
        """What is mapped into memory by ``mmap``; nothing for memory that is no file's."""
        found = _MAPPED.search(self.arguments)
        return _text(found[1]) if found else ""

    @property
    def is_nameless(self) -> bool:
        """Whether the file there has lost its name meanwhile."""
        return bool(self._descriptor and self._descriptor[3])

    @property
    def last_number(self) -> int:
        """Its last argument."""
        return int(self.arguments.rsplit(", ", 1)[1])


def calls(trace: Path) -> Iterator[Call]:
    """Read what strace wrote to a file, where every line begins with a process."""
    with trace.open() as lines:
        for line in _whole(lines):
            match = _LINE.fullmatch(line)
            if match is None:
                assert "exited" in line or "killed" in line or "?" in line or "SIG" in line, line[:200]
            else:
                result = int(match[4], 16 if match[4].startswith("0x") else 10)
                yield Call(int(match[1] or 0), match[2], match[3], result, _text(match[5] or ""))


def _whole(lines: Iterable[str]) -> Iterator[str]:
    """Put calls that strace tells in two halves, since another thread came between, together where they ended."""
    begun: dict[str, str] = {}
    for line in lines:
        thread, _blank, rest = line.rstrip("\n").partition(" ")
        rest = rest.lstrip()
        if rest.endswith(_UNFINISHED):
            begun[thread] = rest.removesuffix(_UNFINISHED).rstrip()
        elif resumed := _RESUMED.match(rest):
            yield f"{thread} {begun.pop(thread)}{rest[resumed.end() :]}"
        else:
            yield line.rstrip("\n")


def _bytes(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))


def _text(escaped: str) -> str:
    return _bytes(escaped).decode(errors="surrogateescape") if escaped.startswith("\\x") else escaped
