"""Serving a console's pages on this machine, in one process that ends with its terminal."""

from typing import Any

from gunicorn.app.base import BaseApplication

from whistle.console.app import create_app
from whistle.console.desk import Desk
from whistle.console.pages.here import Couriers
from whistle.console.settings import ConsoleSettings
from whistle.hardening import forbid_dumps

_THREADS = 8


class _Server(BaseApplication):
    """gunicorn with what a console needs: one process, because the open vault is in its memory."""

    def __init__(self, settings: ConsoleSettings, couriers: Couriers) -> None:
        self._settings = settings
        self._couriers = couriers
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
            "control_socket_disable": True,
            "umask": 0o077,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:  # noqa: ANN401 - a Flask application; gunicorn types it as any server interface
        forbid_dumps()
        settings = self._settings
        desk = Desk(settings.folder, settings.keep_days, settings.lock_minutes, daily_records=settings.daily_records)
        return create_app(settings, desk, self._couriers)


def serve(settings: ConsoleSettings, couriers: Couriers) -> None:
    """Serve until the process is told to stop."""
    _Server(settings, couriers).run()
