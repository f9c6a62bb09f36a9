"""The verbs of a reviewer's keys: ``whistle vault …``, ``whistle keys enrol | join | rotate``."""

from pathlib import Path

import click

from whistle.cli.desks import ask, plain_desk, unlocked, warn
from whistle.cli.passphrases import passphrase, passphrase_option
from whistle.errors import ConsoleError
from whistle.language import _
from whistle.naming import screen_text
from whistle.protocol import canonical
from whistle.protocol.keyring import Role
from whistle.protocol.lockbox import LEAST

NEW_FILE = click.Path(path_type=Path, dir_okay=False)
OLD_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
FOLDER = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
WEAK = click.option("--weak", is_flag=True, help="For trials: a passphrase that costs an attacker next to nothing.")
_ROLES = [role.name.lower() for role in Role if role is not Role.SOURCE]


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
    with unlocked(plain_desk(folder), passphrase_fd) as desk:
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
    with plain_desk(folder) as desk:
        desk.restore(backup_file, passphrase(passphrase_fd, _("Passphrase of the backup")))
        click.echo(_("The vault is restored."))
        warn(desk)


@vault.command(name="passphrase")
@FOLDER
@WEAK
@passphrase_option
def change_passphrase(folder: Path, *, weak: bool, passphrase_fd: int | None) -> None:
    """Change the passphrase of the vault in FOLDER. Backups keep the one they were made with."""
    old = passphrase(passphrase_fd, _("Present passphrase"))
    with plain_desk(folder) as desk:
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
    with plain_desk(folder) as desk:
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
    with unlocked(plain_desk(folder), passphrase_fd) as desk:
        published = keyring.read_bytes() if keyring is not None else ask(intake, proxy)
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
    with unlocked(plain_desk(folder), passphrase_fd) as desk:
        statement = canonical.encode(desk.rotate().to_json())
    if out is not None:
        _write(out, statement)
    click.echo(_("The new key is made. Old messages stay readable; nobody uses the old key from now on."))


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ConsoleError(_("{path} cannot be written").format(path=path)) from error
