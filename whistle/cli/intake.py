"""The verbs of the intake's operator: ``whistle intake``."""

import os
import sys
from pathlib import Path

import click

from whistle.errors import StartFailed
from whistle.intake.settings import load
from whistle.language import _

_SERVER = Path(__file__).resolve().parent.parent.parent / "config" / "gunicorn.conf.py"


@click.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    default=Path("config/whistle.toml"),
    show_default=True,
    help="The settings.",
)
@click.option(
    "--server",
    type=click.Path(path_type=Path, dir_okay=False),
    default=_SERVER,
    help="gunicorn's own settings, which hold for every site: config/gunicorn.conf.py of the checkout.",
)
def intake(config: Path, server: Path) -> None:
    """Serve the intake: the public pages, and the interface for browsers, commands and consoles."""
    load(config)
    if not server.is_file():
        raise StartFailed(_("{path} is missing").format(path=server))
    os.environ["WHISTLE_SETTINGS"] = str(config.resolve())
    command = [sys.executable, "-m", "gunicorn", "--config", str(server)]
    os.execv(sys.executable, command)  # noqa: S606 - our own server, in place of this process
