"""What the nursery does: it forks children, ends those whose time is over, and practises the pages between.

``nursery.py`` tells why it is a process of its own.
"""

import gc
import os
import signal
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from http import HTTPStatus
from typing import Final, NoReturn

from whistle.errors import RequestRefused, WhistleError
from whistle.hardening import can_be_swapped_out, may_lock_memory
from whistle.intake import child
from whistle.intake.heads import parse
from whistle.intake.heap import gather_memory, return_free_memory
from whistle.intake.limits import HEAD_LIMIT
from whistle.intake.link import ShelfLink
from whistle.intake.log import place_of
from whistle.intake.loop import READABLE, Loop
from whistle.intake.refusals import Refusals
from whistle.intake.site import Site

#: What an order begins with: its kind, and how long a child may live (seconds). The head of the request follows.
ORDER: Final = struct.Struct("<Bd")
_ORDER_LIMIT: Final = ORDER.size + HEAD_LIMIT
_DESCRIPTORS: Final = 2
_SWEEP_SECONDS: Final = 1.0


class Order(IntEnum):
    """What the worker may ask for."""

    PREPARE = 1
    FORK = 2


@dataclass(frozen=True, slots=True)
class _Child:
    number: int  # of the process
    handle: int  # its pidfd, which can never come to mean another process
    deadline: float


def live(site: Site, orders: socket.socket, link: ShelfLink, worker: int) -> NoReturn:
    """Tend children until the worker closes its end or dies, then end them and this process."""
    status = 1
    try:
        child.part_from(worker, orders.fileno(), link.fileno())
        _Nurse(site, orders, link).work()
        status = 0
    except Exception as error:  # noqa: BLE001 - whatever it is, only its place may be told
        with suppress(WhistleError):
            link.trouble(place_of(error))
    finally:
        os._exit(status)


class _Nurse:
    def __init__(self, site: Site, orders: socket.socket, link: ShelfLink) -> None:
        self._site = site
        self._orders = orders
        self._link = link
        self._loop = Loop(lambda error: link.trouble(place_of(error)))
        self._refusals = Refusals(dict(site.pages))
        self._children: dict[int, _Child] = {}
        self._working = True
        self._locks = False
        self._loop.watch(orders.fileno(), READABLE, self._on_order, self._stop)

    def work(self) -> None:
        while self._working:
            self._loop.turn(_SWEEP_SECONDS)
            self._sweep()
        for one in list(self._children.values()):
            signal.pidfd_send_signal(one.handle, signal.SIGKILL)
            self._reap(one)

    def _stop(self) -> None:
        self._working = False

    def _on_order(self, _events: int) -> None:
        order, descriptors, _flags, _address = socket.recv_fds(self._orders, _ORDER_LIMIT, _DESCRIPTORS)
        if not order:
            self._stop()
            return
        kind, seconds = ORDER.unpack_from(order)
        if kind == Order.PREPARE:
            # Later, since what goes wrong in it must not end the nursery.
            self._loop.later(self._prepare)
        else:
            visitor, link = (socket.socket(fileno=descriptor) for descriptor in descriptors)
            with visitor, link:
                self._fork(order[ORDER.size :], time.monotonic() + seconds, visitor, link)

    def _prepare(self) -> None:
        self._site.prepare(self._link)
        # Locking costs a child some milliseconds: only where there is something to be locked out of.
        self._locks = can_be_swapped_out() and may_lock_memory()
        gc.collect()
        return_free_memory()
        gather_memory()
        gc.freeze()  # a collection in a child would touch, and so copy, every page

    def _fork(self, untrusted_head: bytes, deadline: float, visitor: socket.socket, theirs: socket.socket) -> None:
        nursery = os.getpid()
        try:
            number = os.fork()
        except OSError:
            self._refuse(untrusted_head, visitor)
            return
        if number == 0:
            link = ShelfLink(theirs, self._link.ticket_key)
            child.live(self._site, visitor, untrusted_head, link, nursery, locked=self._locks)
        one = _Child(number, os.pidfd_open(number), deadline)
        self._children[number] = one
        self._loop.later(lambda: self._watch(one))

    def _watch(self, one: _Child) -> None:
        self._loop.watch(one.handle, READABLE, lambda _events: self._reap(one), lambda: self._reap(one))

    def _refuse(self, untrusted_head: bytes, visitor: socket.socket) -> None:
        with suppress(OSError, RequestRefused):
            visitor.send(self._refusals.answer(HTTPStatus.SERVICE_UNAVAILABLE, parse(untrusted_head)))

    def _reap(self, one: _Child) -> None:
        with suppress(ChildProcessError):
            os.waitpid(one.number, 0)
        self._loop.forget(one.handle)
        os.close(one.handle)
        del self._children[one.number]

    def _sweep(self) -> None:
        now = time.monotonic()
        for one in self._children.values():
            if one.deadline < now:
                signal.pidfd_send_signal(one.handle, signal.SIGKILL)
