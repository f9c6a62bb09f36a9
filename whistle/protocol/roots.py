"""How the organisation's root was handed on. docs/protocol.md, section 7, steps 3 and 4."""

from collections.abc import Iterable, Sequence

from whistle.errors import KeyringMalformed, KeyringRolledBack, RootForked
from whistle.protocol import labels
from whistle.protocol.hashing import hashed
from whistle.protocol.keyring import Keyring, Succession
from whistle.protocol.receipt import wordlist
from whistle.protocol.signing import Verifier


def succeed(claimed: Keyring, successions: Iterable[Succession], known: Sequence[Verifier]) -> tuple[Verifier, ...]:
    """Return the chain of roots from the first to the current one.

    ``known`` are the roots that the caller remembers. Every succession shown must be good; two of one root stop
    everything, and so does one that memory contradicts. Raises ``SignatureInvalid``, ``RootForked``,
    ``KeyringMalformed`` for a succession that is not of this row, and ``KeyringRolledBack`` for a row cut short.
    """
    successors: dict[Verifier, Verifier] = {}
    for succession in successions:
        old, new = succession.verify(claimed.site)
        if successors.setdefault(old, new) != new:
            raise RootForked
    roots = [claimed.first_root]
    while roots[-1] in successors:
        roots.append(successors.pop(roots[-1]))
        if roots[-1] in roots[:-1]:
            raise RootForked
    if successors:
        raise KeyringMalformed
    for seen, shown in zip(known, roots, strict=False):
        if seen != shown:
            raise RootForked
    if len(known) > len(roots):
        raise KeyringRolledBack
    return tuple(roots)


def fingerprint(roots: Sequence[Verifier]) -> tuple[str, ...]:
    """Return ten words (110 bits of hash over first and current root) for people to compare aloud."""
    digest = int.from_bytes(hashed(labels.FINGERPRINT, bytes(roots[0]), bytes(roots[-1])), "big")
    words = wordlist("english")
    top = 8 * labels.HASH_SIZE - 11
    return tuple(words[digest >> (top - 11 * place) & 2047] for place in range(labels.FINGERPRINT_WORDS))
