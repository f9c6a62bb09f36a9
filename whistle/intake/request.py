"""The request that Flask hands to a page: its text is there, its files are still arriving."""

import sys
from collections.abc import Iterator
from http import HTTPStatus
from typing import IO, Any, TypeAlias, cast
from urllib.parse import parse_qsl

from flask import Request, current_app, request
from werkzeug.datastructures import MultiDict
from werkzeug.formparser import FormDataParser

from whistle.errors import RequestRefused
from whistle.intake.uploads import FormBody, FormLimits, Upload

#: Where the application keeps the ``FormLimits``.
LIMITS = "whistle.form_limits"

_MULTIPART = "multipart/form-data"
_URLENCODED = "application/x-www-form-urlencoded"
_Parsed: TypeAlias = tuple[IO[bytes], MultiDict[str, str], MultiDict[str, Any]]


class PageRequest(Request):
    """A request whose ``form`` is its text and whose ``uploads`` are its files, to be read once and stored nowhere.

    ``refused`` says what was wrong with the text; ``form`` holds what was read until then, so that a page can keep it.
    """

    refused: RequestRefused | None = None
    body: FormBody | None = None

    def make_form_data_parser(self) -> FormDataParser:
        """Return a reader that leaves files where they are; Werkzeug's own would put them on the disk."""
        if self.mimetype == _MULTIPART:
            # A form with files is bounded while it is read, so that its text is there to be kept when it is too large.
            self.max_content_length = sys.maxsize
        return _TextReader(self)

    @property
    def had_files(self) -> bool:
        """Whether a file came with the form, which no page can put back into its field."""
        self._load_form_data()
        return self.body is not None and self.body.has_files

    @property
    def uploads(self) -> Iterator[Upload]:
        """The files of the form; each is read before the next is there. Raises ``RequestRefused`` and ``OSError``."""
        self._load_form_data()
        return iter(()) if self.body is None else self.body.uploads()


def page_request() -> PageRequest:
    """Return the request under way as what it is."""
    return cast("PageRequest", request)


class _TextReader(FormDataParser):
    def __init__(self, request: PageRequest) -> None:
        super().__init__()
        self._request = request

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> _Parsed:
        text: MultiDict[str, str] = MultiDict()
        try:
            if mimetype == _MULTIPART:
                self._request.body = FormBody(stream, (options or {}).get("boundary", ""), _limits(), text)
                self._request.body.read_text()
                if content_length is not None and content_length > _limits().text_bytes + _limits().file_bytes:
                    raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            elif mimetype == _URLENCODED:
                _read_urlencoded(stream, text)
        except RequestRefused as refused:
            self._request.refused = refused
        return stream, self.cls(text), MultiDict()


def _read_urlencoded(stream: IO[bytes], text: MultiDict[str, str]) -> None:
    try:
        for name, value in parse_qsl(
            stream.read().decode(), keep_blank_values=True, errors="replace", max_num_fields=_limits().parts
        ):
            text.add(name, value)
    except ValueError as error:
        raise RequestRefused(HTTPStatus.BAD_REQUEST) from error


def _limits() -> FormLimits:
    limits: FormLimits = current_app.extensions[LIMITS]
    return limits
