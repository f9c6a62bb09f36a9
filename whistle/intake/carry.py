"""Carrying the shelf to consoles that no network reaches, and their answers back. docs/operating.md."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

from whistle.courier import wire
from whistle.courier.carrying import Delivered, carry_in, carry_out
from whistle.courier.http import HttpCourier
from whistle.intake.published import Bulletin, today
from whistle.intake.settings import IntakeSettings
from whistle.protocol.record import Record
from whistle.shelf import Shelf


def carry_to(path: Path, settings: IntakeSettings, clock: Callable[[], date] = today) -> int:
    """Write everything that is on the shelf to a new file, and return how many days it covers.

    The server must not run meanwhile. Raises ``ShelfUnavailable`` where it does, ``ShelfUnsafe``, ``KeyringError`` and
    ``FileExistsError``.
    """
    bulletin = Bulletin(settings.keyring, settings.statements, settings.work_bits, clock)
    first = clock() - timedelta(days=settings.message_days)
    days = [first + timedelta(days=day) for day in range(settings.message_days + 1)]
    with (
        Shelf(
            settings.shelf,
            today=clock,
            message_days=settings.message_days,
            chunk_days=settings.chunk_days,
            capacity=settings.capacity,
        ) as shelf,
        path.open("xb") as stream,
    ):
        path.chmod(0o600)
        carry_out(stream, bulletin.document, ((day, _messages(shelf, day)) for day in days), _chunks(shelf))
    return len(days)


def carry_from(path: Path, settings: IntakeSettings) -> Delivered:
    """Put what a console wrote to the file at ``path`` on the shelf, through the running server.

    Doing it again does no harm. Raises ``CarriedMalformed`` before anything is put, ``CourierError``, ``ShelfError``.
    """
    with HttpCourier(f"http://{settings.host}:{settings.port}") as courier, path.open("rb") as stream:
        return carry_in(stream, courier)


def _messages(shelf: Shelf, day: date) -> Iterator[Record]:
    page = shelf.messages_of(day, b"", wire.LISTING_PAGE)
    while page:
        yield from page
        page = shelf.messages_of(day, page[-1].address, wire.LISTING_PAGE)


def _chunks(shelf: Shelf) -> Iterator[Record]:
    page = shelf.chunks_after(b"", wire.LISTING_PAGE)
    while page:
        yield from page
        page = shelf.chunks_after(page[-1].address, wire.LISTING_PAGE)
