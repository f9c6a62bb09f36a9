"""The ticket of a form: good for one successful use, for some hours, on this running server. Kept by nobody.

It stands in the form where others set a cookie. The server signs it and remembers only which ones were used
(``tickets.py``), so a form cannot be sent twice, nor be made up.
"""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from typing import Final

from whistle.intake.tickets import TICKET_SIZE

_TIME_SIZE: Final = 8
_PROOF_SIZE: Final = 32


def issue(key: bytes, purpose: str, expires: int) -> str:
    """Return a new ticket for the form ``purpose``, good until ``expires`` (Unix seconds); ``key`` is 32 bytes."""
    unsigned = secrets.token_bytes(TICKET_SIZE) + expires.to_bytes(_TIME_SIZE, "big")
    return urlsafe_b64encode(unsigned + _proof(key, purpose, unsigned)).decode("ascii")


def check(key: bytes, purpose: str, now: float, untrusted_ticket: str) -> bytes | None:
    """Return the number (16 bytes) under which the ticket is remembered, or nothing if it is not good now."""
    try:
        decoded = urlsafe_b64decode(untrusted_ticket.encode("ascii"))
    except (UnicodeEncodeError, NotBase64):
        return None
    unsigned, proof = decoded[:-_PROOF_SIZE], decoded[-_PROOF_SIZE:]
    if len(unsigned) != TICKET_SIZE + _TIME_SIZE or not hmac.compare_digest(proof, _proof(key, purpose, unsigned)):
        return None
    expires = int.from_bytes(unsigned[TICKET_SIZE:], "big")
    return unsigned[:TICKET_SIZE] if now <= expires else None


def _proof(key: bytes, purpose: str, unsigned: bytes) -> bytes:
    return hmac.digest(key, purpose.encode() + b"\0" + unsigned, "sha256")
