"""Everything that lives in the one server process, put together."""

import secrets

from whistle.errors import WhistleError
from whistle.intake.children import Children
from whistle.intake.desk import Desk
from whistle.intake.interface import Interface
from whistle.intake.log import Troubles
from whistle.intake.loop import Loop
from whistle.intake.night import Night
from whistle.intake.passes import Passes
from whistle.intake.published import Bulletin, today
from whistle.intake.reception import Reception
from whistle.intake.refusals import Refusals
from whistle.intake.site import Site
from whistle.intake.static import StaticFiles
from whistle.intake.tickets import Tickets
from whistle.intake.verbs import Verbs
from whistle.shelf import Shelf

_TICKET_KEY_SIZE = 32


class House:
    """Opens the shelf and is ready to serve ``site``; raises ``ShelfError`` and ``KeyringError``."""

    def __init__(self, site: Site) -> None:
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
        )
        self._prepare = site.prepare
        self._prepare(self._bulletin.document)
        self._verbs = Verbs(self._shelf, self._bulletin)
        self._night = Night(self._shelf, self.troubles.add_error)
        tickets = Tickets(limits.ticket_seconds, limits.tickets)
        self._children = Children(
            self.loop,
            limits,
            site.application,
            secrets.token_bytes(_TICKET_KEY_SIZE),
            lambda sock: Desk(sock, self.loop, self._verbs, tickets, self.troubles),
        )
        interface = Interface(self._verbs, self._bulletin, Passes())
        static = StaticFiles(dict(site.static))
        self.reception = Reception(self.loop, limits, interface, self._children, static, Refusals(dict(site.pages)))

    def turn(self, seconds: float) -> None:
        """Serve what is at hand, waiting at most this long for it."""
        self.loop.turn(0 if self._night.busy else seconds)
        self._verbs.commit()
        self._night.step()

    def tick(self) -> bool:
        """Look after what has a time, about once a second; return whether the day has ended."""
        self.reception.sweep()
        self._children.sweep()
        try:
            self._bulletin.refresh()
            self._prepare(self._bulletin.document)
        except WhistleError as error:
            self.troubles.add_error(error)
        return self._night.begin()

    @property
    def sound(self) -> bool:
        """Whether the shelf can be used. If not, only a new process, which opens it again, helps."""
        return self._shelf.is_usable

    @property
    def idle(self) -> bool:
        """Whether nobody waits for anything."""
        return self.reception.empty and not self._children

    def close(self) -> None:
        """End what is left, children first, and close the shelf."""
        self._children.kill()
        self.reception.close_all()
        self._verbs.commit()
        self._night.close()
        self.loop.close()
        self._shelf.close()
