"""Signatures over bytes, never over re-serialised objects. docs/protocol.md, section 7. Ed25519 (RFC 8032)."""

from dataclasses import dataclass
from typing import NoReturn, Self

from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from whistle.errors import KeyRejected, SignatureInvalid
from whistle.protocol.canonical import Json, base64
from whistle.protocol.fields import Fields
from whistle.protocol.hashing import framed
from whistle.protocol.labels import SIGNATURE_SIZE

SIGNING_KEY_SIZE = 32


class Verifier:
    """A public Ed25519 key (32 bytes): can check a signature and nothing else."""

    def __init__(self, untrusted_bytes: bytes) -> None:
        """Take exactly 32 bytes; raises ``KeyRejected``."""
        if len(untrusted_bytes) != SIGNING_KEY_SIZE:
            raise KeyRejected
        self._key = VerifyKey(untrusted_bytes)

    def verify(self, signature: bytes, *signed: bytes | int) -> None:
        """Raise ``SignatureInvalid`` unless ``signature`` is this key's over ``L(signed…)``."""
        try:
            self._key.verify(framed(*signed), signature)
        except (CryptoError, ValueError) as error:
            raise SignatureInvalid from error

    def __bytes__(self) -> bytes:
        """Return the 32 bytes."""
        return bytes(self._key)

    def __repr__(self) -> str:
        """Return a short form for a debugger."""
        return f"<Verifier {bytes(self).hex()[:8]}>"

    def __eq__(self, other: object) -> bool:
        """Compare by bytes."""
        return isinstance(other, Verifier) and bytes(self) == bytes(other)

    def __hash__(self) -> int:
        """Hash by bytes, as equality compares."""
        return hash(bytes(self))


class Signer:
    """A secret Ed25519 key (seed of 32 bytes). It never shows itself."""

    def __init__(self, seed: bytes) -> None:
        """Take exactly 32 bytes; raises ``KeyRejected``."""
        if len(seed) != SIGNING_KEY_SIZE:
            raise KeyRejected
        self._key = SigningKey(seed)

    @classmethod
    def generate(cls) -> Self:
        """Return a new key from the operating system's randomness."""
        return cls(bytes(SigningKey.generate()))

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(bytes(self._key.verify_key))

    def sign(self, *signed: bytes | int) -> bytes:
        """Return the signature (64 bytes) over ``L(signed…)``."""
        return self._key.sign(framed(*signed)).signature

    def secret_bytes(self) -> bytes:
        """Return the seed (32 bytes), for a vault or the root's file alone."""
        return bytes(self._key)

    def __repr__(self) -> str:
        """Tell the public half only."""
        return f"<Signer of {self.verifier!r}>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError


@dataclass(frozen=True, slots=True)
class Signed:
    """Bytes and one signature over ``L(label, payload)``; what is in them is not trusted before ``verify``."""

    untrusted_payload: bytes
    signature: bytes

    @classmethod
    def make(cls, signer: Signer, label: bytes, payload: bytes) -> Self:
        """Sign ``payload`` under ``label``."""
        return cls(payload, signer.sign(label, payload))

    def verify(self, verifier: Verifier, label: bytes) -> bytes:
        """Return the payload; raises ``SignatureInvalid``."""
        verifier.verify(self.signature, label, self.untrusted_payload)
        return self.untrusted_payload

    def to_json(self) -> Json:
        """Return ``{"payload": base64, "signature": base64}``."""
        return {"payload": base64(self.untrusted_payload), "signature": base64(self.signature)}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what ``to_json`` wrote; raises ``ValueError``."""
        fields = Fields(value, "payload", "signature")
        return cls(fields.octets("payload"), fields.octets("signature", SIGNATURE_SIZE))
