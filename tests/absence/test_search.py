"""The search finds what it is there to find: each spelling, at every place of a file, over the border of two blocks."""

import json
import os
import re
import secrets
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path
from unicodedata import normalize
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.absence import search
from tests.absence.search import Hit, Needle, Search

TEXTS = ["The plate is number 7734-B", "печать фирмы на трёх языках", "四十七笔 合同 转账", "sổ góp vốn", "𠮷田𣘺男🍶"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("coding", ["utf-8", "utf-16-le", "utf-16-be"])
@given(before=st.binary(max_size=40), after=st.binary(max_size=40))
def test_every_spelling_is_found(text: str, coding: str, before: bytes, after: bytes) -> None:
    found = Search([Needle.text("it", text)])
    whole = before + text.encode(coding) + after
    for spelled in (
        whole,
        b64encode(whole),
        urlsafe_b64encode(whole),
        whole.hex().encode(),
        whole.hex().upper().encode(),
    ):
        if coding != "utf-8" and spelled == whole.hex().upper().encode():
            continue
        assert found.data(spelled, "here") == {Hit("it", "here")}


@pytest.mark.parametrize("text", [*TEXTS, "une enveloppe cachée à l’hôtel", "déjà vu: 100 % à côté"])
def test_every_way_to_write_a_text_down_is_found(text: str) -> None:
    found = Search([Needle.text("it", text)])
    ways = {
        "JSON": json.dumps({"text": text}).encode(),
        "a form": urlencode({"text": text}).encode(),
        "an address": re.sub("%..", lambda escape: escape[0].lower(), quote(text)).encode(),
        "HTML": text.encode("ascii", "xmlcharrefreplace"),
        "a log of bytes": repr(text.encode()).encode(),
        "UTF-8 taken for Latin-1": text.encode().decode("latin-1").encode(),
        "the widest letters": text.encode("utf-32-le"),
        "letters in NFD": normalize("NFD", text).encode("utf-16-le"),
    }
    if text.isascii() or max(text) <= "\xff":
        ways["the narrowest letters"] = text.encode("latin-1")
    assert {way for way, spelled in ways.items() if not found.data(b"..." + spelled + b"...", "here")} == set()


@given(secret=st.binary(min_size=16, max_size=32), before=st.binary(max_size=9), after=st.binary(max_size=9))
def test_bytes_that_are_no_text_are_found(secret: bytes, before: bytes, after: bytes) -> None:
    found = Search([Needle("secret", secret)])
    whole = before + secret + after
    for spelled in (whole, b64encode(whole), urlsafe_b64encode(whole), whole.hex().encode()):
        assert found.data(spelled, "here")


def test_a_needle_over_the_border_of_two_blocks_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_BLOCK", 64)
    text = "a sentence that nobody else wrote"
    for place in range(64):
        (tmp_path / "file").write_bytes(b"." * place + text.encode() + b"." * 80)
        assert Search([Needle.text("it", text)]).files(tmp_path)


def test_names_of_files_are_searched(tmp_path: Path) -> None:
    (tmp_path / "печать фирмы.png").touch()
    assert Search([Needle.text("it", "печать фирмы.png")]).files(tmp_path)


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(os.urandom(1 << 20))
    assert Search([Needle.text("it", text) for text in TEXTS]).files(tmp_path) == set()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may read the memory of processes")
def test_memory_is_searched() -> None:
    secret = secrets.token_bytes(24)
    assert Search([Needle("secret", secret)]).memory(os.getpid())
