"""The loop: change an input, run it, keep it if it reached a line by a way that no other did."""

import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from traceback import extract_tb
from types import FrameType
from typing import Final, Protocol

from dev.fuzz.edges import Edge, Edges
from dev.fuzz.mutation import Mutator

#: No input may keep a parser busy for longer; the machine may be slow.
_SECONDS_EACH: Final = 30
_SHRINK_TRIES: Final = 2_000


class Target(Protocol):
    """What is fuzzed: ``run`` raises for a finding, and for nothing else."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def tokens(self) -> Sequence[bytes]:
        """Words of its language, for chance to insert."""

    @property
    def limit(self) -> int:
        """The longest input, in bytes."""

    def run(self, data: bytes) -> None:
        """Hand over an input."""


class TookTooLong(Exception):
    """An input kept a parser busy for half a minute."""


@dataclass(frozen=True)
class Finding:
    """An input that broke something: the kind of the error and its place, and the error itself."""

    place: str
    data: bytes
    error: BaseException


@dataclass
class Outcome:
    """What a run found; ``kept`` are the inputs that reached something new, those given at the start among them."""

    runs: int = 0
    kept: list[bytes] = field(default_factory=list)
    edges: set[tuple[Edge, int]] = field(default_factory=set)
    findings: dict[str, Finding] = field(default_factory=dict)

    @property
    def ways(self) -> int:
        """How many different ways from one line to another were seen."""
        return len({edge for edge, _count in self.edges})


class Engine:
    """Fuzzes one target from a corpus. With ``runs`` as the only bound, a deterministic target repeats exactly."""

    def __init__(self, target: Target, corpus: Iterable[bytes], seed: int = 0, edges: Edges | None = None) -> None:
        self._target = target
        self._mutator = Mutator(seed, target.tokens, target.limit)
        self._edges = edges or Edges()
        self._chosen: list[int] = []
        self.outcome = Outcome()
        for data in corpus:
            self._try(data)
        if not self.outcome.kept:
            self._keep(b"")

    def run(self, runs: int | None = None, seconds: float | None = None) -> Outcome:
        """Go on for so many runs or seconds, whichever ends first, and return the outcome so far."""
        until = None if seconds is None else time.monotonic() + seconds
        last = None if runs is None else self.outcome.runs + runs
        while (until is None or time.monotonic() < until) and (last is None or self.outcome.runs < last):
            # The newest and the least used come first: they are where something may still be found.
            weights = [(1 + at) / (1 + times) for at, times in enumerate(self._chosen)]
            chosen, other = self._mutator.choose(weights), self._mutator.choose(weights)
            self._chosen[chosen] += 1
            self._try(self._mutator.mutate(self.outcome.kept[chosen], self.outcome.kept[other]))
        return self.outcome

    def _try(self, data: bytes) -> None:
        self.outcome.runs += 1
        error = self._error_of(data)
        if error is not None:
            place = _place(error)
            if place not in self.outcome.findings:
                small = self._shrunk(data, place)
                self.outcome.findings[place] = Finding(place, small, self._error_of(small) or error)
            return
        seen = self._edges.seen
        if not seen <= self.outcome.edges:
            self.outcome.edges |= seen
            self._keep(data)

    def _keep(self, data: bytes) -> None:
        self.outcome.kept.append(data)
        self._chosen.append(0)

    def _error_of(self, data: bytes) -> BaseException | None:
        try:
            with _time_limit(), self._edges:
                self._target.run(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            return error
        return None

    def _shrunk(self, data: bytes, place: str) -> bytes:
        """Return a shorter input that fails at the same place."""
        size, tries = max(1, len(data) // 2), 0
        while size and tries < _SHRINK_TRIES:
            at = 0
            while at < len(data) and tries < _SHRINK_TRIES:
                tries += 1
                shorter = data[:at] + data[at + size :]
                error = self._error_of(shorter)
                if error is not None and _place(error) == place:
                    data = shorter
                else:
                    at += size
            size //= 2
        return data


def reduced(target: Target, corpus: Iterable[bytes], most: int) -> list[bytes]:
    """Return at most ``most`` inputs, short ones first, each of which adds an edge to those before."""
    edges, seen, kept = Edges(), set[Edge](), list[bytes]()
    for data in sorted(set(corpus), key=lambda each: (len(each), each)):
        with edges:
            target.run(data)
        new = {edge for edge, _count in edges.seen}
        if not new <= seen:
            seen |= new
            kept.append(data)
    return kept[-most:]


def _place(error: BaseException) -> str:
    frames = extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/whistle/" in frame.filename] or frames
    where = f"{ours[-1].filename.rpartition('/whistle/')[2]}:{ours[-1].lineno}" if ours else "nowhere"
    return f"{type(error).__name__} at {where}"


@contextmanager
def _time_limit() -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, _too_long)
    signal.setitimer(signal.ITIMER_REAL, _SECONDS_EACH)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _too_long(_number: int, _frame: FrameType | None) -> None:
    raise TookTooLong
