"""Secrets at rest under a passphrase: Argon2id (RFC 9106) and XChaCha20-Poly1305. docs/protocol.md, section 11."""

from dataclasses import dataclass
from typing import NoReturn, Self

from nacl import bindings
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id
from nacl.utils import random

from whistle.errors import VaultDamaged, WrongPassphrase

_MAGIC = b"whistle-lockbox-1\n"
_SALT_SIZE = argon2id.SALTBYTES
_NONCE_SIZE = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
_KEY_SIZE = bindings.crypto_aead_xchacha20poly1305_ietf_KEYBYTES
_HEAD_SIZE = len(_MAGIC) + 4 + 8 + _SALT_SIZE
_LEAST_SIZE = _HEAD_SIZE + _NONCE_SIZE + bindings.crypto_aead_xchacha20poly1305_ietf_ABYTES
#: A file from elsewhere must not be able to ask for more than this.
_OPERATIONS_LIMIT = 16
_MEMORY_LIMIT = 1 << 30


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess of a passphrase costs: passes over memory, and bytes of it."""

    operations: int = argon2id.OPSLIMIT_MODERATE
    memory: int = argon2id.MEMLIMIT_MODERATE


#: For the tests and trials of those who measure something else; about a thousandth of the usual cost.
LEAST = Cost(argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN)


@dataclass(frozen=True, slots=True)
class _Head:
    cost: Cost
    salt: bytes

    def __bytes__(self) -> bytes:
        cost = self.cost.operations.to_bytes(4, "little") + self.cost.memory.to_bytes(8, "little")
        return _MAGIC + cost + self.salt

    @classmethod
    def parse(cls, untrusted_bytes: bytes) -> Self:
        if len(untrusted_bytes) < _LEAST_SIZE or not untrusted_bytes.startswith(_MAGIC):
            raise VaultDamaged
        numbers = untrusted_bytes[len(_MAGIC) :]
        cost = Cost(int.from_bytes(numbers[:4], "little"), int.from_bytes(numbers[4:12], "little"))
        operations_fit = argon2id.OPSLIMIT_MIN <= cost.operations <= _OPERATIONS_LIMIT
        if not operations_fit or not argon2id.MEMLIMIT_MIN <= cost.memory <= _MEMORY_LIMIT:
            raise VaultDamaged
        return cls(cost, untrusted_bytes[_HEAD_SIZE - _SALT_SIZE : _HEAD_SIZE])

    def key(self, passphrase: str) -> bytes:
        secret = passphrase.encode(errors="surrogatepass")  # a terminal may hand over bytes that are no Unicode
        return argon2id.kdf(_KEY_SIZE, secret, self.salt, self.cost.operations, self.cost.memory)


class Lockbox:
    """A passphrase that was turned into a key once, so that what it guards can be written again without asking."""

    def __init__(self, head: _Head, key: bytes) -> None:
        """Take what ``new`` or ``open`` made."""
        self._head = head
        self._key = key

    @classmethod
    def new(cls, passphrase: str, cost: Cost | None = None) -> Self:
        """Return a lockbox for ``passphrase`` with a fresh salt; takes the time of one guess."""
        head = _Head(cost or Cost(), random(_SALT_SIZE))
        return cls(head, head.key(passphrase))

    @classmethod
    def open(cls, untrusted_bytes: bytes, passphrase: str) -> tuple[Self, bytes]:
        """Return the lockbox and what it guards; raises ``WrongPassphrase`` and ``VaultDamaged``.

        Damage behind the head cannot be told from a wrong passphrase, and is reported as one.
        """
        head = _Head.parse(untrusted_bytes)
        box = cls(head, head.key(passphrase))
        sealed_at = _HEAD_SIZE + _NONCE_SIZE
        nonce = untrusted_bytes[_HEAD_SIZE:sealed_at]
        try:
            secret = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
                untrusted_bytes[sealed_at:], bytes(head), nonce, box._key
            )
        except CryptoError as error:
            raise WrongPassphrase from error
        return box, secret

    def seal(self, secret: bytes) -> bytes:
        """Return the bytes to write: head, a fresh random nonce (24 bytes, so repeats never matter), ciphertext."""
        nonce = random(_NONCE_SIZE)
        head = bytes(self._head)
        return head + nonce + bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(secret, head, nonce, self._key)

    def __repr__(self) -> str:
        """Tell nothing of the key."""
        return "<Lockbox>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError
