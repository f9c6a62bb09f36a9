"""The worked examples of docs/protocol.md, computed.

python -m tests.vectors.examples        # write them into the text
"""

import json
import re
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from textwrap import fill
from typing import Any

from tests.protocol.cast import (
    ANA,
    SITE,
    chance,
    directory,
    identity,
    keyring,
    message,
    place_up,
    reply,
    signed_statement,
    signer,
    source,
)
from tests.vectors.of_manifest import manifest_of
from tests.vectors.operations import bytes_of, pool, written
from tests.vectors.pool import contact, event, inventories
from whistle.courier.carried import CarriedWriter, Kind
from whistle.protocol import labels
from whistle.protocol.canonical import decode
from whistle.protocol.hashing import Row, framed, hashed
from whistle.protocol.listing import sign_listing
from whistle.protocol.manifest import SeenManifest
from whistle.protocol.message import Body, encode
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record
from whistle.protocol.sealing import commitment_of, header_of, open_sealed, open_state
from whistle.protocol.signing import Signed
from whistle.protocol.work import solve

DOCUMENT = Path(__file__).parents[2] / "docs/protocol.md"
_PLACE = re.compile(r"<!-- example: ([a-z]+) -->\n(?:```text\n.*?```\n)?", re.DOTALL)
_SHOWN = 24


def lines(*pairs: tuple[str, bytes | str | int]) -> str:
    """Return one line a value, bytes as hex, long ones with their middle left out."""
    width = max(len(name) for name, _ in pairs)
    return "\n".join(f"{name.ljust(width)} = {shown(value)}" for name, value in pairs)


def shown(value: bytes | str | int) -> str:
    if not isinstance(value, bytes):
        return str(value)
    if len(value) <= 96:
        return value.hex() or "(no bytes)"
    return f"{value[:_SHOWN].hex()}… ({len(value):,} bytes, SHA-256 {labelled(value)}…)"


def labelled(value: bytes) -> str:
    return sha256(value).hexdigest()[:16]


def as_json(value: Any) -> str:
    """Return JSON for the eye: indented, and long strings with their middle left out."""

    def shorter(item: Any) -> Any:
        if isinstance(item, dict):
            return {name: shorter(each) for name, each in item.items()}
        if isinstance(item, list):
            return [shorter(each) for each in item]
        return f"{item[:20]}… ({len(item):,} characters)" if isinstance(item, str) and len(item) > 60 else item

    return json.dumps(shorter(value), indent=2, ensure_ascii=False)


def body(of: Body) -> str:
    return as_json(decode(encode(of)))


def framing() -> str:
    return lines(
        ('L("ab", 258, "")', framed(b"ab", 258, b"")),
        ('H("ab", 258, "")', hashed(b"ab", 258, b"")),
        ("H[k] of the same, k = 32 bytes 01", hashed(b"ab", 258, b"", key=b"\1" * 32)),
        ("H[k, 16] of the same", hashed(b"ab", 258, b"", key=b"\1" * 32, size=16)),
        ("value 0 of R[k] of the same", Row(b"ab", 258, b"", key=b"\1" * 32).at(0)),
        ("value 129", Row(b"ab", 258, b"", key=b"\1" * 32).at(129)),
    )


def receipt() -> str:
    entropy = chance("source", 16)
    sentences = {
        language: " ".join(Receipt(entropy).words(language)) for language in ("english", "spanish", "japanese")
    }
    return "\n".join(
        [lines(("receipt", entropy)), *(fill(f"{name}: {words}", 100) for name, words in sentences.items())]
    )


def keys() -> str:
    ana, bo = identity("Ana"), identity("Bo")
    return lines(
        ("Identity", ana.secret_bytes()),
        ("Recipient", bytes(ana.recipient)),
        ("another Identity", bo.secret_bytes()),
        ("X25519 of both", ana.shared_secret(bo.recipient)),
    )


def derived() -> str:
    mine, address = source(), source().thread.address(labels.UP, 0)
    return lines(
        ("first root", bytes(signer("root").verifier)),
        ("site", SITE),
        ("receipt", chance("source", 16)),
        ("Identity", mine.identity.secret_bytes()),
        ("Recipient", bytes(mine.identity.recipient)),
        ("thread key", mine.thread.key),
        ("state key", mine.state_key),
        ("burn key", hashed(labels.BURN_KEY, SITE, key=chance("source", 16))),
        ("address of message 0, up", address),
        ("address of message 0, down", mine.thread.address(labels.DOWN, 0)),
        ("its burn token, if a message", mine.burn_token(address)),
        ("its burn hash then", place_up(mine, 0).burn_hash),
        ("its burn token, if a withdraw", mine.withdraw_burn_token(address)),
        ("burn token of chunk 1, nonce 01…08", mine.chunk_burn_tokens(bytes(range(1, 9))).at(1)),
        ("address of contact details 0", mine.contact_address(0)),
        ("their burn token", mine.contact_burn_token(0)),
    )


def record() -> str:
    sealed = Record.parse(bytes_of(pool()["report"]))
    opened, mine = open_sealed(sealed, identity("Ana")), source()
    state = open_state(sealed, mine)
    return lines(
        ("record", bytes(sealed)),
        ("header", header_of(sealed)),
        ("JSON", opened.body),
        ("content key", opened.content_key),
        ("commitment", commitment_of(sealed)),
        ("X25519 of source and Ana", mine.identity.shared_secret(identity("Ana").recipient)),
        ("authenticator for Ana", opened.proof),
        ("state", bytes(state)),
        ("its MAC", state.slot(mine.state_key, header_of(sealed), commitment_of(sealed))[48:]),
    )


def published() -> str:
    signed, statement = keyring().sign(signer("root")), signed_statement(ANA)
    return "\n".join(
        [
            as_json(decode(signed.untrusted_payload)),
            lines(("payload", signed.untrusted_payload), ("signature", signed.signature)),
            "",
            as_json(decode(statement.untrusted_payload)),
            lines(("payload", statement.untrusted_payload), ("signature", statement.signature)),
            "",
            "fingerprint: " + " ".join(directory().fingerprint),
        ]
    )


def manifest() -> str:
    served = manifest_of()
    signed = Signed.from_json(decode(served))
    return "\n".join(
        [
            as_json(decode(signed.untrusted_payload)),
            lines(("payload", signed.untrusted_payload), ("signature", signed.signature)),
            "kept: " + bytes(SeenManifest.of(served)).decode(),
        ]
    )


def stream() -> str:
    known = json.loads((Path(__file__).parent / "streams.json").read_text())["streams"]["small"]
    reference, files, records = written(known)
    table = "\n".join(f"{file.name}: {file.size:,} bytes from chunk {file.chunk}" for file in files)
    return "\n".join(
        [
            table,
            lines(
                ("stream key", reference.key),
                ("stream nonce", reference.nonce),
                ("AES key", hashed(labels.CHUNK_KEY, key=reference.key)),
                ("key of the row of addresses", hashed(labels.CHUNK_ADDRESS, key=reference.key)),
                ("address of chunk 0", records[0].address),
                ("nonce of chunk 0", bytes(12)),
                ("nonce of chunk 7, the last", (7).to_bytes(11, "big") + b"\1"),
                ("record of chunk 0", bytes(records[0])),
                ("record of chunk 7", bytes(records[7])),
                ("digest", reference.digest),
            ),
        ]
    )


def interface() -> str:
    query, challenge, asked = "day=2026-11-20&after=", chance("challenge", 32), bytes(4_096)
    nonce = solve(challenge, "/v1/look", asked, 12)
    signature = sign_listing(signer("Ana"), SITE, query, 1_795_000_000, chance("nonce", 16))
    return lines(
        ("Ana's signing key", bytes(signer("Ana").verifier)),
        ("query", query),
        ("Whistle-Pass", f"1:1795000000:{chance('nonce', 16).hex()}:{signature.hex()}"),
        ("challenge", challenge),
        ("body of a look", f"{len(asked):,} zeros"),
        ("SHA-256 of it", sha256(asked).digest()),
        ("Whistle-Work, 12 bits", nonce.hex()),
        ("the hash then", sha256(framed(labels.WORK, challenge, b"/v1/look", sha256(asked).digest(), nonce)).digest()),
    )


def carried() -> str:
    stream = BytesIO()
    writer = CarriedWriter(stream)
    day = writer.add(Kind.DAY, b"2026-11-21")
    writer.end()
    data = stream.getvalue()
    return lines(
        ("first line", data[: day.offset - 5]),
        ("kind, size, payload", data[day.offset - 5 : day.offset + 10]),
        ("link", day.link),
        ("the end: kind, size", data[day.end : -32]),
        ("link of the end", data[-32:]),
    )


EXAMPLES: dict[str, Callable[[], str]] = {
    "framing": framing,
    "receipt": receipt,
    "keys": keys,
    "source": derived,
    "record": record,
    "message": lambda: body(message(source())),
    "reply": lambda: body(reply()),
    "contact": lambda: body(contact()),
    "keyring": published,
    "manifest": manifest,
    "stream": stream,
    "interface": interface,
    "carried": carried,
    "acts": lambda: body(event()) + "\n" + body(inventories()[1]),
}


def with_examples(document: str) -> str:
    """Return the text with every example as it is computed now."""

    def example(found: re.Match[str]) -> str:
        return f"<!-- example: {found[1]} -->\n```text\n{EXAMPLES[found[1]]()}\n```\n"

    return _PLACE.sub(example, document)


def main() -> None:
    DOCUMENT.write_text(with_examples(DOCUMENT.read_text()))


if __name__ == "__main__":
    main()
