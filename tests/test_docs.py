"""What the documents say is so: commands, tasks, links; and nothing in the repository names the machine it grew on."""

import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest

from dev.commands import PLACE, helps, page
from tests.test_repository import committed
from whistle.cli import whistle

ROOT = Path(__file__).parent.parent
#: The protocol is about bytes; what begins with "whistle" there is one of its labels.
ABOUT_BYTES = ROOT / "docs" / "protocol.md"
PAGES = sorted(path for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")) if path != PLACE)
#: Hosts of public package registries, which everybody may name.
PUBLIC_HOSTS = {"pypi.org", "files.pythonhosted.org", "registry.npmjs.org"}

_BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:|mailto:)([\w./-]+)[)#]")


def commands(text: str, name: str) -> list[list[str]]:
    """Return every command line that begins with ``name`` in a block or between backticks."""
    blocks = "\n".join(_BLOCK.findall(text)).replace("\\\n", " ")
    shown = [line.strip() for line in blocks.splitlines()] + re.findall(r"`([^`\n]+)`", _BLOCK.sub("", text))
    lines = [line.removeprefix("$ ").split() for line in shown]
    return [line for line in lines if line and line[0].rpartition("/")[2] == name]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(path: Path) -> None:
    links = _LINK.findall(_CODE.sub("", path.read_text("utf-8")))
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_task_that_is_named_exists(path: Path) -> None:
    for _make, *words in commands(path.read_text("utf-8"), "make"):
        done = subprocess.run(["make", "--dry-run", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", [path for path in PAGES if path != ABOUT_BYTES], ids=lambda path: path.name)
def test_every_command_that_is_named_exists_with_its_options(path: Path) -> None:
    for _whistle, *words in commands(path.read_text("utf-8"), "whistle"):
        command, rest = found(words)
        options = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
        options |= {"--help", "--version", "-h"}
        assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= options, words


def found(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that ``words`` name, and what follows its name; several may be named at once with "|"."""
    command: click.Command = whistle
    context = click.Context(command)
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        inner = command.get_command(context, words[0])
        assert inner is not None, words
        command, words = inner, words[1:]
        if words[:1] == ["|"]:
            return found([*context.command_path.split()[1:], *words[1:]])
        context = click.Context(command, context, command.name)
    return command, words


def test_the_page_of_commands_is_up_to_date() -> None:
    assert PLACE.read_text("utf-8") == page(), "run: python -m dev.commands"


def test_every_command_says_what_it_does() -> None:
    listed = dict(helps())
    assert len(listed) > 20
    for name, text in listed.items():
        assert len(text.splitlines()) > 4, name
        assert "Usage:" in text


# --- nothing of the machine that it grew on


def own_hosts() -> set[str]:
    """Return the hosts of the package registries that are set up here and that nobody else would name."""
    listed = subprocess.run(["pip", "config", "list"], capture_output=True, text=True, check=False).stdout
    npm = subprocess.run(["npm", "config", "get", "registry"], capture_output=True, text=True, check=False).stdout
    hosts = {urlsplit(address).hostname for address in re.findall(r"https?://[^\s'\"]+", listed + npm)}
    return {host for host in hosts if host is not None and host not in PUBLIC_HOSTS}


def test_no_file_names_this_machine() -> None:
    names = {f"{ROOT}/".encode(), *(host.encode() for host in own_hosts())}
    naming = [path for path in committed() if any(name in (ROOT / path).read_bytes() for name in names)]
    assert naming == []
