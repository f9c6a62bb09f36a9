"""How a process holds its memory: what becomes of what it has freed, and in pages of what size the kernel keeps it.

mallopt(3), malloc_trim(3), madvise(2).
"""

import ctypes
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_KEPT: Final = 64 << 20
_KEPT_BUFFER: Final = 8 << 20
_MADV_COLLAPSE: Final = 25
#: What the processor maps with one entry (x86-64 and arm64 with pages of 4,096 bytes).
_LARGE_PAGE: Final = 2 << 20
_MAPS: Final = Path("/proc/self/maps")
_libc: Final = ctypes.CDLL(None)
_libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


def return_free_memory() -> None:
    """Give the kernel back what was freed. A fork costs time for every page that a process has, used or not."""
    _libc.malloc_trim(0)


def keep_free_memory() -> None:
    """Let buffers of up to 8 MiB that were freed, 64 MiB of them together, serve the next ones.

    Every megabyte of an upload passes through some of these. Having the kernel hand out and clear their pages anew
    takes longer than to seal and store what lies in them.
    """
    _libc.mallopt(_M_MMAP_THRESHOLD, _KEPT_BUFFER)
    _libc.mallopt(_M_TRIM_THRESHOLD, _KEPT)


def gather_memory() -> int:
    """Have the kernel hold what this process has in pages of 2 MiB, and return how many it made.

    A fork, and the end of what it made, then go by large pages where they went by small ones. The kernel does it from
    Linux 6.1 on, if it was built for it and has the room; otherwise all stays as it was.
    """
    pages = [at for begin, end in _own() for at in range(-(-begin // _LARGE_PAGE) * _LARGE_PAGE, end, _LARGE_PAGE)]
    return sum(_libc.madvise(at, _LARGE_PAGE, _MADV_COLLAPSE) == 0 for at in pages)


def _own() -> Iterator[tuple[int, int]]:
    """Yield where memory begins and ends that is this process's own and no part of a file."""
    try:
        lines = _MAPS.read_text().splitlines()
    except OSError:
        return  # It is not shown to us: then nothing is gathered.
    for line in lines:
        span, mode, _offset, _device, file, *_name = line.split()
        if mode == "rw-p" and file == "0":
            begin, end = (int(address, 16) for address in span.split("-"))
            yield begin, end
