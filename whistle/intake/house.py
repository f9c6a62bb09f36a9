"""Everything that lives in the one server process, put together."""

import socket
from collections.abc import Callable
from contextlib import suppress

from whistle.errors import ShelfError, WhistleError
from whistle.intake.children import Children
from whistle.intake.cover import Amounts, Cover
from whistle.intake.desk import Desk
from whistle.intake.interface import Interface
from whistle.intake.log import Troubles
from whistle.intake.loop import Loop
from whistle.intake.night import Night
from whistle.intake.nursery import Nursery
from whistle.intake.passes import Passes
from whistle.intake.places import Places
from whistle.intake.published import Bulletin, today
from whistle.intake.reception import Reception
from whistle.intake.refusals import Refusals
from whistle.intake.site import Site
from whistle.intake.static import StaticFiles
from whistle.intake.tickets import Tickets
from whistle.intake.verbs import Verbs
from whistle.shelf import Shelf


class House:
    """Opens the shelf and is ready to serve ``site`` with children of ``nursery``.

    Raises ``ShelfError`` and ``KeyringError``, and then leaves the nursery as it is.
    """

    def __init__(self, site: Site, nursery: Nursery) -> None:
        limits, settings = site.limits, site.settings
        self.troubles = Troubles()
        self.loop = Loop(self.troubles.add_error)
        self._bulletin = Bulletin(settings.keyring, settings.statements, settings.work_bits)
        self._shelf = Shelf(
            settings.shelf,
            today=today,
            message_days=settings.message_days,
            chunk_days=settings.chunk_days,
            capacity=settings.capacity,
            chunks_a_day=settings.chunks_a_day,
        )
        amounts = Amounts(settings.decoys, settings.decoy_groups, settings.message_days)
        self._cover = Cover(self._shelf, amounts, today, self.troubles.add_error)
        self._verbs = Verbs(self._shelf, self._bulletin, self._cover.notice, self.troubles.add_error)
        self._night = Night(self._shelf, self.troubles.add_error)
        self._tickets = Tickets(limits.ticket_seconds, limits.tickets)
        self._nursery = nursery
        self._nursery_ended = False
        self._prepared: tuple[bytes, bool | None] = (b"", None)
        self._children = Children(self.loop, limits, nursery, self._attend)
        interface = Interface(self._verbs, self._bulletin, Passes())
        places = Places(nursery.ticket_key, limits.tickets)
        static = StaticFiles(dict(site.static))
        refusals = Refusals(dict(site.pages))
        self.reception = Reception(self.loop, limits, interface, self._children, places, static, refusals)
        self._attend(nursery.link, self._miss_nursery, static.show)
        self._prepare()

    def _attend(
        self, link: socket.socket, ended: Callable[[], None], show: Callable[[str, bytes], None] | None = None
    ) -> None:
        Desk(link, self.loop, self._verbs, self._tickets, self.troubles, ended, show)

    def _miss_nursery(self) -> None:
        self._nursery_ended = True

    def _prepare(self) -> None:
        """Let the nursery know of what changes its pages; if it is too busy, the next tick does."""
        now = (self._bulletin.document, self._room())
        if self._prepared != now:
            with suppress(OSError):
                self._nursery.prepare()
                self._prepared = now

    def _room(self) -> bool | None:
        """Return whether the shelf takes files; nothing where it does not even take messages."""
        try:
            return self._shelf.check_room()
        except ShelfError:
            return None

    def turn(self, seconds: float) -> None:
        """Serve what is at hand, waiting at most this long for it."""
        self.loop.turn(0 if self._night.busy else self._cover.wait(seconds))
        self._verbs.commit()
        self._cover.step()
        self._night.step()

    def tick(self) -> bool:
        """Look after what has a time, about once a second; return whether the day has ended."""
        self.reception.sweep()
        self._children.fill()
        try:
            self._bulletin.refresh()
            self._prepare()
        except WhistleError as error:
            self.troubles.add_error(error)
        return self._night.begin()

    @property
    def sound(self) -> bool:
        """Whether shelf and nursery can be used. If not, only a new process, which makes them anew, helps."""
        return self._shelf.is_usable and not self._nursery_ended

    @property
    def idle(self) -> bool:
        """Whether nobody waits for anything."""
        return self.reception.empty and not self._children

    def close(self) -> None:
        """End what is left, children first, and close the shelf."""
        self._nursery.close()
        self.reception.close_all()
        self._verbs.commit()
        self._night.close()
        self.loop.close()
        self._shelf.close()
