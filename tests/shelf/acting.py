"""A shelf that acts while it is recorded: ``python -m tests.shelf.acting FOLDER SCENARIO``."""

import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Final

from tests.disk.recording import await_recorder, say
from tests.protocol import cast
from tests.shelf.mortal import SCENARIOS
from tests.shelf.samples import CHUNK_DAYS, Clock, open_shelf, tidied
from tests.source.stage import ShelfCourier, Stage
from whistle.shelf import Shelf
from whistle.source import Attachment

TEXT: Final = "What a source wrote. " * 50
#: Three commits of chunks, and the message.
FILE: Final = bytes(range(251)) * 10_000
LATER: Final = CHUNK_DAYS + 1


def submit(shelf: Shelf) -> None:
    """Send a report with a file, as a source does, and say so when it was sent."""
    Stage(shelf, ShelfCourier(shelf), cast.directory()).tell(TEXT, Attachment("план.pdf", "", BytesIO(FILE)))
    say("sent")


def expire(shelf: Shelf) -> None:
    """Tidy on a day on which every chunk has expired."""
    tidied(shelf)
    say("tidied")


def scenario(name: str) -> Callable[[Shelf], None]:
    own = {"submission": submit, "expiry": expire}
    return own.get(name) or (lambda shelf: SCENARIOS[name](shelf, lambda what, address: say(f"{what} {address}")))


if __name__ == "__main__":
    clock = Clock()
    clock.forward(LATER if sys.argv[2] == "expiry" else 0)
    await_recorder()
    with open_shelf(Path(sys.argv[1]), clock) as opened:
        scenario(sys.argv[2])(opened)
