"""The verbs of the organisation root: ``whistle keys root | channel | certify | revoke | succeed | publish | …``."""

from datetime import UTC, date, datetime
from pathlib import Path

import click

from whistle.cli.passphrases import passphrase, passphrase_option
from whistle.errors import CeremonyError
from whistle.language import _
from whistle.naming import screen_line
from whistle.protocol.enrolment import Enrolment
from whistle.protocol.lockbox import LEAST
from whistle.protocol.manifest import Release
from whistle.protocol.roots import fingerprint as words_of
from whistle.root import ceremony, releases
from whistle.root.folder import KEYRING_NAME, RootFolder, read_keyring

FOLDER = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
DAYS = click.option(
    "--days", default=180, show_default=True, type=click.IntRange(1, 730), help="Days until it expires."
)
WEAK = click.option("--weak", is_flag=True, help="For trials: a passphrase that costs an attacker next to nothing.")


@click.command()
@FOLDER
@click.option("--organisation", required=True, help="The name that sources and reviewers will see.")
@DAYS
@WEAK
@passphrase_option
def root(folder: Path, organisation: str, days: int, *, weak: bool, passphrase_fd: int | None) -> None:
    """Make the organisation's root key in FOLDER, on a machine that no network reaches."""
    secret = passphrase(passphrase_fd, _("Passphrase for the root"), confirm=True)
    made = RootFolder.create(folder, organisation, secret, _today(), days, LEAST if weak else None)
    click.echo(_("The root is in {folder}. Its fingerprint, to be told to everybody in person:").format(folder=folder))
    click.echo(" ".join(words_of(made.roots)))


@click.command()
@FOLDER
@click.option("--name", required=True, help="The name of the channel, as sources will see it.")
@click.option("--questionnaire", default="story/1", show_default=True, help="What its form asks: name/version.")
@DAYS
@passphrase_option
def channel(folder: Path, name: str, questionnaire: str, days: int, passphrase_fd: int | None) -> None:
    """Open a channel to the organisation, with nobody in it yet."""
    opened = _open(folder, passphrase_fd)
    changed = ceremony.open_channel(opened.keyring, name, questionnaire)
    opened.save(ceremony.renew(changed, _today(), days))
    click.echo(_("Channel {number} is open.").format(number=changed.channels[-1].id))


@click.command()
@FOLDER
@click.argument("enrolments", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--channel", "channels", multiple=True, type=int, required=True, help="A channel they belong to.")
@DAYS
@passphrase_option
def certify(
    folder: Path, enrolments: tuple[Path, ...], channels: tuple[int, ...], days: int, passphrase_fd: int | None
) -> None:
    """Enrol the people whose requests are in ENROLMENTS (made by ``whistle keys enrol``)."""
    opened = _open(folder, passphrase_fd)
    keyring = opened.keyring
    for path in enrolments:
        keyring = ceremony.certify(keyring, Enrolment.parse(path.read_bytes()), channels)
    opened.save(ceremony.renew(keyring, _today(), days))
    for person in keyring.people[len(opened.keyring.people) :]:
        line = _("{name} is enrolled as {role}, number {number}.")
        click.echo(line.format(name=screen_line(person.name), role=person.role.name.lower(), number=person.id))


@click.command()
@FOLDER
@click.argument("person", type=int)
@click.option("--statement-minimum", type=int, help="Do not remove them: refuse their statements below this number.")
@DAYS
@passphrase_option
def revoke(folder: Path, person: int, statement_minimum: int | None, days: int, passphrase_fd: int | None) -> None:
    """Remove PERSON (a number) as of today, or shut out a key of theirs that was stolen."""
    opened = _open(folder, passphrase_fd)
    if statement_minimum is None:
        changed = ceremony.revoke(opened.keyring, person, _today())
    else:
        changed = ceremony.require_statement(opened.keyring, person, statement_minimum)
    opened.save(ceremony.renew(changed, _today(), days))
    click.echo(_("Done. Publish the keyring now: until then nothing has changed for anybody."))


@click.command()
@FOLDER
@DAYS
@WEAK
@passphrase_option
def succeed(folder: Path, days: int, *, weak: bool, passphrase_fd: int | None) -> None:
    """Replace the root by a new one. Receipts and conversations stay valid."""
    opened = _open(folder, passphrase_fd)
    secret = passphrase(passphrase_fd, _("Passphrase for the new root"), confirm=True)
    successor = opened.succeed(secret, _today(), days, LEAST if weak else None)
    click.echo(_("The root has been replaced. The new fingerprint, to be told to everybody in person:"))
    click.echo(" ".join(words_of(successor.roots)))


@click.command()
@FOLDER
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Where to write it.")
@DAYS
@passphrase_option
def publish(folder: Path, out: Path, days: int, passphrase_fd: int | None) -> None:
    """Sign the keyring anew and write it to a file for the intake: it holds nothing secret."""
    opened = _open(folder, passphrase_fd)
    opened.save(ceremony.renew(opened.keyring, _today(), days))
    _write_public(out, (folder / KEYRING_NAME).read_bytes())
    last_day = read_keyring(out)[0].expires.isoformat()
    click.echo(_("Written to {path}, valid until {day}.").format(path=out, day=last_day))


@click.command()
@FOLDER
@click.argument("release", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Where to write it.")
@click.option("--number", type=click.IntRange(1), help="Its number, if this folder does not know the last one.")
@click.option("--yes", is_flag=True, help="Do not ask whether the changes are meant.")
@DAYS
@passphrase_option
def manifest(
    folder: Path, release: Path, *, out: Path, number: int | None, yes: bool, days: int, passphrase_fd: int | None
) -> None:
    """Sign what the site is to serve: RELEASE, which ``whistle release`` wrote, but never on the server.

    The signed manifest holds nothing secret. The intake serves it from well-known/whistle-manifest.json in its folder.
    """
    opened = _open(folder, passphrase_fd)
    wanted, before = Release.parse(release.read_bytes()), opened.manifest()
    _tell_changes(releases.changes(None if before is None else before.release, wanted))
    if not yes:
        click.confirm(_("Sign this as version {version}?").format(version=screen_line(wanted.version)), abort=True)
    signed = releases.next_manifest(before, opened.keyring.site, wanted, _today(), days, number)
    _write_public(out, opened.sign_manifest(signed))
    line = _("Written to {path}: number {number}, valid until {day}.")
    click.echo(line.format(path=out, number=signed.number, day=signed.expires.isoformat()))


@click.command()
@click.argument("keyring", type=click.Path(path_type=Path, exists=True))
def fingerprint(keyring: Path) -> None:
    """Show the ten words by which people recognise the organisation's root.

    KEYRING is a published keyring file, or the root's folder.
    """
    published, successions = read_keyring(keyring / KEYRING_NAME if keyring.is_dir() else keyring)
    roots = (published.first_root, *(each.verify(published.site)[1] for each in successions))
    click.echo(" ".join(words_of(roots)))


def _tell_changes(changes: releases.Changes) -> None:
    for title, names in (
        (_("New:"), changes.added),
        (_("Changed:"), changes.changed),
        (_("No longer there:"), changes.removed),
    ):
        for name in names:
            click.echo(f"{title} {screen_line(name)}", err=True)


def _write_public(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise CeremonyError(_("{path} cannot be written").format(path=path)) from error


def _open(folder: Path, descriptor: int | None) -> RootFolder:
    return RootFolder.open(folder, passphrase(descriptor, _("Passphrase of the root")))


def _today() -> date:
    return datetime.now(UTC).date()
