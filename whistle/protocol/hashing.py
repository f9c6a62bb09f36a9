"""The one hash and the one framing that every derivation uses. docs/protocol.md, section 2."""

from hashlib import blake2b

from whistle.protocol.labels import HASH_SIZE


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
