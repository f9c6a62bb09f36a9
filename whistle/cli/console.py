"""The verbs of a reviewer: ``whistle sync | inbox | read | reply``, ``whistle vault …``, ``whistle keys …``."""

import mimetypes
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import click

from whistle.cli.passphrases import passphrase, passphrase_option
from whistle.console import reports
from whistle.console.answer import Answer, Attachment
from whistle.console.case import Case, Item, ItemKind, ItemState
from whistle.console.desk import Desk
from whistle.console.serve import serve
from whistle.console.settings import ConsoleSettings, load
from whistle.console.sync import Synced
from whistle.courier import Courier
from whistle.courier.carrying import CarriedCourier
from whistle.courier.http import HttpCourier
from whistle.errors import ConsoleError, CourierError, SettingsError, ShelfError
from whistle.language import _, plural
from whistle.naming import file_name, screen_block, screen_line, screen_text
from whistle.protocol import canonical
from whistle.protocol.keyring import Role
from whistle.protocol.lockbox import LEAST

F = TypeVar("F", bound=Callable[..., Any])
_ROLES = [role.name.lower() for role in Role if role is not Role.SOURCE]

FOLDER = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
NEW_FILE = click.Path(path_type=Path, dir_okay=False)
OLD_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
WEAK = click.option("--weak", is_flag=True, help="For trials: a passphrase that costs an attacker next to nothing.")
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
    """Fetch and open what is new, and send what was not sent yet."""
    settings = load(config)
    with _unlocked(_desk(settings), passphrase_fd) as desk, _couriers(settings, carried, out) as couriers:
        _tell(desk.sync(*couriers))
        _warn(desk)


@click.command()
@CONFIG
@passphrase_option
def inbox(config: Path, passphrase_fd: int | None) -> None:
    """List the cases: those with something unread first."""
    with _unlocked(_desk(load(config)), passphrase_fd) as desk:
        for case in desk.inbox():
            unread = _("{count} unread").format(count=len(case.unread)) if case.unread else ""
            click.echo(f"{case.label}  {case.newest.isoformat()}  {unread:<10}  {screen_text(case.title)}")
        for fault in dict.fromkeys(desk.journal.faults):
            click.echo(_("{day}: {what}").format(day=fault.day.isoformat(), what=fault.message()))
        _warn(desk)


@click.command()
@CONFIG
@click.argument("case")
@click.option("--save", type=click.Path(path_type=Path, file_okay=False), help="A folder to save the files to.")
@passphrase_option
def read(config: Path, case: str, save: Path | None, passphrase_fd: int | None) -> None:
    """Show CASE: everything said in it, and its files."""
    with _unlocked(_desk(load(config)), passphrase_fd) as desk:
        found = desk.case(case)
        for line in _shown(desk, found):
            click.echo(line)
        if save is not None:
            _save(desk, found, save)
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
    settings = load(config)
    with _unlocked(_desk(settings), passphrase_fd) as desk, ExitStack() as stack:
        found = desk.case(case)
        without = _agreed(desk, found, yes=yes)
        text = _decoded(text_file.read())
        files = [_attachment(path, stack) for path in attach]
        _signed, courier = stack.enter_context(_couriers(settings, carried, out))
        try:
            item = desk.reply(courier, found.name, Answer(text, language, files), without)
        except (CourierError, ShelfError):
            click.echo(_("The reply is kept. Do not write it again: the next sync sends it."), err=True)
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
    settings = load(config, port=port)
    click.echo(_("The console is at http://{name}:{port}/").format(name=settings.name, port=settings.port))
    serve(settings, lambda: _couriers(settings, carried, out))


# --- the vault


@click.group()
def vault() -> None:
    """Back up the vault, restore it, change its passphrase."""


@vault.command()
@FOLDER
@click.argument("out", type=NEW_FILE, required=False)
@click.option("--full", is_flag=True, help="With every key: it opens all cases of today, even after they are deleted.")
@click.option("--destroyed", type=str, help="Say that the full backup at this place was destroyed.")
@passphrase_option
def backup(folder: Path, out: Path | None, *, full: bool, destroyed: str | None, passphrase_fd: int | None) -> None:
    """Write a backup of the vault in FOLDER to OUT.

    It holds who you are, and no key that opens a report, so it can be kept anywhere.
    """
    with _unlocked(_plain_desk(folder), passphrase_fd) as desk:
        if destroyed is not None:
            desk.forget_backup(destroyed)
        if out is not None:
            desk.backup(out, full=full)
            click.echo(_("Written to {path}. It opens with today's passphrase.").format(path=out))
        if full and out is not None:
            click.echo(_("It opens every case of today. Replace it after each deletion and each new key."))


@vault.command()
@click.argument("backup_file", metavar="BACKUP", type=OLD_FILE)
@FOLDER
@passphrase_option
def restore(backup_file: Path, folder: Path, passphrase_fd: int | None) -> None:
    """Make a vault in FOLDER from BACKUP."""
    with _plain_desk(folder) as desk:
        desk.restore(backup_file, passphrase(passphrase_fd, _("Passphrase of the backup")))
        click.echo(_("The vault is restored."))
        _warn(desk)


@vault.command(name="passphrase")
@FOLDER
@WEAK
@passphrase_option
def change_passphrase(folder: Path, *, weak: bool, passphrase_fd: int | None) -> None:
    """Change the passphrase of the vault in FOLDER. Backups keep the one they were made with."""
    old = passphrase(passphrase_fd, _("Present passphrase"))
    with _plain_desk(folder) as desk:
        desk.unlock(old)
        desk.change_passphrase(
            old, passphrase(passphrase_fd, _("New passphrase"), confirm=True), LEAST if weak else None
        )
        click.echo(_("The passphrase is changed."))


# --- keys


@click.command()
@FOLDER
@click.option("--name", required=True, help="Your name as sources will see it.")
@click.option("--role", type=click.Choice(_ROLES), default="reviewer", show_default=True, help="What you are to do.")
@click.option("--out", required=True, type=NEW_FILE, help="Where to write the request.")
@WEAK
@passphrase_option
def enrol(folder: Path, name: str, role: str, out: Path, *, weak: bool, passphrase_fd: int | None) -> None:
    """Make a vault in FOLDER, and the request that the keeper of the root certifies."""
    with _plain_desk(folder) as desk:
        secret = passphrase(passphrase_fd, _("Passphrase for the new vault"), confirm=True)
        request = desk.create(secret, name, Role[role.upper()], LEAST if weak else None)
    _write(out, request)
    click.echo(_("The vault is in {folder}. Hand {path} to the keeper of the root.").format(folder=folder, path=out))


@click.command()
@FOLDER
@click.option("--keyring", type=OLD_FILE, help="The published keyring, as a file.")
@click.option("--intake", default="", help="The address of the intake, to ask it for the keyring.")
@click.option("--proxy", default="", help="For Tor: socks5h://127.0.0.1:9050")
@click.option("--fingerprint", help="The ten words, as you were told them; asked for if left out.")
@passphrase_option
def join(
    folder: Path, keyring: Path | None, intake: str, proxy: str, fingerprint: str | None, passphrase_fd: int | None
) -> None:
    """Join the organisation that has certified you."""
    if keyring is None and not intake:
        raise click.UsageError(_("give --keyring or --intake"))
    with _unlocked(_plain_desk(folder), passphrase_fd) as desk:
        published = keyring.read_bytes() if keyring is not None else _ask(intake, proxy)
        words = fingerprint or click.prompt(_("The organisation's ten words, as somebody told you"), err=True)
        person = desk.join(published, words, intake)
        line = _("You are {name}, number {number}, at {organisation}. Make your first key now: whistle keys rotate.")
        organisation = screen_text(desk.keyring.organisation)
        click.echo(line.format(name=screen_text(person.name), number=person.id, organisation=organisation))


@click.command()
@FOLDER
@click.option("--out", type=NEW_FILE, help="Write the statement to a file for the intake.")
@passphrase_option
def rotate(folder: Path, out: Path | None, passphrase_fd: int | None) -> None:
    """Make a new key for 30 days. The next sync hands its statement in; --out is for a machine without a network."""
    with _unlocked(_plain_desk(folder), passphrase_fd) as desk:
        statement = canonical.encode(desk.rotate().to_json())
    if out is not None:
        _write(out, statement)
    click.echo(_("The new key is made. Old messages stay readable; nobody uses the old key from now on."))


# --- inside


def _desk(settings: ConsoleSettings) -> Desk:
    return Desk(settings.folder, settings.keep_days, lock_minutes=None, daily_records=settings.daily_records)


def _plain_desk(folder: Path) -> Desk:
    return Desk(folder, lock_minutes=None)


@contextmanager
def _unlocked(desk: Desk, descriptor: int | None) -> Iterator[Desk]:
    with desk:
        desk.unlock(passphrase(descriptor, _("Passphrase")))
        yield desk


@contextmanager
def _couriers(settings: ConsoleSettings, carried: Path | None, out: Path | None) -> Iterator[tuple[Courier, Courier]]:
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


def _ask(intake: str, proxy: str) -> bytes:
    with HttpCourier(intake, proxy or None) as courier:
        return courier.keyring()


def _tell(synced: Synced) -> None:
    messages, replies = synced.messages + synced.contacts, synced.replies
    click.echo(plural("{count} new message.", "{count} new messages.", messages).format(count=messages))
    if replies:
        click.echo(
            plural("{count} reply of a colleague.", "{count} replies of colleagues.", replies).format(count=replies)
        )


def _warn(desk: Desk) -> None:
    for warning in desk.warnings():
        click.echo(_("Note: {warning}").format(warning=screen_text(warning)), err=True)


def _shown(desk: Desk, case: Case) -> Iterator[str]:
    if case.withdrawn:
        yield _("The source has taken this back.")
    if case.missing:
        yield _("Not here: {numbers}.").format(numbers=case.missing_numbers)
    if case.misfits:
        yield _("Some messages of the source do not follow each other as they say.")
    for fault in case.faults:
        yield _("{day}: {what}").format(day=fault.day.isoformat(), what=fault.message())
    for item in case.items:
        yield ""
        yield from _item(desk, item)
        if opened := reports.opened_by(case, item, desk.name_of):
            yield _("Opened by {names}").format(names=screen_line(opened))
        for sentence in reports.troubles_with(case, item, desk.name_of):
            yield screen_text(sentence)


def _item(desk: Desk, item: Item) -> Iterator[str]:
    who = _("Source") if item.from_source else screen_line(desk.name_of(item.author))
    readers = ", ".join(screen_text(desk.name_of(person)) for person in item.readers)
    yield _("{who}, {day}, message {number}, read by {readers}").format(
        who=who, day=item.written.isoformat(), number=item.index + 1, readers=readers
    )
    notes = {
        ItemState.WAITING: _("Its files or its long text have not arrived yet."),
        ItemState.INCOMPLETE: _("Its files or its long text could not be fetched whole."),
        ItemState.SENDING: _("Not sent yet; the next sync sends it."),
    }
    if item.state in notes:
        yield notes[item.state]
    if item.kind is ItemKind.WITHDRAW:
        yield _("The source takes back what was said before.")
    if item.reference is not None:
        yield _("Contact details are with a custodian, under {reference}.").format(reference=item.reference.hex())
    if item.text:
        yield screen_block(item.text)
    for number, file in enumerate(item.files, 1):
        yield _("File {number}: {name}, {size} bytes").format(
            number=number, name=screen_line(file.name), size=file.size
        )


def _save(desk: Desk, case: Case, folder: Path) -> None:
    """Save every file that is here, under its own name as far as that is safe, never over another one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for item in case.items:
        for number in range(len(item.files) if item.is_stored else 0):
            file, pieces = desk.file(case.name, item.commitment, number)
            of = "" if item.from_source else _("answer-")
            path = folder / f"{of}{item.index + 1}-{number + 1}-{file_name(file.name)}"
            with os.fdopen(_new(path), "wb") as out:
                for piece in pieces:
                    out.write(piece)
            click.echo(_("saved: {path}").format(path=screen_text(str(path))))


def _new(path: Path) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise ConsoleError(_("{path} is already there, or cannot be written").format(path=path)) from error


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


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ConsoleError(_("{path} cannot be written").format(path=path)) from error
