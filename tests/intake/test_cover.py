import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import sleep

import pytest

from tests.intake.server import serving
from tests.shelf.samples import Sample, files_with, listed, sample, tidied
from whistle.errors import NotForMe, ShelfFull
from whistle.intake.cover import _ANNOUNCED, Amounts, Cover, disguised
from whistle.intake.published import today
from whistle.intake.verbs import Verbs
from whistle.protocol.keys import Identity
from whistle.protocol.labels import BURN_TOKEN_SIZE, VERSION
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.sealing import open_sealed
from whistle.shelf import Shelf

BEGIN = datetime(2026, 11, 21, tzinfo=UTC)
DAY = 86_400.0
KEEP_DAYS = 10
AMOUNTS = Amounts(decoys=40, groups=3, keep_days=KEEP_DAYS)


class Scene:
    """A real shelf with its cover, and a clock that jumps to whatever is next."""

    def __init__(self, folder: Path, amounts: Amounts = AMOUNTS, seed: int = 0, capacity: int = 10_000) -> None:
        self.now = 0.0
        self.told: list[Exception] = []
        self.shelf = Shelf(
            folder / "shelf", today=self.today, message_days=KEEP_DAYS, chunk_days=KEEP_DAYS, capacity=capacity
        )
        self.cover = self.begin(amounts, seed)

    def begin(self, amounts: Amounts = AMOUNTS, seed: int = 0) -> Cover:
        """Return a cover as a new process would have it."""
        made = sample().record

        def make(hash_of_token: bytes) -> Record:
            return Record(random.randbytes(32), hash_of_token, made.sealed)

        chance = random.Random(seed)
        self.cover = Cover(self.shelf, amounts, self.today, self.told.append, lambda: self.now, chance, make)
        return self.cover

    def today(self) -> date:
        return (BEGIN + timedelta(seconds=self.now)).date()

    def pass_by(self, days: float) -> None:
        end = self.now + days * DAY
        while (wait := self.cover.wait(end - self.now)) < end - self.now:
            self.now += wait
            self.cover.step()
        self.now = end

    def put(self, each: Sample) -> None:
        self.shelf.put_messages([each.record])
        self.cover.notice(1, 0)

    def burn(self, each: Sample) -> None:
        self.cover.notice(0, self.shelf.burn([each.token]))

    def all_listed(self) -> list[Record]:
        days = [self.today() - timedelta(days=day) for day in range(KEEP_DAYS + 1)]
        return [record for day in days for record in listed(self.shelf, day)]

    def alive(self) -> int:
        records = self.all_listed()
        return sum(self.shelf.look([record.address for record in records]))


def test_decoys_come_at_random_moments_of_day_and_night(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Amounts(40, 0, KEEP_DAYS))
    moments: list[float] = []
    while scene.now < 20 * DAY:
        scene.now += scene.cover.wait(DAY)
        scene.cover.step()
        moments.append(scene.now)
    hours = [int(moment % DAY // 3_600) for moment in moments]
    assert 600 < len(moments) < 1_000
    assert set(hours) == set(range(24))
    assert max(hours.count(hour) for hour in range(24)) < 3 * len(hours) / 24


def test_a_decoy_is_like_a_message_and_opens_for_nobody() -> None:
    record = disguised(burn_hash(bytes(32)))
    assert record.sealed[0] == VERSION
    with pytest.raises(NotForMe):
        open_sealed(record, Identity.generate())


def test_groups_go_across_days(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.pass_by(9)
    came, alive = len(scene.all_listed()), scene.alive()
    assert 250 < came < 500
    assert came - 150 < alive < came - 30
    gone = [
        date
        for date in (scene.today() - timedelta(days=day) for day in range(9))
        if not all(scene.shelf.look([record.address for record in listed(scene.shelf, date)]))
    ]
    assert len(gone) > 5
    tidied(scene.shelf)
    assert len(scene.all_listed()) == alive


@pytest.mark.parametrize("seed", range(5))
def test_messages_of_visitors_take_places_of_decoys(tmp_path: Path, seed: int) -> None:
    """With the same chance there are as many records in the end, whether or not visitors brought some of them."""
    counts = []
    for folder, visitors in (("without", 0), ("with", 9)):
        (tmp_path / folder).mkdir()
        scene = Scene(tmp_path / folder, Amounts(40, 0, KEEP_DAYS), seed)
        scene.pass_by(1)
        for _ in range(visitors):
            scene.put(sample())
            scene.pass_by(0.05)
        scene.pass_by(2 - visitors * 0.05)
        counts.append(len(scene.all_listed()))
    assert counts[0] == counts[1]


def test_burns_of_visitors_take_places_of_decoys_that_would_go(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.pass_by(3)
    theirs = [sample() for _ in range(9)]
    scene.shelf.put_messages([each.record for each in theirs])
    planned: list[int] = []
    size = scene.cover._size

    def plan() -> int:
        planned.append(size())
        return planned[-1]

    scene.cover._size = plan  # type: ignore[method-assign]
    scene.cover._yields = lambda: True  # type: ignore[method-assign]
    dead = len(scene.all_listed()) - scene.alive()
    for each in theirs:
        scene.burn(each)
    scene.pass_by(6)
    scene.cover._going.per_day = 0
    scene.pass_by(0.01)
    assert sum(planned) > 20
    assert len(scene.all_listed()) - scene.alive() - dead == sum(planned)


def test_nobody_can_use_the_places_up(tmp_path: Path) -> None:
    """Whoever floods the shelf with messages of their own does not learn which of the others are real."""
    scene = Scene(tmp_path, Amounts(40, 0, KEEP_DAYS))
    own = [sample() for _ in range(400)]
    for each in own:
        scene.put(each)
        scene.pass_by(0.01)
    others = len(scene.all_listed()) - len(own)
    assert 20 < others < 80
    scene.pass_by(4)
    assert len(scene.all_listed()) - len(own) > others + 60


def test_after_a_restart_old_decoys_stay_until_their_days_have_passed(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.pass_by(3)
    old = [record.address for record in scene.all_listed()]
    before = scene.shelf.look(old)
    scene.begin(seed=1)
    scene.pass_by(4)
    assert scene.shelf.look(old) == before
    scene.pass_by(KEEP_DAYS)
    assert not any(scene.shelf.look(old))
    assert scene.alive() > 100


def test_what_expired_is_forgotten(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.pass_by(3 * KEEP_DAYS + 0.5)
    assert len(scene.cover._living) <= KEEP_DAYS + 1
    assert sum(map(len, scene.cover._living.values())) == scene.alive()


def test_what_expired_is_forgotten_where_no_groups_go_too(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Amounts(10, 0, KEEP_DAYS))
    scene.pass_by(2 * KEEP_DAYS)
    assert len(scene.cover._living) <= KEEP_DAYS + 1


def test_most_groups_go_right_after_one_more_message_came(tmp_path: Path) -> None:
    """As a conversation does that its source takes back."""
    scene = Scene(tmp_path)
    put: list[float] = []
    scene.cover._put = lambda: put.append(scene.now)  # type: ignore[method-assign]
    for _ in range(1_000):
        scene.cover._go()
    assert 1_000 * _ANNOUNCED - 60 < len(put) < 1_000 * _ANNOUNCED + 60


def test_what_goes_together_goes_in_one_call_or_in_several(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    tokens = [bytes([number]) for number in range(5)]
    sizes = set()
    for _ in range(300):
        calls = list(scene.cover._calls(tokens))
        assert all(calls)
        assert [token for call in calls for token in call] == tokens
        sizes.add(len(calls[0]))
    assert sizes == {1, 2, 3, 4, 5}


def test_the_calls_of_a_group_come_one_after_the_other(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.pass_by(5)
    scene.cover._size = lambda: 12  # type: ignore[method-assign]
    scene.cover._yields = lambda: False  # type: ignore[method-assign]
    scene.cover._calls = lambda tokens: iter([[token] for token in tokens])  # type: ignore[method-assign]
    before = len(scene.cover._acts)
    scene.cover._go()
    moments = sorted(act.moment - scene.now for act in scene.cover._acts)[: len(scene.cover._acts) - before - 1]
    assert len(set(moments)) == len(moments) > 5
    assert all(0 < moment < 3_600 for moment in moments)


def test_neither_the_key_nor_a_token_is_in_any_file(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.pass_by(3)
    tokens = [scene.cover._token(number) for numbers in scene.cover._living.values() for number in numbers]
    assert len(tokens) > 50
    assert files_with(tmp_path / "shelf", scene.cover._key, *tokens) == []
    assert files_with(tmp_path / "shelf", burn_hash(tokens[0])) != []


def test_a_full_shelf_is_told_and_the_cover_goes_on(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Amounts(40, 0, KEEP_DAYS), capacity=5)
    scene.pass_by(1)
    assert {type(error) for error in scene.told} == {ShelfFull}
    assert len(scene.all_listed()) == 5
    assert scene.cover.wait(DAY) < DAY


def test_only_new_messages_of_visitors_and_their_burns_are_noticed(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    seen: list[tuple[int, int]] = []
    verbs = Verbs(scene.shelf, None, lambda came, went: seen.append((came, went)))  # type: ignore[arg-type] # unused
    message, chunk = sample(), sample()
    tokens = message.token + chunk.token + bytes(6 * BURN_TOKEN_SIZE)
    for each in (message, message):
        verbs.put_message(bytes(each.record), lambda _error: None)
        verbs.commit()
    verbs.put_chunks(bytes(chunk.record), lambda _error: None)
    verbs.burn(tokens, lambda _error: None)
    assert seen == [(1, 0), (0, 0), (0, 0), (0, 1)]


def test_a_server_has_its_cover(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    with serving(folder, ", decoys=100_000"):
        sleep(6)
    kept = Shelf(folder / "shelf", today=today, message_days=90, chunk_days=90, capacity=10_000)
    assert kept.messages_of(today(), b"", 64)


def test_without_decoys_there_is_nothing_to_do(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Amounts(0, 3, KEEP_DAYS))
    assert scene.cover.wait(5.0) == 5.0
    assert not scene.cover.is_due
    scene.pass_by(5)
    assert scene.all_listed() == []


def test_a_decoy_is_made_before_its_moment(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    made = []
    make = scene.cover._make

    def noted(hash_of_token: bytes) -> Record:
        made.append(scene.now)
        return make(hash_of_token)

    scene.cover._make = noted
    scene.cover.step()
    scene.cover.step()
    assert made == [0.0]
    scene.now += scene.cover.wait(DAY)
    assert scene.cover.is_due
    scene.cover.step()
    assert made == [0.0]
