"""No test speaks to another machine, whatever library it uses: a report that left this one would be a real leak."""

import socket

import pytest

ELSEWHERE = "192.0.2.1"  # for documentation only, RFC 5737


def test_connecting_to_another_machine_fails() -> None:
    with socket.socket() as stranger, pytest.raises(AssertionError, match=ELSEWHERE):
        stranger.connect((ELSEWHERE, 9))


def test_looking_up_a_name_fails() -> None:
    with pytest.raises(AssertionError, match=r"whistle\.example"):
        socket.getaddrinfo("whistle.example", 80)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_may_be_reached(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection((host, server.getsockname()[1])).close()
