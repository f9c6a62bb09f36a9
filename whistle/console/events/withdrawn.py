"""A source took messages back."""

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

from whistle.console.case import Case, ItemKind, item_of
from whistle.console.events.body import Arrival
from whistle.protocol.message import Withdraw


@dataclass(frozen=True)
class Withdrawn(Arrival[Withdraw]):
    """The withdraw as verified, its commitment, and the day under which the shelf listed it."""

    kind: ClassVar = "withdrawn"
    body_kind: ClassVar = Withdraw

    def fold(self, case: Case, _day: date) -> Case:
        """Mark what was taken back; what the console does about it is for the law and for people to say."""
        item = item_of(self.body, ItemKind.WITHDRAW, self.commitment, self.arrived)
        taken = set(self.body.commitments)
        items = tuple(replace(each, withdrawn=True) if each.commitment in taken else each for each in case.items)
        changed = replace(case, items=items, thread=self.body.thread, channel=self.body.channel)
        return changed.with_item(item)
