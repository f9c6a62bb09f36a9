"""The requests that sqlmap varies, part by part: every form and call of both sites, filled in as their pages do."""

import json
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode

from dev.scan.dress import TOKEN
from dev.scan.scanners import Target
from whistle.courier import wire

#: Has the shape of a form's ticket; the relay puts one in its place that is good.
_TICKET: Final = "A" * 75 + "="
_DRAFT: Final = "0" * 32
#: A test of ``sqlmap`` marks a place that is no parameter so.
_HERE: Final = "*"


def of_intake(words: str) -> Iterator[Target]:
    """Give out the forms, for the report that ``words`` belong to, then the calls of the interface."""
    message = [("ticket", _TICKET), ("receipt", words), ("channel", "1"), ("index", "0"), ("text", "They met again.")]
    # Contact details are for the custodian, who is the third.
    message += [("shown", "1"), ("shown", "2"), ("shown", "3"), ("excluded", "2"), ("contact", "at the harbour")]
    asked = {"receipt": words, "channel": "1", "place": "2", "word": "word"}
    forms: dict[str, dict[str, str] | list[tuple[str, str]]] = {
        "/report": {"channel": "1"},
        "/report/words": {"receipt": words, "channel": "1"},
        "/report/form": {**asked, "skip": "1"},
        "/report/send": message,
        "/replies": {"receipt": words, "wordlist": "english", "before": "1"},
        "/replies/open": {"receipt": words, "reply": "0"},
        "/replies/file": {"receipt": words, "reply": "0", "file": "0"},
        "/replies/follow-up": message,
        "/withdraw": {"receipt": words},
        "/withdraw/now": {"ticket": _TICKET, "receipt": words, "shown": "1", "excluded": "2", "also_replies": "yes"},
    }
    for path, fields in forms.items():
        yield Target("POST", f"{path}?place={_TICKET}", urlencode(fields))
    yield Target("GET", f"{wire.MESSAGES_PATH}?day=2026-01-01&after={'0' * 64}")
    for path in (wire.MESSAGES_PATH, wire.CHUNKS_PATH, wire.LOOK_PATH, wire.FETCH_PATH, wire.BURN_PATH):
        yield Target("POST", path, f"record{_HERE}")
    yield Target("POST", wire.STATEMENTS_PATH, json.dumps({"version": 1, "statement": "a", "signature": "b"}))
    for path in ("/", "/replies", "/steps", wire.KEYRING_PATH, "/static/code/pages.js"):
        yield Target("GET", f"{path}?place=1")
    yield Target("GET", f"/static/{_HERE}")


def of_door() -> Iterator[Target]:
    """Give out the one form of a locked console."""
    form = {"csrf_token": TOKEN, "passphrase": "not the right one", "text": "typed", "case": "0123abcd"}
    yield Target("POST", "/unlock", urlencode(form))
    yield Target("GET", f"/cases/{_HERE}")


def of_console(inside: str, label: str, item: str) -> Iterator[Target]:
    """Give out pages and forms below ``inside``, of the case ``label`` whose ``item`` has a file."""
    token = {"csrf_token": TOKEN}
    case = f"{inside}cases/{label}"
    yield Target("GET", f"{inside}?page=1")
    yield Target("GET", f"{inside}journal?page=1")
    yield Target("GET", f"{case}{_HERE}")
    yield Target("GET", f"{case}{_HERE}/delete")
    # Not level 3: each is an answer that is sealed, kept and shown from then on.
    answer = token | {"draft": _DRAFT, "text": "Thank you.", "without": "2"}
    yield Target("POST", f"{case}/answer", urlencode(answer), level=1)
    yield Target("POST", f"{case}{_HERE}/answer", urlencode(token), level=1)
    yield Target("POST", f"{case}/items/{item}{_HERE}/files/0{_HERE}", urlencode(token))
    # A case can be deleted once: what is varied is which.
    yield Target("POST", f"{inside}cases/00000000{_HERE}/delete", urlencode(token | {"burn": "yes"}))
    yield Target("POST", f"{inside}unlock", urlencode(token | {"passphrase": "wrong", "text": "typed", "case": label}))
    yield Target("GET", f"{inside}fetch?page=1")
