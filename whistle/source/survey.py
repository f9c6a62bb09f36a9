"""Where the messages of a thread lie. docs/protocol.md, section 9."""

from dataclasses import dataclass

from whistle.courier import Courier
from whistle.courier.asking import look
from whistle.protocol import labels
from whistle.protocol.thread import Thread

#: How many indices of each direction one look asks for.
WINDOW = labels.LOOK_COUNT // 2
#: A window that is in use this close to its end is followed by another look.
_NEAR_END = 8


@dataclass(frozen=True)
class Occupied:
    """The indices in use in each direction, ascending, among the first ``seen`` of each."""

    up: tuple[int, ...]
    down: tuple[int, ...]
    seen: int


def survey(courier: Courier, thread: Thread) -> Occupied:
    """Look at a thread from its beginning until the end of what is in use.

    There is one look for the first 64 indices of each direction, and another as long as one of the last 8 of either is
    in use; a thread without anything upwards in its first 64 is looked at once more, as its oldest may have expired.
    """
    up: list[int] = []
    down: list[int] = []
    seen = 0
    while True:
        window = range(seen, seen + WINDOW)
        wanted = [(direction, index) for direction in (labels.UP, labels.DOWN) for index in window]
        found = look(courier, [thread.address(*place) for place in wanted])
        for (direction, index), used in zip(wanted, found, strict=True):
            if used:
                (up if direction == labels.UP else down).append(index)
        seen += WINDOW
        near_end = any(index >= seen - _NEAR_END for index in (*up[-1:], *down[-1:]))
        if not near_end and (up or seen > WINDOW):
            return Occupied(tuple(up), tuple(down), seen)
