"""What a process does to the files of a folder, written down by strace: every byte, every sync, and what it says.

The process is a program of ours that calls ``await_recorder`` when it has imported everything, and then acts. What it
says on its standard output (``say``) stands between what it does, in order: an acknowledgement is one line.
"""

import ctypes
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

ROOT: Final = Path(__file__).parents[2]
_ANYBODY: Final = ctypes.c_ulong(-1)
_PR_SET_PTRACER: Final = 0x59616D61


@dataclass(frozen=True, slots=True)
class Created:
    path: str
    is_folder: bool


@dataclass(frozen=True, slots=True)
class Written:
    path: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Renamed:
    path: str
    new: str


@dataclass(frozen=True, slots=True)
class Removed:
    path: str


@dataclass(frozen=True, slots=True)
class Synced:
    path: str


@dataclass(frozen=True, slots=True)
class Said:
    line: str


Step: TypeAlias = Created | Written | Truncated | Renamed | Removed | Synced | Said


def await_recorder() -> None:
    """Let anybody record this process, and wait until somebody does."""
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANYBODY, 0, 0, 0)
    os.write(1, b"ready\n")
    os.read(0, 1)


def say(line: str) -> None:
    """Tell whoever records this process that something was acknowledged."""
    os.write(1, f"{line}\n".encode())


def record(folder: Path, trace: Path, module: str, *arguments: object) -> list[Step]:
    """Run a program of ours to its end, and return what it did below ``folder``, which is named as a whole path."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    reader = _Reader(folder)
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as acting:
        assert acting.stdin is not None
        assert acting.stdout is not None
        _attend(acting.pid, acting.stdin.fileno(), acting.stdout.fileno(), trace)
        assert acting.wait() == 0
    return list(reader.steps(trace))


def record_fork(folder: Path, trace: Path, act: Callable[[], None]) -> list[Step]:
    """Let ``act`` run in a forked child; what it is made of is there already, so this process has a single thread."""
    reader = _Reader(folder)
    (theirs_in, ours_in), (ours_out, theirs_out) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.dup2(theirs_in, 0)
            os.dup2(theirs_out, 1)
            await_recorder()
            act()
            os._exit(0)
        finally:
            os._exit(1)
    os.close(theirs_in)
    os.close(theirs_out)
    _attend(child, ours_in, ours_out, trace)
    assert os.waitpid(child, 0)[1] == 0
    os.close(ours_in)
    os.close(ours_out)
    return list(reader.steps(trace))


def _attend(process: int, its_input: int, its_output: int, trace: Path) -> None:
    """Let strace attach to a process that waits for it, and go on until the process has ended."""
    assert os.read(its_output, 6) == b"ready\n"
    options = ["--follow-forks", "--decode-fds=path", "--strings-in-hex=all", f"--string-limit={1 << 25}"]
    options += [f"--trace={','.join(_CALLS)}", "--quiet=all"]
    with subprocess.Popen(["strace", *options, "-o", trace, "-p", str(process)]) as tracer:
        while f"TracerPid:\t{tracer.pid}" not in Path(f"/proc/{process}/status").read_text():
            assert tracer.poll() is None, "strace could not attach"
            time.sleep(0.01)
        os.write(its_input, b"\n")
        while os.read(its_output, 1 << 16):
            pass


_CALLS: Final = (
    *("openat", "open", "creat", "close", "dup", "dup2", "dup3", "lseek", "read", "readv", "mmap"),
    *("write", "writev", "pwrite64", "pwritev", "pwritev2", "sendfile", "copy_file_range", "splice"),
    *("ftruncate", "truncate", "fallocate", "fsync", "fdatasync", "sync", "syncfs", "sync_file_range", "msync"),
    *("mkdir", "mkdirat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "link", "linkat"),
    *("symlink", "symlinkat", "fork", "vfork", "clone", "clone3"),
)
_LINE: Final = re.compile(r"(?:\d+ +)?(\w+)\((.*)\) += (-?\d+|0x[0-9a-f]+)(?:<(.*?)>)?(?: .*)?")
_DESCRIPTOR: Final = re.compile(r"(\d+)<(.*?)>(\(deleted\))?")
_UNFINISHED: Final = "<unfinished ...>"
_RESUMED: Final = re.compile(r"<\.\.\. \w+ resumed>")
_QUOTED: Final = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
#: What a step can be built from; anything else that touches the folder would be a hole in the recording.
_HARMLESS: Final = frozenset({"close", "dup", "dup2", "dup3", "readv", "sync", "fork", "vfork", "clone", "clone3"})


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


class _Reader:
    """Turns lines of strace into steps. It keeps where each descriptor stands in its file."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._at: dict[int, int] = {}
        self._there = {str(path) for path in folder.rglob("*")} | {self._folder} if folder.exists() else set[str]()

    def steps(self, trace: Path) -> Iterator[Step]:
        with trace.open() as lines:
            for line in _whole(lines):
                match = _LINE.fullmatch(line)
                if match is None:
                    assert "exited" in line or "?" in line or "SIG" in line, line[:200]
                elif not match[3].startswith("-"):
                    yield from self._step(match[1], match[2], int(match[3], 0), _text(match[4] or ""))

    def _step(self, call: str, arguments: str, result: int, opened: str) -> Iterator[Step]:
        quoted = [_bytes(found) for found in _QUOTED.findall(arguments)]
        found = _DESCRIPTOR.match(arguments)
        # A file that lost its name is nothing that a new start could find.
        number, path = (int(found[1]), "" if found[3] else _text(found[2])) if found else (-1, "")
        if call in {"openat", "open", "creat"}:
            self._at[result] = 0
            yield from self._opened(opened, arguments)
        elif call in {"mkdir", "rename", "unlink"}:
            yield from self._named(call, [name.decode() for name in quoted])
        elif call == "write" and number == 1:
            yield from (Said(line) for line in quoted[0].decode().splitlines())
        elif call in {"read", "write", "pwrite64", "lseek"}:
            yield from self._moved(call, number, path, quoted[0] if quoted else b"", arguments, result)
        elif call == "ftruncate":
            yield from self._if_ours(Truncated(path, _last_number(arguments)))
        elif call in {"fsync", "fdatasync"}:
            yield from self._if_ours(Synced(path))
        else:
            shared = "MAP_SHARED" in arguments and "PROT_WRITE" in arguments
            harmless = call in _HARMLESS or (call == "mmap" and not shared)
            assert harmless or not any(map(self._ours, [name.decode(errors="replace") for name in quoted] + [path])), (
                call
            )

    def _moved(self, call: str, number: int, path: str, data: bytes, arguments: str, result: int) -> Iterator[Step]:
        at = self._at.get(number, 0)
        if call == "lseek":
            self._at[number] = result
        elif call == "pwrite64":
            yield from self._if_ours(Written(path, _last_number(arguments), data[:result]))
        else:
            self._at[number] = at + result
            if call == "write":
                yield from self._if_ours(Written(path, at, data[:result]))

    def _named(self, call: str, names: list[str]) -> Iterator[Step]:
        if call == "mkdir":
            yield from self._if_ours(Created(names[0], is_folder=True))
        elif call == "unlink":
            self._there.discard(names[0])
            yield from self._if_ours(Removed(names[0]))
        else:
            self._there.discard(names[0])
            self._there.add(names[1])
            yield from self._if_ours(Renamed(*names))

    def _opened(self, path: str, arguments: str) -> Iterator[Step]:
        assert "O_APPEND" not in arguments or not self._ours(path), arguments
        if self._ours(path) and "O_CREAT" in arguments and path not in self._there:
            self._there.add(path)
            yield Created(path, is_folder=False)
        elif "O_TRUNC" in arguments:
            yield from self._if_ours(Truncated(path, 0))

    def _if_ours(self, step: Created | Written | Truncated | Renamed | Removed | Synced) -> Iterator[Step]:
        if self._ours(step.path):
            yield step

    def _ours(self, path: str) -> bool:
        return path.startswith(self._folder + "/") or path == self._folder


def _bytes(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))


def _last_number(arguments: str) -> int:
    return int(arguments.rsplit(", ", 1)[1])


def _text(escaped: str) -> str:
    return _bytes(escaped).decode() if escaped.startswith("\\x") else escaped
