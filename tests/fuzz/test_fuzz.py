"""Every target for a moment, always the same; for an hour in ``make test-all``; and that the fuzzer finds anything."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dev.fuzz.edges import Edges
from dev.fuzz.engine import Engine, Outcome, reduced
from dev.fuzz.mutation import Mutator
from tests.fuzz.targets import CORPUS, corpus_of, opening, share

HERE = str(Path(__file__).parent) + "/"
HOUR = 3_600
#: Some seconds of each; fewer of what is slow.
RUNS = {"requests": 150, "heads": 300, "forms": 100, "receipts": 100}


def fuzz(name: str, seed: int, *, runs: int | None = None, seconds: float | None = None) -> Outcome:
    """Fuzz a target from its seeds and everything that was kept."""
    with opening[name]() as target:
        return Engine(target, [*target.seeds, *corpus_of(name)], seed).run(runs, seconds)


@pytest.mark.parametrize("name", opening)
def test_nothing_is_found(name: str) -> None:
    outcome = fuzz(name, 1, runs=RUNS.get(name, 600))
    assert outcome.findings == {}
    assert outcome.ways > 5


@pytest.mark.long
@pytest.mark.timeout(HOUR)
@pytest.mark.parametrize("name", opening)
def test_nothing_is_found_in_its_part_of_an_hour(name: str) -> None:
    outcome = fuzz(name, 2, seconds=HOUR * share(name, list(opening)))
    assert outcome.findings == {}


def test_every_input_that_was_kept_belongs_to_a_target() -> None:
    assert {folder.name for folder in CORPUS.glob("*/")} <= set(opening)
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) < 1 << 20


# --- the fuzzer itself


@dataclass(frozen=True)
class Lock:
    """Opens for one word, which is told letter by letter: only who sees the way that code takes gets in."""

    name: str = "lock"
    tokens: Sequence[bytes] = ()
    limit: int = 5
    word: bytes = b"tip"
    tried: list[bytes] = field(default_factory=list)

    def run(self, data: bytes) -> None:
        self.tried.append(data)
        if data[0:1] == self.word[0:1]:
            if data[1:2] == self.word[1:2]:
                if data[2:3] == self.word[2:3]:
                    raise KeyError(data)
                return
            return


def test_what_is_told_by_coverage_is_found_and_cut_down_to_what_matters() -> None:
    outcome = Engine(Lock(), [b"aaaa"], 0, Edges(HERE)).run(runs=30_000)
    (finding,) = outcome.findings.values()
    assert finding.data == Lock.word
    assert finding.place.startswith("KeyError at")


def test_without_coverage_it_is_not_found() -> None:
    outcome = Engine(Lock(), [b"aaaa"], 0, Edges("/nowhere/")).run(runs=30_000)
    assert outcome.findings == {}


def test_the_same_seed_tries_the_same() -> None:
    tried = []
    for _ in range(2):
        lock = Lock()
        Engine(lock, [b"abc"], 7, Edges(HERE)).run(runs=500)
        tried.append(lock.tried)
    assert tried[0] == tried[1]


def test_an_input_that_takes_too_long_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(Lock):
        def run(self, data: bytes) -> None:
            while data == b"x":
                pass

    monkeypatch.setattr("dev.fuzz.engine._SECONDS_EACH", 0.05)
    outcome = Engine(Endless(), [b"x"], 1, Edges(HERE)).outcome
    assert [finding.place.split()[0] for finding in outcome.findings.values()] == ["TookTooLong"]


def test_what_is_kept_is_small_and_reaches_as_much() -> None:
    with opening["heads"]() as target:
        outcome = Engine(target, target.seeds, 3).run(runs=200)
        kept = reduced(target, outcome.kept, 1_000)
        again = Engine(target, kept, 3).outcome
    assert len(kept) <= len(outcome.kept)
    assert again.ways == outcome.ways


def test_a_mutant_is_never_too_long() -> None:
    mutator = Mutator(1, [b"token" * 20], 50)
    assert all(len(mutator.mutate(b"abc" * 10, b"xyz" * 20)) <= 50 for _ in range(500))
