"""The one hash, the one framing and the one row of values that every derivation uses. docs/protocol.md, section 2."""

from hashlib import blake2b
from typing import NoReturn

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from whistle.protocol.labels import HASH_SIZE, ROW, ROW_STEP


def framed(*fields: bytes | int) -> bytes:
    """Return ``L(fields…)``: every field preceded by its length as u64 little-endian.

    An integer field is its u64 little-endian encoding. No two different lists of fields give the same bytes.
    """
    encoded = b""
    for field in fields:
        raw = field.to_bytes(8, "little") if isinstance(field, int) else field
        encoded += len(raw).to_bytes(8, "little") + raw
    return encoded


def hashed(*fields: bytes | int, key: bytes = b"", size: int = HASH_SIZE) -> bytes:
    """Return BLAKE2b (RFC 7693) of ``L(fields…)``, ``size`` bytes, keyed where a key is given."""
    return blake2b(framed(*fields), key=key, digest_size=size).digest()


class Row:
    """``R[key](fields…)``: as many values of 32 bytes as there are indices, 128 of them in one step of HKDF (RFC 5869).

    The last step is kept, so that values in order cost little.
    """

    def __init__(self, *fields: bytes | int, key: bytes) -> None:
        """Derive the key of the row, which is used for nothing else."""
        self._key = hashed(*fields, key=key)
        self._step = -1
        self._values = b""

    def at(self, index: int) -> bytes:
        """Return value ``index`` (32 bytes), from 0."""
        step, place = divmod(index, ROW_STEP)
        if step != self._step:
            info = framed(ROW, step)
            self._values = HKDF(SHA256(), ROW_STEP * HASH_SIZE, salt=None, info=info).derive(self._key)
            self._step = step
        return self._values[place * HASH_SIZE : (place + 1) * HASH_SIZE]

    def __repr__(self) -> str:
        """Tell nothing of the values."""
        return "<Row>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError
