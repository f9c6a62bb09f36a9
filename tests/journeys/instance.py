"""A whole organisation as ``whistle init`` makes it, its intake served by gunicorn, and a console for each member."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from whistle.cli.trial import MEMBERS, Trial
from whistle.console.answer import Answer, Attachment
from whistle.console.case import Case, Item
from whistle.console.desk import Desk
from whistle.console.door import today_utc
from whistle.courier.http import HttpCourier
from whistle.protocol.directory import Directory, verify
from whistle.protocol.published import Published
from whistle.protocol.receipt import Receipt
from whistle.protocol.thread import SourceKeys

ROOT = Path(__file__).parent.parent.parent
ANA, BOON, CHITRA = 1, 2, 3
#: What the corpus calls the people whom a report can exclude.
NUMBERS = {"reviewer-1": ANA, "reviewer-2": BOON}
NAMES = {number: member.name for number, member in enumerate(MEMBERS, 1)}


@dataclass
class Server:
    """gunicorn with the site's own settings, and the processes it consists of."""

    process: subprocess.Popen[bytes]
    port: int
    worker: int

    @property
    def master(self) -> int:
        return self.process.pid

    @property
    def nursery(self) -> int:
        """The process that forks children, the worker's only one."""
        (nursery,) = Path(f"/proc/{self.worker}/task/{self.worker}/children").read_text().split()
        return int(nursery)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(60) == 0

    def kill(self) -> None:
        """End every process of the server at the same moment, as a power cut would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)


@dataclass
class Instance:
    """The folders of a trial organisation, and its server while that runs."""

    trial: Trial
    log: Path
    server: Server | None = None
    scratch: Path = field(default_factory=Path)
    code: Path = ROOT
    #: what makes the server another user's
    prefix: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        return self.trial.folder

    @property
    def intake(self) -> Path:
        return self.folder / "intake"

    @property
    def address(self) -> str:
        assert self.server is not None
        return self.server.address

    def member_folder(self, number: int) -> Path:
        return self.folder / MEMBERS[number - 1].folder

    def settings_of(self, number: int) -> Path:
        """Return the settings file of one member's console."""
        path = self.folder / f"console-{number}.toml"
        path.write_text(
            f'[console]\nfolder = "{MEMBERS[number - 1].folder}"\nintake = "{self.address}"\ndaily_records = 192\n'
            "post_minutes = 0\n"
        )
        return path

    def whistle(self, *arguments: object, stdin: str = "", passphrase: bool = False) -> str:
        """Run a ``whistle`` command in a process of its own, and return what it printed; it must succeed."""
        reader, writer = os.pipe()
        os.write(writer, f"{self.trial.passphrase}\n".encode())
        os.close(writer)
        command = [sys.executable, "-m", "whistle", *map(str, arguments)]
        command += ["--passphrase-fd", str(reader)] if passphrase else []
        try:
            done = subprocess.run(command, input=stdin.encode(), capture_output=True, check=False, pass_fds=[reader])
        finally:
            os.close(reader)
        assert done.returncode == 0, (arguments, done.stderr.decode())
        return done.stdout.decode()

    def directory(self) -> Directory:
        """Return the published document as a source verifies it."""
        with HttpCourier(self.address) as courier:
            published = Published.parse(courier.keyring())
        return verify(published, today_utc())

    def keys_of(self, words: str) -> SourceKeys:
        """Return what derives from a receipt."""
        return SourceKeys(Receipt.parse(words), self.directory().site)

    @contextmanager
    def serving(self) -> Iterator[Server]:
        """Run the server; it is stopped in the end, unless it was killed."""
        server = self.start()
        try:
            yield server
            if self.server is not None and self.server.process.poll() is None:
                self.server.stop()
        finally:
            if self.server is not None:
                self.server.kill()
            self.server = None

    def start(self, port: int = 0) -> Server:
        """Start the server on ``port`` or any free one, and point the consoles' settings at it."""
        self.trial.configure(1, 1)
        start = self.log.stat().st_size if self.log.exists() else 0
        command = [*self.prefix, *python(self.code), "-m", "gunicorn"]
        command += ["--config", str(self.code / "config" / "gunicorn.conf.py")]
        command += ["--bind", f"127.0.0.1:{port}", "--log-level", "debug"]
        environment = os.environ | {
            "PYTHONPATH": python_path(self.code),
            "TMPDIR": str(self.scratch),
            "WHISTLE_SETTINGS": str(self.trial.config),
        }
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command, cwd=self.code, stdout=log, stderr=log, env=environment, start_new_session=True
            )
        listening = int(self._said(process, start, "Listening at: http://127.0.0.1:").split()[0])
        worker = int(self._said(process, start, "Booting worker with pid: "))
        self.server = Server(process, listening, worker)
        self.trial.configure(listening, 1)
        with HttpCourier(self.server.address) as courier:
            courier.keyring()  # it listens before its shelf is open
        return self.server

    def _said(self, process: subprocess.Popen[bytes], start: int, sign: str) -> str:
        limit = time.monotonic() + 60
        while time.monotonic() < limit and process.poll() is None:
            for line in self.log.read_bytes()[start:].decode().splitlines(keepends=True):
                if sign in line and line.endswith("\n"):
                    return line.split(sign)[1].strip()
            time.sleep(0.02)
        raise AssertionError(self.log.read_text())


class Console:
    """One member's console, unlocked, with the courier that its commands use."""

    def __init__(self, instance: Instance, number: int) -> None:
        self.number = number
        self._courier = HttpCourier(instance.address)
        self.desk = Desk(instance.member_folder(number), lock_minutes=None, daily_records=192)
        self.desk.unlock(instance.trial.passphrase)

    def sync(self) -> None:
        self.desk.sync(self._courier)

    def case(self, keys: SourceKeys) -> Case | None:
        """Return the case of one source, if there is one."""
        return next((case for case in self.desk.inbox() if case.thread == keys.thread), None)

    def contacts(self) -> list[str]:
        """Return every contact detail that is here."""
        return [item.text for case in self.desk.inbox() if case.is_contact for item in case.items]

    def files(self, case: Case, item: Item) -> list[tuple[str, bytes]]:
        """Return names and bytes of an item's files."""
        numbers = range(len(item.files))
        found = [self.desk.file(case.name, item.commitment, number) for number in numbers]
        return [(file.name, b"".join(pieces)) for file, pieces in found]

    def reply(self, case: Case, text: str, language: str, *files: Attachment) -> Item:
        return self.desk.reply(self._courier, case.name, Answer(text, language, files))

    def close(self) -> None:
        self.desk.lock()
        self._courier.close()


def python(code: Path) -> list[str]:
    """Return the interpreter that finds our package in ``code`` and nowhere else, with ``python_path``."""
    return [sys.executable, "-S"] if code != ROOT else [sys.executable]


def python_path(code: Path) -> str:
    """Return where that interpreter looks for modules: in ``code``, and for the libraries of others."""
    return f"{code}:{sysconfig.get_path('purelib')}"


def found(shared: Path) -> Instance:
    """Return a trial organisation to which nothing was reported, to be copied; all test processes share one.

    It is made by the same steps as the command, once, by whoever comes first.
    """
    folder = shared / "founded"
    with (shared / "founding").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            Trial.at(folder / "instance").create()
            (folder / "done").touch()
    return opened(folder)


def copied(instance: Instance, folder: Path) -> Instance:
    """Return the same organisation in another folder, as it was before anything was reported to it."""
    shutil.copytree(instance.folder, folder / "instance")  # and `folder` itself, where there is none yet
    return opened(folder)


def opened(folder: Path) -> Instance:
    """Return the organisation in ``folder``."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    return Instance(Trial.at(folder / "instance"), folder / "intake.log", scratch=scratch)
