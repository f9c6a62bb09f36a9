"""What the parent says when it refuses a request: a page for people, an empty body for programs."""

from typing import Final

from whistle.intake.answers import answer
from whistle.intake.heads import Head
from whistle.language import _

_HTML: Final = "text/html; charset=utf-8"
_TEXT: Final = "text/plain; charset=utf-8"


class Refusals:
    """The pages, rendered once at the start: ``{413: b"<!doctype html>…"}``. What has none gets a plain sentence."""

    def __init__(self, pages: dict[int, bytes] | None = None) -> None:
        self._pages = pages or {}

    def answer(self, status: int, head: Head | None) -> bytes:
        """Return the whole answer. Without a head it is not even known who asks."""
        if head is None or head.interface:
            return answer(status, keep_alive=False)
        body, kind = self._pages.get(status), _HTML
        if body is None:
            body, kind = _sentence(status).encode(), _TEXT
        return answer(status, body, kind, keep_alive=False, for_people=True, head_only=head.method == "HEAD")


def _sentence(status: int) -> str:
    match status:
        case 408:
            return _("This took too long, and nothing was stored. Please go back and send it again.")
        case 413:
            return _("This is larger than the site can take at once. Please send fewer or smaller files.")
        case 503:
            return _("The site cannot answer at the moment. Please go back and try again in a few minutes.")
        case _:
            return _("The site cannot make sense of this request.")
