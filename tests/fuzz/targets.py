"""Every target by its name, and what was kept of it: ``tests/fuzz/corpus/NAME``, one input in each file."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

from dev.fuzz.engine import Target
from tests.fuzz import requests
from tests.fuzz.parsers import PARSERS, Parser

CORPUS = Path(__file__).parent / "corpus"


class Opened(Target, Protocol):
    """A target, ready to run, with the inputs to begin with."""

    @property
    def seeds(self) -> Sequence[bytes]:
        """Honest inputs."""


def corpus_of(name: str) -> list[bytes]:
    """Return what was kept for a target."""
    return [path.read_bytes() for path in sorted(_files(CORPUS / name))]


def _files(folder: Path) -> Iterator[Path]:
    return folder.iterdir() if folder.is_dir() else iter(())


@contextmanager
def _at_hand(parser: Parser) -> Iterator[Opened]:
    yield parser


opening: dict[str, Callable[[], AbstractContextManager[Opened]]] = {
    **{parser.name: partial(_at_hand, parser) for parser in PARSERS},
    "requests": requests.opened,
}

#: How much of the time each gets, where it is not one part: what is slow, and what is nearest to strangers, gets more.
_PARTS = {"requests": 8, "heads": 3, "forms": 3}


def share(name: str, among: Sequence[str]) -> float:
    """Return which part of the time is for this target."""
    return _PARTS.get(name, 1) / sum(_PARTS.get(each, 1) for each in among)
