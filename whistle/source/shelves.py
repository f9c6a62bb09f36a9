"""Asking the shelf in calls of one size, whatever is asked. docs/protocol.md, section 9."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from secrets import SystemRandom, token_bytes
from typing import TypeVar

from whistle.courier import Courier
from whistle.protocol import labels
from whistle.protocol.record import Record
from whistle.protocol.thread import Thread

#: How many indices of each direction one look asks for.
WINDOW = labels.LOOK_COUNT // 2
#: A window that is in use this close to its end is followed by another look.
_NEAR_END = 8

T = TypeVar("T")


@dataclass(frozen=True)
class Occupied:
    """The indices in use in each direction, ascending, among the first ``seen`` of each."""

    up: tuple[int, ...]
    down: tuple[int, ...]
    seen: int


def survey(courier: Courier, thread: Thread) -> Occupied:
    """Look at a thread from its beginning until the end of what is in use.

    There is one look for the first 64 indices of each direction, and another as long as one of the last 8 of either is
    in use; a thread without anything upwards in its first 64 is looked at once more, as its oldest may have expired.
    """
    up: list[int] = []
    down: list[int] = []
    seen = 0
    while True:
        window = range(seen, seen + WINDOW)
        wanted = [(direction, index) for direction in (labels.UP, labels.DOWN) for index in window]
        found = look(courier, [thread.address(*place) for place in wanted])
        for (direction, index), used in zip(wanted, found, strict=True):
            if used:
                (up if direction == labels.UP else down).append(index)
        seen += WINDOW
        near_end = any(index >= seen - _NEAR_END for index in (*up[-1:], *down[-1:]))
        if not near_end and (up or seen > WINDOW):
            return Occupied(tuple(up), tuple(down), seen)


def look(courier: Courier, addresses: Sequence[bytes]) -> list[bool]:
    """Return for each of at most 128 addresses whether it is in use, in one call."""
    asked = _filled(addresses, labels.LOOK_COUNT)
    answer = dict(zip(asked, courier.look(asked), strict=True))
    return [answer[address] for address in addresses]


def fetch(courier: Courier, addresses: Sequence[bytes]) -> list[Record | None]:
    """Return for each of at most 8 addresses the record there, in one call; ``None`` where none is."""
    asked = _filled(addresses, labels.FETCH_COUNT)
    answer = dict(zip(asked, courier.fetch(asked), strict=True))
    records = [Record.parse(answer[address]) for address in addresses]
    return [record if record.address == address else None for address, record in zip(addresses, records, strict=True)]


def burn(courier: Courier, tokens: Iterable[bytes]) -> None:
    """Burn whatever the tokens burn, eight at a time."""
    for batch in batches(tokens, labels.BURN_COUNT):
        courier.burn(_filled(batch, labels.BURN_COUNT))


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Give out ``items`` in lists of ``size``, the last of which may be shorter."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _filled(values: Sequence[bytes], count: int) -> list[bytes]:
    """Return ``values`` and as many random ones as make ``count``, in an order that tells nothing."""
    filled = [*values, *(token_bytes(labels.ADDRESS_SIZE) for _ in range(count - len(values)))]
    SystemRandom().shuffle(filled)
    return filled
