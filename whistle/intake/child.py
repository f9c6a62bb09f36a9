"""The life of a child: it is forked for one request that carries or makes secrets, answers it, and ends.

Whatever it held in memory ends with it. It keeps two descriptors only, the visitor's and the link to its parent.
"""

import gc
import logging
import os
import signal
import socket
from typing import Final, NoReturn

from whistle.hardening import die_with
from whistle.intake.heads import Head
from whistle.intake.link import ShelfLink
from whistle.intake.log import place_of
from whistle.intake.wsgi import Application, serve

LINK: Final = "whistle.link"
_STANDARD_STREAMS: Final = 3


def live(
    application: Application, visitor: socket.socket, head: Head, link: ShelfLink, parent: int, slowest: int
) -> NoReturn:
    """Answer one request and end this process, come what may."""
    status = 1
    try:
        _part_from_parent(parent, visitor.fileno(), link.fileno())
        _answer(application, visitor, head, link, slowest)
        status = 0
    finally:
        os._exit(status)


def _answer(application: Application, visitor: socket.socket, head: Head, link: ShelfLink, slowest: int) -> None:
    try:
        serve(application, visitor, head, {LINK: link}, slowest)
    except OSError:
        return  # the visitor has gone
    except Exception as error:  # noqa: BLE001 - whatever it is, only its place may be told
        link.trouble(place_of(error))


def _part_from_parent(parent: int, *kept: int) -> None:
    die_with(parent)
    gc.disable()  # a collection would touch, and so copy, the pages shared with the parent
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)  # the parent lets us finish, and ends us if we do not
    signal.signal(signal.SIGABRT, signal.SIG_DFL)
    logging.disable(logging.CRITICAL)
    _silence()
    begin = _STANDARD_STREAMS
    for descriptor in sorted(kept):
        os.closerange(begin, descriptor)
        begin = descriptor + 1
    os.closerange(begin, os.sysconf("SC_OPEN_MAX"))


def _silence() -> None:
    """Send the standard streams nowhere: what a library prints on its way down could quote a visitor."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(_STANDARD_STREAMS):
        os.dup2(nowhere, stream)
