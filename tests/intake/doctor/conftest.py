"""An installation to examine: a real folder with real keys, and a machine laid out as files below a folder."""

import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.intake.browsing import ROOT, write_published
from tests.protocol import cast
from whistle.intake.doctor.finding import Finding
from whistle.intake.doctor.installation import Installation
from whistle.intake.doctor.machine import Machine
from whistle.intake.published import today
from whistle.intake.settings import load
from whistle.protocol.keyring import Channel
from whistle.shelf import Shelf

SETTINGS = f"""[intake]
folder = "intake"
questionnaires = "{ROOT / "config" / "questionnaires"}"
capacity_mib = 16
"""
#: Of the process that is made to look like the intake's worker.
WORKER, MASTER = 4_242, 4_200
USER = 990


@dataclass
class Place:
    """A folder with settings and keys, and the machine around it."""

    base: Path
    root: Path

    @property
    def file(self) -> Path:
        return self.base / "whistle.toml"

    @property
    def folder(self) -> Path:
        return self.base / "intake"

    @property
    def shelf(self) -> Path:
        return self.folder / "shelf"

    def installation(self, *, days: int = 0, seconds: float = 0) -> Installation:
        """Return what is examined; ``days`` and ``seconds`` from now."""
        day = today() + timedelta(days=days)
        now = time.time() + days * 86_400 + seconds
        return Installation(self.file, load(self.file), Machine(self.root), day, now)

    def set(self, **settings: object) -> None:
        """Add settings."""
        kept = [line for line in SETTINGS.splitlines() if line.split(" ")[0] not in settings]
        added = [f"{name} = {value!r}".replace("'", '"') for name, value in settings.items()]
        self.file.write_text("\n".join([*kept, *added, ""]))

    def write(self, name: str, text: str) -> Path:
        """Write a file of the machine."""
        path = self.root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def publish(self, *, issued: int = -1, expires: int = 300, statements: Iterable[int] = (), **window: int) -> None:
        """Publish a keyring and statements; days count from today."""
        shutil.rmtree(self.folder / "statements", ignore_errors=True)
        (self.folder / "statements").mkdir(mode=0o700)
        channel = Channel(1, "Everything", "story/1", (cast.ANA, cast.BO, cast.CHI))
        keyring = cast.keyring(channels=(channel,), issued=after(issued), expires=after(expires))
        first, last = after(window.get("first", -1)), after(window.get("last", 20))
        signed = tuple(cast.signed_statement(person, first=first, last=last) for person in statements)
        write_published(self.folder, cast.published(keyring=keyring.sign(cast.signer("root")), statements=signed))

    def serve(self, *, user: int | None = None, **limits: str) -> None:
        """Make it look as if the intake ran, as the kernel's files tell."""
        user = os.geteuid() if user is None else user
        self.write("proc/locks", f"1: FLOCK  ADVISORY  WRITE {WORKER} fd:01:{self.shelf.stat().st_ino} 0 EOF\n")
        for number, parent in ((MASTER, 1), (WORKER, MASTER), (WORKER + 1, WORKER), (1, 0)):
            self.write(
                f"proc/{number}/status", f"Name:\tpython\nPPid:\t{parent}\nUid:\t{user}\t{user}\t{user}\t{user}\n"
            )
        core, lock = limits.get("core", "0"), limits.get("lock", "8388608")
        lines = (
            "Limit".ljust(26) + "Soft Limit\n",
            limit("Max core file size", core),
            limit("Max locked memory", lock),
        )
        self.write(f"proc/{WORKER}/limits", "".join(lines))


def limit(name: str, value: str) -> str:
    return f"{name:<26}{value:<21}{value:<21}bytes\n"


def after(days: int) -> date:
    return today() + timedelta(days=days)


def codes(findings: Iterable[Finding]) -> set[str]:
    """Return the codes, and check what every finding must be: words, and a way to mend it."""
    found = list(findings)
    for finding in found:
        assert finding.words.endswith((".", ")")), finding.words
        assert len(finding.mend) > 10
        assert set(finding.to_json()) == {"code", "severity", "words", "mend"}
    return {finding.code for finding in found}


@pytest.fixture
def healthy(tmp_path: Path) -> Place:
    """Return an installation in which everything is well, and that does not run."""
    base = tmp_path / "whistle"
    (base / "intake").mkdir(parents=True, mode=0o700)
    base.chmod(0o755)
    place = Place(base, tmp_path / "machine")
    place.file.write_text(SETTINGS)
    place.file.chmod(0o644)
    place.publish(statements=(cast.ANA, cast.BO, cast.CHI))
    for path in (place.folder / "keyring.json", *(place.folder / "statements").iterdir()):
        path.chmod(0o644)
    Shelf(place.shelf, today=today, message_days=90, chunk_days=90, capacity=1_000).close()
    place.write("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n")
    place.write("proc/sys/kernel/core_pattern", "core\n")
    place.write("proc/sys/kernel/yama/ptrace_scope", "1\n")
    place.write("proc/sys/fs/suid_dumpable", "0\n")
    for name in ("tmp", "var/tmp"):
        (place.root / name).mkdir(parents=True)
        (place.root / name).chmod(0o1777)
    return place
