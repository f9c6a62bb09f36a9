"""A visitor of the pages over real HTTP, quicker than a text browser: it fills in the forms that the pages have."""

import http.client
from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit

from tests.corpus import Report
from tests.intake.browsing import Form, Page, Upload, multipart
from tests.journeys.instance import NUMBERS

_PATIENCE_SECONDS = 60


class Visitor:
    """Keeps nothing between two requests but the page that it was shown."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        assert parts.hostname is not None
        self._host, self._port = parts.hostname, parts.port
        self.page = Page(0, {}, b"", "")

    def get(self, path: str) -> Page:
        return self._ask("GET", path, None, {})

    def submit(self, action: str, *uploads: Upload, press: tuple[str, str] | None = None, **values: str) -> Page:
        """Send the form of this page that goes to ``action``, after filling in ``values``."""
        form = self.page.form(action)
        for name, value in values.items():
            form.set(name, value)
        return self.send(form, *uploads, press=press)

    def send(self, form: Form, *uploads: Upload, press: tuple[str, str] | None = None) -> Page:
        body, kind = encoded(form, uploads, press)
        return self._ask(form.method.upper(), form.action, body, {"Content-Type": kind})

    def begin(self) -> str:
        """Go up to the form of a new report, and return the receipt."""
        self.get("/")
        words = " ".join(self.submit("/report").words)
        self.submit("/report/words")
        self.submit("/report/form", press=("skip", "yes"))
        return words

    def come_back(self, words: str) -> Page:
        """Enter twelve words."""
        self.get("/replies")
        return self.submit("/replies", receipt=words)

    def report(self, report: Report) -> str:
        """Send a whole report, and return its receipt."""
        words = self.begin()
        form = self.page.form("/report/send").set("text", report.text)
        if report.contact is not None:
            form.set("contact", report.contact)
        for who in report.excludes:
            form.tick("excluded", str(NUMBERS[who]))
        page = self.send(form, *((file.name, file.content) for file in report.attachments))
        assert "Your report has arrived" in page.text, page.text
        return words

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Page:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_PATIENCE_SECONDS)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            read = answer.read()
        finally:
            connection.close()
        assert answer.headers["Set-Cookie"] is None
        self.page = Page(answer.status, dict(answer.headers), read, path)
        return self.page


def encoded(form: Form, uploads: Sequence[Upload] = (), press: tuple[str, str] | None = None) -> tuple[bytes, str]:
    """Return body and type of a filled form, as browsers send it."""
    fields = [*form.fields, press] if press else form.fields
    if form.enctype != "multipart/form-data":
        return urlencode(fields).encode(), "application/x-www-form-urlencoded"
    files = [(form.files[0], name, data) for name, data in uploads]
    files += [(name, "", b"") for name in form.files[1 if uploads else 0 :]]
    return multipart(fields, files)
