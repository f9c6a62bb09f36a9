"""A whole trial organisation with one command: ``whistle init`` and ``whistle trial``.

It takes the same steps as a real organisation, by the same commands, each in a process of its own; only that all of
them happen on one machine, and that the passphrase is printed. Nothing here imports a room.
"""

import os
import secrets
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import click

from whistle.cli.demonstration import send
from whistle.cli.servers import Servers, refuse_taken
from whistle.errors import StartFailed
from whistle.language import _

ORGANISATION = "Trial Bureau against Corruption"
PASSPHRASE_FILE = "trial-passphrase"  # noqa: S105 - the name of a file
CONFIG_FILE = "whistle.toml"
WHISTLE = (sys.executable, "-m", "whistle")
_QUESTIONNAIRES = Path(__file__).resolve().parent.parent.parent / "config" / "questionnaires"
_DAY_SECONDS = 86_400
#: Statements hold for 30 days and the keyring for 180; a trial renews them by itself when it is started.
_STATEMENT_DAYS = 14
_KEYRING_DAYS = 90


@dataclass(frozen=True)
class Member:
    """Somebody of the trial organisation."""

    folder: str
    name: str
    role: str


MEMBERS = (
    Member("reviewer-1", "Ana Reyes", "reviewer"),
    Member("reviewer-2", "Boon Saelim", "reviewer"),
    Member("custodian", "Chitra Nair", "custodian"),
)


@dataclass(frozen=True)
class Trial:
    """Where the trial organisation lives, and the one passphrase of everything in it."""

    folder: Path
    passphrase: str

    @classmethod
    def at(cls, folder: Path) -> "Trial":
        """Return the trial in ``folder``, with a new passphrase if there is none yet."""
        path = folder / PASSPHRASE_FILE
        if not path.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write("-".join(secrets.token_hex(2) for _part in range(4)) + "\n")
        return cls(folder, path.read_text().strip())

    @property
    def config(self) -> Path:
        """The settings of its intake and of its first reviewer's console."""
        return self.folder / CONFIG_FILE

    @property
    def is_complete(self) -> bool:
        """Whether every step was taken; the last one writes the settings."""
        return self.config.exists()

    def run(self, *arguments: str | Path) -> str:
        """Run one ``whistle`` command that asks for the passphrase, and return what it printed."""
        reader, writer = os.pipe()
        os.write(writer, f"{self.passphrase}\n".encode())
        os.close(writer)
        try:
            return run(*arguments, "--passphrase-fd", str(reader), keep=(reader,))
        finally:
            os.close(reader)

    def create(self) -> None:
        """Take every step of the ceremony; what an interrupted attempt left behind is made anew."""
        root, intake, requests = (self.folder / name for name in ("root", "intake", "requests"))
        for leftover in (root, intake, requests, *(self.folder / member.folder for member in MEMBERS)):
            shutil.rmtree(leftover, ignore_errors=True)
        for folder in (intake, requests, intake / "statements"):
            folder.mkdir(mode=0o700)
        self.run("keys", "root", root, "--organisation", ORGANISATION, "--weak")
        self.run("keys", "channel", root, "--name", "Reports of corruption")
        for member in MEMBERS:
            folder, request = self.folder / member.folder, requests / member.folder
            who = ("--name", member.name, "--role", member.role)
            self.run("keys", "enrol", folder, *who, "--out", request, "--weak")
        self.run("keys", "certify", root, *(requests / member.folder for member in MEMBERS), "--channel", "1")
        self.publish()
        words = run("keys", "fingerprint", root).strip()
        for number, member in enumerate(MEMBERS, 1):
            folder = self.folder / member.folder
            self.run("keys", "join", folder, "--keyring", intake / "keyring.json", "--fingerprint", words)
            self.rotate(number, member)

    def publish(self) -> None:
        """Hand the keyring to the intake."""
        self.run("keys", "publish", self.folder / "root", "--out", self.folder / "intake" / "keyring.json")

    def rotate(self, number: int, member: Member) -> None:
        """Give a member a new key, and hand its statement to the intake."""
        statement = self.folder / "intake" / "statements" / f"{number}.json"
        self.run("keys", "rotate", self.folder / member.folder, "--out", statement)

    def renew(self) -> None:
        """Renew what is about to lapse, so that a trial of last month still works."""
        if _age(self.folder / "intake" / "keyring.json") > _KEYRING_DAYS:
            self.publish()
        for number, member in enumerate(MEMBERS, 1):
            if _age(self.folder / "intake" / "statements" / f"{number}.json") > _STATEMENT_DAYS:
                self.rotate(number, member)

    def release(self) -> None:
        """Sign what the intake is about to serve, if that is another release than the one signed last."""
        wanted, served = self.folder / "release.json", self.folder / "intake" / "well-known" / "whistle-manifest.json"
        before = wanted.read_bytes() if wanted.exists() else b""
        run("release", "--config", self.config, "--out", wanted)
        if not served.exists() or wanted.read_bytes() != before or _age(served) > _KEYRING_DAYS:
            served.parent.mkdir(mode=0o700, exist_ok=True)
            self.run("keys", "manifest", self.folder / "root", wanted, "--yes", "--out", served)

    def configure(self, intake_port: int, console_port: int) -> None:
        """Write the settings."""
        questionnaires = os.path.relpath(_QUESTIONNAIRES, self.folder.resolve())
        self.config.write_text(
            "# Written anew whenever the trial starts: what is changed here does not last.\n"
            f'[intake]\nfolder = "intake"\nquestionnaires = "{questionnaires}"\nport = {intake_port}\n\n'
            f'[console]\nfolder = "{MEMBERS[0].folder}"\nintake = "http://127.0.0.1:{intake_port}"\n'
            f"port = {console_port}\npost_minutes = 0\n"
        )


def run(*arguments: str | Path, keep: tuple[int, ...] = ()) -> str:
    """Run one ``whistle`` command and return what it printed; raises ``StartFailed`` with what it said instead."""
    command = [*WHISTLE, *map(str, arguments)]
    done = subprocess.run(command, pass_fds=keep, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        named = " ".join(map(str, arguments[:2]))
        raise StartFailed(_("{command} failed: {reason}").format(command=named, reason=done.stderr.strip()))
    return done.stdout


def _age(path: Path) -> float:
    return (time.time() - path.stat().st_mtime) / _DAY_SECONDS


INSTANCE_PORTS = (
    click.option(
        "--intake-port", default=8000, show_default=True, type=click.IntRange(1, 65_535), help="Of the intake."
    ),
    click.option(
        "--console-port", default=8001, show_default=True, type=click.IntRange(1, 65_535), help="Of the console."
    ),
)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@INSTANCE_PORTS[0]
@INSTANCE_PORTS[1]
def init(folder: Path, intake_port: int, console_port: int) -> None:
    """Make a trial organisation in FOLDER: a root, two reviewers, a custodian, an intake. Not for real reports."""
    made = Trial.at(folder)
    if made.is_complete:
        raise StartFailed(_("there is a trial organisation in {folder} already").format(folder=folder))
    click.echo(_("Making a trial organisation in {folder}; this takes some seconds …").format(folder=folder))
    made.create()
    made.configure(intake_port, console_port)
    made.release()
    click.echo(_("Done. Its passphrase is {passphrase}").format(passphrase=made.passphrase))


@click.command()
@click.option(
    "--instance",
    default=Path("instance"),
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where it lives; it is made if it is not there.",
)
@INSTANCE_PORTS[0]
@INSTANCE_PORTS[1]
@click.option(
    "--corpus", type=click.Path(path_type=Path, file_okay=False, exists=True), help="A folder of reports to send first."
)
@click.pass_context
def trial(ctx: click.Context, instance: Path, intake_port: int, console_port: int, corpus: Path | None) -> None:
    """Serve a trial organisation: its intake, and the console of its first reviewer. Ctrl-C stops both."""
    refuse_taken(intake_port, console_port)
    found = Trial.at(instance)
    if not found.is_complete:
        ctx.invoke(init, folder=instance, intake_port=intake_port, console_port=console_port)
    found.renew()
    found.configure(intake_port, console_port)
    found.release()
    intake = f"http://127.0.0.1:{intake_port}"
    with Servers() as servers:
        servers.start(*WHISTLE, "intake", "--config", str(found.config))
        servers.wait_for(intake_port)
        if corpus is not None:
            send(run, corpus, instance, intake, {member.folder: member.name for member in MEMBERS})
            found.run("sync", "--config", found.config)
        servers.start(*WHISTLE, "console", "--config", str(found.config))
        servers.wait_for(console_port)
        click.echo(_("Report something at      {address}").format(address=intake + "/"))
        click.echo(
            _("Read and answer it at    http://console.localhost:{port}/   as {name}").format(
                port=console_port, name=MEMBERS[0].name
            )
        )
        click.echo(_("The console's passphrase {passphrase}").format(passphrase=found.passphrase))
        click.echo(_("Press Ctrl-C to stop."))
        servers.stay()
