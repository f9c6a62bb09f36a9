"""How an enrolled person asks for the listing of messages. docs/protocol.md, section 9."""

from whistle.errors import SignatureInvalid
from whistle.protocol import labels
from whistle.protocol.signing import Signer, Verifier

METHOD = "GET"
NONCE_SIZE = 16


def sign_listing(signer: Signer, site: bytes, query: str, time: int, nonce: bytes) -> bytes:
    """Return the signature (64 bytes) over site, method, full query, Unix seconds and nonce (16 bytes)."""
    return signer.sign(*_fields(site, query, time, nonce))


def check_listing(verifier: Verifier, site: bytes, query: str, time: int, nonce: bytes, signature: bytes) -> None:
    """Raise ``SignatureInvalid`` unless ``verifier`` signed exactly this request; time and reuse are the caller's."""
    if not 0 <= time < 1 << 63 or len(nonce) != NONCE_SIZE:
        raise SignatureInvalid
    verifier.verify(signature, *_fields(site, query, time, nonce))


def _fields(site: bytes, query: str, time: int, nonce: bytes) -> tuple[bytes | int, ...]:
    # A request may bring anything for a query; what is no Unicode is signed by nobody, and no reason to fail.
    return labels.LISTING, site, METHOD.encode(), query.encode(errors="surrogatepass"), time, nonce
