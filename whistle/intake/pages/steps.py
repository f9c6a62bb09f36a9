"""The steps of the pages as a script shows them: templates and sentences, the same for everybody, without a secret.

With JavaScript the whole journey happens in one document, see ``browser/src/pages``. What it shows is rendered here,
from the partials that also make the pages without JavaScript, so that every sentence is written once.
"""

from collections.abc import Iterator

from flask import Blueprint, render_template

from whistle.errors import CourierError, ProtocolError, ShelfError, SourceError, WhistleError
from whistle.intake.forms import CONTACT_LIMIT, TEXT_LIMIT
from whistle.intake.pages import here
from whistle.intake.pages.replies import word_lists
from whistle.language import _

steps_pages = Blueprint("steps", __name__)

#: What a source can meet; a script knows its errors by the same names.
_TREES = (ProtocolError, ShelfError, CourierError, SourceError)


@steps_pages.get("/steps")
def steps() -> str:
    """Give out all steps."""
    return render_template(
        "intake/steps.html",
        prototype=True,
        sentences=dict(_sentences()),
        titles=word_lists(),
        questionnaires=here.settings().questionnaires.values(),
        keep_days=here.settings().message_days,
        text_limit=TEXT_LIMIT,
        contact_limit=CONTACT_LIMIT,
    )


@steps_pages.get("/room")
def room() -> str:
    """Tell whether files are taken now: asked for before a form is shown, since steps are loaded once."""
    return render_template("intake/room.html", files_open=here.takes_files())


def _sentences() -> Iterator[tuple[str, str]]:
    """Give out the name of every error that a source can meet, and the sentence that she reads."""
    for tree in _TREES:
        yield from ((kind.__name__, _(" ".join((kind.__doc__ or "").split()))) for kind in _kinds(tree))


def _kinds(kind: type[WhistleError]) -> Iterator[type[WhistleError]]:
    """Give out an error and those below it; what a module has for itself is none that anybody meets."""
    if kind.__module__ == WhistleError.__module__:
        yield kind
        for below in kind.__subclasses__():
            yield from _kinds(below)
