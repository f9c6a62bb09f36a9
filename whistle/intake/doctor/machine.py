"""The machine as the doctor sees it: the kernel's and the services' own files, below ``root``.

A file that is missing, or that this user may not read, says nothing; a check then has nothing to tell. Run the doctor
as root to have everything looked at.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LIMIT = 1 << 20
#: Of the words behind the name of a program in /proc/NUMBER/stat.
_START_TIME = 19
_LOCKED = 5


@dataclass(frozen=True, slots=True)
class Machine:
    """Reads what lies below ``root``, which is ``/`` except in a test."""

    root: Path = Path("/")

    def path(self, name: str | Path) -> Path:
        """Return where a file of the machine, named by its absolute path, lies."""
        return self.root / str(name).lstrip("/")

    def text(self, name: str | Path) -> str:
        """Return what a file says, up to a megabyte of it; nothing where it cannot be read."""
        try:
            with self.path(name).open("rb") as file:
                return file.read(_LIMIT).decode(errors="replace")
        except OSError:
            return ""

    def last_lines(self, name: str | Path) -> list[str]:
        """Return the lines in the last megabyte of a file; none where it cannot be read."""
        try:
            with self.path(name).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _LIMIT))
                return file.read(_LIMIT).decode(errors="replace").splitlines()
        except OSError:
            return []

    def lines(self, name: str | Path) -> list[str]:
        """Return the lines of a file; none where it cannot be read."""
        return self.text(name).splitlines()

    def exists(self, name: str | Path) -> bool:
        """Return whether there is such a file or folder."""
        try:
            return self.path(name).exists()
        except OSError:
            return False

    def matching(self, pattern: str) -> list[Path]:
        """Return the absolute paths, as the machine names them, that match a pattern with stars."""
        found = self.root.glob(pattern.lstrip("/"))
        return sorted(Path("/") / path.relative_to(self.root) for path in found)


@dataclass(frozen=True, slots=True)
class Process:
    """A process that runs now."""

    number: int
    parent: int
    user: int
    core_limit: str
    lock_limit: str
    started: float


def process(machine: Machine, number: int) -> Process | None:
    """Return a process by its number, or nothing if there is none (any more)."""
    status = dict(line.split(":\t", 1) for line in machine.lines(f"proc/{number}/status") if ":\t" in line)
    if not status:
        return None
    limits = {line[:25].strip(): line[26:47].strip() for line in machine.lines(f"proc/{number}/limits")}
    user = status.get("Uid", "0\t0").split()[1]
    return Process(
        number,
        int(status.get("PPid", "0")),
        int(user),
        limits.get("Max core file size", ""),
        limits.get("Max locked memory", ""),
        _started(machine, number),
    )


def _started(machine: Machine, number: int) -> float:
    """Return when a process started, in Unix seconds; 0 where that cannot be known. proc(5)."""
    booted = [line.split()[1] for line in machine.lines("proc/stat") if line.startswith("btime ")]
    words = machine.text(f"proc/{number}/stat").rpartition(")")[2].split()
    if not booted or len(words) <= _START_TIME:
        return 0.0
    return int(booted[0]) + int(words[_START_TIME]) / os.sysconf("SC_CLK_TCK")


def holder(machine: Machine, folder: Path) -> Process | None:
    """Return the process that has the folder of a shelf open, as the kernel's list of locks says."""
    try:
        status = folder.stat()
    except OSError:
        return None
    exactly = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    locks = [line.split() for line in machine.lines("proc/locks")]
    flocks = [(words[5], int(words[4])) for words in locks if len(words) > _LOCKED and words[1] == "FLOCK"]
    # Some file systems give their device another number here than there; the number of the folder is the same.
    found = [number for name, number in flocks if name == exactly]
    found += [number for name, number in flocks if name.rpartition(":")[2] == str(status.st_ino)]
    return process(machine, found[0]) if found else None


def family(machine: Machine, of: Process) -> Iterator[Process]:
    """Yield a server's processes: the one given, the master that started it, and every other child of the two."""
    numbers = [int(path.name) for path in machine.matching("proc/*") if path.name.isdigit()]
    for number in numbers:
        found = process(machine, number)
        if found is None:
            continue
        if number in {of.number, of.parent} - {1} or found.parent in {of.number, of.parent} - {0, 1}:
            yield found
