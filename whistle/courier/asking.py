"""Asking the shelf in calls of one size, whatever is asked. docs/protocol.md, section 9."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from secrets import token_bytes
from typing import TypeVar

from whistle.courier.courier import Courier
from whistle.errors import RecordMalformed
from whistle.protocol import labels
from whistle.protocol.record import Record

T = TypeVar("T")

#: Bytes of chance for each place in an order: two of them are never the same.
_DRAW_SIZE = 16


def look(courier: Courier, addresses: Sequence[bytes]) -> list[bool]:
    """Return for each of at most 128 addresses whether it is in use, in one call."""
    asked = _filled(addresses, labels.LOOK_COUNT)
    answer = dict(zip(asked, courier.look(asked), strict=True))
    return [answer[address] for address in addresses]


def fetch(courier: Courier, addresses: Sequence[bytes]) -> list[Record | None]:
    """Return for each of at most 8 addresses the record there, in one call; ``None`` where none is."""
    asked = _filled(addresses, labels.FETCH_COUNT)
    answer = dict(zip(asked, courier.fetch(asked), strict=True))
    return [_record_at(address, answer[address]) for address in addresses]


def burn(courier: Courier, tokens: Iterable[bytes]) -> None:
    """Burn whatever the tokens burn, eight at a time."""
    for batch in batches(tokens, labels.BURN_COUNT):
        courier.burn(_filled(batch, labels.BURN_COUNT))


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Give out ``items`` in lists of ``size``, the last of which may be shorter."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _record_at(address: bytes, untrusted_bytes: bytes) -> Record | None:
    try:
        record = Record.parse(untrusted_bytes)
    except RecordMalformed:
        return None
    return record if record.address == address else None


def _filled(values: Sequence[bytes], count: int) -> list[bytes]:
    """Return ``values`` and as many random ones as make ``count``, in an order that tells nothing."""
    filled = [*values, *(token_bytes(labels.ADDRESS_SIZE) for _ in range(count - len(values)))]
    draws = token_bytes(_DRAW_SIZE * count)  # at once: a shuffle would ask the system for every place
    order = sorted(range(count), key=lambda place: draws[place * _DRAW_SIZE : (place + 1) * _DRAW_SIZE])
    return [filled[place] for place in order]
