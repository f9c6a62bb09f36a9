"""A small proof of work over a whole request: nothing to keep, replay or link. docs/protocol.md, section 9.

SHA-256 and not the hash of everything else: a browser has it built in, where BLAKE2b of a megabyte of chunks would take
longer than sealing them.
"""

from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING

from whistle.errors import WorkMissing
from whistle.protocol import labels
from whistle.protocol.hashing import framed

if TYPE_CHECKING:
    from hashlib import _Hash as HASH

_NONCE_SIZE = 8


def solve(challenge: bytes, path: str, body: bytes, bits: int) -> bytes:
    """Return a nonce (8 bytes) by which the request's hash begins with ``bits`` zero bits: 2^bits tries on average."""
    before = _before_nonce(challenge, path, body)
    for number in count():  # pragma: no branch - ends by returning
        nonce = number.to_bytes(_NONCE_SIZE, "little")
        if _zeros(before, nonce) >= bits:
            return nonce
    raise AssertionError


def check(challenge: bytes, path: str, body: bytes, bits: int, untrusted_nonce: bytes) -> None:
    """Raise ``WorkMissing`` unless ``untrusted_nonce`` is one that ``solve`` could have found."""
    if len(untrusted_nonce) != _NONCE_SIZE or _zeros(_before_nonce(challenge, path, body), untrusted_nonce) < bits:
        raise WorkMissing


def _before_nonce(challenge: bytes, path: str, body: bytes) -> "HASH":
    """Return the hash of everything but the nonce, from which each try goes on."""
    fields = (labels.WORK, challenge, path.encode(errors="surrogatepass"), sha256(body).digest())
    return sha256(framed(*fields, bytes(_NONCE_SIZE))[:-_NONCE_SIZE])


def _zeros(before: "HASH", nonce: bytes) -> int:
    state = before.copy()
    state.update(nonce)
    return 8 * labels.HASH_SIZE - int.from_bytes(state.digest(), "big").bit_length()
