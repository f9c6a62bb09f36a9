"""A server that shows one console less, or more, than another is named by the consoles themselves."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.console.world import ANA, BO, DirectCourier, World
from whistle.console.case import Difference
from whistle.courier import Pass, wire
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.sealing import decoy

TRIALS_OF_A_WORLD = 8
WORLDS = 63


@dataclass
class Liar(DirectCourier):
    """Shows one person a changed listing of some days, and the same one whenever they ask again."""

    chance: random.Random = field(default_factory=random.Random)
    lies: dict[date, str] = field(default_factory=dict)
    hidden: dict[date, set[bytes]] = field(default_factory=dict)
    added: dict[date, list[Record]] = field(default_factory=dict)
    meant: set[bytes] = field(default_factory=set)  # the burn hashes of what a lie is about

    def messages(self, query: str, admission: Pass) -> tuple[Record, ...]:
        super().messages(query, admission)
        fields = dict(part.split("=") for part in query.split("&"))
        day, after = date.fromisoformat(fields["day"]), bytes.fromhex(fields["after"])
        shown = [record for record in self._shown(day) if record.address > after]
        return tuple(shown[: wire.LISTING_PAGE])

    def _shown(self, day: date) -> list[Record]:
        honest = self.world.shelf.messages_of(day, b"", 100_000)
        hidden = self.hidden.get(day, set())
        kept = [record for record in honest if record.address not in hidden]
        return sorted([*kept, *self.added.get(day, [])], key=lambda record: record.address)

    def lie(self, day: date, how: str) -> None:
        """Decide what to change of a day that has just ended."""
        records = self.world.shelf.messages_of(day, b"", 100_000)
        if how == "withheld":
            self.hidden[day] = {self.chance.choice(records).address}
        elif how == "cut":
            at = self.chance.randrange(len(records))
            self.hidden[day] = {record.address for record in records[at:]}
        elif how == "doubled":
            original = self.chance.choice(records)
            address = original.address if self.chance.random() < 0.5 else self.chance.randbytes(32)
            self.added[day] = [Record(address, original.burn_hash, original.sealed)]
            self.meant.add(original.burn_hash)
        self.meant |= {record.burn_hash for record in records if record.address in self.hidden.get(day, ())}
        self.lies[day] = how


class Site:
    """Two colleagues who sync every day, one of them through a liar; decoys come and go."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)
        self.liar = Liar(world, chance=self.chance)
        self.tokens: list[bytes] = []

    def put(self) -> None:
        for _ in range(self.chance.randint(1, 6)):
            token, record = self.chance.randbytes(32), decoy()
            self.world.put(Record(record.address, burn_hash(token), record.sealed))
            self.tokens.append(token)
        if self.chance.random() < 0.3:
            self.world.tell(Receipt(self.chance.randbytes(16)), "something happened", (ANA, BO))

    def burn(self) -> None:
        for _ in range(self.chance.randint(0, 2)):
            # What is burned as soon as it was lied about cannot be told from what was burned before.
            free = [token for token in self.tokens if burn_hash(token) not in self.liar.meant]
            if free:
                token = self.chance.choice(free)
                self.tokens.remove(token)
                self.world.shelf.burn([token])

    def live(self, day_of_lie: str | None) -> None:
        """Let a day pass, and decide whether the server lies about it."""
        today = self.world.today
        self.put()
        turns: list[Callable[[], object]] = [lambda: self.world.sync(ANA), lambda: self.world.sync(BO, self.liar)]
        self.chance.shuffle(turns)
        for turn in turns:
            self.burn()
            turn()
        self.world.sleep()
        if day_of_lie is not None:
            self.liar.lie(today, day_of_lie)

    def found(self, person: int) -> tuple[Difference, ...]:
        return self.world.desks[person].journal.differences


def trials(world: World, seed: int, hows: Sequence[str]) -> None:
    site = Site(world, seed)
    site.live(None)
    for how in hows:
        site.live(how)
        for _ in range(2):  # a lie about the day of an inventory would be another trial
            site.live(None)
    for _ in range(2):
        site.live(None)
    lies = site.liar.lies
    for day, how in lies.items():
        named = [each for each in (*site.found(ANA), *site.found(BO)) if each.listed == day]
        assert named, (day, how)
        # The day after it was closed, and so listed for an inventory, at the latest.
        assert min(each.day for each in named) <= day + timedelta(days=3), (day, how)
        mine = [each for each in site.found(ANA if how == "doubled" else BO) if each.listed == day]
        assert all(each.kept_from_me for each in mine)
    for each in (*site.found(ANA), *site.found(BO)):
        assert each.listed in lies, "an honest day was accused"


@pytest.mark.parametrize("how", ["withheld", "doubled", "cut"])
def test_a_record_withheld_doubled_or_cut_is_named(tmp_path: Path, how: str) -> None:
    world = World(tmp_path)
    world.employ("ana")
    world.employ("bo")
    trials(world, len(how), [how])
    world.close()


@pytest.mark.long
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("seed", range(100, 100 + WORLDS))
def test_in_each_of_500_trials(tmp_path: Path, seed: int) -> None:
    world = World(tmp_path)
    world.employ("ana")
    world.employ("bo")
    chance = random.Random(seed)
    trials(world, seed, [chance.choice(["withheld", "doubled", "cut"]) for _ in range(TRIALS_OF_A_WORLD)])
    world.close()
