"""Writes docs/commands.md: the help of every command, as the commands themselves give it."""

from collections.abc import Iterator
from pathlib import Path

import click

from whistle.cli import whistle

PLACE = Path(__file__).parent.parent / "docs" / "commands.md"
_WIDTH = 100
_HEAD = """# Commands

The help of every command, written by `python -m dev.commands` and compared by the tests. What a command
prints for people goes to standard error; what a script needs goes to standard output.
"""


def page() -> str:
    """Return the whole page."""
    return _HEAD + "".join(f"\n## `{name}`\n\n```\n{text}\n```\n" for name, text in helps())


def helps() -> Iterator[tuple[str, str]]:
    """Give the name and the help of every command, groups before what is in them."""
    yield from _helps(whistle, "whistle", None)


def _helps(command: click.Command, name: str, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    context = click.Context(command, parent, name, terminal_width=_WIDTH, max_content_width=_WIDTH)
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for verb in command.list_commands(context):
            inner = command.get_command(context, verb)
            if inner is not None:
                yield from _helps(inner, verb, context)


if __name__ == "__main__":
    PLACE.write_text(page(), "utf-8")
