"""The ``whistle`` command. Each file holds the verbs of one room and imports that room only.

Verbs are loaded by name when they are asked for: an image built without a room has no verbs of it, and still starts.
"""

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click

from whistle.errors import WhistleError
from whistle.language import _
from whistle.naming import screen_text

VERBS = {
    "tip": "whistle.cli.source",
    "replies": "whistle.cli.source",
    "follow-up": "whistle.cli.source",
    "withdraw": "whistle.cli.source",
    "sync": "whistle.cli.console",
    "inbox": "whistle.cli.console",
    "read": "whistle.cli.console",
    "reply": "whistle.cli.console",
    "console": "whistle.cli.console",
    "vault": "whistle.cli.console",
    "intake": "whistle.cli.intake",
    "carry": "whistle.cli.intake",
    "release": "whistle.cli.intake",
    "doctor": "whistle.cli.intake",
    "verify-site": "whistle.cli.inspection",
    "init": "whistle.cli.trial",
    "trial": "whistle.cli.trial",
}
KEY_VERBS = {
    "root": "whistle.cli.root",
    "channel": "whistle.cli.root",
    "certify": "whistle.cli.root",
    "revoke": "whistle.cli.root",
    "succeed": "whistle.cli.root",
    "publish": "whistle.cli.root",
    "manifest": "whistle.cli.root",
    "fingerprint": "whistle.cli.root",
    "enrol": "whistle.cli.console",
    "join": "whistle.cli.console",
    "rotate": "whistle.cli.console",
}
#: Status of a command that ended with an error of ours, whose sentence it printed.
FAILED = 1


class Verbs(click.Group):
    """A group whose commands live in other files, and are there only if their room is."""

    def __init__(self, *args: Any, verbs: Mapping[str, str], **more: Any) -> None:  # noqa: ANN401 - click's own arguments
        """Take, beside what click takes, the module of each verb; the verb ``follow-up`` is its ``follow_up``."""
        super().__init__(*args, **more)
        self._verbs = {name: module for name, module in verbs.items() if _room_exists(module)}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs of the rooms that are here."""
        return [*super().list_commands(ctx), *self._verbs]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a verb."""
        if cmd_name not in self._verbs:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(self._verbs[cmd_name]), cmd_name.replace("-", "_"))
        return command


def _room_exists(module: str) -> bool:
    room = "whistle." + module.rpartition(".")[2]
    return find_spec(module) is not None and (room == "whistle.trial" or find_spec(room) is not None)


@click.group(cls=Verbs, verbs=VERBS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="whistle")
def whistle() -> None:
    """Tell an anti-corruption authority what you know, be asked back, stay safe."""


@click.group(cls=Verbs, verbs=KEY_VERBS)
def keys() -> None:
    """Make, certify, rotate and revoke keys."""


whistle.add_command(keys)


def main() -> None:
    """Run the command; an error of ours is one sentence on standard error and status 1."""
    try:
        whistle(prog_name="whistle")
    except WhistleError as error:
        click.echo(_("Error: {sentence}").format(sentence=screen_text(error.message())), err=True)
        sys.exit(FAILED)
