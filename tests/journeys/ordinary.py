"""Servers of an ordinary user, also where tests run as root: root may do what a server never may."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.intake.server import eventually
from tests.journeys.instance import Instance, copied

_NOBODY = 65_534


@contextmanager
def ordinary(founded: Instance, disk_mib: int | None = None) -> Iterator[Instance]:
    """Give a copy of an organisation whose server runs as an ordinary user, if wanted on a small disk of its own.

    Only root may mount such a disk. The folder is not below pytest's own, which nobody else may enter.
    """
    folder = Path(tempfile.mkdtemp(prefix="whistle-"))
    folder.chmod(0o755)
    instance = copied(founded, folder / "copy")
    disk = instance.intake
    try:
        if disk_mib is not None:
            _mount(disk, disk_mib)
        if os.geteuid() == 0:
            instance.prefix = ("setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--")
            _hand_over(instance)
        yield instance
    finally:
        if disk_mib is not None:
            eventually_run("umount", disk)
        shutil.rmtree(folder)


def eventually_run(*command: str | Path) -> None:
    """Run a command until it succeeds: what was killed may have files open for a moment longer."""
    assert eventually(lambda: subprocess.run(command, capture_output=True, check=False).returncode == 0), command


def _mount(disk: Path, mib: int) -> None:
    """Put a file system of so many MiB in the place of a folder, with what the folder holds."""
    aside = disk.with_name("aside")
    disk.rename(aside)
    disk.mkdir(0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0700", "tmpfs", disk], check=True)
    shutil.copytree(aside, disk, dirs_exist_ok=True)


def _hand_over(instance: Instance) -> None:
    for folder in (instance.folder, instance.folder.parent):
        folder.chmod(0o755)
    for path in (instance.intake, instance.scratch):
        for each in (path, *path.rglob("*")):
            os.chown(each, _NOBODY, _NOBODY)
