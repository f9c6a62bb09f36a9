"""What gunicorn loads in its master: the pages, and everything the server has to know to serve them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from whistle.intake.limits import Limits
from whistle.intake.wsgi import Application, Environ, StartResponse


@dataclass(frozen=True)
class Site:
    """The WSGI application together with its server's settings. Plain values only: nothing is open before the fork.

    ``shelf`` is the shelf's folder, ``statements`` that of the people's sealing statements, ``keyring`` the published
    file. ``message_days`` and ``chunk_days`` say how long records are kept, ``capacity`` how many there may be.
    ``work_bits`` is the proof of work that the interface asks for. ``static`` maps the beginning of a path to a folder.
    ``pages`` are the refusals that people see, by status.
    """

    application: Application
    shelf: Path
    keyring: Path
    statements: Path
    message_days: int
    chunk_days: int
    capacity: int
    work_bits: int
    static: Mapping[str, Path] = field(default_factory=dict)
    pages: Mapping[int, bytes] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        return self.application(environ, start_response)
