"""The shelf beside a dictionary that does the same, through any sequence of calls, tidies, restarts and days."""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.shelf.samples import CHUNK_DAYS, MESSAGE_DAYS, Clock, Sample, listed, open_shelf, records, sample, tidied
from whistle.errors import AddressTaken, ShelfFull
from whistle.shelf import Kept, Put, Shelf, ShelfKind

#: Few addresses with two contents each, so that everything meets everything.
ALL = [sample(f"place {place}", content) for place in range(12) for content in "ab"]
CAPACITY = 14
#: An eighth of it, for messages alone.
RESERVE = 1

some = st.sampled_from(ALL)
messages = st.builds(lambda each: [each], some)
chunks = st.lists(some, min_size=1, max_size=4)
puts = st.one_of(
    messages.map(lambda group: (ShelfKind.MESSAGE, group)), chunks.map(lambda group: (ShelfKind.CHUNK, group))
)
Group: TypeAlias = tuple[ShelfKind, list[Sample]]


@dataclass(frozen=True)
class Resting:
    """What the model knows of a record."""

    shelf: ShelfKind
    day: date
    sample: Sample


class Model(RuleBasedStateMachine):
    """Every call on the shelf and on the model, and the same answers."""

    def __init__(self) -> None:
        super().__init__()
        self.temporary = TemporaryDirectory()
        self.folder = Path(self.temporary.name) / "shelf"
        self.clock = Clock()
        self.shelf: Shelf
        self.there: dict[bytes, Resting] = {}
        self.steps: Generator[None] | None = None

    @initialize()
    def open(self) -> None:
        self.shelf = open_shelf(self.folder, self.clock, CAPACITY)

    def teardown(self) -> None:
        self.shelf.close()
        self.temporary.cleanup()

    def decide(self, shelf: ShelfKind, group: list[Sample], room: int) -> type[object] | Kept:
        wanted: dict[bytes, Resting] = {}
        for each in group:
            resting = wanted.get(each.address) or self.there.get(each.address)
            if resting is None:
                wanted[each.address] = Resting(shelf, self.clock.day, each)
            elif (resting.shelf, resting.sample.record) != (shelf, each.record):
                return AddressTaken
        if not wanted:
            return Kept.ALREADY_THERE
        if len(wanted) > room:
            return ShelfFull
        self.there |= wanted
        return Kept.STORED

    @rule(batch=st.lists(puts, min_size=1, max_size=4))
    def commit(self, batch: list[Group]) -> None:
        full_from = self.shelf._count
        outcomes = self.shelf.commit([Put(shelf, tuple(records(group))) for shelf, group in batch])
        for (shelf, group), outcome in zip(batch, outcomes, strict=True):
            before = len(self.there)
            reserved = RESERVE if shelf is ShelfKind.CHUNK else 0
            expected = self.decide(shelf, group, CAPACITY - full_from - reserved)
            full_from += len(self.there) - before
            assert outcome is expected or type(outcome) is expected

    @rule(group=st.lists(some, max_size=3))
    def burn(self, group: list[Sample]) -> None:
        self.shelf.burn([each.token for each in group])
        for each in group:
            resting = self.there.get(each.address)
            if resting is not None and resting.sample == each:
                del self.there[each.address]

    @rule(days=st.sampled_from([1, 1, CHUNK_DAYS, MESSAGE_DAYS]))
    def wait(self, days: int) -> None:
        self.clock.forward(days)
        kept = {ShelfKind.MESSAGE: timedelta(MESSAGE_DAYS), ShelfKind.CHUNK: timedelta(CHUNK_DAYS)}
        self.there = {a: each for a, each in self.there.items() if self.clock.day - each.day <= kept[each.shelf]}

    @precondition(lambda self: self.steps is None)
    @rule()
    def begin_to_tidy(self) -> None:
        self.steps = self.shelf.tidy()
        next(self.steps)

    @precondition(lambda self: self.steps is not None)
    @rule(count=st.integers(1, 6))
    def tidy_on(self, count: int) -> None:
        assert self.steps is not None
        for _ in range(count):
            if next(self.steps, self) is self:
                self.steps = None
                break

    @precondition(lambda self: self.steps is not None)
    @rule()
    def abandon_the_tidy(self) -> None:
        assert self.steps is not None
        self.steps.close()
        self.steps = None

    @precondition(lambda self: self.steps is None)
    @rule()
    def tidy(self) -> None:
        tidied(self.shelf)
        assert self.shelf._count == len(self.there)
        assert {record.address for record in listed(self.shelf, self.clock.day)} == {
            a for a, each in self.there.items() if (each.shelf, each.day) == (ShelfKind.MESSAGE, self.clock.day)
        }

    @rule()
    def open_again(self) -> None:
        self.steps = None
        self.shelf.close()
        self.open()

    @invariant()
    def answers_are_the_models(self) -> None:
        if not hasattr(self, "shelf"):
            return
        addresses = sorted({each.address for each in ALL})
        assert self.shelf.look(addresses) == [address in self.there for address in addresses]
        expected = [bytes(self.there[a].sample.record) if a in self.there else None for a in addresses]
        assert self.shelf.fetch(addresses) == expected
        for day in {each.day for each in self.there.values()}:
            shown = listed(self.shelf, day, page=2)
            assert [record.address for record in shown] == sorted({record.address for record in shown})
            wanted = {a for a, each in self.there.items() if (each.shelf, each.day) == (ShelfKind.MESSAGE, day)}
            assert {self.there[a].sample.record for a in wanted} <= set(shown)


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=12, stateful_step_count=25)
