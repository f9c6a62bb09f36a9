import re
import signal
import time
from pathlib import Path

import pytest

from tests.intake.server import Client, request, serving
from whistle.intake.log import Troubles, place_of


def test_no_request_leaves_a_trace_in_the_log_even_at_debug_level(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        before = server.log()
        server.get("/sesame-path?sesame-query", User_Agent="sesame-agent", Referer="http://sesame-referer/")
        server.post("/echo", b"sesame-body")
        server.post("/fail", b"sesame-fault")
        for broken in (b"sesame\r\n\r\n", b"GET /sesame HTTP/1.1\r\nHost: a\nX: sesame\r\n\r\n", b"\x16\x03\x01sesame"):
            with Client(server.port) as client:
                client.send(broken + b" " * 40)
                client.answer()
        with Client(server.port) as client:
            client.send(request("POST", "/echo", b"sesame" * 2_000)[:-1])
        assert server.log() == before
        server.stop()
        after = server.log()
    assert "sesame" not in after
    assert "127.0.0.1" not in after.replace("Listening at: http://127.0.0.1", "")
    assert after.count("RuntimeError at") == 1


def test_lines_carry_the_day_and_no_time(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        server.stop()
        lines = server.log().splitlines()
    assert all(
        re.fullmatch(r"\d{4}-\d\d-\d\d (DEBUG|INFO|ERROR) [^:]*(: http://[0-9.:]+ |: )?[^:]*\)?", line)
        for line in lines
    )
    assert not any(re.search(r"\d\d:\d\d:\d\d", line) for line in lines)


def test_the_operator_can_ask_for_the_faults(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        for _ in range(3):
            server.post("/fail", b"x")
        server.process.send_signal(signal.SIGUSR1)
        limit = time.monotonic() + 20
        while "3 × RuntimeError at" not in server.log():
            assert time.monotonic() < limit
            time.sleep(0.05)


def test_a_fault_is_named_by_its_place_and_never_by_its_words() -> None:
    with pytest.raises(ValueError, match="words") as caught:
        int("the words of a source")
    place = place_of(caught.value)
    assert re.fullmatch(r"ValueError at tests/intake/test_log\.py:\d+", place)


def test_places_are_counted_and_bounded() -> None:
    troubles = Troubles()
    for number in range(300):
        troubles.add(f"place {number}")
    troubles.add("place 0")
    lines = troubles.drain()
    assert len(lines) == 201
    assert "2 × place 0" in lines
    assert "100 × other places" in lines
    assert troubles.drain() == []
