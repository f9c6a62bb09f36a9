"""Keys for what rests in the reviewer's own folder: XChaCha20-Poly1305 under random nonces. docs/console.md."""

from secrets import token_bytes
from typing import NoReturn, Self

from nacl import bindings
from nacl.exceptions import CryptoError

from whistle.protocol.hashing import hashed

KEY_SIZE = bindings.crypto_aead_xchacha20poly1305_ietf_KEYBYTES
_NONCE_SIZE = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
_DERIVE = b"whistle/console/1/derive"
#: How many bytes longer a sealed text is.
OVERHEAD = _NONCE_SIZE + bindings.crypto_aead_xchacha20poly1305_ietf_ABYTES


class StorageKey:
    """A secret key (32 bytes) for files of this folder. It never shows itself, and can be wiped."""

    def __init__(self, key: bytes | bytearray) -> None:
        """Take exactly 32 bytes; raises ``ValueError``."""
        if len(key) != KEY_SIZE:
            raise ValueError("a storage key has 32 bytes")
        self._key = bytearray(key)

    @classmethod
    def generate(cls) -> Self:
        """Return a new key from the operating system's randomness."""
        return cls(token_bytes(KEY_SIZE))

    def derive(self, *purpose: bytes | int) -> "StorageKey":
        """Return the key for one purpose; who learns it learns neither this one nor another."""
        return StorageKey(hashed(_DERIVE, *purpose, key=bytes(self._key)))

    def mark(self, *fields: bytes | int, size: int = KEY_SIZE) -> bytes:
        """Return a keyed hash (``size`` bytes): recognises again what it was made of, and tells nobody else."""
        return hashed(*fields, key=bytes(self._key), size=size)

    def seal(self, text: bytes, bound: bytes) -> bytes:
        """Return nonce and ciphertext (40 bytes more than ``text``), good only together with ``bound``.

        The nonce is random: 24 bytes are enough for one key to seal without end.
        """
        nonce = token_bytes(_NONCE_SIZE)
        return nonce + bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(text, bound, nonce, bytes(self._key))

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        """Return the text; raises ``ValueError`` for what ``seal`` did not write with this key and ``bound``."""
        nonce, ciphertext = sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:]
        if len(nonce) < _NONCE_SIZE:
            raise ValueError("too short to be sealed")
        try:
            return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, bound, nonce, bytes(self._key))
        except CryptoError as error:
            raise ValueError("changed, or sealed with another key") from error

    def wipe(self) -> None:
        """Overwrite the key where it lies; copies that the interpreter made are out of reach."""
        self._key[:] = bytes(len(self._key))

    def secret_bytes(self) -> bytes:
        """Return the key, for the vault's own file."""
        return bytes(self._key)

    def __repr__(self) -> str:
        """Tell nothing of the key."""
        return "<StorageKey>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError
