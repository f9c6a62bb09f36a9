"""A record: 32,768 bytes that rest on the shelf. docs/protocol.md, section 5.

Untrusted bytes become a ``Record`` here and nowhere else.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self

from whistle.errors import RecordMalformed
from whistle.protocol.hashing import framed
from whistle.protocol.labels import (
    ADDRESS_SIZE,
    BURN_HASH,
    BURN_HASH_SIZE,
    BURN_TOKEN_SIZE,
    RECORD_SIZE,
    SEALED_SIZE,
)


def burn_hash(token: bytes) -> bytes:
    """Return the hash (32 bytes) under which the shelf removes a record for the holder of ``token`` (32 bytes).

    It is SHA-256, which browsers have built in: each chunk of a file needs one.
    """
    if len(token) != BURN_TOKEN_SIZE:
        raise RecordMalformed
    return sha256(framed(BURN_HASH, token)).digest()


@dataclass(frozen=True, slots=True)
class Record:
    """Where a record lies, who may burn it, and bytes that say nothing to anybody without a key.

    ``address`` and ``burn_hash`` have 32 bytes each, ``sealed`` 32,704; anything else raises ``RecordMalformed``.
    """

    address: bytes
    burn_hash: bytes
    sealed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse parts of a wrong size, so that a ``Record`` that exists is one."""
        if (len(self.address), len(self.burn_hash), len(self.sealed)) != (ADDRESS_SIZE, BURN_HASH_SIZE, SEALED_SIZE):
            raise RecordMalformed

    @classmethod
    def parse(cls, untrusted_bytes: bytes) -> Self:
        """Return the record in exactly 32,768 bytes; raises ``RecordMalformed``."""
        if len(untrusted_bytes) != RECORD_SIZE:
            raise RecordMalformed
        sealed_at = ADDRESS_SIZE + BURN_HASH_SIZE
        return cls(untrusted_bytes[:ADDRESS_SIZE], untrusted_bytes[ADDRESS_SIZE:sealed_at], untrusted_bytes[sealed_at:])

    def __bytes__(self) -> bytes:
        """Return the 32,768 bytes that travel and rest."""
        return self.address + self.burn_hash + self.sealed
