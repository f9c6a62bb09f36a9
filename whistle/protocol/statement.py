"""Sealing statements: which key a person can be sealed to, and for how long. docs/protocol.md, section 7.

A reviewer rotates alone: the statement is signed by the person's own signing key, never by the root.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from whistle.errors import KeyRejected, StatementMalformed
from whistle.protocol import labels
from whistle.protocol.canonical import Json, base64, decode, encode
from whistle.protocol.fields import PERSON_LIMIT, Fields
from whistle.protocol.keys import Recipient
from whistle.protocol.signing import Signed, Signer, Verifier


@dataclass(frozen=True, slots=True)
class Statement:
    """Person ``person`` can be sealed to by ``recipient`` from ``first`` to ``last``, both included (UTC).

    ``number`` only rises; ``site`` (32 bytes) keeps a statement from being shown for another organisation.
    """

    site: bytes
    person: int
    number: int
    recipient: Recipient
    first: date
    last: date

    def covers(self, day: date) -> bool:
        """Tell whether the statement is valid on ``day``."""
        return self.first <= day <= self.last

    def sign(self, signer: Signer) -> Signed:
        """Return the statement signed by its person; raises ``StatementMalformed`` for what no client would accept."""
        payload: Json = {
            "site": base64(self.site),
            "person": self.person,
            "number": self.number,
            "recipient": base64(bytes(self.recipient)),
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
        }
        encoded = encode(payload)
        self._parse(encoded)
        return Signed.make(signer, labels.STATEMENT, encoded)

    @classmethod
    def verify(cls, signed: Signed, verifier: Verifier) -> Self:
        """Return the statement in ``signed``; raises ``SignatureInvalid`` and ``StatementMalformed``.

        Whose it is, for which site and for which day is for the caller to judge.
        """
        return cls._parse(signed.verify(verifier, labels.STATEMENT))

    @classmethod
    def claimed(cls, signed: Signed) -> Self:
        """Return what ``signed`` claims, before anybody's key is known; raises ``StatementMalformed``."""
        return cls._parse(signed.untrusted_payload)

    @classmethod
    def _parse(cls, payload: bytes) -> Self:
        try:
            fields = Fields(decode(payload), "site", "person", "number", "recipient", "first", "last")
            statement = cls(
                fields.octets("site", labels.HASH_SIZE),
                fields.integer("person", 1, PERSON_LIMIT),
                fields.integer("number", 1),
                Recipient(fields.octets("recipient")),
                fields.day("first"),
                fields.day("last"),
            )
        except (ValueError, KeyRejected) as error:
            raise StatementMalformed from error
        statement._check_window()
        return statement

    def _check_window(self) -> None:
        if not timedelta(0) <= self.last - self.first < timedelta(days=labels.STATEMENT_DAYS):
            raise StatementMalformed
