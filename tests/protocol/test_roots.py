from dataclasses import replace

from mnemonic import Mnemonic

from tests.protocol.cast import (
    SITE,
    TODAY,
    directory,
    keyring,
    published,
    refuses,
    signer,
)
from whistle.errors import (
    KeyringMalformed,
    KeyringRolledBack,
    RootForked,
    RootSuperseded,
    SignatureInvalid,
)
from whistle.protocol.directory import verify
from whistle.protocol.hashing import hashed
from whistle.protocol.keyring import Succession
from whistle.protocol.roots import fingerprint

ROOT, SECOND, THIRD = signer("root"), signer("second root"), signer("third root")
FIRST_TO_SECOND = Succession.make(SITE, ROOT, SECOND, TODAY)
SECOND_TO_THIRD = Succession.make(SITE, SECOND, THIRD, TODAY)
FIRST_TO_THIRD = Succession.make(SITE, ROOT, THIRD, TODAY)


def test_a_successor_signs_and_the_superseded_root_signs_nothing_more() -> None:
    document = published(keyring=keyring().sign(SECOND), successions=(FIRST_TO_SECOND,))
    found = verify(document, TODAY, site=SITE)
    assert found.roots == (ROOT.verifier, SECOND.verifier)
    assert found.site == SITE
    refuses(RootSuperseded, lambda: verify(published(successions=(FIRST_TO_SECOND,)), TODAY, site=SITE))


def test_successions_are_followed_in_whatever_order_they_are_shown() -> None:
    for order in ((FIRST_TO_SECOND, SECOND_TO_THIRD), (SECOND_TO_THIRD, FIRST_TO_SECOND, FIRST_TO_SECOND)):
        found = verify(published(keyring=keyring().sign(THIRD), successions=order), TODAY, site=SITE)
        assert found.roots == (ROOT.verifier, SECOND.verifier, THIRD.verifier)


def test_two_successors_of_one_root_stop_everything() -> None:
    for root in (ROOT, SECOND, THIRD):
        document = published(keyring=keyring().sign(root), successions=(FIRST_TO_SECOND, FIRST_TO_THIRD))
        refuses(RootForked, lambda document=document: verify(document, TODAY, site=SITE))  # type: ignore[misc] # bound early


def test_a_circle_of_successions_stops_everything() -> None:
    back = Succession.make(SITE, SECOND, ROOT, TODAY)
    itself = Succession.make(SITE, ROOT, ROOT, TODAY)
    later = Succession.make(SITE, THIRD, SECOND, TODAY)
    for successions in ((FIRST_TO_SECOND, back), (itself,), (FIRST_TO_SECOND, SECOND_TO_THIRD, later)):
        document = published(successions=successions)
        refuses(RootForked, lambda document=document: verify(document, TODAY, site=SITE))  # type: ignore[misc] # bound early


def test_a_succession_that_nobody_needs_is_malformed() -> None:
    refuses(KeyringMalformed, lambda: verify(published(successions=(SECOND_TO_THIRD,)), TODAY, site=SITE))


def test_a_succession_that_is_not_signed_by_both_is_refused() -> None:
    one_sided = replace(FIRST_TO_SECOND, old_signature=FIRST_TO_SECOND.new_signature)
    document = published(keyring=keyring().sign(SECOND), successions=(one_sided,))
    refuses(SignatureInvalid, lambda: verify(document, TODAY, site=SITE))


def test_a_root_once_seen_is_not_forgotten() -> None:
    document = published(keyring=keyring().sign(SECOND), successions=(FIRST_TO_SECOND,))
    memory = verify(document, TODAY, site=SITE).memory
    assert verify(document, TODAY, memory).roots == memory.roots
    refuses(KeyringRolledBack, lambda: verify(published(), TODAY, memory))
    forked = published(keyring=keyring().sign(THIRD), successions=(FIRST_TO_THIRD,))
    refuses(RootForked, lambda: verify(forked, TODAY, memory))
    longer = published(keyring=keyring().sign(THIRD), successions=(FIRST_TO_SECOND, SECOND_TO_THIRD))
    assert verify(longer, TODAY, memory).roots[-1] == THIRD.verifier


def test_a_fingerprint_is_ten_words_over_the_first_and_the_current_root() -> None:
    digest = hashed(b"whistle/1/fingerprint", bytes(ROOT.verifier), bytes(SECOND.verifier))
    bits = f"{int.from_bytes(digest, 'big'):0256b}"
    words = Mnemonic("english").wordlist
    expected = tuple(words[int(bits[at : at + 11], 2)] for at in range(0, 110, 11))
    assert fingerprint((ROOT.verifier, SECOND.verifier)) == expected
    assert fingerprint((ROOT.verifier, THIRD.verifier, SECOND.verifier)) == expected
    assert len(expected) == 10
    assert directory().fingerprint == fingerprint((ROOT.verifier,)) != expected
