"""What browsers, pages and our own clients do with a request, done for a scanner. See ``relay.py``."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from time import time
from typing import Final
from urllib.parse import urlencode

from dev.scan.relay import Answer, Request, ask
from whistle.console.vault import Vault, member
from whistle.courier import wire
from whistle.protocol import labels, work
from whistle.protocol.listing import NONCE_SIZE, sign_listing
from whistle.protocol.published import Published
from whistle.protocol.receipt import Receipt

_URLENCODED: Final = ("Content-Type", "application/x-www-form-urlencoded")
#: The bodies of the interface, each of its one size; of those that may have several, one.
_SIZES: Final = {
    wire.MESSAGES_PATH: labels.RECORD_SIZE,
    wire.CHUNKS_PATH: labels.RECORD_SIZE,
    wire.LOOK_PATH: labels.LOOK_COUNT * labels.ADDRESS_SIZE,
    wire.FETCH_PATH: labels.FETCH_COUNT * labels.ADDRESS_SIZE,
    wire.BURN_PATH: labels.BURN_COUNT * labels.BURN_TOKEN_SIZE,
}
_TICKET: Final = re.compile(rb"(?<![\w-])[\w-]{75}(?:=|%3D)")
_WORDS: Final = re.compile(rb"(?<![a-z])[a-z]{3,8}(?:(\+|%20| )[a-z]{3,8})(?:\1[a-z]{3,8}){10}(?![a-z])")
#: Wapiti ticks every box, and so excludes everybody; then it would hear of nothing else.
_FIRST_TICKED: Final = re.compile(rb'(excluded(?:=|"\r\n\r\n))1\b')
#: Wapiti sends every field of a form with files as a file that is called like the field.
_NO_FILE: Final = re.compile(rb'(name="([^"]*)"); filename="\2"')
#: What wapiti writes into a field for text, where a source would write her words.
_FILLED_IN: Final = re.compile(rb"receipt=(?:default|Hi\+there%21)")
_SHOWN_TICKET: Final = re.compile(r'name="ticket"[^>]*value="([^"]+)"')
_SHOWN_TOKEN: Final = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_DOOR: Final = b'name="passphrase"'
_CASE: Final = re.compile(r'/cases/([0-9a-f]+)"')
_FILE: Final = re.compile(r"/cases/([0-9a-f]+)/items/([0-9a-f]+)/files/0")
#: The field only: wapiti draws what stands between the parts of a form in the same way.
_DRAFT: Final = re.compile(rb'(\bdraft(?:=|"(?:\r\n[^\r\n]+)*\r\n\r\n))[0-9a-f]{32}\b')
#: Stands for the token of a page where a request was not made by a scanner.
TOKEN: Final = "token-of-the-page"  # noqa: S105 - it stands for one
_TOKEN: Final = re.compile(rb"[\w.-]{80,}|" + TOKEN.encode())
_LABEL: Final = re.compile(r"(?<=/(?:cases|items|files)/)[^/]+")
_NO_CASE: Final = "00000000"
_DELETION: Final = re.compile(r"/cases/[0-9a-f]{8,64}/delete$")


def form(port: int, path: str, fields: Mapping[str, str], host: str = "localhost", cookie: str = "") -> Answer:
    """Send a form."""
    named = (("Host", host), ("Cookie", cookie), _URLENCODED)
    return ask(port, Request("POST", path, named, urlencode(fields).encode()))


class AsSource:
    """The intake's pages, with a fresh form for each that is sent, and its interface, with work and whole bodies.

    ``words`` are those of a report that was answered; ``reviewer`` is the open vault of somebody who may list.
    """

    def __init__(self, port: int, words: str, reviewer: Vault) -> None:
        self._port = port
        self._words = words
        self._reviewer = reviewer
        document = ask(port, Request("GET", wire.KEYRING_PATH, (("Host", "localhost"),), b"")).body
        self._published = Published.parse(document)

    def dressed(self, request: Request) -> Request:
        """Return the request as a page or a client of ours would have sent it."""
        if request.path.startswith("/v1/"):
            return self._passed(request) if request.method == "GET" else self._worked(request)
        if request.method != "POST":
            return request
        request = _without_odd_names(request)
        if request.path in {"/report/send", "/replies/follow-up", "/withdraw/now"}:
            return self._fresh(request)
        return replace(request, body=_FILLED_IN.sub(urlencode({"receipt": self._words}).encode(), request.body))

    def seen(self, request: Request, answer: Answer) -> None:
        """Take no notice."""

    def route(self, path: str) -> str:
        """Return the path."""
        return path

    def _passed(self, request: Request) -> Request:
        vault, now, nonce = self._reviewer, int(time()), secrets.token_bytes(NONCE_SIZE)
        own = member(vault)
        query = request.target.partition("?")[2]
        signature = sign_listing(vault.secrets.signer, own.memory.site, query, now, nonce)
        return request.having(wire.PASS_HEADER, f"{own.person}:{now}:{nonce.hex()}:{signature.hex()}")

    def _worked(self, request: Request) -> Request:
        size = _SIZES.get(request.path)
        body = request.body if size is None else request.body[:size] + os.urandom(max(0, size - len(request.body)))
        nonce = work.solve(self._published.challenge, request.path, body, self._published.work)
        kind = wire.OCTETS if size is not None else wire.JSON
        return replace(request, body=body).having("Content-Type", kind).having(wire.WORK_HEADER, nonce.hex())

    def _fresh(self, request: Request) -> Request:
        """Let a form be one that was never sent: with a ticket and, unless the scanner has others, words of its own."""
        words = " ".join(Receipt.generate().words())
        ticket = ticket_of(form(self._port, "/report/form", {"receipt": words, "channel": "1", "skip": "1"}))
        if request.path == "/withdraw/now":
            report(self._port, words)
            ticket = ticket_of(form(self._port, "/withdraw", {"receipt": words}))
        body = _FIRST_TICKED.sub(rb"\g<1>2", _TICKET.sub(ticket.encode(), request.body))
        body = _WORDS.sub(lambda found: words.encode().replace(b" ", found[1]), body)
        return replace(request, body=body)


def ticket_of(answer: Answer) -> str:
    """Return the ticket of the form on a page; raises ``ValueError`` where there is none."""
    found = _SHOWN_TICKET.search(answer.body.decode())
    if found is None:
        raise ValueError(answer.status)
    return found[1]


def report(port: int, words: str) -> None:
    """Send a report by the form; raises ``ValueError`` where it does not arrive."""
    page = form(port, "/report/form", {"receipt": words, "channel": "1", "skip": "1"})
    fields = {"receipt": words, "channel": "1", "index": "0", "ticket": ticket_of(page), "text": "They met again."}
    shown = re.findall(r'name="shown"[^>]*value="([0-9]+)"', page.body.decode())
    sent = form(port, "/report/send", fields | {"shown": shown[0]})
    if sent.status != HTTPStatus.OK or b"It has arrived" not in sent.body:
        raise ValueError(sent.status)


class AsStranger:
    """A console's front door, for a browser that knows its name and nothing else: with its own cookie and token."""

    #: where the pages are; for a stranger there is no other place than the door
    inside = "/"

    def __init__(self, port: int) -> None:
        self._port = port
        self._host = f"console.localhost:{port}"
        self._cookie, self._token = "", ""
        #: each page has another one; those of before the last lock are good no more
        self._shown_tokens = {TOKEN.encode()}
        self._enter()

    def _enter(self) -> None:
        self._take(self._get("/unlock"))

    def _get(self, path: str) -> Answer:
        return ask(self._port, Request("GET", path, (("Host", self._host), ("Cookie", self._cookie)), b""))

    def _take(self, page: Answer) -> None:
        """Take cookie and token of a page; forms with older ones get these from now on."""
        found = _SHOWN_TOKEN.search(page.body.decode())
        if found is None:
            raise ValueError(page.status)
        self._token = found[1]
        self._keep_cookie(page)

    def _keep_cookie(self, answer: Answer) -> None:
        for cookie in answer.values("Set-Cookie"):
            self._cookie = cookie.partition(";")[0]

    def dressed(self, request: Request) -> Request:
        """Return the request with the name of the console, and what this browser has."""
        named = _without_odd_names(request.having("Host", self._host))
        if "whistle-console=" not in named.value("Cookie"):
            named = named.having("Cookie", self._cookie)
        return replace(named, body=_TOKEN.sub(self._current, named.body))

    def _current(self, found: re.Match[bytes]) -> bytes:
        return self._token.encode() if found[0] in self._shown_tokens else found[0]

    def seen(self, request: Request, answer: Answer) -> None:
        """Take no notice."""

    def route(self, path: str) -> str:
        """Return the path without what is secret, labels and numbers."""
        return _LABEL.sub("*", path.replace(self.inside, "/…/", 1) if self.inside != "/" else path)


class AsReviewer(AsStranger):
    """A console behind its passphrase: with the cookie, the secret path, and forms that were never sent.

    Only the form that deletes a case is sent for a case that there is not: the others would be left without any.
    """

    def __init__(self, port: int, passphrase: str) -> None:
        self._passphrase = passphrase
        super().__init__(port)

    def _enter(self) -> None:
        super()._enter()
        fields = {"csrf_token": self._token, "passphrase": self._passphrase}
        opened = form(self._port, "/unlock", fields, self._host, self._cookie)
        self.inside = opened.values("Location")[0]
        self._keep_cookie(opened)
        self._take(self._get(self.inside))

    def file(self) -> tuple[str, str]:
        """Return label and item of a case that has a file; raises ``StopIteration`` where none has."""
        labels = dict.fromkeys(_CASE.findall(self._get(self.inside).body.decode()))
        pages = (self._get(f"{self.inside}cases/{label}") for label in labels)
        found = next(found for page in pages if (found := _FILE.search(page.body.decode())))
        return found[1], found[2]

    def dressed(self, request: Request) -> Request:
        """Return the request as the browser that gave the passphrase would have sent it."""
        # Its own cookie always: a scanner keeps one from before it locked the console.
        named = super().dressed(request.having("Cookie", self._cookie))
        if request.method == "POST":
            named = replace(named, target=_DELETION.sub(f"/cases/{_NO_CASE}/delete", named.target))
        return replace(named, body=with_fresh_draft(named.body))

    def seen(self, request: Request, answer: Answer) -> None:
        """Keep the newest cookie, and unlock again, should a scanner have locked it."""
        if not request.path.startswith(self.inside):
            return
        shown = _SHOWN_TOKEN.findall(answer.body.decode(errors="replace"))
        self._shown_tokens.update(token.encode() for token in shown)
        # A form that comes to a locked console is answered by its door, which keeps what was typed.
        if answer.values("Location") == [self.inside + "unlock"] or _DOOR in answer.body:
            self._enter()
        else:
            self._keep_cookie(answer)
            self._token = shown[-1] if shown else self._token


def with_fresh_draft(body: bytes) -> bytes:
    """Return a form as if it had never been sent: a console takes each draft once."""
    return _DRAFT.sub(lambda found: found[1] + secrets.token_hex(16).encode(), body)


def _without_odd_names(request: Request) -> Request:
    return replace(request, body=_NO_FILE.sub(rb"\1", request.body))
