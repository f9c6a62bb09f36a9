"""How somebody asks the organisation root to be enrolled. docs/protocol.md, section 7.

The request is signed by the key it brings, so that nobody can be enrolled under a key that somebody else holds.
"""

from dataclasses import dataclass
from typing import Self

from whistle.errors import KeyRejected, KeyringMalformed
from whistle.protocol import labels
from whistle.protocol.canonical import base64, decode, encode
from whistle.protocol.fields import Fields
from whistle.protocol.keyring import NAME_LIMIT, ROLE_NAMES, Role
from whistle.protocol.signing import Signed, Signer, Verifier


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Somebody's name as it will be published, the role they ask for, and their public signing key."""

    name: str
    role: Role
    signing: Verifier

    @classmethod
    def make(cls, name: str, role: Role, signer: Signer) -> bytes:
        """Return the signed request as JSON; raises ``KeyringMalformed`` for a name that cannot be published."""
        payload = {"name": name, "role": role.name.lower(), "signing": base64(bytes(signer.verifier))}
        request = encode(Signed.make(signer, labels.ENROLMENT, encode({**payload})).to_json())
        cls.parse(request)
        return request

    @classmethod
    def parse(cls, untrusted_bytes: bytes) -> Self:
        """Return the request in JSON; raises ``KeyringMalformed`` and ``SignatureInvalid``."""
        try:
            signed = Signed.from_json(decode(untrusted_bytes))
            fields = Fields(decode(signed.untrusted_payload), "name", "role", "signing")
            role = ROLE_NAMES.get(fields.text("role"))
            if role is None:
                raise ValueError("no role")
            enrolment = cls(fields.name("name", NAME_LIMIT), role, Verifier(fields.octets("signing")))
        except (ValueError, KeyRejected) as error:
            raise KeyringMalformed from error
        signed.verify(enrolment.signing, labels.ENROLMENT)
        return enrolment
