import shutil
import subprocess
from pathlib import Path

import pytest

from tests.intake.browsing import ROOT
from tests.intake.doctor.conftest import codes
from whistle.intake.doctor import onion
from whistle.intake.doctor.machine import Machine

FILE = ROOT / "config" / "torrc"
SAMPLE = FILE.read_text()
OURS = ("127.0.0.1:8000",)


def look(root: Path, text: str) -> set[str]:
    path = root / "etc/tor/torrc"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return codes(onion.examine(Machine(root), OURS))


def test_the_sample_is_left_in_peace(tmp_path: Path) -> None:
    assert look(tmp_path, SAMPLE) == set()


@pytest.mark.parametrize(
    ("line", "other", "code"),
    [
        ("HiddenServicePoWDefensesEnabled 1", "", "onion-no-work"),
        ("HiddenServicePoWDefensesEnabled 1", "HiddenServicePoWDefensesEnabled 0", "onion-no-work"),
        ("HiddenServiceMaxStreams 64", "HiddenServiceExportCircuitID haproxy", "onion-exports-circuits"),
        ("SocksPort 0", "SocksPort 0\nHiddenServiceSingleHopMode 1", "onion-not-anonymous"),
        ("SafeLogging 1", "SafeLogging 0", "onion-logs-addresses"),
        ("Log notice syslog", "Log info file /var/log/tor/info.log", "onion-logs-much"),
        ("Log notice syslog", "Log debug-err syslog", "onion-logs-much"),
    ],
)
def test_one_line_that_is_wrong(tmp_path: Path, line: str, other: str, code: str) -> None:
    assert line in SAMPLE
    assert look(tmp_path, SAMPLE.replace(line, other)) == {code}


def test_work_that_another_service_asks_for_does_not_count(tmp_path: Path) -> None:
    other = "HiddenServiceDir /other\nHiddenServicePort 80 127.0.0.1:9\nHiddenServicePoWDefensesEnabled 1\n"
    ours = "HiddenServiceDir /ours\nHiddenServicePort 80 127.0.0.1:8000\n"
    assert look(tmp_path, ours + other) == {"onion-no-work"}
    assert look(tmp_path, other + ours) == {"onion-no-work"}
    assert look(tmp_path, other.replace("PoWDefensesEnabled 1", "MaxStreams 1")) == set()


def test_a_port_that_leads_to_the_same_port_here(tmp_path: Path) -> None:
    assert look(tmp_path, "HiddenServiceDir /a\nHiddenServicePort 8000\n") == {"onion-no-work"}


def test_tor_accepts_the_sample(tmp_path: Path) -> None:
    """Asked of tor itself where it is installed; everywhere, that each line is an option and its value."""
    options = [line.split(maxsplit=1) for line in SAMPLE.splitlines() if line and not line.startswith("#")]
    assert all(len(option) == 2 for option in options)
    tor = shutil.which("tor")
    if tor is not None:
        mine = tmp_path / "torrc"
        mine.write_text(SAMPLE.replace("/var/lib/tor/whistle", str(tmp_path / "service")))
        command = [tor, "--verify-config", "-f", str(mine), "--DataDirectory", str(tmp_path / "data")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
