"""A visitor of the pages: a browser that keeps nothing, and the pages on a real shelf behind it.

Every request gets a link of its own to a desk, as a forked child does; when it is answered, the link ends.
"""

import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from threading import Event, Thread
from typing import IO, Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from werkzeug.test import Client, EnvironBuilder, TestResponse

from tests.protocol import cast
from tests.source.stage import RECEIPT, ShelfCourier, Stage
from whistle.intake.app import create_app
from whistle.intake.child import LINK
from whistle.intake.desk import Desk
from whistle.intake.link import ShelfLink
from whistle.intake.log import Troubles
from whistle.intake.loop import Loop
from whistle.intake.published import Bulletin
from whistle.intake.settings import IntakeSettings
from whistle.intake.tickets import Tickets
from whistle.intake.verbs import Done, Verbs
from whistle.protocol import labels
from whistle.protocol.canonical import encode
from whistle.protocol.keyring import Channel
from whistle.protocol.message import Message
from whistle.protocol.published import Published
from whistle.protocol.reading import check_up, open_any
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record
from whistle.protocol.statement import Statement
from whistle.protocol.stream import Layout, StreamReader
from whistle.protocol.thread import SourceKeys
from whistle.shelf import Shelf

ROOT = Path(__file__).parent.parent.parent
Upload = tuple[str, bytes]


class Backstage:
    """The part of the server that children talk to, in a thread: shelf, published document, used tickets."""

    def __init__(self, folder: Path, published: Published, *, capacity: int = 100_000) -> None:
        self.day = cast.TODAY
        self.troubles = Troubles()
        self.loop = Loop(self.troubles.add_error)
        write_published(folder, published)
        self.shelf = Shelf(folder / "shelf", today=lambda: self.day, message_days=90, chunk_days=90, capacity=capacity)
        self.bulletin = Bulletin(folder / "keyring.json", folder / "statements", 0, lambda: self.day)
        self.verbs = Verbs(self.shelf, self.bulletin)
        self.tickets = Tickets(3_600, 1_000)
        #: the size of everything put, as it is put
        self.put: list[int] = []
        self._count_puts()
        self.ticket_key = cast.chance("tickets", 32)
        self._ended = Event()
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _count_puts(self) -> None:
        put_chunks = self.verbs.put_chunks

        def counted(untrusted_bytes: bytes, done: Done) -> None:
            self.put += [labels.RECORD_SIZE] * (len(untrusted_bytes) // labels.RECORD_SIZE)
            put_chunks(untrusted_bytes, done)

        self.verbs.put_chunks = counted  # type: ignore[method-assign]

    def _serve(self) -> None:
        while not self._ended.is_set():
            self.loop.turn(0.02)
            self.verbs.commit()

    @contextmanager
    def link(self, show: Callable[[str, bytes], None] | None = None) -> Iterator[ShelfLink]:
        """Give a link to one request, or to the nursery, which may ``show`` pages."""
        ours, theirs = socket.socketpair()

        def sit() -> None:
            Desk(ours, self.loop, self.verbs, self.tickets, self.troubles, lambda: None, show)

        self.loop.later(sit)
        try:
            yield ShelfLink(theirs, self.ticket_key)
        finally:
            theirs.close()

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self.loop.turn(0)  # the last links end
        self.loop.turn(0)
        self.loop.close()
        self.shelf.close()


def write_published(folder: Path, published: Published) -> None:
    """Write the files that make a site publish this."""
    successions = [succession.to_json() for succession in published.successions]
    (folder / "keyring.json").write_bytes(encode({"keyring": published.keyring.to_json(), "successions": successions}))
    (folder / "statements").mkdir(exist_ok=True)
    for signed in published.statements:
        person = Statement.claimed(signed).person
        (folder / "statements" / f"{person}.json").write_bytes(encode(signed.to_json()))


@dataclass
class Form:
    """A form of a page, filled in as the page has it; ``buttons`` are named ones that were not pressed."""

    action: str
    method: str
    enctype: str
    #: of the address it is sent to: its place among those who wait
    query: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    boxes: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    labels: str = ""

    @property
    def target(self) -> str:
        return f"{self.action}?{self.query}" if self.query else self.action

    def values(self, name: str) -> list[str]:
        return [value for each, value in self.fields if each == name]

    def set(self, name: str, value: str) -> "Form":
        assert name in [each for each, _ in self.fields], name
        self.fields = [(each, value if each == name else old) for each, old in self.fields]
        return self

    def tick(self, name: str, value: str) -> "Form":
        assert (name, value) in self.boxes
        self.fields.append((name, value))
        return self

    def untick(self, name: str, value: str) -> "Form":
        self.fields.remove((name, value))
        return self


class _Reader(HTMLParser):
    """Finds forms and text in a page, much as a text browser does."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.text: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._inside: Form | None = None
        self._area: str | None = None
        self._typed = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag == "form":
            action, _, query = (given.get("action") or "").partition("?")
            self._inside = Form(action, given.get("method") or "", given.get("enctype") or "", query)
            self.forms.append(self._inside)
        elif self._inside is not None and tag == "input":
            self._input(self._inside, given)
        elif tag == "textarea":
            self._area, self._typed = given.get("name") or "", ""

    @staticmethod
    def _input(form: Form, given: dict[str, str | None]) -> None:
        name, value = given.get("name") or "", given.get("value") or ""
        match given["type"]:
            case "submit" if name:
                form.buttons.append((name, value))
            case "hidden" | "text":
                form.fields.append((name, value))
            case "checkbox" | "radio":
                form.boxes.append((name, value))
                if "checked" in given:
                    form.fields.append((name, value))
            case "file":
                form.files.append(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        elif tag == "textarea":
            if self._inside is not None and self._area:
                self._inside.fields.append((self._area, self._typed.removeprefix("\n")))
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._typed += data
        self.text.append(data)


@dataclass
class Page:
    """An answer, read."""

    status: int
    headers: dict[str, str]
    body: bytes
    path: str

    def __post_init__(self) -> None:
        reader = _Reader()
        if self.headers.get("Content-Type", "").startswith("text/html"):
            reader.feed(self.body.decode())
        self.forms = reader.forms
        self.tags = reader.tags
        self.text = re.sub(r"\s+", " ", "".join(reader.text))

    @property
    def title(self) -> str:
        return next(iter(re.findall(r"<h1>(.*?)</h1>", self.body.decode(), re.DOTALL)), "")

    def form(self, action: str) -> Form:
        """Return the form that is sent to ``action``."""
        found = [form for form in self.forms if form.action == action]
        assert found, (action, self.status, self.text)
        return found[0]

    @property
    def words(self) -> list[str]:
        listed = re.search(r'<ol class="words.*?</ol>', self.body.decode(), re.DOTALL)
        assert listed is not None, self.text
        return re.findall(r"<li>(\w+)</li>", listed[0])


class Browser:
    """Keeps no cookie, and fails where one is set."""

    def __init__(self, app: Flask, backstage: Backstage, **headers: str) -> None:
        self._client = Client(app, use_cookies=False)
        self._backstage = backstage
        self.headers = headers

    def get(self, path: str) -> Page:
        return self._ask(EnvironBuilder(path, headers=list(self.headers.items())))

    def post(self, path: str, fields: Sequence[tuple[str, str]] = ()) -> Page:
        """Send fields as a form without files."""
        kind = "application/x-www-form-urlencoded"
        body = urlencode(fields).encode()
        return self.send(path, body, kind)

    def submit(self, form: Form, *files: Upload, press: tuple[str, str] | None = None) -> Page:
        """Send a form, with files in its first file field."""
        fields = [*form.fields, press] if press else form.fields
        if form.enctype != "multipart/form-data":
            return self.post(form.target, fields)
        uploads = [(form.files[0], name, data) for name, data in files]
        uploads += [(name, "", b"") for name in form.files[1 if files else 0 :]]
        return self.send(form.target, *multipart(fields, uploads))

    def send(self, path: str, body: bytes, kind: str, **headers: str) -> Page:
        """Send any body."""
        return self.send_stream(path, BytesIO(body), len(body), kind, **headers)

    def send_stream(self, path: str, body: IO[bytes], length: int, kind: str, **headers: str) -> Page:
        """Send a body as it is read."""
        return self._ask(
            EnvironBuilder(
                path,
                method="POST",
                input_stream=body,
                content_length=length,
                content_type=kind,
                headers=list((self.headers | headers).items()),
            )
        )

    def _ask(self, builder: EnvironBuilder) -> Page:
        with self._backstage.link() as link:
            builder.environ_base = {LINK: link}
            answer: TestResponse = self._client.open(builder.get_request(), buffered=True)
        assert "Set-Cookie" not in answer.headers
        return Page(answer.status_code, dict(answer.headers), answer.get_data(), builder.path)


def multipart(
    fields: Sequence[tuple[str, str]], files: Sequence[tuple[str, str, bytes]], boundary: str = "----formboundaryX"
) -> tuple[bytes, str]:
    """Return body and type of a form as browsers send it: line ends as CRLF, names in UTF-8."""
    parts = []
    for name, value in fields:
        text = re.sub("\r\n|\r|\n", "\r\n", value)
        parts.append(f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}'.encode())
    for name, filename, data in files:
        escaped = filename.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        head = f'Content-Disposition: form-data; name="{name}"; filename="{escaped}"\r\n'
        parts.append((head + "Content-Type: application/octet-stream\r\n\r\n").encode() + data)
    delimiter = f"--{boundary}\r\n".encode()
    body = b"".join(delimiter + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def make_app(folder: Path, today: date = cast.TODAY, **settings: int) -> Flask:
    """Return the pages as the server runs them."""
    kept = IntakeSettings(folder=folder, questionnaires=ROOT / "config" / "questionnaires", **settings)  # type: ignore[arg-type]
    return create_app(kept, lambda: today)


@dataclass
class Place:
    """Pages, what is behind them, and reviewers who answer."""

    folder: Path
    backstage: Backstage
    app: Flask
    stage: Stage

    def browser(self, **headers: str) -> Browser:
        return Browser(self.app, self.backstage, **headers)

    def at_form(self, **headers: str) -> tuple[Browser, Form, list[str]]:
        """Go as far as the form, and return it with the 12 words."""
        browser = self.browser(**headers)
        receipt = browser.submit(browser.get("/").forms[0])
        words = browser.submit(receipt.form("/report/words"))
        page = browser.submit(words.form("/report/form"), press=("skip", "yes"))
        return browser, page.form("/report/send"), receipt.words

    def come_back(self, words: Sequence[str] = (), **fields: str) -> Page:
        """Enter 12 words, those of the stage's source unless others are given."""
        browser = self.browser()
        form = browser.get("/replies").form("/replies").set("receipt", " ".join(words or RECEIPT.words()))
        form.fields += fields.items()
        return browser.submit(form)

    def records(self) -> list[Record]:
        return self.backstage.shelf.messages_of(self.backstage.day, b"", 1_000)

    def read(self, words: Sequence[str], index: int = 0, person: int = cast.ANA) -> Message:
        """Open a message of the source with these words as ``person``."""
        keys = SourceKeys(Receipt.parse(" ".join(words)), cast.SITE)
        record = self.stage.record(keys.thread.address(labels.UP, index))
        reader = cast.reader(person)
        body = check_up(open_any(record, reader.identity), reader).body
        assert isinstance(body, Message)
        return body

    def files(self, message: Message) -> dict[str, bytes]:
        """Read the files of a message, as a console does."""
        assert message.stream is not None
        reader = StreamReader(message.stream)
        records = [self.stage.record(reader.address(index)) for index in range(message.stream.chunks)]
        texts = [reader.open(index, record) for index, record in enumerate(records)]
        reader.finish()
        chunks = reader.part_chunks()
        content = message.content or reader.open_part([texts[index] for index in chunks])
        layout = Layout(message.stream, content.files)
        return {
            file.name: b"".join(layout.data(index, texts[index]) for index in layout.chunks(file))
            for file in content.files
        }


@contextmanager
def opened(
    folder: Path,
    published: Published | None = None,
    *,
    capacity: int = 100_000,
    today: date = cast.TODAY,
    **settings: int,
) -> Iterator[Place]:
    """Open the pages on a shelf in ``folder``; "Harbour Watch" with one channel unless told otherwise."""
    backstage = Backstage(folder, published or harbour_watch(), capacity=capacity)
    try:
        stage = Stage(backstage.shelf, ShelfCourier(backstage.shelf), cast.directory())
        yield Place(folder, backstage, make_app(folder, today, **settings), stage)
    finally:
        backstage.close()


def harbour_watch(**changes: Any) -> Published:
    """Return the organisation of ``cast`` with a single channel."""
    channel = Channel(1, "Everything", "story/1", (cast.ANA, cast.BO, cast.CHI, cast.DEDE))
    keyring = cast.keyring(**{"channels": (channel,)} | changes)
    return cast.published(keyring=keyring.sign(cast.signer("root")))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with opened(tmp_path) as made:
        yield made
