"""The gunicorn worker: one process, one event loop, no secrets. gunicorn gives it sockets, signals and a master.

The master loads the pages (preload). This process forks the nursery while it has nothing more than that, and only then
loads what the shelf needs.
"""

import gc
import logging
import os
import secrets
import socket
import sys
import time
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from gunicorn.config import Config
from gunicorn.workers.base import Worker

from whistle.errors import SettingsError, WhistleError
from whistle.hardening import forbid_dumps
from whistle.intake.heap import keep_free_memory
from whistle.intake.log import QuietLogger, Troubles
from whistle.intake.loop import READABLE
from whistle.intake.nursery import Nursery
from whistle.intake.site import Site

if TYPE_CHECKING:
    from whistle.intake.house import House

_TICK_SECONDS: Final = 1.0
_RETRY_SECONDS: Final = 0.1
_HANDOVER_SECONDS: Final = 10
_TICKET_KEY_SIZE: Final = 32


class IntakeWorker(Worker):
    """Runs the intake. Needs one worker, preload, TCP sockets and the quiet log; refuses to start otherwise."""

    log: QuietLogger
    _house: "House"
    _site: Site
    _grace = 0.0
    _asked = False

    @classmethod
    def check_config(cls, cfg: Config, _log: object) -> None:
        """Raise ``SettingsError`` for a configuration in which a promise of this server would not hold.

        Runs in the master, which gives up core dumps here too.
        """
        forbid_dumps()
        wrong = [
            name
            for name, right in (
                ("workers", cfg.workers == 1),
                ("preload_app", cfg.preload_app),
                ("bind", not any(isinstance(address, str) for address in cfg.address)),
                ("logger_class", issubclass(cfg.logger_class, QuietLogger)),
                ("accesslog", cfg.accesslog is None),
                # Other loggers would tell at what second somebody was here, and gunicorn's own every line that is run.
                ("logconfig", not (cfg.logconfig or cfg.logconfig_json or cfg.logconfig_dict)),
                ("spew", not cfg.spew),
                ("control_socket_disable", cfg.control_socket_disable),
                ("reuse_port", not cfg.reuse_port),
                ("certfile", not cfg.is_ssl),
            )
            if not right
        ]
        if wrong:
            raise SettingsError(", ".join(wrong))

    def init_process(self) -> None:
        """Give up core dumps, then start as every worker does."""
        forbid_dumps()
        keep_free_memory()
        super().init_process()

    def load_wsgi(self) -> None:
        """Open the house. A first start that fails stops gunicorn; a later one is tried again and again."""
        super().load_wsgi()
        if not isinstance(self.wsgi, Site):
            raise SettingsError("wsgi_app")
        self._site = self.wsgi
        try:
            self._house = self._opened()
        except WhistleError as error:
            self.log.say(logging.CRITICAL, error.message())
            if self.age > 1:
                sys.exit(1)
            raise

    def _opened(self) -> "House":
        """Open the house; on a reload, only when the worker before has finished and closed it."""
        nursery = Nursery.found(self._site, secrets.token_bytes(_TICKET_KEY_SIZE))
        from whistle.intake import house as built  # noqa: PLC0415 - what it loads would make every later fork dearer

        limit = time.monotonic() + (self._site.limits.stop_seconds + _HANDOVER_SECONDS if self.age > 1 else 0)
        while True:
            try:
                return built.House(self._site, nursery)
            except WhistleError:
                if time.monotonic() >= limit or not self.alive:
                    raise
            self.notify()
            time.sleep(_RETRY_SECONDS)

    def run(self) -> None:
        """Serve until told to stop."""
        gc.collect()
        gc.freeze()
        house = self._house
        house.loop.watch(self.PIPE[0], READABLE, self._on_wakeup, lambda: None)
        house.reception.open([_plain(listener) for listener in self.sockets])
        try:
            self._serve(house)
            house.reception.close()
            self._finish(house)
        finally:
            house.close()
            self._tell(house.troubles)

    def _serve(self, house: "House") -> None:
        ticked = 0.0
        while self.alive and self.ppid == os.getppid():
            house.turn(_TICK_SECONDS)
            if time.monotonic() - ticked >= _TICK_SECONDS:
                ticked = time.monotonic()
                self.notify()
                if house.tick() or self._asked:
                    self._asked = False
                    self._tell(house.troubles)
                if not house.sound:
                    self.log.say(logging.ERROR, "the shelf has to be opened again")
                    return

    def _finish(self, house: "House") -> None:
        limit = time.monotonic() + self._grace
        while not house.idle and time.monotonic() < limit:
            house.turn(_TICK_SECONDS)
            self.notify()

    def _tell(self, troubles: Troubles) -> None:
        for line in troubles.drain():
            self.log.say(logging.ERROR, line)

    # --- signals

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop when the children have finished (SIGTERM)."""
        self._grace = self._site.limits.stop_seconds
        super().handle_exit(sig, frame)

    def handle_quit(self, _sig: int, _frame: FrameType | None) -> None:
        """Stop at once (SIGQUIT, SIGINT): children are ended, but never left behind."""
        self._grace = 0.0
        self.alive = False

    def handle_usr1(self, sig: int, frame: FrameType | None) -> None:
        """Open the log anew and write down the faults counted so far (SIGUSR1)."""
        super().handle_usr1(sig, frame)
        self._asked = True

    def _on_wakeup(self, _events: int) -> None:
        os.read(self.PIPE[0], 4096)


def _plain(listener: Any) -> socket.socket:  # noqa: ANN401 - the stubs name another type than the wrapper it is
    sock: socket.socket = listener.sock
    return sock
