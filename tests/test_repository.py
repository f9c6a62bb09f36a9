"""What the repository itself must hold and must not: locked requirements without a source, and no secret anywhere."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.txt", "requirements-dev.txt")
PINNED = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>\S+) \\$", re.MULTILINE)

#: An Identity in its printed form: 96 bytes are 128 letters. Vectors carry some, and are made for nobody.
PRINTED_IDENTITY = re.compile(rb"whistle-identity-1:[A-Za-z0-9+/]{128}")
MAY_SHOW_IDENTITIES = ("tests/vectors/", "tests/protocol/")


def pins(lock: str) -> dict[str, str]:
    """Return name and version of every requirement in a lock."""
    return {found["name"]: found["version"] for found in PINNED.finditer((ROOT / lock).read_text())}


def plain(requirement: str) -> str:
    """Return the name of a requirement as a lock writes it."""
    return re.split(r"[\[<>=; ]", requirement)[0].lower().replace("_", "-")


def committed() -> list[str]:
    """Return every path under version control."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_locked_by_version_and_hash(lock: str) -> None:
    requirements = [block for block in (ROOT / lock).read_text().split("\n") if re.match(r"[a-z]", block)]
    assert requirements
    assert len(pins(lock)) == len(requirements)
    assert (ROOT / lock).read_text().count("--hash=sha256:") >= len(requirements)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place_to_fetch_from(lock: str) -> None:
    assert not re.search(r"https?://|file:/|--(index|extra-index|find-links|trusted-host)", (ROOT / lock).read_text())


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert {plain(each) for each in project["dependencies"] + extras["build"]} <= pins("requirements.txt").keys()
    assert {plain(each) for each in extras["dev"]} <= pins("requirements-dev.txt").keys()


def test_tests_run_with_the_versions_that_people_run() -> None:
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


def test_only_public_things_are_kept_in_keys() -> None:
    assert {path for path in committed() if path.startswith("keys/")} <= {"keys/README.md", "keys/keyring.json"}


def test_no_identity_is_committed() -> None:
    shown = [path for path in committed() if PRINTED_IDENTITY.search((ROOT / path).read_bytes())]
    assert [path for path in shown if not path.startswith(MAY_SHOW_IDENTITIES)] == []


def test_a_printed_identity_is_recognised() -> None:
    assert PRINTED_IDENTITY.search(b'"identity": "whistle-identity-1:' + b"A" * 128 + b'"')
