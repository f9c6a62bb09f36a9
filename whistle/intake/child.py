"""The life of a child: it is forked for one request that carries or makes secrets, answers it, and ends.

Whatever it held in memory ends with it. It keeps two descriptors only, the visitor's and the link to its parent.
"""

import gc
import logging
import os
import signal
import socket
from contextlib import suppress
from typing import Final, NoReturn

from whistle.hardening import die_with, lock_memory
from whistle.intake.heads import Head, parse
from whistle.intake.link import ShelfLink
from whistle.intake.log import place_of
from whistle.intake.site import Site
from whistle.intake.wsgi import serve

LINK: Final = "whistle.link"
_STANDARD_STREAMS: Final = 3


def live(
    site: Site, visitor: socket.socket, untrusted_head: bytes, link: ShelfLink, parent: int, *, locked: bool
) -> NoReturn:
    """Answer one request, whose head was parsed before, and end this process, come what may.

    A child that is ``locked`` keeps its memory out of swap.
    """
    status = 1
    try:
        die_with(parent)
        if locked:
            with suppress(OSError):  # an answer all the same: the doctor warns of swap
                lock_memory()
        gc.disable()  # a collection would touch, and so copy, the pages shared with the parent
        _close_all_but(visitor.fileno(), link.fileno())
        _answer(site, visitor, parse(untrusted_head), link)
        status = 0
    finally:
        os._exit(status)


def _answer(site: Site, visitor: socket.socket, head: Head, link: ShelfLink) -> None:
    try:
        serve(site.application, visitor, head, {LINK: link}, site.limits.slowest_bytes)
    except OSError:
        return  # the visitor has gone
    except Exception as error:  # noqa: BLE001 - whatever it is, only its place may be told
        link.trouble(place_of(error))


def part_from(parent: int, *kept: int) -> None:
    """Let go of what a process has of its parent: signals, logs, standard streams, descriptors; and die with it."""
    die_with(parent)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)  # the parent lets us finish, and ends us if we do not
    for number in (signal.SIGABRT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    logging.disable(logging.CRITICAL)
    _silence()
    _close_all_but(*kept)


def _close_all_but(*kept: int) -> None:
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
