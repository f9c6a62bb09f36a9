"""Vectors of signatures, also of those about which libraries disagree."""

# ruff: noqa: E501 - a vector a line is easier to read, however long the line

from itertools import count

from tests.protocol.cast import chance, signer
from tests.vectors.edwards import BASE, NEUTRAL, ORDER, SMALL, P, added, challenge, encoded, scalar, signature, times
from tests.vectors.operations import text
from tests.vectors.pool import Vector
from tests.vectors.wording import bad, good

LABEL = b"label"
SECRET = scalar(signer("Ana").secret_bytes())
NONCE = int.from_bytes(chance("nonce of a signature", 32), "little") % ORDER
PLAIN, MIXED = encoded(times(SECRET, BASE)), encoded(added(times(SECRET, BASE), SMALL))
COMMITMENT = encoded(times(NONCE, BASE))


def signatures() -> list[Vector]:
    anas_key, usual = text(bytes(signer("Ana").verifier)), text(signer("Ana").sign(LABEL, 7))
    assert encoded(times(SECRET, BASE)) == bytes(signer("Ana").verifier)
    return [
        good("a signature", "verify", key=anas_key, fields=[text(LABEL), 7], signature=usual),
        bad("a signature over other fields", "SignatureInvalid", "verify", key=anas_key, fields=[text(LABEL), 8], signature=usual),
        bad("a signature of 63 bytes", "SignatureInvalid", "verify", key=anas_key, fields=[], signature=text(bytes(63))),
        bad("a signing key of 31 bytes", "KeyRejected", "verify", key=text(bytes(31)), fields=[], signature=text(bytes(64))),
        bad("a signing key of low order", "SignatureInvalid", "verify", key=text(bytes(32)), fields=[], signature=text(bytes(64))),
        bad("a scalar that is not reduced", "SignatureInvalid", "verify", key=anas_key, fields=[text(LABEL), 7],
            signature=text(unreduced(signer("Ana").sign(LABEL, 7)))),
        good("a signature with a nonce of its own", "verify", **crafted(PLAIN, COMMITMENT, 7)),
        bad("a commitment of mixed order, which only a verifier with the cofactor takes", "SignatureInvalid", "verify",
            **crafted(PLAIN, encoded(added(times(NONCE, BASE), SMALL)), 7)),
        bad("a key of mixed order, and a signature that only a verifier with the cofactor takes", "SignatureInvalid", "verify",
            **crafted(MIXED, COMMITMENT, number(COMMITMENT, 1))),
        good("a key of mixed order, where its small part falls out", "verify", **crafted(MIXED, COMMITMENT, number(COMMITMENT, 0))),
        good("a key of mixed order, where the commitment takes its small part up", "verify", **taken_up()),
        bad("a commitment that is the neutral point, for which the equation holds", "SignatureInvalid", "verify",
            **crafted(PLAIN, encoded(NEUTRAL), 7, nonce=0)),
        bad("the same in another spelling", "SignatureInvalid", "verify", **crafted(PLAIN, spelled(P + 1), 7, nonce=0)),
        bad("a commitment of order 8, for which the equation holds", "SignatureInvalid", "verify", **small_commitment()),
        bad("a key that is the neutral point, for which the equation holds", "SignatureInvalid", "verify",
            **crafted(encoded(NEUTRAL), COMMITMENT, 7, secret=0)),
        bad("the same in another spelling, above the prime", "SignatureInvalid", "verify", **crafted(spelled(P + 1), COMMITMENT, 7, secret=0)),
        bad("the same in another spelling, with the sign of zero", "SignatureInvalid", "verify",
            **crafted(spelled(1 + 2**255), COMMITMENT, 7, secret=0)),
        bad("a key that is no point", "SignatureInvalid", "verify", **crafted(spelled(2), COMMITMENT, 7)),
        bad("a key above the prime", "SignatureInvalid", "verify", **crafted(spelled(P + 3), COMMITMENT, 7)),
    ]  # fmt: skip


def crafted(key: bytes, commitment: bytes, number: int, *, secret: int = SECRET, nonce: int = NONCE) -> Vector:
    made = signature(secret, key, [LABEL, number], nonce, commitment)
    return {"key": text(key), "fields": [text(LABEL), number], "signature": text(made)}


def number(commitment: bytes, rest: int) -> int:
    """Return a field for which the challenge leaves ``rest`` when it is divided by 8."""
    return next(at for at in count() if challenge(commitment, MIXED, [LABEL, at]) % 8 == rest)


def taken_up() -> Vector:
    """With a challenge of 8n + 1, S·B − H·A differs from the usual commitment by the small part, taken away."""
    commitment = encoded(added(times(NONCE, BASE), times(7, SMALL)))
    return crafted(MIXED, commitment, number(commitment, 1))


def small_commitment() -> Vector:
    commitment = encoded(times(7, SMALL))
    return crafted(MIXED, commitment, number(commitment, 1), nonce=0)


def spelled(y: int) -> bytes:
    return y.to_bytes(32, "little")


def unreduced(made: bytes) -> bytes:
    return made[:32] + (int.from_bytes(made[32:], "little") + ORDER).to_bytes(32, "little")
