import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whistle.naming import file_name, screen_block, screen_line, screen_text


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("документ.pdf", "документ.pdf"),
        ("見積書 最終.xlsx", "見積書 最終.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\scan.jpg", "scan.jpg"),
        (".bashrc", "bashrc"),
        ("", "file"),
        ("...", "file"),
        ("/", "file"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\x00b\nc.txt", "abc.txt"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("می\u200cخواهم.txt", "می\u200cخواهم.txt"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("ม" * 300 + ".pdf", "ม" * 65 + ".pdf"),
        ("." + "y" * 300, "y" * 200),
        ("trailing. ", "trailing"),
    ],
)
def test_names(name: str, safe: str) -> None:
    assert file_name(name) == safe


@given(st.text(max_size=300))
def test_any_name_is_one_part_of_a_path(name: str) -> None:
    safe = file_name(name)
    assert 0 < len(safe.encode()) <= 200
    assert not set("/\\\0\n") & set(safe)
    assert not safe.startswith(".")
    assert file_name(safe) == safe


def test_a_terminal_is_not_driven() -> None:
    assert screen_text("\x1b[2Jgone\x07 \u202eabc\u2066 \x9b1m\r") == (
        "\\u{1b}[2Jgone\\u{7} \\u{202e}abc\\u{2066} \\u{9b}1m\\u{d}"
    )
    assert screen_text("two\nlines\tและ ไทย 🙊 می\u200cخواهم") == "two\nlines\tและ ไทย 🙊 می\u200cخواهم"


@given(st.text())
def test_any_text_shows_what_cannot_be_seen(text: str) -> None:
    allowed = "\n\t\u200c\u200d"
    assert all(letter in allowed or unicodedata.category(letter)[0] != "C" for letter in screen_text(text))


@pytest.mark.parametrize("letter", ["\n", "\t", "\r", "\x1b", "\u202e", "\x00"])
def test_a_line_has_no_layout(letter: str) -> None:
    assert letter not in screen_line(f"a{letter}b")


def test_no_line_of_a_text_can_pass_for_one_of_ours() -> None:
    assert screen_block("one\n\ntwo\x1b\n") == "  one\n  \n  two\\u{1b}\n  "
