"""The verbs of a reviewer: ``whistle sync | inbox | read | reply | console``. Those of a vault are in ``vaults``."""

import mimetypes
import sys
from collections.abc import Callable, Collection
from contextlib import ExitStack, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import click

from whistle.cli.conversation import save_files, shown
from whistle.cli.desks import WAITING, Ways, couriers, desk_of, send, unlocked, warn
from whistle.cli.passphrases import passphrase_option
from whistle.cli.vaults import NEW_FILE, OLD_FILE, enrol, join, rotate, vault
from whistle.console.answer import Answer, Attachment
from whistle.console.case import Case, Item, ItemState
from whistle.console.desk import Desk
from whistle.console.serve import serve
from whistle.console.settings import ConsoleSettings, load
from whistle.console.sync import Synced
from whistle.errors import CourierError, ShelfError
from whistle.language import _, later, plural
from whistle.naming import screen_text

__all__ = ["console", "enrol", "inbox", "join", "read", "reply", "rotate", "sync", "vault"]

F = TypeVar("F", bound=Callable[..., Any])
_KEPT = later("The reply is kept. Do not write it again: the next sync sends it.")

CONFIG = click.option(
    "--config", type=OLD_FILE, default=Path("config/whistle.toml"), show_default=True, help="The settings."
)


# --- reading and answering


def carried_options(function: F) -> F:
    """Add the two files that take the place of the intake for a console without a network."""
    incoming = "Read this file, made by `whistle carry`, instead of asking the intake."
    outgoing = "With --carried: write here what `whistle carry --in` is to put."
    with_out = click.option("--out", type=NEW_FILE, help=outgoing)(function)
    return click.option("--carried", type=OLD_FILE, help=incoming)(with_out)


@click.command()
@CONFIG
@carried_options
@passphrase_option
def sync(config: Path, carried: Path | None, out: Path | None, passphrase_fd: int | None) -> None:
    """Fetch and open what is new, and send the records of the day.

    Status 75 means that everything was fetched, and that records wait to be sent next time.
    """
    settings = _settings(config, carried)
    with unlocked(desk_of(settings), passphrase_fd) as desk:
        with couriers(settings, carried, out) as opened:
            _tell(desk.fetch(*opened))
            warn(desk)
            sent = settings.post_minutes > 0 or send(desk, desk.post(), lambda: nullcontext(opened), 0)
        if settings.post_minutes:
            sent = send(desk, desk.post(), partial(couriers, settings, carried, out), settings.post_minutes)
    if not sent:
        sys.exit(WAITING)


@click.command()
@CONFIG
@passphrase_option
def inbox(config: Path, passphrase_fd: int | None) -> None:
    """List the cases: those with something unread first."""
    with unlocked(desk_of(load(config)), passphrase_fd) as desk:
        for case in desk.inbox():
            unread = _("{count} unread").format(count=len(case.unread)) if case.unread else ""
            click.echo(f"{case.label}  {case.newest.isoformat()}  {unread:<10}  {screen_text(case.title)}")
        for fault in dict.fromkeys(desk.journal.faults):
            click.echo(_("{day}: {what}").format(day=fault.day.isoformat(), what=fault.message()))
        warn(desk)


@click.command()
@CONFIG
@click.argument("case")
@click.option("--save", type=click.Path(path_type=Path, file_okay=False), help="A folder to save the files to.")
@passphrase_option
def read(config: Path, case: str, save: Path | None, passphrase_fd: int | None) -> None:
    """Show CASE: everything said in it, and its files."""
    with unlocked(desk_of(load(config)), passphrase_fd) as desk:
        found = desk.case(case)
        for line in shown(desk, found):
            click.echo(line)
        if save is not None:
            save_files(desk, found, save)
        desk.mark_read(found.name)


@click.command()
@CONFIG
@click.argument("case")
@click.option("--text", "text_file", type=click.File("rb"), default="-", help="Read the text from here.")
@click.option("--attach", type=OLD_FILE, multiple=True, help="A file to send along.")
@click.option("--language", default="en", show_default=True, help="The language it is written in.")
@click.option("--yes", is_flag=True, help="Do not ask whether it may go to the people named.")
@carried_options
@passphrase_option
def reply(  # noqa: PLR0913 - each is an option of the command
    config: Path,
    case: str,
    text_file: BinaryIO,
    attach: tuple[Path, ...],
    language: str,
    *,
    yes: bool,
    carried: Path | None,
    out: Path | None,
    passphrase_fd: int | None,
) -> None:
    """Answer the source of CASE. The text is read from standard input unless --text names a file."""
    if text_file is sys.stdin.buffer and not yes:
        raise click.UsageError(_("give --text, or --yes: standard input cannot hold both the text and your answer"))
    settings = _settings(config, carried)
    with unlocked(desk_of(settings), passphrase_fd) as desk, ExitStack() as stack:
        found = desk.case(case)
        without = _agreed(desk, found, yes=yes)
        text = _decoded(text_file.read())
        files = [_attachment(path, stack) for path in attach]
        answer, ways = Answer(text, language, files), partial(couriers, settings, carried, out)
        try:
            item = _replied(desk, found, answer, without, ways, settings.post_minutes)
        except (CourierError, ShelfError):
            click.echo(_(_KEPT), err=True)
            raise
        if item.state is ItemState.SENDING:
            click.echo(_("The reply is kept. No more records are sent today; the first sync of tomorrow sends it."))
        else:
            click.echo(_("The reply is stored as number {number}.").format(number=item.index + 1))


@click.command()
@CONFIG
@click.option("--port", type=int, help="Another port than the settings say.")
@carried_options
def console(config: Path, port: int | None, carried: Path | None, out: Path | None) -> None:
    """Serve the console's pages on this machine, until you press Ctrl-C."""
    settings = _settings(config, carried, port)
    click.echo(_("The console is at http://{name}:{port}/").format(name=settings.name, port=settings.port))
    serve(settings, lambda: couriers(settings, carried, out))


# --- inside


def _settings(config: Path, carried: Path | None, port: int | None = None) -> ConsoleSettings:
    """Read the settings; what goes into a carried file goes there at once, since nobody watches it."""
    return load(config, port=port, post_minutes=None if carried is None else 0)


def _replied(desk: Desk, case: Case, answer: Answer, without: Collection[int], ways: Ways, minutes: int) -> Item:
    """Seal a reply and send it, at a random moment of so many minutes; return it as it is then."""
    with ways() as (_signed, courier):
        if not minutes:
            return desk.reply(courier, case.name, answer, without)
        kept = desk.keep(courier, case.name, answer, without)
    post = desk.post_of((case.name, kept.commitment))
    if post is None:
        return kept
    if not send(desk, post, ways, minutes):
        click.echo(_(_KEPT), err=True)
        sys.exit(WAITING)
    items = desk.case(case.name.hex()).items
    # By its draft: under another number, where that was taken, it has another commitment.
    drafts = {item.outgoing.draft: item for item in items if item.outgoing is not None}
    return kept if kept.outgoing is None else drafts[kept.outgoing.draft]


def _tell(synced: Synced) -> None:
    messages, replies = synced.messages + synced.contacts, synced.replies
    click.echo(plural("{count} new message.", "{count} new messages.", messages).format(count=messages))
    if replies:
        click.echo(
            plural("{count} reply of a colleague.", "{count} replies of colleagues.", replies).format(count=replies)
        )


def _agreed(desk: Desk, case: Case, *, yes: bool) -> list[int]:
    """Name everybody who would read the reply, ask whether that is right, and return who cannot be written to."""
    to = desk.addressees(case.name)
    names = ", ".join(screen_text(person.name) for person in to.open)
    click.echo(_("The source and these people will read it: {names}.").format(names=names), err=True)
    for person, reason in to.closed:
        line = _("{name} will not: {reason}").format(name=screen_text(person.name), reason=reason.message())
        click.echo(line, err=True)
    if not yes and not click.confirm(_("Is that right?"), err=True):
        raise click.Abort
    return [person.id for person, _reason in to.closed]


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise click.UsageError(_("the text is not in UTF-8")) from error


def _attachment(path: Path, stack: ExitStack) -> Attachment:
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Attachment(path.name, media_type, stack.enter_context(path.open("rb")))
