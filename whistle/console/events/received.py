"""A message of a source was opened: a report or a follow-up."""

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

from whistle.console.case import Case, ItemKind, item_of, with_content
from whistle.console.events.body import Arrival
from whistle.protocol.message import Message


@dataclass(frozen=True)
class Received(Arrival[Message]):
    """The message as verified, its commitment, and the day under which the shelf listed it."""

    kind: ClassVar = "received"
    body_kind: ClassVar = Message

    def fold(self, case: Case, _day: date) -> Case:
        """Add the message to its case."""
        item = item_of(self.body, ItemKind.MESSAGE, self.commitment, self.arrived)
        item = with_content(item, self.body.content, self.body.stream)
        item = replace(item, reference=self.body.reference)
        return replace(case.with_item(item), thread=self.body.thread, channel=self.body.channel)
