import os

import pytest

from whistle.courier.wire import PASS_SECONDS
from whistle.errors import SignatureInvalid
from whistle.intake.passes import Passes
from whistle.protocol.listing import sign_listing
from whistle.protocol.signing import Signer, Verifier

SITE = bytes(32)
SIGNER = Signer(b"p" * 32)


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def key_of(person: int) -> Verifier | None:
    return SIGNER.verifier if person in {7, 9} else None


def signed(at: float, nonce: bytes = b"", person: int = 7) -> str:
    nonce = nonce or os.urandom(16)
    return f"{person}:{int(at)}:{nonce.hex()}:{sign_listing(SIGNER, SITE, 'q', int(at), nonce).hex()}"


def test_a_nonce_is_remembered_for_as_long_as_its_pass_could_be_used() -> None:
    clock = Clock()
    passes = Passes(clock)
    latest = signed(clock.now + PASS_SECONDS)
    passes.check(latest, "q", SITE, key_of)
    for later in (0, PASS_SECONDS, 2 * PASS_SECONDS):
        clock.now = 1_000_000.0 + later
        with pytest.raises(SignatureInvalid):
            passes.check(latest, "q", SITE, key_of)
    clock.now += 1
    passes.check(signed(clock.now), "q", SITE, key_of)
    assert len(passes._used[7]) == 1


def test_a_pass_that_is_not_good_takes_no_memory() -> None:
    clock = Clock()
    passes = Passes(clock)
    for bad in ("", "7:1:00:00", signed(clock.now - PASS_SECONDS - 1), signed(clock.now).replace("7:", "8:", 1)):
        with pytest.raises(SignatureInvalid):
            passes.check(bad, "q", SITE, key_of)
    with pytest.raises(SignatureInvalid):
        passes.check(signed(clock.now), "another query", SITE, key_of)
    assert not passes._used


def test_a_colleague_who_uses_up_all_passes_keeps_nobody_else_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whistle.intake.passes._REMEMBERED", 3)
    clock = Clock()
    passes = Passes(clock)
    for _ in range(3):
        passes.check(signed(clock.now), "q", SITE, key_of)
    with pytest.raises(SignatureInvalid):
        passes.check(signed(clock.now), "q", SITE, key_of)
    passes.check(signed(clock.now, person=9), "q", SITE, key_of)
