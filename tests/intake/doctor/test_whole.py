"""The command, on a trial organisation that is served by the real server."""

import ctypes
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.intake.browsing import ROOT
from tests.intake.doctor.conftest import Place, codes
from tests.journeys.instance import copied, found
from whistle.cli.intake import doctor as command
from whistle.errors import SettingsError
from whistle.intake.doctor import Machine, examine

#: What is so on some machines and not on others, and is truly so.
OF_THE_MACHINE = {
    "swap-on", "swap-sealed", "swap-forbidden", "zswap-on", "core-pattern-piped", "core-dumps-privileged",
    "ptrace-open", "ptrace-unlimited", "disk-small", "clock-alone", "temporary-files", "temporary-open",
}  # fmt: skip


def doctor(*arguments: object) -> subprocess.CompletedProcess[str]:
    whole = [sys.executable, "-m", "whistle", "doctor", *map(str, arguments)]
    return subprocess.run(whole, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    base = tmp_path_factory.getbasetemp()
    return base.parent if worker else base


def test_a_trial_gives_no_false_alarm(shared: Path, tmp_path: Path) -> None:
    instance = copied(found(shared), tmp_path)
    with instance.serving():
        done = doctor("--config", instance.trial.config, "--url", instance.address, "--json")
    told = {each["code"]: each["severity"] for each in json.loads(done.stdout)}
    as_root = {"runs-as-root"} if os.geteuid() == 0 else set()
    assert set(told) - OF_THE_MACHINE == {"trial"} | as_root
    worst = max(("note", "warning", "problem").index(severity) for severity in told.values())
    assert (done.returncode, done.stderr) == (worst, "")


def test_all_matters_are_looked_at_together(healthy: Place) -> None:
    machine = Machine(healthy.root)
    assert codes(examine(healthy.file, machine)) == {"not-running"}
    healthy.serve(user=990)
    healthy.write("etc/tor/torrc", "HiddenServiceDir /a\nHiddenServicePort 80 127.0.0.1:8000\n")
    healthy.write("etc/caddy/Caddyfile", "x {\nlog {\n output file /var/log/c\n}\nreverse_proxy 127.0.0.1:8000\n}\n")
    healthy.write("etc/nginx/nginx.conf", "http { server { location / { proxy_pass http://localhost:8000; } } }")
    healthy.write("var/log/c", "203.0.113.7\n")
    healthy.write("proc/swaps", "head\n/dev/sda1 partition 1 0 -2\n")
    healthy.write("var/log/more", "Mozilla/5.0\n")
    findings = examine(healthy.file, machine, more_logs=(Path("/var/log/more"),))
    assert codes(findings) >= {"onion-no-work", "access-log-on", "log-tells", "proxy-stores-bodies", "swap-on"}
    assert [finding.code for finding in findings].count("log-tells") == 2
    severities = [finding.severity for finding in findings]
    assert severities == sorted(severities, reverse=True)


@pytest.mark.parametrize(
    ("line", "said"), [("colour = 'red'", "colour"), ("port = 'x'", "port"), ("[intake", "whistle.toml")]
)
def test_settings_that_cannot_be_read_are_a_finding(healthy: Place, line: str, said: str) -> None:
    healthy.file.write_text(healthy.file.read_text() + line + "\n")
    done = doctor("--config", healthy.file)
    assert done.returncode == 2
    assert "settings-broken" in done.stdout
    assert said in done.stdout


def test_where_nobody_watches_it_says_nothing_but_what_is_wrong(healthy: Place) -> None:
    (healthy.base / "trial-passphrase").write_text("x")
    done = doctor("--config", healthy.file)
    assert "(not-running)" in done.stdout
    assert "(trial)" not in done.stdout


def test_nothing_is_changed(healthy: Place) -> None:
    def state() -> dict[Path, tuple[int, int, bytes]]:
        paths = [healthy.base, *healthy.base.rglob("*")]
        return {
            path: (path.stat().st_mode, path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
            for path in paths
        }

    before = state()
    doctor("--config", healthy.file)
    assert state() == before


def test_an_address_that_makes_no_sense_is_one_of_our_errors(healthy: Place) -> None:
    result = CliRunner().invoke(command, ["--config", str(healthy.file), "--url", "report.example.org"])
    assert isinstance(result.exception, SettingsError)


def test_a_user_who_may_not_look_is_told(healthy: Place) -> None:
    healthy.folder.chmod(0)
    command = [sys.executable, "-m", "whistle", "doctor", "--config", str(healthy.file)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=_obey_modes,
        )
    finally:
        healthy.folder.chmod(0o700)
    assert "(not-allowed)" in done.stdout
    assert done.returncode in {1, 2}
    assert done.stderr == ""


def _obey_modes() -> None:
    """Let root be stopped by modes like everybody else: CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH end with the exec."""
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)


# --- samples


def test_the_samples_of_services_start_commands_that_exist() -> None:
    for name in ("whistle-doctor.service", "whistle-intake.service"):
        (line,) = [line for line in (ROOT / "config" / name).read_text().splitlines() if line.startswith("ExecStart=")]
        program, verb, *rest = shlex.split(line.removeprefix("ExecStart="))
        assert program.endswith("/whistle")
        assert command_of(verb, rest)


def test_the_line_for_cron_is_a_command_that_exists() -> None:
    text = (ROOT / "docs" / "operating.md").read_text("utf-8")
    (line,) = [line for line in text.splitlines() if line.startswith("17 6 * * *")]
    _minute, _hour, _day, _month, _weekday, user, program, verb, *rest = shlex.split(line)
    assert (user, program.endswith("/whistle"), verb) == ("root", True, "doctor")
    assert command_of(verb, rest)


def command_of(verb: str, rest: list[str]) -> bool:
    """Return whether the command line is one that the command takes, settings aside."""
    from whistle.cli import whistle  # noqa: PLC0415 - a group whose commands are loaded by name

    context = whistle.make_context("whistle", [verb])
    found = whistle.get_command(context, verb)
    assert found is not None
    at = rest.index("--config")
    found.make_context(verb, [*rest[:at], *rest[at + 2 :], "--config", str(ROOT / "config" / "whistle.toml")])
    return True


def test_systemd_accepts_the_samples(tmp_path: Path) -> None:
    """Asked of systemd itself where it is installed."""
    program = shutil.which("systemd-analyze")
    names = ("whistle-intake.service", "whistle-doctor.service", "whistle-doctor.timer")
    for name in names:
        text = (ROOT / "config" / name).read_text()
        (tmp_path / name).write_text(text.replace("/opt/whistle/.venv/bin/whistle", "/bin/true"))
    if program is not None:
        paths = [str(tmp_path / name) for name in names]
        done = subprocess.run([program, "verify", *paths], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_sample_of_a_service_keeps_memory_off_the_disk_and_takes_every_right() -> None:
    lines = (ROOT / "config" / "whistle-intake.service").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    assert given["MemorySwapMax"] == "0"
    assert given["LimitCORE"] == "0"
    assert given["LimitMEMLOCK"] == "infinity"
    assert given["CapabilityBoundingSet"] == ""
    assert given["User"] not in {"", "root"}
    assert all(line.startswith(("#", "[")) or "=" in line for line in lines if line)
