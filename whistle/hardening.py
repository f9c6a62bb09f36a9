"""What a process gives up: core dumps, being traced, being swapped out, and living on without its parent.

prctl(2), mlock(2), cgroups(7).
"""

import ctypes
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
#: Everything there is and everything to come, each page as soon as it is touched and none before.
_MCL_CURRENT: Final = 1
_MCL_FUTURE: Final = 2
_MCL_ONFAULT: Final = 4
_CAP_IPC_LOCK: Final = 1 << 14
_ROOT: Final = Path("/")
_libc: Final = ctypes.CDLL(None, use_errno=True)


def forbid_dumps() -> None:
    """Let nothing of this process's memory reach a core file, nor a debugger of the same user; raises ``OSError``."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(_PR_SET_DUMPABLE, 0)


def die_with(parent: int) -> None:
    """Be killed as soon as process ``parent`` ends; raises ``OSError`` if it has already."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise ProcessLookupError


def can_be_swapped_out(process: str = "self", root: Path = _ROOT) -> bool:
    """Return whether this machine has swap and nothing forbids it to a process; ``root`` is where /proc and /sys are.

    Where its control group may use none (systemd: ``MemorySwapMax=0``), no page of it ever gets there, at no cost.
    """
    swaps = _lines(root / "proc/swaps")[1:]
    return bool(swaps) and not any(limit == ["0"] for limit in _swap_limits(process, root))


def may_lock_memory() -> bool:
    """Return whether ``lock_memory`` succeeds and does no harm: a limit that is met later makes allocations fail."""
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY:
        return True
    effective = [line[7:] for line in _lines(Path("/proc/self/status")) if line.startswith("CapEff:")]
    return bool(effective) and bool(int(effective[0], 16) & _CAP_IPC_LOCK)


def lock_memory() -> None:
    """Keep every page of this process out of swap; raises ``OSError``. A fork does not inherit it.

    Costs a walk over the pages that are there: some milliseconds for 100 MB, and as much at the end.
    """
    if _libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) != 0:
        raise OSError(ctypes.get_errno(), "mlockall")


def _swap_limits(process: str, root: Path) -> Iterator[list[str]]:
    """Yield what ``memory.swap.max`` says in the control group of a process and in all above it."""
    own = [line[3:] for line in _lines(root / "proc" / process / "cgroup") if line.startswith("0::")]
    group = Path(own[0].lstrip("/")) if own else Path()
    for each in (group, *group.parents):
        yield _lines(root / "sys/fs/cgroup" / each / "memory.swap.max")


def _lines(path: Path) -> list[str]:
    """Return the lines of one of the kernel's files, and none where there is no such file."""
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
