"""The request that Flask hands to a page: its text is there, its files are still arriving."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import IO, Any, TypeAlias
from urllib.parse import parse_qsl

from flask import Request, current_app
from werkzeug.datastructures import MultiDict
from werkzeug.formparser import FormDataParser

from whistle.errors import RequestRefused
from whistle.intake.uploads import FormBody, FormLimits, Upload

_MULTIPART = "multipart/form-data"
_URLENCODED = "application/x-www-form-urlencoded"
_Parsed: TypeAlias = tuple[IO[bytes], MultiDict[str, str], MultiDict[str, Any]]


class PageRequest(Request):
    """A request whose ``form`` is its text and whose ``uploads`` are its files, to be read once and stored nowhere.

    ``refused`` says what was wrong with the text; ``form`` holds what was read until then, so that a page can keep it.
    """

    refused: RequestRefused | None = None
    body: FormBody | None = None

    @property
    def max_content_length(self) -> int | None:
        """The limit of a form without files; one with files is bounded while it is read."""
        return None if self.mimetype == _MULTIPART else super().max_content_length

    def make_form_data_parser(self) -> FormDataParser:
        """Return a reader that leaves files where they are; Werkzeug's own would put them on the disk."""
        return _TextReader(self)

    @property
    def uploads(self) -> Iterator[Upload]:
        """The files of the form; each is read before the next is there. May raise ``RequestRefused`` and ``OSError``."""
        self._load_form_data()
        return iter(()) if self.body is None else self.body.uploads()


class _TextReader(FormDataParser):
    def __init__(self, request: PageRequest) -> None:
        super().__init__()
        self._request = request

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> _Parsed:
        del content_length
        text: MultiDict[str, str] = MultiDict()
        try:
            if mimetype == _MULTIPART:
                self._request.body = FormBody(stream, (options or {}).get("boundary", ""), _limits(), text)
                self._request.body.read_text()
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
    limits: FormLimits = current_app.extensions["whistle.form_limits"]
    return limits
