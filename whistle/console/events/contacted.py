"""Contact details were opened, by a custodian: a case of their own, linked to no report."""

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

from whistle.console.case import Case, Item, ItemKind
from whistle.console.events.body import Arrival
from whistle.protocol.message import Contact


@dataclass(frozen=True)
class Contacted(Arrival[Contact]):
    """The contact details as verified, their commitment, and the day under which the shelf listed them."""

    kind: ClassVar = "contacted"
    body_kind: ClassVar = Contact

    def fold(self, case: Case, _day: date) -> Case:
        """Add the details; their reference is all that a reviewer and a custodian can compare."""
        body = self.body
        item = Item(
            ItemKind.CONTACT,
            0,
            0,
            self.commitment,
            body.day,
            self.arrived,
            body.language,
            body.readers,
            text=body.text,
            reference=body.reference,
        )
        return replace(case.with_item(item), channel=body.channel)
