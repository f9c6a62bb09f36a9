"""The places that a console has for records: as many on every day, taken by what there is to say, or by decoys.

docs/protocol.md, section 9, "Cover".
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Places:
    """How many of its places a console has ``taken`` on ``day``, the last one on which it sent anything.

    ``per_day`` is how many there were. More may be taken than there are: an answer need not wait for tomorrow. The
    next day has so many fewer, and days without a sync are not made up for.
    """

    day: date | None = None
    taken: int = 0
    per_day: int = 0

    def left(self, today: date, per_day: int) -> int:
        """Return how many places are left today; below zero where tomorrow's were taken."""
        return per_day - self._carried(today)

    def may_borrow(self, today: date, per_day: int) -> bool:
        """Return whether one more can be sent today: half of tomorrow's places may be taken ahead of their time."""
        return self.left(today, per_day) > -(per_day // 2)

    def take(self, count: int, today: date, per_day: int) -> "Places":
        """Return what it is after ``count`` more records were sent."""
        return Places(today, self._carried(today) + count, per_day)

    def _carried(self, today: date) -> int:
        if self.day is None or self.day >= today:  # a clock that was put back gives no new places
            return self.taken
        return max(0, self.taken - self.per_day)
