"""Reports for a trial whose console should not be empty at first sight, sent by the command that sources use."""

import shutil
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from whistle.language import _

Run = Callable[..., str]
_MARKER = "demonstrated"


def send(run: Run, corpus: Path, folder: Path, intake: str, names: dict[str, str]) -> None:
    """Send every report of ``corpus`` that is meant for a demonstration, once for the trial in ``folder``.

    ``run`` runs a ``whistle`` command; ``names`` are the published names behind the names of folders.
    """
    marker = folder / _MARKER
    if marker.exists():
        return
    reports = [path.parent for path in sorted(corpus.glob("*/report.toml"))]
    wanted = [(path, about) for path in reports if (about := _about(path)).get("demo")]
    with click.progressbar(wanted, label=_("Sending reports"), item_show_func=_title) as shown:
        for path, about in shown:
            _send_one(run, path, about, intake, names)
    marker.touch()


def _send_one(run: Run, path: Path, about: dict[str, Any], intake: str, names: dict[str, str]) -> None:
    # Files rest in the corpus under plain names; a command sends a file under the name that it has.
    staging = Path(tempfile.mkdtemp(prefix="whistle-demo-"))
    try:
        options: list[str | Path] = ["--text", path / "text.txt", "--language", about["language"]]
        for file in about.get("files", ()):
            renamed = staging / file["name"]
            shutil.copyfile(path / "files" / file["stored"], renamed)
            options += ["--attach", renamed]
        for excluded in about.get("excludes", ()):
            options += ["--exclude", names[excluded]]
        run("tip", "--intake", intake, "--yes", "--no-check", "--no-trace", *options)
    finally:
        shutil.rmtree(staging)


def _about(path: Path) -> dict[str, Any]:
    return tomllib.loads((path / "report.toml").read_text("utf-8"))


def _title(item: tuple[Path, dict[str, Any]] | None) -> str:
    return "" if item is None else item[0].name
