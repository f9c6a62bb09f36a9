"""The curve of Ed25519 in the open, to make what no honest signer makes: keys with a part of small order.

Only for vectors: nothing here is quick or keeps a secret.
"""

from hashlib import sha512

from whistle.protocol.hashing import framed

Point = tuple[int, int]

P = 2**255 - 19
#: The order of the base point.
ORDER = 2**252 + 27742317777372353535851937790883648493
NEUTRAL: Point = (0, 1)
_D = -121665 * pow(121666, -1, P) % P


def added(left: Point, right: Point) -> Point:
    (x1, y1), (x2, y2) = left, right
    mixed = _D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + mixed, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - mixed, -1, P) % P


def times(number: int, point: Point) -> Point:
    result = NEUTRAL
    while number:
        if number & 1:
            result = added(result, point)
        point, number = added(point, point), number >> 1
    return result


def encoded(point: Point) -> bytes:
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _point_at(y: int) -> Point:
    """Return the point at ``y`` whose x is even."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P:
        raise ValueError("no point")
    return (P - x if x & 1 else x), y


BASE = _point_at(4 * pow(5, -1, P) % P)
#: A point of order 8.
SMALL = times(ORDER, _point_at(3))
assert times(4, SMALL) != NEUTRAL == times(8, SMALL)


def scalar(seed: bytes) -> int:
    """Return the secret scalar of RFC 8032 behind a seed."""
    digest = bytearray(sha512(seed).digest()[:32])
    digest[0] &= 248
    digest[31] = digest[31] & 63 | 64
    return int.from_bytes(digest, "little")


def challenge(commitment: bytes, key: bytes, fields: list[bytes | int]) -> int:
    return int.from_bytes(sha512(commitment + key + framed(*fields)).digest(), "little") % ORDER


def signature(secret: int, key: bytes, fields: list[bytes | int], nonce: int, commitment: bytes) -> bytes:
    """Return commitment and response as if ``key`` were that of ``secret``, and ``commitment`` that of ``nonce``."""
    response = (nonce + challenge(commitment, key, fields) * secret) % ORDER
    return commitment + response.to_bytes(32, "little")
