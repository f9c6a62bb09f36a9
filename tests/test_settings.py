"""Every setting is documented, known and safe, or nothing starts."""

import dataclasses
import re
from pathlib import Path

import pytest

from whistle.console.settings import ConsoleSettings
from whistle.console.settings import load as load_console
from whistle.errors import SettingsError
from whistle.intake.settings import IntakeSettings
from whistle.intake.settings import load as load_intake

SHIPPED = Path(__file__).parent.parent / "config" / "whistle.toml"


def write(folder: Path, text: str) -> Path:
    path = folder / "whistle.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("kind", [IntakeSettings, ConsoleSettings])
def test_the_shipped_file_documents_every_setting_with_its_default(
    kind: type[IntakeSettings | ConsoleSettings],
) -> None:
    section = SHIPPED.read_text("utf-8").split(f"[{kind.section}]")[1].split("\n[")[0]
    shipped = load_intake(SHIPPED) if kind is IntakeSettings else load_console(SHIPPED)
    named = re.findall(r"^([a-z_]+) =", section, re.MULTILINE)
    assert sorted(named) == sorted(field.name for field in dataclasses.fields(kind))
    for field in dataclasses.fields(kind):
        if field.default is not dataclasses.MISSING:
            assert getattr(shipped, field.name) == field.default, field.name


@pytest.mark.parametrize(
    ("text", "line", "name"),
    [
        ('[intake]\nfolder = "a"\nquestionnaires = "q"\nprot = 80\n', 4, "prot"),
        ('[intake]\nfolder = "a"\n\n# a comment\nport = "80"\n', 5, "port"),
        ('[intake]\nfolder = "a"\nport = 0\n', 3, "port"),
        ('[intake]\nfolder = "a"\nport = true\n', 3, "port"),
        ("[intake]\nfolder = 7\n", 2, "folder"),
        ('[console]\nport = 80\n[intake]\nfolder = "a"\nport = 70000\n', 5, "port"),
        ('[intake]\nfolder = "a"\n[inatke]\nport = 80\n', 3, "inatke"),
        ('folder = "a"\n', 1, "folder"),
    ],
)
def test_a_wrong_setting_names_its_line(tmp_path: Path, text: str, line: int, name: str) -> None:
    with pytest.raises(SettingsError, match=rf"line {line}, {name}"):
        load_intake(write(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    [
        "[intake]\nport = 8000\n",
        "[intake\n",
        '[intake]\nfolder = "a"\nquestionnaires = "q"\nmessage_days = 30\nchunk_days = 29\n',
    ],
)
def test_an_intake_does_not_start_with(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError):
        load_intake(write(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    [
        'host = "0.0.0.0"\n',
        'host = "::"\n',
        'host = "localhost"\n',
        'intake = "ftp://127.0.0.1"\n',
        'proxy = "socks5://127.0.0.1:9050"\n',
        'proxy = "http://127.0.0.1:9050"\n',
    ],
)
def test_a_console_refuses_what_is_unsafe(tmp_path: Path, text: str) -> None:
    settings = '[console]\nfolder = "a"\n' + ("" if "intake" in text else 'intake = ""\n') + text
    with pytest.raises(SettingsError):
        load_console(write(tmp_path, settings))


def test_remote_binding_needs_its_explicit_flag(tmp_path: Path) -> None:
    path = write(tmp_path, '[console]\nfolder = "a"\nintake = ""\nhost = "0.0.0.0"\nallow_remote = true\n')
    assert load_console(path).allow_remote


def test_paths_are_relative_to_the_file_and_overrides_win(tmp_path: Path) -> None:
    settings = load_intake(write(tmp_path, '[intake]\nfolder = "here"\nquestionnaires = "q"\n'), port=9000, host=None)
    assert settings.folder == (tmp_path / "here").resolve()
    assert (settings.port, settings.host) == (9000, "127.0.0.1")


def test_a_file_that_cannot_be_read_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        load_intake(tmp_path / "missing.toml")
