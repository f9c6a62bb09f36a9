"""What gunicorn loads in its master: the pages, and everything the server has to know to serve them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from whistle.intake.limits import Limits
from whistle.intake.link import ShelfLink
from whistle.intake.settings import IntakeSettings
from whistle.intake.wsgi import Application, Environ, StartResponse


@dataclass(frozen=True)
class Site:
    """The WSGI application together with what its server needs. Plain values only: nothing is open before the fork.

    ``static`` maps the beginning of a path to a folder. ``pages`` are the refusals that people see, by status.
    ``prepare`` is called in the nursery, with a link like a child's, whenever the published document has changed.
    """

    application: Application
    settings: IntakeSettings
    limits: Limits
    static: Mapping[str, Path] = field(default_factory=dict)
    pages: Mapping[int, bytes] = field(default_factory=dict)
    prepare: Callable[[ShelfLink], None] = lambda _link: None

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        return self.application(environ, start_response)
