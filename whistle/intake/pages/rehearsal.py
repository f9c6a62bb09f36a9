"""A rehearsal: a report is sent and read, on a shelf of nothing, before children are forked for real ones.

Python fills caches, and rewrites its own instructions, when code first runs. Done here, all children share the outcome;
left to them, each of them would do it again and copy the memory it touches. A fault that would meet a visitor shows up
here too, and is counted like one of theirs. The receipt is a random one, of which nothing was ever stored.
"""

import re
import secrets
from collections.abc import Sequence
from html import unescape
from http import HTTPStatus
from typing import Final, Never

from flask import Flask

from whistle.courier import Pass
from whistle.errors import Refused
from whistle.intake.child import LINK
from whistle.intake.forms import CARRIED
from whistle.intake.pages import here
from whistle.protocol.labels import HASH_SIZE, RECORD_SIZE
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record

_HIDDEN: Final = re.compile(r'<input(?=[^>]* type="hidden")(?=[^>]* name="([^"]+)")(?=[^>]* value="([^"]*)")')
#: Python rewrites the instructions of a function that has been called eight times; most are called twice and more.
#: Once they are, one round is enough.
_ROUNDS: Final = 4
_PRACTISED: Final = "whistle.practised"
_STORY: Final = "This is a rehearsal."


def prepare(app: Flask, link: here.Link) -> None:
    """Verify the published document for the children to come, show what is the same for all, rehearse the rest."""
    document = link.keyring()
    here.prepare(app, document)
    _show(app, link)
    for _round in range(1 if _PRACTISED in app.extensions else _ROUNDS):
        _rehearse(app, _Stage(link, document))
    app.extensions[_PRACTISED] = True


def _rehearse(app: Flask, stage: "_Stage") -> None:
    door = _hidden(_ask(app, stage, "/"))
    receipt = {"receipt": [" ".join(Receipt.generate().words(CARRIED))]}
    _ask(app, stage, "/report", door)
    _ask(app, stage, "/report/words", door | receipt)
    form = _hidden(_ask(app, stage, "/report/form", door | receipt | {"skip": ["1"]}))
    _ask(app, stage, "/report/send", form | {"text": [_STORY]})
    _ask(app, stage, "/replies")
    _ask(app, stage, "/replies", receipt)


def _show(app: Flask, link: here.Link) -> None:
    """Have those pages shown from memory that need no more than an address, as long as nothing is wrong with them."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments:
            answer = app.test_client().get(rule.rule, environ_overrides={LINK: link})
            link.show(rule.rule, answer.data if answer.status_code == HTTPStatus.OK else b"")


def _hidden(page: str) -> dict[str, list[str]]:
    """Return the hidden fields of a page."""
    fields: dict[str, list[str]] = {}
    for name, value in _HIDDEN.findall(page):
        fields.setdefault(name, []).append(unescape(value))
    return fields


def _ask(app: Flask, stage: "_Stage", path: str, form: dict[str, list[str]] | None = None) -> str:
    visitor, link = app.test_client(), {LINK: stage}
    if form is None:
        return visitor.get(path, environ_overrides=link).text
    return visitor.post(path, data=form, environ_overrides=link).text


class _Stage:
    """A ``Link`` whose shelf forgets everything with the rehearsal; only faults go on to the real link."""

    def __init__(self, link: here.Link, document: bytes) -> None:
        self.ticket_key = secrets.token_bytes(HASH_SIZE)
        self._link = link
        self._document = document
        self._records: dict[bytes, bytes] = {}

    def keyring(self) -> bytes:
        return self._document

    def put_message(self, record: Record) -> None:
        self._records[record.address] = bytes(record)

    def put_chunks(self, records: Sequence[Record]) -> None:
        for record in records:
            self.put_message(record)

    def look(self, addresses: Sequence[bytes]) -> tuple[bool, ...]:
        return tuple(address in self._records for address in addresses)

    def fetch(self, addresses: Sequence[bytes]) -> tuple[bytes, ...]:
        return tuple(self._records.get(address) or secrets.token_bytes(RECORD_SIZE) for address in addresses)

    def burn(self, tokens: Sequence[bytes]) -> None:
        """Do nothing: what is stored here is gone in a moment."""

    def publish(self, statement: bytes) -> Never:  # noqa: ARG002 - the signature is Courier's
        raise Refused

    def messages(self, query: str, admission: Pass) -> Never:  # noqa: ARG002 - as publish
        raise Refused

    def check_room(self) -> bool:
        return True

    def claim(self, ticket: bytes) -> bool:  # noqa: ARG002 - the signature is Link's
        return True

    def spend(self, ticket: bytes) -> None:
        """Do nothing: the ticket's key ends with the rehearsal."""

    def show(self, path: str, page: bytes) -> None:
        """Do nothing: only what the real link says may be shown."""

    def trouble(self, place: str) -> None:
        self._link.trouble(place)
