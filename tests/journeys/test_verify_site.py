"""The site of a trial organisation, signed and served as ``make run`` does it, passes its own inspection."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.instance import ROOT, Instance, copied


@pytest.fixture
def instance(founded: Instance, tmp_path: Path) -> Instance:
    made = copied(founded, tmp_path / "copy")
    made.trial.configure(1, 1)
    made.trial.release()
    return made


def verify(address: str, words: str, state: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "whistle", "verify-site", address, "--fingerprint", words]
    environment = os.environ | {"XDG_STATE_HOME": str(state)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_it_is_as_it_was_signed_until_the_site_goes_back(instance: Instance, tmp_path: Path) -> None:
    manifest = instance.intake / "well-known" / "whistle-manifest.json"
    first = manifest.read_bytes()
    instance.trial.release()
    assert manifest.read_bytes() == first, "the same release is not signed again"
    with instance.serving() as server:
        words = " ".join(instance.directory().fingerprint)
        good = verify(server.address, words, tmp_path)
        assert good.returncode == 0, good.stdout
        assert "number 1" in good.stdout
        server.stop()
        (instance.intake / "well-known" / "security.txt").write_text("Contact: mailto:nobody@example.org\n")
        instance.trial.release()
        later = instance.start(server.port)
        newer = verify(later.address, words, tmp_path)
        assert newer.returncode == 0, newer.stdout
        assert "number 2" in newer.stdout
        later.stop()
        manifest.write_bytes(first)
        back = verify(instance.start(server.port).address, words, tmp_path)
    assert back.returncode == 3
    assert "older list of its files" in back.stdout
