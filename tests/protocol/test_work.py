from hashlib import sha256
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.cast import chance, refuses
from whistle.errors import WorkMissing
from whistle.protocol.hashing import framed
from whistle.protocol.work import check, solve

CHALLENGE, PATH, BODY = chance("challenge", 32), "/v1/look", chance("body", 4_096)


def zeros(nonce: bytes) -> int:
    fields = framed(b"whistle/1/work", CHALLENGE, PATH.encode(), sha256(BODY).digest(), nonce)
    digest = sha256(fields).digest()
    return 256 - int.from_bytes(digest, "big").bit_length()


@pytest.mark.parametrize("bits", [0, 1, 6, 10])
def test_work_that_was_done_is_accepted(bits: int) -> None:
    nonce = solve(CHALLENGE, PATH, BODY, bits)
    check(CHALLENGE, PATH, BODY, bits, nonce)
    assert len(nonce) == 8
    assert zeros(nonce) >= bits
    first = int.from_bytes(nonce, "little")
    assert all(zeros(number.to_bytes(8, "little")) < bits for number in range(first))


def test_exactly_enough_is_enough() -> None:
    nonce = solve(CHALLENGE, PATH, BODY, 6)
    check(CHALLENGE, PATH, BODY, zeros(nonce), nonce)
    refuses(WorkMissing, lambda: check(CHALLENGE, PATH, BODY, zeros(nonce) + 1, nonce))


def test_work_is_for_one_request_of_one_day() -> None:
    nonce = solve(CHALLENGE, PATH, BODY, 12)
    refuses(WorkMissing, lambda: check(chance("tomorrow", 32), PATH, BODY, 12, nonce))
    refuses(WorkMissing, lambda: check(CHALLENGE, "/v1/fetch", BODY, 12, nonce))
    refuses(WorkMissing, lambda: check(CHALLENGE, PATH, BODY + b"x", 12, nonce))
    refuses(WorkMissing, lambda: check(CHALLENGE, PATH, BODY, 12, bytes(8)))


@pytest.mark.parametrize("size", [0, 7, 9])
def test_a_nonce_of_another_size_is_refused_even_where_no_work_is_asked(size: int) -> None:
    refuses(WorkMissing, lambda: check(CHALLENGE, PATH, BODY, 0, bytes(size)))


@given(st.binary(max_size=12), st.text(max_size=8) | st.just("\ud800"))
def test_any_nonce_and_path_give_work_or_an_error_of_work(nonce: bytes, path: str) -> None:
    refuses(WorkMissing, lambda: check(CHALLENGE, path, BODY, 60, nonce))


def test_all_zeros_would_be_256_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    zeros = SimpleNamespace(digest=lambda: bytes(32), update=lambda _nonce: None, copy=lambda: zeros)
    monkeypatch.setattr("whistle.protocol.work.sha256", lambda _data: zeros)
    check(CHALLENGE, PATH, BODY, 256, bytes(8))
    refuses(WorkMissing, lambda: check(CHALLENGE, PATH, BODY, 257, bytes(8)))
