"""Serving a console's pages on this machine, in one process that ends with its terminal."""

import signal
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from whistle.console.app import create_app
from whistle.console.desk import Desk
from whistle.console.pages import here
from whistle.console.pages.here import Couriers
from whistle.console.settings import ConsoleSettings
from whistle.hardening import forbid_dumps

_THREADS = 8
#: Through Tor a record can take some seconds.
_CLOSING_SECONDS = 60


class _Server(BaseApplication):
    """gunicorn with what a console needs: one process, because the open vault is in its memory."""

    def __init__(self, settings: ConsoleSettings, couriers: Couriers) -> None:
        self._settings = settings
        self._couriers = couriers
        self._app: Flask | None = None
        super().__init__()

    def load_config(self) -> None:
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        options: dict[str, Any] = {
            "bind": f"{host}:{self._settings.port}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": _THREADS,
            # A long answer of a slow disk is no reason to lose an open vault.
            "timeout": 0,
            "accesslog": None,
            "loglevel": "warning",
            "graceful_timeout": _CLOSING_SECONDS,
            "worker_exit": self._close,
            "control_socket_disable": True,
            "umask": 0o077,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:  # noqa: ANN401 - a Flask application; gunicorn types it as any server interface
        forbid_dumps()
        settings = self._settings
        desk = Desk(settings.folder, settings.keep_days, settings.lock_minutes, daily_records=settings.daily_records)
        self._app = create_app(settings, desk, self._couriers)
        return self._app

    def _close(self, _arbiter: object, _worker: object) -> None:
        """Put what is left of the day's records: how many there are must not tell how long the console was open."""
        if self._app is None:
            return
        for each in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)  # the terminal and gunicorn each send one
        here.of(self._app).outgoing.hurry()


def serve(settings: ConsoleSettings, couriers: Couriers) -> None:
    """Serve until the process is told to stop."""
    _Server(settings, couriers).run()
