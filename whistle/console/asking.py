"""Asking the shelf in calls of one size, whatever is asked. docs/protocol.md, section 9."""

from collections.abc import Sequence
from secrets import SystemRandom, token_bytes

from whistle.courier import Courier
from whistle.errors import RecordMalformed
from whistle.protocol import labels
from whistle.protocol.record import Record


def look(courier: Courier, addresses: Sequence[bytes]) -> list[bool]:
    """Return for each of at most 128 addresses whether something lies there, in one call."""
    asked = _filled(addresses, labels.LOOK_COUNT)
    answer = dict(zip(asked, courier.look(asked), strict=True))
    return [answer[address] for address in addresses]


def fetch(courier: Courier, addresses: Sequence[bytes]) -> list[Record | None]:
    """Return for each of at most 8 addresses the record there, in one call; ``None`` where none is."""
    asked = _filled(addresses, labels.FETCH_COUNT)
    answer = dict(zip(asked, courier.fetch(asked), strict=True))
    return [_record_at(address, answer[address]) for address in addresses]


def burn(courier: Courier, tokens: Sequence[bytes]) -> None:
    """Burn what the tokens burn, eight in a call."""
    for start in range(0, len(tokens), labels.BURN_COUNT):
        courier.burn(_filled(tokens[start : start + labels.BURN_COUNT], labels.BURN_COUNT))


def _record_at(address: bytes, untrusted_bytes: bytes) -> Record | None:
    try:
        record = Record.parse(untrusted_bytes)
    except RecordMalformed:
        return None
    return record if record.address == address else None


def _filled(values: Sequence[bytes], count: int) -> list[bytes]:
    """Return ``values`` and as many random ones as make ``count``, in an order that tells nothing."""
    filled = [*values, *(token_bytes(labels.ADDRESS_SIZE) for _ in range(count - len(values)))]
    SystemRandom().shuffle(filled)
    return filled
