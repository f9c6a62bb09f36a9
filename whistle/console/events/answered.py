"""A reply was opened that this console did not write: a colleague's, or one's own from another machine."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from whistle.console.case import Case, reply_item
from whistle.console.events.body import Arrival
from whistle.protocol.message import Reply


@dataclass(frozen=True)
class Answered(Arrival[Reply]):
    """The reply as verified, its commitment, and the day under which the shelf listed it."""

    kind: ClassVar = "answered"
    body_kind: ClassVar = Reply

    def fold(self, case: Case, _day: date) -> Case:
        """Add the reply to its case."""
        return case.with_item(reply_item(self.body, self.commitment, self.arrived))
