"""A child's link to its parent: chunks are sealed while others are written, and no failure is lost by it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.intake.browsing import Place, opened
from tests.shelf.samples import records, samples
from whistle.errors import ShelfFull, ShelfUnavailable
from whistle.intake.link import ShelfLink
from whistle.protocol.labels import FETCH_COUNT, LOOK_COUNT
from whistle.protocol.record import Record


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Place]:
    with opened(tmp_path, capacity=80) as place:
        yield place


def batch() -> list[Record]:
    return records(samples(32))


def put(link: ShelfLink, batches: int) -> None:
    for _ in range(batches):
        link.put_chunks(batch())


def look(place: Place, some: list[Record]) -> list[bool]:
    return place.backstage.shelf.look([each.address for each in some])


def test_what_was_put_before_an_answer_to_something_else_is_durable(small: Place) -> None:
    first, second = batch(), batch()
    with small.backstage.link() as link:
        link.put_chunks(first)
        link.put_chunks(second)
        assert link.look([each.address for each in first + second + first + second]) == (True,) * LOOK_COUNT
    assert small.backstage.put == [len(bytes(first[0]))] * 64


@pytest.mark.parametrize("more", [0, 1, 2, 5])
def test_a_message_is_never_put_behind_chunks_that_failed(small: Place, more: int) -> None:
    (message,) = records(samples(1))
    with small.backstage.link() as link:
        put(link, 2)
        with pytest.raises(ShelfFull):
            _put_all(link, 1 + more, message)
        assert not any(look(small, [message]))


def _put_all(link: ShelfLink, batches: int, message: Record) -> None:
    put(link, batches)
    link.put_message(message)


def test_an_error_is_told_once_and_the_link_can_still_be_asked(small: Place) -> None:
    kept = batch()
    with small.backstage.link() as link:
        link.put_chunks(kept)
        with pytest.raises(ShelfFull):
            put(link, 9)
        assert link.keyring()
        assert link.fetch([each.address for each in kept[:FETCH_COUNT]]) == tuple(map(bytes, kept[:FETCH_COUNT]))


def test_a_parent_that_has_gone_is_a_shelf_that_is_unavailable(small: Place) -> None:
    with small.backstage.link() as link:
        link.put_chunks(batch())
        link._sock.close()
        with pytest.raises(ShelfUnavailable):
            link.put_chunks(batch())
