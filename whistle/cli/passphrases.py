"""How every command asks for a passphrase: at a prompt, or from a file descriptor; never as an argument."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from whistle.language import _

F = TypeVar("F", bound=Callable[..., Any])
_LIMIT = 4_096


def passphrase_option(function: F) -> F:
    """Add ``--passphrase-fd``, from whose first line a script gives the passphrase."""
    text = "Read the passphrase from the first line of this file descriptor instead of asking for it."
    return click.option("--passphrase-fd", type=int, help=text)(function)


def passphrase(descriptor: int | None, question: str, *, confirm: bool = False) -> str:
    """Return the passphrase from ``descriptor``, or ask for it without showing it."""
    if descriptor is None:
        answer: str = click.prompt(question, hide_input=True, confirmation_prompt=confirm, err=True)
        return answer
    # Read byte by byte: what follows the first line is for somebody else.
    line = bytearray()
    while len(line) < _LIMIT and (byte := os.read(descriptor, 1)) not in {b"", b"\n"}:
        line += byte
    if not line:
        raise click.UsageError(_("no passphrase came from the file descriptor"))
    return line.decode()
