"""What a source tells itself in the slot that only it can open. docs/protocol.md, section 5.

Twelve words are all a source keeps, so its own slot of each record it writes holds who may read, the channel, and
how to burn the record's files, but neither the content key nor anything that would reopen what it wrote.
"""

from dataclasses import dataclass
from hmac import compare_digest
from typing import Self

from whistle.errors import StateAltered
from whistle.protocol import labels
from whistle.protocol.fields import PERSON_LIMIT
from whistle.protocol.hashing import hashed


@dataclass(frozen=True, slots=True)
class State:
    """The channel, the chunks of the record's stream (0 and a zero nonce for none), and who may read."""

    channel: int
    chunks: int
    stream_nonce: bytes
    readers: tuple[int, ...]

    def __bytes__(self) -> bytes:
        """Return 48 bytes: channel u16, chunks u32, nonce (8), 15 person ids u16, 4 zero bytes, little-endian."""
        ids = [*self.readers, *[0] * (labels.READER_LIMIT - len(self.readers))]
        encoded = b"".join(person.to_bytes(2, "little") for person in ids)
        return (
            self.channel.to_bytes(2, "little")
            + self.chunks.to_bytes(4, "little")
            + self.stream_nonce
            + encoded
            + bytes(4)
        )

    @classmethod
    def parse(cls, untrusted_bytes: bytes) -> Self:
        """Return the state in exactly 48 bytes; raises ``StateAltered`` for any that ``bytes`` would not write."""
        if len(untrusted_bytes) != labels.STATE_SIZE:
            raise StateAltered
        ids = [int.from_bytes(untrusted_bytes[at : at + 2], "little") for at in range(14, 44, 2)]
        readers = tuple(person for person in ids if person)
        state = cls(
            int.from_bytes(untrusted_bytes[:2], "little"),
            int.from_bytes(untrusted_bytes[2:6], "little"),
            untrusted_bytes[6:14],
            readers,
        )
        if bytes(state) != untrusted_bytes:
            raise StateAltered
        state.check()
        return state

    def check(self) -> None:
        """Raise ``StateAltered`` unless every part is within its range and the readers are in order."""
        sizes_fit = len(self.stream_nonce) == labels.STREAM_NONCE_SIZE and len(self.readers) <= labels.READER_LIMIT
        streamless = self.chunks == 0 and not any(self.stream_nonce)
        if not sizes_fit or not 1 <= self.channel <= PERSON_LIMIT:
            raise StateAltered
        in_order = list(self.readers) == sorted(set(self.readers))
        if not in_order or not all(1 <= person <= PERSON_LIMIT for person in self.readers):
            raise StateAltered
        if not streamless and not labels.CHUNK_MINIMUM <= self.chunks <= labels.CHUNK_LIMIT:
            raise StateAltered

    def slot(self, state_key: bytes, header: bytes, commitment: bytes) -> bytes:
        """Return the slot's payload (64 bytes): the state and its MAC under ``state_key``."""
        self.check()
        return bytes(self) + _mac(state_key, header, commitment, bytes(self))

    @classmethod
    def open(cls, payload: bytes, state_key: bytes, header: bytes, commitment: bytes) -> Self:
        """Return the state in a slot's payload (64 bytes); raises ``StateAltered``."""
        state, mac = payload[: labels.STATE_SIZE], payload[labels.STATE_SIZE :]
        if not compare_digest(mac, _mac(state_key, header, commitment, state)):
            raise StateAltered
        return cls.parse(state)


def _mac(state_key: bytes, header: bytes, commitment: bytes, state: bytes) -> bytes:
    return hashed(labels.STATE, header, commitment, state, key=state_key, size=labels.STATE_MAC_SIZE)
