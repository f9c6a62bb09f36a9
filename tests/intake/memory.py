"""Search the memory of a living process for something that must not be in it."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote_plus


def spellings(secret: str) -> set[bytes]:
    """Return the ways in which a text could lie in memory."""
    raw = secret.encode()
    aligned = {b64encode(b"\0" * shift + raw)[4:-4] for shift in range(3)}
    return {
        raw,
        secret.encode("utf-16-le"),
        secret.encode("utf-32-le"),
        raw.hex().encode(),
        quote_plus(secret).encode(),
        *aligned,
    }


def occurrences(process: int, secret: str) -> int:
    """Return how often any spelling of ``secret`` lies in the memory of ``process``."""
    wanted = spellings(secret)
    return sum(region.count(spelling) for region in _regions(process) for spelling in wanted)


def _regions(process: int) -> Iterator[bytes]:
    with Path(f"/proc/{process}/mem").open("rb") as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            place, rights, *_ = line.split()
            if rights.startswith("r") and not line.endswith(("[vvar]", "[vvar_vclock]", "[vsyscall]")):
                start, end = (int(one, 16) for one in place.split("-"))
                with suppress(OSError):  # a mapping beyond the end of its file
                    memory.seek(start)
                    yield memory.read(end - start)
