"""What a process does to the files of a folder, written down by strace: every byte, every sync, and what it says.

The process is a program of ours that calls ``await_recorder`` when it has imported everything, and then acts. What it
says on its standard output (``say``) stands between what it does, in order: an acknowledgement is one line.
"""

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from tests.disk.strace import WHOLE, Call, calls

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
    options = ["--decode-fds=path", f"--trace={','.join(_CALLS)}", "-o", str(trace), "-p", str(process)]
    with subprocess.Popen([*WHOLE, *options]) as tracer:
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
#: What a step can be built from; anything else that touches the folder would be a hole in the recording.
_HARMLESS: Final = frozenset({"close", "dup", "dup2", "dup3", "readv", "sync", "fork", "vfork", "clone", "clone3"})


class _Reader:
    """Turns lines of strace into steps. It keeps where each descriptor stands in its file."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._at: dict[int, int] = {}
        self._there = {str(path) for path in folder.rglob("*")} | {self._folder} if folder.exists() else set[str]()

    def steps(self, trace: Path) -> Iterator[Step]:
        for call in calls(trace):
            if call.result >= 0:
                yield from self._step(call)

    def _step(self, call: Call) -> Iterator[Step]:
        # A file that lost its name is nothing that a new start could find.
        path = "" if call.is_nameless else call.place
        if call.name in {"openat", "open", "creat"}:
            self._at[call.result] = 0
            yield from self._opened(call.opened, call.arguments)
        elif call.name in {"mkdir", "rename", "unlink"}:
            yield from self._named(call.name, [name.decode() for name in call.strings])
        elif call.name == "write" and call.number == 1:
            yield from (Said(line) for line in call.strings[0].decode().splitlines())
        elif call.name in {"read", "write", "pwrite64", "lseek"}:
            yield from self._moved(call, path)
        elif call.name == "ftruncate":
            yield from self._if_ours(Truncated(path, call.last_number))
        elif call.name in {"fsync", "fdatasync"}:
            yield from self._if_ours(Synced(path))
        else:
            shared = "MAP_SHARED" in call.arguments and "PROT_WRITE" in call.arguments
            harmless = call.name in _HARMLESS or (call.name == "mmap" and not shared)
            names = [name.decode(errors="replace") for name in call.strings] + [path]
            assert harmless or not any(map(self._ours, names)), call.name

    def _moved(self, call: Call, path: str) -> Iterator[Step]:
        data = call.strings[0][: call.result] if call.strings else b""
        at = self._at.get(call.number, 0)
        if call.name == "lseek":
            self._at[call.number] = call.result
        elif call.name == "pwrite64":
            yield from self._if_ours(Written(path, call.last_number, data))
        else:
            self._at[call.number] = at + call.result
            if call.name == "write":
                yield from self._if_ours(Written(path, at, data))

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
