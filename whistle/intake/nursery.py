"""The nursery, as its worker sees it: the process that forks a child for each request with secrets.

It is a process of its own because a fork costs what the forking process has in memory, and afterwards every page of it
that either side writes to. The nursery has the pages loaded and practised, no database and no visitors; the worker,
which has those, never forks while it serves.

Over one socket pair go orders, with the descriptors of a visitor and of a link; over another, a ``ShelfLink``, the
nursery asks for the published document like any child. Neither ever carries a byte that a person wrote.
"""

import os
import socket
from typing import Self

from whistle.intake import tending
from whistle.intake.heads import Head
from whistle.intake.link import ShelfLink
from whistle.intake.site import Site


class Nursery:
    """The worker's end. ``link`` is for a ``Desk`` to serve, and ends when the nursery does."""

    def __init__(self, process: int, control: socket.socket, link: socket.socket, ticket_key: bytes) -> None:
        self.ticket_key = ticket_key
        self._control = control
        self.link = link
        self._process = process

    @classmethod
    def found(cls, site: Site, ticket_key: bytes) -> Self:
        """Fork the nursery. To be called before the shelf is open, and before its libraries are even loaded."""
        control, orders = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        link, theirs = socket.socketpair()
        parent = os.getpid()
        process = os.fork()
        if process == 0:
            tending.live(site, orders, ShelfLink(theirs, ticket_key), parent)
        orders.close()
        theirs.close()
        control.setblocking(False)  # noqa: FBT003 - the socket's own interface
        return cls(process, control, link, ticket_key)

    def prepare(self) -> None:
        """Have the published document fetched, verified and rehearsed with; raises ``OSError`` if that has to wait."""
        self._control.send(tending.ORDER.pack(tending.Order.PREPARE, 0))

    def fork(self, head: Head, seconds: float, visitor: socket.socket, link: socket.socket) -> None:
        """Have a child forked that answers one request within so many seconds; raises ``OSError`` if that has to wait.

        Both sockets may be closed afterwards. Whatever becomes of the child, its end of the link closes with it.
        """
        order = tending.ORDER.pack(tending.Order.FORK, seconds) + head.untrusted_bytes
        socket.send_fds(self._control, [order], [visitor.fileno(), link.fileno()])

    def close(self) -> None:
        """End the nursery, and with it every child, and wait until it has."""
        self._control.close()
        self.link.close()
        os.waitpid(self._process, 0)
