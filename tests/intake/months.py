"""Months in the life of a site, as an excluded colleague sees them: with a report that is not for them, or without.

The cover is the real one, and so is the count of a console's places; the clock is the simulation's. The shelf is the
real one or ``ThinShelf``, which shows the same and writes nothing: a month takes it a tenth of a second, where the real
one takes several. What both show is compared by a test, month for month. Records are 128 bytes of noise, since nobody
here could open them; ``shrink`` has to be called before the shelf is imported, so this is run as a program of its own.
It prints the features of each month as a line of JSON.
"""

# ruff: noqa: PLC0415 - see above: what is imported must be imported after ``shrink``

import json
import math
import random
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

BEGIN = date(2026, 9, 1)
KEEP_DAYS = 20
WARM_DAYS = 20
MONTH_DAYS = 30
HOUR = 3_600.0
POST_SECONDS = HOUR / 4
PER_DAY = 8
SEALED = 64


def shrink() -> None:
    from whistle.protocol import labels

    setattr(labels, "SEALED_SIZE", SEALED)  # noqa: B010 - Final for everybody else
    setattr(labels, "RECORD_SIZE", SEALED + 64)  # noqa: B010 - as above
    from whistle.shelf import sqlite, tables, tidy

    setattr(tidy, "STEP", 256)  # noqa: B010 - as above; records are small

    def make(connection: Any, use: object) -> None:  # noqa: ARG001 - the signature of what it stands for
        with connection.begin():
            tables.metadata.create_all(connection)

    # The schema as it is, but for the size that the first migration asks for.
    sqlite._migrate = make


@dataclass
class Letter:
    """A record that a console will put: with which burn token, whether we can open it, and what it is."""

    token: bytes
    opens: bool = False
    is_decoy: bool = False
    is_inventory: bool = False


@dataclass
class Console:
    """A colleague's: when it is on, and what waits there to be sent."""

    number: int
    diligence: float
    away: range
    places: Any
    waiting: list["Letter"] = field(default_factory=list)
    left: list["Letter"] = field(default_factory=list)  # of a post that is on its way
    inventoried: date | None = None

    def is_on(self, day: date, chance: random.Random) -> bool:
        if day.toordinal() in self.away:
            return False
        return chance.random() < (self.diligence if day.weekday() < 5 else self.diligence / 5)


@dataclass
class View:
    """What the excluded colleague writes down: each listing, without what they can open."""

    listings: list[tuple[float, dict[bytes, tuple[int, int]]]] = field(default_factory=list)
    opened: set[bytes] = field(default_factory=set)
    inventories: Counter[int] = field(default_factory=Counter)


class ThinShelf:
    """What a shelf shows to whoever lists, without a disk."""

    def __init__(self, today: Callable[[], date]) -> None:
        self._today = today
        self._days: dict[int, dict[bytes, Any]] = {}
        self._at: dict[bytes, tuple[int, bytes]] = {}
        self._burned: list[tuple[int, bytes]] = []

    def put_messages(self, records: list[Any]) -> list[None]:
        day = self._today().toordinal()
        for record in records:
            self._days.setdefault(day, {})[record.address] = record
            self._at[record.burn_hash] = day, record.address
        return [None for _ in records]

    def burn(self, tokens: list[bytes]) -> int:
        from whistle.protocol.record import Record, burn_hash

        found = [at for token in tokens if (at := self._at.pop(burn_hash(token), None)) is not None]
        for day, address in found:
            if day in self._days:
                self._days[day][address] = Record(address, random.randbytes(32), bytes(SEALED))
                self._burned.append((day, address))
        return len(found)

    def messages_of(self, day: date, after: bytes, limit: int) -> list[Any]:
        del after, limit
        kept = day.toordinal() >= self._today().toordinal() - KEEP_DAYS
        return list(self._days.get(day.toordinal(), {}).values()) if kept else []

    def tidy(self) -> Iterator[None]:
        for day, address in self._burned:
            if day in self._days:
                del self._days[day][address]
        self._burned = []
        for day in [day for day in self._days if day < self._today().toordinal() - KEEP_DAYS]:
            for record in self._days.pop(day).values():
                self._at.pop(record.burn_hash, None)
        yield

    def close(self) -> None:
        pass


class Month:
    """One month of one site; with a folder, on a real shelf there."""

    def __init__(self, folder: Path | None, seed: int, *, hidden: bool, covered: bool) -> None:
        from whistle.console.places import Places
        from whistle.intake.cover import Amounts, Cover
        from whistle.shelf import Shelf

        self.life = random.Random(seed)
        self.noise = random.Random(seed + 1)
        self.now = 0.0
        self.covered = covered
        self.shelf: Any = ThinShelf(self.today)
        if folder is not None:
            self.shelf = Shelf(
                folder, today=self.today, message_days=KEEP_DAYS, chunk_days=KEEP_DAYS, capacity=1_000_000
            )
        self.batch: list[Any] = []
        amounts = Amounts(128, 4, KEEP_DAYS) if covered else Amounts(0, 0, KEEP_DAYS)
        self.cover = Cover(
            self,  # type: ignore[arg-type] # which gathers what is put until somebody looks
            amounts,
            self.today,
            self._fail,
            clock=lambda: self.now,
            chance=self.noise,
            make=self._record,
        )
        self.view = View()
        self.busy = self.life.choice([0.0, 0.1, 0.5, 2.0])
        days = WARM_DAYS + MONTH_DAYS
        self.consoles = [
            Console(number, self.life.uniform(0.6, 1.0), self._absence(days), Places())
            for number in range(self.life.randint(1, 5))
        ]
        self.away = self._absence(days)
        self.acts: list[tuple[float, int, Callable[[], None]]] = []
        self.numbers = count()
        self._plan(days, hidden=hidden)

    @staticmethod
    def _fail(error: Exception) -> None:
        raise error

    def _absence(self, days: int) -> range:
        if self.life.random() < 0.5:
            return range(0)
        begin = BEGIN.toordinal() + self.life.randrange(days)
        return range(begin, begin + self.life.randint(2, 10))

    def today(self) -> date:
        return (datetime.combine(BEGIN, datetime.min.time(), UTC) + timedelta(seconds=self.now)).date()

    # --- the shelf, with one commit for what nobody can tell apart

    def put_messages(self, records: list[Any]) -> list[None]:
        self.batch += records
        return [None for _ in records]

    def burn(self, tokens: list[bytes]) -> int:
        self._flush()
        gone: int = self.shelf.burn(tokens)
        return gone

    def _flush(self) -> None:
        if self.batch:
            for outcome in self.shelf.put_messages(self.batch):
                if isinstance(outcome, Exception):
                    raise outcome
            self.batch = []

    def _record(self, hash_of_token: bytes) -> Any:
        from whistle.protocol.record import Record

        return Record(self.noise.randbytes(32), hash_of_token, self.noise.randbytes(SEALED))

    def _visitor_puts(self, token: bytes, *, opens: bool = False) -> None:
        from whistle.protocol.record import burn_hash

        record = self._record(burn_hash(token))
        self.put_messages([record])
        self.cover.notice(1, 0)
        if opens:
            self.view.opened.add(record.address)

    def _visitor_burns(self, tokens: list[bytes]) -> None:
        for start in range(0, len(tokens), 8):
            self.cover.notice(0, self.burn(tokens[start : start + 8]))

    # --- what people do

    def _plan(self, days: int, *, hidden: bool) -> None:
        for day in range(days):
            self._at(day * 24 * HOUR + self.life.uniform(0, HOUR), self._tidy)
            self._at((day + 1) * 24 * HOUR - 0.001, self._flush)
            for console in self.consoles:
                if console.is_on(self._date(day), self.life):
                    for _ in range(self.life.randint(1, 2)):
                        self._at(self._working_hour(day), partial(self._sync, console))
            if self._is_colleague_there(self._date(day)):
                for _ in range(self.life.randint(1, 2)):
                    self._at(self._working_hour(day), self._watch)
            for _ in range(self._poisson(self.busy)):
                self._converse(day, self.life, opens=True)
        self._at(days * 24 * HOUR, self._watch)
        if hidden:
            # A generator of its own: everything else of the month is as it would have been.
            self._converse(WARM_DAYS + self.life.randrange(MONTH_DAYS - 10), random.Random(self.life.random()))

    def _is_colleague_there(self, day: date) -> bool:
        if day.toordinal() in self.away:
            return False
        return self.life.random() < (0.95 if day.weekday() < 5 else 0.3)

    def _converse(self, day: int, life: random.Random, *, opens: bool = False) -> None:
        """Plan a report with all that follows from it."""
        begun = self._waking_hour(day, life)
        tokens = [life.randbytes(32)]
        self._at(begun, partial(self._tell, tokens[0], opens=opens))
        last = begun
        for _ in range(life.choice([0, 0, 1, 2, 3])):
            last += life.uniform(HOUR, 6 * 24 * HOUR)
            tokens.append(life.randbytes(32))
            self._at(last, partial(self._tell, tokens[-1], opens=opens))
        for _ in range(life.choice([0, 1, 1, 2])):
            last += life.uniform(HOUR, 4 * 24 * HOUR)
            tokens.append(life.randbytes(32))
            self._at(last, partial(self._reply, tokens[-1], life, opens=opens))
        if life.random() < 0.4:
            last += life.uniform(HOUR, 5 * 24 * HOUR)

            def withdraw() -> None:
                self._visitor_puts(life.randbytes(32), opens=opens)
                self._visitor_burns(tokens)

            self._at(last, withdraw)

    def _tell(self, token: bytes, *, opens: bool) -> None:
        self._visitor_puts(token, opens=opens)
        for console in self.consoles:  # each of whom says, with one of its places, that it was seen
            console.waiting.append(Letter(self.noise.randbytes(32), opens))

    def _reply(self, token: bytes, life: random.Random, *, opens: bool) -> None:
        console = life.choice(self.consoles)
        answer = Letter(token, opens)
        decoys = [place for place, letter in enumerate(console.left) if letter.is_decoy]
        if not self.covered:
            self._visitor_puts(token, opens=opens)
        elif decoys:
            console.left[self.noise.choice(decoys)] = answer
        elif console.places.may_borrow(self.today(), PER_DAY):
            console.places = console.places.take(1, self.today(), PER_DAY)
            self._post(console, [answer])
        else:
            console.waiting.insert(0, answer)

    def _sync(self, console: Console) -> None:
        """Send an inventory, what waits, and as many decoys as there are places left, each at its moment."""
        today = self.today()
        left = console.places.left(today, PER_DAY) if self.covered else len(console.waiting) + 1
        letters = []
        if left > 0 and console.inventoried != today:
            letters.append(Letter(self.noise.randbytes(32), opens=True, is_inventory=True))
            console.inventoried = today
        while len(letters) < left:
            waits = bool(console.waiting)
            letters.append(console.waiting.pop(0) if waits else Letter(self.noise.randbytes(32), is_decoy=True))
        console.places = console.places.take(len(letters) if self.covered else 0, today, PER_DAY)
        self.noise.shuffle(letters)
        self._post(console, letters)

    def _post(self, console: Console, letters: list[Letter]) -> None:
        console.left += letters
        for _letter in letters:
            self._at(self.now + self.noise.uniform(0, POST_SECONDS), partial(self._put_next, console))

    def _put_next(self, console: Console) -> None:
        letter = console.left.pop(0)
        self._visitor_puts(letter.token, opens=letter.opens)
        if letter.is_inventory:
            self.view.inventories[self.today().toordinal()] += 1

    def _tidy(self) -> None:
        self._flush()
        for _step in self.shelf.tidy():
            pass

    def _watch(self) -> None:
        self._flush()
        listing = {}
        first = self.today() - timedelta(days=KEEP_DAYS)
        for number in range(KEEP_DAYS + 1):
            day = first + timedelta(days=number)
            for record in self.shelf.messages_of(day, b"", 1_000_000):
                if record.address not in self.view.opened:
                    listing[record.address] = (day.toordinal(), hash(record.burn_hash))
        self.view.listings.append((self.now, listing))

    # --- time

    def live(self) -> View:
        while self.acts:
            moment, _number, act = heappop(self.acts)
            while (wait := self.cover.wait(moment - self.now)) < moment - self.now:
                self.now += wait
                self.cover.step()
            self.now = moment
            act()
        self.shelf.close()
        return self.view

    def _at(self, moment: float, act: Callable[[], None]) -> None:
        if moment <= (WARM_DAYS + MONTH_DAYS) * 24 * HOUR:
            heappush(self.acts, (moment, next(self.numbers), act))

    @staticmethod
    def _date(day: int) -> date:
        return BEGIN + timedelta(days=day)

    def _working_hour(self, day: int) -> float:
        return (day * 24 + self.life.uniform(7, 17)) * HOUR

    @staticmethod
    def _waking_hour(day: int, life: random.Random) -> float:
        return (day * 24 + life.triangular(6, 24, 19)) * HOUR

    def _poisson(self, mean: float) -> int:
        count, left = 0, self.life.expovariate(1)
        while left < mean:
            count, left = count + 1, left + self.life.expovariate(1)
        return count


# --- what a clever colleague makes of it


def features(view: View) -> dict[str, float]:
    came, went = _came(view), _went(view)
    first = BEGIN.toordinal() + WARM_DAYS
    days = range(first, first + MONTH_DAYS)
    counts = [float(came[day]) for day in days]
    # Each inventory tells of a console that was on, and so of the other records that it put.
    rest = [came[day] - (PER_DAY - 1) * view.inventories[day] for day in days]
    weekdays = [count for day, count in zip(days, rest, strict=True) if date.fromordinal(day).weekday() < 5]
    weekends = [count for day, count in zip(days, rest, strict=True) if date.fromordinal(day).weekday() >= 5]
    gone = [len(group) for group in went]
    ages = [age for group in went for age in group]
    spans = [max(group) - min(group) for group in went if group]
    found = {
        "inventories": float(sum(view.inventories.values())),
        "weekdays": statistics.mean(weekdays),
        "weekends": statistics.mean(weekends),
        **_shape("came", counts),
        **_shape("rest", [float(count) for count in rest]),
        **_shape("gone", [float(count) for count in gone]),
        **_shape("ages", [float(age) for age in ages]),
        **_shape("spans", [float(span) for span in spans]),
        **{f"gone {size} together": float(sum(count == size for count in gone)) for size in range(1, 8)},
        **{f"gone at age {age}": float(ages.count(age)) for age in range(KEEP_DAYS)},
        "gone of one day": float(max((max(Counter(group).values()) for group in went if group), default=0)),
        "came and gone": _correlation([float(count) for count in rest], _gone_by_day(view, days)),
        "change": _change([float(count) for count in rest]),
        "bursts": float(_burst(view)),
        "quiet": float(_quiet(view)),
    }
    return {name: float(value) for name, value in found.items()}


def _came(view: View) -> Counter[int]:
    every: dict[bytes, int] = {}
    for _moment, listing in view.listings:
        every.update({address: day for address, (day, _hash) in listing.items()})
    return Counter(every.values())


def _went(view: View) -> list[list[int]]:
    """Return the ages in days of what went, or was overwritten, between one listing and the next."""
    groups = []
    for (_before, old), (moment, new) in _pairs(view):
        today = BEGIN.toordinal() + int(moment // (24 * HOUR))
        groups.append(
            [
                today - day
                for at, (day, was) in old.items()
                if day >= today - KEEP_DAYS and new.get(at, (0, 0))[1] != was
            ]
        )
    return groups


def _pairs(view: View) -> Iterator[tuple[tuple[float, Any], tuple[float, Any]]]:
    yield from zip(view.listings, view.listings[1:], strict=False)


def _gone_by_day(view: View, days: range) -> list[float]:
    found: Counter[int] = Counter()
    for group, (moment, _listing) in zip(_went(view), view.listings[1:], strict=True):
        found[BEGIN.toordinal() + int(moment // (24 * HOUR))] += len(group)
    return [float(found[day]) for day in days]


def _shape(name: str, values: list[float]) -> dict[str, float]:
    if len(values) < 2:
        values = [0.0, 0.0]
    ordered = sorted(values)
    middle = statistics.median(ordered)
    return {
        f"{name} mean": statistics.mean(values),
        f"{name} spread": statistics.pstdev(values),
        f"{name} least": ordered[0],
        f"{name} most": ordered[-1],
        f"{name} three most": sum(ordered[-3:]),
        f"{name} above the middle": ordered[-1] - middle,
        f"{name} low quarter": ordered[len(ordered) // 4],
        f"{name} high quarter": ordered[3 * len(ordered) // 4],
        f"{name} after itself": _correlation(values[:-1], values[1:]),
    }


def _correlation(left: list[float], right: list[float]) -> float:
    spread = statistics.pstdev(left) * statistics.pstdev(right) if len(left) > 1 else 0.0
    if not spread:
        return 0.0
    a, b = statistics.mean(left), statistics.mean(right)
    return sum((x - a) * (y - b) for x, y in zip(left, right, strict=True)) / len(left) / spread


def _change(values: list[float]) -> float:
    """Return the largest rise of the mean at any day."""
    return max(statistics.mean(values[at:]) - statistics.mean(values[:at]) for at in range(3, len(values) - 3))


def _rates(view: View) -> list[float]:
    """Return how many came an hour between one listing and the next, beyond chance."""
    found = []
    for (before, old), (after, new) in _pairs(view):
        hours = (after - before) / HOUR
        if hours > 0.2:
            found.append((len(new.keys() - old.keys()) - hours * 5.3) / math.sqrt(hours * 5.3))
    return found


def _burst(view: View) -> float:
    return max(_rates(view), default=0.0)


def _quiet(view: View) -> float:
    return min(_rates(view), default=0.0)


def main(begin: int, end: int, covered: bool, real: bool) -> None:  # noqa: FBT001 - from the command line
    shrink()
    for seed in range(begin, end):
        hidden = bool(seed % 2)
        with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:  # noqa: S108 - no disk
            where = Path(folder) / "shelf" if real else None
            month = Month(where, seed * 7_919, hidden=hidden, covered=covered)
            found = features(month.live())
        sys.stdout.write(json.dumps({"hidden": hidden, **found}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "covered", sys.argv[4] == "real")
