"""A reviewer's desk on the command line: opened for one command, and what it has to send."""

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, TypeAlias

import click

from whistle.cli.passphrases import passphrase
from whistle.console.delivery import Delivery, unsent
from whistle.console.desk import Desk
from whistle.console.posting import Letter, Post
from whistle.console.settings import ConsoleSettings
from whistle.courier import Courier
from whistle.courier.carrying import CarriedCourier
from whistle.courier.http import HttpCourier
from whistle.errors import CourierError, SettingsError, ShelfError
from whistle.language import _, plural
from whistle.naming import screen_text

#: Status of a command that did its work, and has records left to be sent next time (EX_TEMPFAIL of sysexits.h).
WAITING: Final = 75
_MINUTE: Final = 60
#: Opens the way for signed requests, and another for what must not be linked to them.
Ways: TypeAlias = Callable[[], AbstractContextManager[tuple[Courier, Courier]]]


def desk_of(settings: ConsoleSettings) -> Desk:
    """Return the desk that the settings name."""
    return Desk(settings.folder, settings.keep_days, lock_minutes=None, daily_records=settings.daily_records)


def plain_desk(folder: Path) -> Desk:
    """Return the desk in a folder, for what needs no settings."""
    return Desk(folder, lock_minutes=None)


@contextmanager
def unlocked(desk: Desk, descriptor: int | None) -> Iterator[Desk]:
    """Unlock a desk with the passphrase that is asked for, or read from ``descriptor``."""
    with desk:
        desk.unlock(passphrase(descriptor, _("Passphrase")))
        yield desk


@contextmanager
def couriers(settings: ConsoleSettings, carried: Path | None, out: Path | None) -> Iterator[tuple[Courier, Courier]]:
    """Give the way for signed requests, and another for what must not be linked to them.

    A carried file is one way for both: nobody watches it. Raises ``SettingsError`` where there is neither.
    """
    if (carried is None) != (out is None):
        raise click.UsageError(_("--carried and --out go together"))
    if carried is not None and out is not None:
        with CarriedCourier(carried, out) as courier:
            yield courier, courier
        return
    if not settings.intake:
        raise SettingsError(_("the setting intake is empty; give --carried and --out"))
    proxy = settings.proxy or None
    with HttpCourier(settings.intake, proxy) as signed, HttpCourier(settings.intake, proxy) as anonymous:
        yield signed, anonymous


def ask(intake: str, proxy: str) -> bytes:
    """Return the document that an intake publishes."""
    with HttpCourier(intake, proxy or None) as courier:
        return courier.keyring()


def warn(desk: Desk) -> None:
    """Print what needs the reviewer's attention."""
    for warning in desk.warnings():
        click.echo(_("Note: {warning}").format(warning=screen_text(warning)), err=True)


def send(desk: Desk, post: Post, ways: Ways, minutes: int) -> bool:
    """Put a post at random moments of so many minutes, or what is left when Ctrl-C is pressed; tell whether all is put.

    With ``minutes`` each record goes over a way of its own: they are not to be linked by the connection either.
    """

    def put(letter: Letter) -> None:
        with ways() as (_signed, anonymous):
            desk.put(post, letter, anonymous)

    delivery = Delivery(post, put, _MINUTE * minutes)
    if minutes and delivery.left:
        sentence = plural(
            "{count} record of today leaves at a random moment of the next {minutes} minutes; "
            "press Ctrl-C to send it now.",
            "{count} records of today leave at random moments of the next {minutes} minutes; "
            "press Ctrl-C to send them now.",
            delivery.left,
        )
        click.echo(sentence.format(count=delivery.left, minutes=minutes), err=True)
    try:
        with _hurrying(delivery):
            delivery.run()
    except (CourierError, ShelfError) as error:
        click.echo(_("Note: {warning}").format(warning=unsent(error, delivery.left)), err=True)
    return not delivery.left


@contextmanager
def _hurrying(delivery: Delivery) -> Iterator[None]:
    """Let whoever wants this process to end wait for the records, once: the second time it ends."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

    def hurry(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, before[signal.Signals(number)])
        delivery.hurry()

    for each in before:
        signal.signal(each, hurry)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
