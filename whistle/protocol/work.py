"""A small proof of work over a whole request: nothing to keep, replay or link. docs/protocol.md, section 9.

SHA-256 and not the hash of everything else: a browser has it built in, where BLAKE2b of a megabyte of chunks would take
longer than sealing them.
"""

from hashlib import sha256
from itertools import count

from whistle.errors import WorkMissing
from whistle.protocol import labels
from whistle.protocol.hashing import framed

_NONCE_SIZE = 8


def solve(challenge: bytes, path: str, body: bytes, bits: int) -> bytes:
    """Return a nonce (8 bytes) by which the request's hash begins with ``bits`` zero bits: 2^bits tries on average."""
    digest = sha256(body).digest()
    for number in count():  # pragma: no branch - ends by returning
        nonce = number.to_bytes(_NONCE_SIZE, "little")
        if _zeros(challenge, path, digest, nonce) >= bits:
            return nonce
    raise AssertionError


def check(challenge: bytes, path: str, body: bytes, bits: int, untrusted_nonce: bytes) -> None:
    """Raise ``WorkMissing`` unless ``untrusted_nonce`` is one that ``solve`` could have found."""
    if len(untrusted_nonce) != _NONCE_SIZE or _zeros(challenge, path, sha256(body).digest(), untrusted_nonce) < bits:
        raise WorkMissing


def _zeros(challenge: bytes, path: str, digest: bytes, nonce: bytes) -> int:
    fields = framed(labels.WORK, challenge, path.encode(errors="surrogatepass"), digest, nonce)
    return 8 * labels.HASH_SIZE - int.from_bytes(sha256(fields).digest(), "big").bit_length()
