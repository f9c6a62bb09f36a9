from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.intake.doctor.conftest import codes
from whistle.intake.doctor import logs
from whistle.intake.doctor.machine import Machine

#: What the intake itself writes.
QUIET = """2026-11-21 INFO Starting gunicorn 27.0.1
2026-11-21 INFO Listening at: http://127.0.0.1:8000 (4321)
2026-11-21 INFO Booting worker with pid: 4322
2026-11-21 ERROR 3 × OSError at whistle/intake/visit.py:120, socket.py:706
2026-11-21 INFO Worker exiting (pid: 4322)
12:00:01.123 the time of day of a start
"""
TELLING = [
    '203.0.113.7 - - [21/Nov/2026:10:00:00 +0000] "-" 400 0',
    "2001:db8::7 connected",
    "upstream: fe80:1:2:3:4:5:6:7",
    '- - - [-] "GET /replies HTTP/1.1" 200',
    '- "POST /report/send HTTP/1.1"',
    "Exception on /withdraw [POST]",
    "/v1/messages",
    "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0",
]


def look(root: Path, text: str, name: str = "/srv/some.log") -> list[str]:
    path = root / name.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    found = list(logs.examine(Machine(root), [Path(name)]))
    codes(found)
    assert not any(line in finding.words for finding in found for line in text.splitlines() if line)
    return [finding.code for finding in found]


def test_our_own_log_is_left_in_peace(tmp_path: Path) -> None:
    assert look(tmp_path, QUIET) == []


@pytest.mark.parametrize("line", TELLING)
def test_a_line_that_tells(tmp_path: Path, line: str) -> None:
    assert look(tmp_path, QUIET + line + "\n" + QUIET) == ["log-tells"]


def test_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    assert look(tmp_path, QUIET * 10_000 + TELLING[0]) == ["log-tells"]


def test_a_log_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert list(logs.examine(Machine(tmp_path), [Path("/nowhere")])) == []


def unit(root: Path, output: str) -> Machine:
    path = root / "etc/systemd/system/whistle-intake.service"
    path.parent.mkdir(parents=True)
    path.write_text(f"[Service]\nExecStart=/bin/true\nStandardOutput={output}\n")
    return Machine(root)


def test_the_file_of_our_own_service_is_read(tmp_path: Path) -> None:
    machine = unit(tmp_path, "append:/var/log/whistle.log")
    (tmp_path / "var/log").mkdir(parents=True)
    (tmp_path / "var/log/whistle.log").write_text(TELLING[3])
    assert codes(logs.examine(machine, [])) == {"log-tells"}


@pytest.mark.parametrize(("line", "expected"), [(QUIET.splitlines()[0], set()), (TELLING[0], {"log-tells"})])
def test_the_journal_of_our_own_service_is_read(tmp_path: Path, line: str, expected: set[str]) -> None:
    machine = unit(tmp_path, "journal")
    program = tmp_path / "usr/bin/journalctl"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\nprintf '%s\\n' '{line}' \"$*\"\n")
    program.chmod(0o755)
    assert codes(logs.examine(machine, [])) == expected


def test_a_journal_that_cannot_be_asked_says_nothing(tmp_path: Path) -> None:
    machine = unit(tmp_path, "journal")
    program = tmp_path / "usr/bin/journalctl"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    assert codes(logs.examine(machine, [])) == set()


@given(st.ip_addresses())
def test_every_address_of_a_visitor_is_recognised(address: IPv4Address | IPv6Address) -> None:
    expected = not (address.is_loopback or address.is_unspecified)
    for line in (f"from {address} came", f"{address}", f"{address}: gone.", f"client={address}, server"):
        assert logs.names_an_address(line) is expected, line


@given(st.times(), st.dates())
def test_no_time_is_an_address(time: object, date: object) -> None:
    assert not logs.names_an_address(f"{date} {time}: a fault at some.py:12:3, version 3.11.7")
