from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whistle.cli.screens import plain, plain_name, saved_as


@given(st.text())
def test_no_text_drives_the_terminal(text: str) -> None:
    shown = plain(text)
    assert len(shown) == len(text)
    assert not {category(mark) for mark in set(shown) - set("\n\t\u200c\u200d")} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@pytest.mark.parametrize("sign", ["\x1b", "\x07", "\x9b", "\r", "\u202e", "\u2066", "\u2028", "\x00"])
def test_signs_that_a_terminal_would_act_upon_are_seen_instead(sign: str) -> None:
    assert plain(f"a{sign}b") == "a\ufffdb"


@pytest.mark.parametrize("text", ["plain", "строка\nещё одна", "文件", "می‌خواهم", "क्‍ष", "a\tb", "🕊"])
def test_every_script_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


def test_a_name_is_one_line() -> None:
    assert "\n" not in plain_name("a\nb")


@given(st.text(max_size=600))
def test_a_file_stays_in_its_folder(name: str) -> None:
    folder = Path("/folder")
    path = saved_as(folder, "1-1-", name)
    assert path.parent == folder
    assert path.name.startswith("1-1-")
    assert len(path.name.encode()) <= 255
    assert not path.name.endswith(".")


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("документ.pdf", "1-документ.pdf"),
        ("../../etc/passwd", "1-_.._etc_passwd"),
        ("", "1-file"),
        ("...", "1-file"),
        ("x" * 500 + ".pdf", "1-" + "x" * 194 + ".pdf"),
        ("no ending", "1-no ending"),
    ],
)
def test_the_name_that_a_file_is_saved_under(name: str, saved: str) -> None:
    assert saved_as(Path(), "1-", name).name == saved
