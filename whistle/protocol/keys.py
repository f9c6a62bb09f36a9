"""Keys named by their power: a Recipient can only seal, an Identity opens. docs/protocol.md, section 3."""

from base64 import b64encode
from functools import cached_property
from secrets import token_bytes
from typing import NoReturn, Self

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from nacl import bindings
from nacl.exceptions import CryptoError

from whistle.errors import KeyRejected
from whistle.protocol.canonical import unbase64
from whistle.protocol.labels import IDENTITY_SIZE, MLKEM_SEED_SIZE, RECIPIENT_SIZE, X25519_SIZE

RECIPIENT_PREFIX = "whistle-recipient-1:"
IDENTITY_PREFIX = "whistle-identity-1:"

_P = 2**255 - 19
#: Any scalar will do: X25519 clamps it to a multiple of 8, which sends every point of low order, and no other, to zero.
_ANY_SCALAR = bytes(range(X25519_SIZE))


def check_x25519(point: bytes) -> None:
    """Raise ``KeyRejected`` unless ``point`` is below p, has its high bit clear and is not of low order.

    libsodium accepts the first two and so gives one key several spellings; RFC 7748, section 6.1 names the third.
    """
    if len(point) != X25519_SIZE or int.from_bytes(point, "little") >= _P:
        raise KeyRejected
    try:
        bindings.crypto_scalarmult(_ANY_SCALAR, point)
    except CryptoError as error:
        raise KeyRejected from error


class Recipient:
    """A public key to seal to: X25519 (32 bytes) and ML-KEM-768 (1,184 bytes), checked when it is parsed."""

    def __init__(self, untrusted_bytes: bytes) -> None:
        """Take exactly 1,216 bytes; raises ``KeyRejected``."""
        if len(untrusted_bytes) != RECIPIENT_SIZE:
            raise KeyRejected
        self._bytes = bytes(untrusted_bytes)
        self.x25519 = self._bytes[:X25519_SIZE]
        check_x25519(self.x25519)
        try:
            self.mlkem = MLKEM768PublicKey.from_public_bytes(self._bytes[X25519_SIZE:])
        except ValueError as error:
            raise KeyRejected from error

    @classmethod
    def parse(cls, untrusted_text: str) -> Self:
        """Return the Recipient in its printed form; raises ``KeyRejected``."""
        return cls(_printed(RECIPIENT_PREFIX, untrusted_text))

    def __bytes__(self) -> bytes:
        """Return the 1,216 bytes, X25519 first."""
        return self._bytes

    def __str__(self) -> str:
        """Return the printed form, which anybody may see."""
        return RECIPIENT_PREFIX + b64encode(self._bytes).decode()

    def __repr__(self) -> str:
        """Return a short form for a debugger."""
        return f"<Recipient {self.x25519.hex()[:8]}>"

    def __eq__(self, other: object) -> bool:
        """Compare by bytes: two Recipients are one key if and only if these are equal."""
        return isinstance(other, Recipient) and self._bytes == other._bytes

    def __hash__(self) -> int:
        """Hash by bytes, as equality compares."""
        return hash(self._bytes)


class Identity:
    """The secret half: opens what was sealed to its ``recipient``, and proves who sent something.

    It never shows itself: not in ``str``, ``repr``, logs, tracebacks or a pickle.
    """

    def __init__(self, secret: bytes) -> None:
        """Take exactly 96 bytes: an X25519 scalar (32) and an ML-KEM-768 seed (64); raises ``KeyRejected``."""
        if len(secret) != IDENTITY_SIZE:
            raise KeyRejected
        self._x25519 = secret[:X25519_SIZE]
        self._seed = secret[X25519_SIZE:]

    @classmethod
    def generate(cls) -> Self:
        """Return a new Identity from the operating system's randomness."""
        return cls(token_bytes(IDENTITY_SIZE))

    @classmethod
    def derive(cls, x25519: bytes, mlkem_seed: bytes) -> Self:
        """Return the Identity of a derived scalar (32 bytes) and seed (64 bytes)."""
        if len(mlkem_seed) != MLKEM_SEED_SIZE:
            raise KeyRejected
        return cls(x25519 + mlkem_seed)

    @classmethod
    def parse(cls, untrusted_text: str) -> Self:
        """Return the Identity in its printed form; raises ``KeyRejected``."""
        return cls(_printed(IDENTITY_PREFIX, untrusted_text))

    @cached_property
    def mlkem(self) -> MLKEM768PrivateKey:
        """The ML-KEM-768 decapsulation key, for ``slots`` alone."""
        return MLKEM768PrivateKey.from_seed_bytes(self._seed)

    @cached_property
    def recipient(self) -> Recipient:
        """The public half."""
        point = bindings.crypto_scalarmult_base(self._x25519)
        return Recipient(point + self.mlkem.public_key().public_bytes_raw())

    def shared_secret(self, other: Recipient) -> bytes:
        """Return the X25519 secret (32 bytes, raw scalar multiplication) between this key and ``other``."""
        return bindings.crypto_scalarmult(self._x25519, other.x25519)

    def secret_scalar(self) -> bytes:
        """Return the X25519 scalar, for ``slots`` alone."""
        return self._x25519

    def secret_bytes(self) -> bytes:
        """Return the 96 bytes, for a vault alone."""
        return self._x25519 + self._seed

    def secret_text(self) -> str:
        """Return the printed form, which names its power in its prefix."""
        return IDENTITY_PREFIX + b64encode(self.secret_bytes()).decode()

    def __repr__(self) -> str:
        """Tell the public half only."""
        return f"<Identity of {self.recipient!r}>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a secret leaves only by a method that says so."""
        raise TypeError


def _printed(prefix: str, untrusted_text: str) -> bytes:
    if not untrusted_text.startswith(prefix):
        raise KeyRejected
    try:
        return unbase64(untrusted_text[len(prefix) :])
    except ValueError as error:
        raise KeyRejected from error
