"""What a hostile shelf could read out of the order of a call, and what it could answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from secrets import token_bytes
from typing import cast

import pytest

from whistle.courier import Courier
from whistle.courier.asking import burn, fetch, look
from whistle.protocol import labels
from whistle.protocol.record import Record
from whistle.protocol.sealing import decoy

#: How often a call is made; that any place looks fixed by chance has a probability of about 2^-40.
CALLS = 40


@dataclass
class Shelf:
    """Remembers what it was asked for."""

    records: dict[bytes, Record] = field(default_factory=dict)
    asked: list[list[bytes]] = field(default_factory=list)

    def look(self, addresses: Sequence[bytes]) -> tuple[bool, ...]:
        self.asked.append([*addresses])
        return tuple(address in self.records for address in addresses)

    def fetch(self, addresses: Sequence[bytes]) -> tuple[bytes, ...]:
        self.asked.append([*addresses])
        noise = token_bytes(labels.RECORD_SIZE)
        return tuple(bytes(self.records[each]) if each in self.records else noise for each in addresses)

    def burn(self, tokens: Sequence[bytes]) -> None:
        self.asked.append([*tokens])


ASKS: list[tuple[Callable[[Courier, Sequence[bytes]], object], int]] = [
    (look, labels.LOOK_COUNT),
    (fetch, labels.FETCH_COUNT),
    (burn, labels.BURN_COUNT),
]


@pytest.mark.parametrize(("ask", "count"), ASKS)
def test_neither_number_nor_order_tells_what_is_meant(
    ask: Callable[[Courier, Sequence[bytes]], object], count: int
) -> None:
    wanted = [token_bytes(32), token_bytes(32)]
    shelf = Shelf()
    for _ in range(CALLS):
        ask(cast("Courier", shelf), wanted)
    assert {len(asked) for asked in shelf.asked} == {count}
    assert len({each for asked in shelf.asked for each in asked}) == CALLS * (count - 2) + 2
    places = [tuple(asked.index(each) for each in wanted) for asked in shelf.asked]
    for number in range(2):
        assert any(place[number] >= count // 2 for place in places)
        assert any(place[number] < count // 2 for place in places)
    assert {first < second for first, second in places} == {True, False}


def test_the_answers_are_in_the_order_of_the_question() -> None:
    records = [decoy() for _ in range(3)]
    shelf = cast("Courier", Shelf({record.address: record for record in records[:2]}))
    addresses = [record.address for record in reversed(records)]
    for _ in range(CALLS):
        assert look(shelf, addresses) == [False, True, True]
        assert fetch(shelf, addresses) == [None, records[1], records[0]]


def test_a_record_of_another_address_is_none() -> None:
    wanted, other = decoy(), decoy()
    shelf = cast("Courier", Shelf({wanted.address: other}))
    assert fetch(shelf, [wanted.address]) == [None]
