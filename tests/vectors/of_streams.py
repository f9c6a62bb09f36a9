"""Vectors of files and long texts, and of the interface."""

# ruff: noqa: E501 - a vector a line is easier to read, however long the line

from typing import Any

from tests.protocol.cast import (
    SITE,
    chance,
    signer,
)
from tests.vectors.operations import text
from tests.vectors.pool import SITE_TEXT, Vector
from tests.vectors.wording import bad, good
from whistle.protocol.content import Content, File, Part
from whistle.protocol.listing import sign_listing
from whistle.protocol.work import solve


def streams() -> tuple[dict[str, Any], list[Vector]]:
    def stream(name: str, files: list[tuple[str, str, int]], part: bytes = b"") -> Vector:
        return {
            "key": text(chance(f"key of {name}", 32)),
            "nonce": text(chance(f"nonce of {name}", 8)),
            "burn_key": text(chance(f"burn key of {name}", 32)),
            "files": [{"name": each, "type": "text/plain", "repeat": text(piece.encode()), "size": size} for each, piece, size in files],
            "part": text(part),
        }  # fmt: skip

    table = (File("a.txt", "text/plain", 40_000, 0), File("empty", "text/plain", 0, 2))
    known = {
        "small": stream("small", [("a.txt", "abc", 70_000), ("empty", "", 0), ("ß.txt", "ü", 32_688)]),
        "another": stream("another", [("a.txt", "xyz", 70_000)]),
        "ten chunks": stream("ten chunks", [("a.txt", "abc", 9 * 32_688)]),
        "more than a step of a row": stream("more than a step of a row", [("a.txt", "abc", 129 * 32_688)]),
        "content in the stream": stream(
            "content in the stream",
            [("a.txt", "abc", 40_000), ("empty", "", 0)],
            bytes(Content("A long account. " * 3_000, None, table)),
        ),
    }

    def read(name: str, of: str, edits: list[Any], error: str = "StreamAltered", **reference: Any) -> Vector:
        files = reference.pop("files", None)
        return bad(name, error, "read stream", stream=of, edits=edits, reference=reference, files=files)

    part = Part(8, 3, bytes(32)).to_json()
    key, other = text(chance("key", 32)), text(chance("another key", 32))
    first, second = text(chance("a", 32)), text(chance("b", 32))
    table_json = [{"name": "a.txt", "type": "text/plain", "size": 70_000, "chunk": 0}]
    vectors = [
        *(good(f"write {name}", "write stream", stream=each) for name, each in known.items()),
        *(good(f"read {name}", "read stream", stream=name, edits=[], reference={}, files=None) for name in known),
        good("counts of chunks", "padded", counts=[0, 1, 7, 8, 9, 11, 15, 17, 33, 100, 1_000, 99_999, 2**20]),
        read("a flipped bit in an address", "small", [["flip", 1, 0, 0]]),
        read("a flipped bit in a burn hash", "small", [["flip", 1, 40, 0]]),
        read("a flipped bit in a chunk", "small", [["flip", 1, 9_999, 7]]),
        read("a flipped bit in the last chunk", "small", [["flip", 7, 32_767, 0]]),
        read("two chunks swapped", "small", [["swap", 0, 1]]),
        read("a chunk moved to another address", "small", [["copy", 0, 1]]),
        read("a chunk of another stream", "small", [["graft", "another", 1]]),
        read("the last chunk cut off", "small", [["cut", 7]]),
        read("the first chunk cut off", "small", [["cut", 0]]),
        read("a reference that cuts the last chunks off", "ten chunks", [["cut", 9]], "StreamMalformed", chunks=9),
        read("the last flag on a chunk before the last", "small", [["reseal", "small", 6, 0, True]]),
        read("no last flag on the last", "small", [["reseal", "small", 7, 0, False]]),
        read("a co-recipient replaces a chunk", "small", [["reseal", "small", 1, 65, False]]),
        read("a co-recipient replaces the content", "content in the stream", [["reseal", "content in the stream", 2, 65, False]]),
        read("a co-recipient replaces a zero chunk", "content in the stream", [["reseal", "content in the stream", 6, 0, False],
             ["reseal", "content in the stream", 5, 1, False]]),
        read("another digest", "small", [], digest=text(bytes(32))),
        read("another key", "small", [], key=text(bytes(32))),
        read("a part beyond the stream", "small", [], "StreamMalformed", part=Part(32_689, 7, bytes(32)).to_json()),
        read("another digest of the content", "content in the stream", [], part=part),
        read("a file left out of the table", "small", [], files=table_json),
        read("a table that does not add up", "ten chunks", [], "StreamMalformed", files=table_json),
        read("a file that starts inside another", "small", [], "StreamMalformed",
             files=[*table_json, {"name": "b", "type": "", "size": 1, "chunk": 1}]),
        read("a size shorter than the data", "another", [], files=[table_json[0] | {"size": 69_999}]),
        read("a size beyond all chunks", "another", [], "StreamMalformed", files=[table_json[0] | {"size": 2**53 - 1}]),
        good("three messages of two streams", "meet streams", messages=[[key, first], [other, second], [key, first]]),
        bad("a stream key in two messages", "StreamKeyReused", "meet streams", messages=[[key, first], [other, second], [key, second]]),
    ]  # fmt: skip
    return known, vectors


def interface() -> list[Vector]:
    site, nonce, query, now = SITE, chance("nonce", 16), "day=2026-11-20&after=", 1_795_000_000
    anas = text(bytes(signer("Ana").verifier))
    made = sign_listing(signer("Ana"), site, query, now, nonce)
    usual: Vector = {
        "key": anas,
        "site": SITE_TEXT,
        "query": query,
        "time": now,
        "nonce": text(nonce),
        "signature": text(made),
    }
    challenge, path, body = chance("challenge", 32), "/v1/messages", (b"record" * 5_462)[:32_768]
    found = solve(challenge, path, body, 12)
    work: Vector = {
        "challenge": text(challenge),
        "path": path,
        "repeat": text(b"record"),
        "size": 32_768,
        "bits": 12,
        "nonce": text(found),
    }
    return [
        good("a pass", "pass", **usual),
        bad("a pass for another query", "SignatureInvalid", "pass", **(usual | {"query": query + "00"})),
        bad("a pass for another site", "SignatureInvalid", "pass", **(usual | {"site": text(bytes(32))})),
        bad("a pass of another time", "SignatureInvalid", "pass", **(usual | {"time": now + 1})),
        bad("a pass with another nonce", "SignatureInvalid", "pass", **(usual | {"nonce": text(bytes(16))})),
        bad("a pass with a nonce of 15 bytes", "SignatureInvalid", "pass", **(usual | {"nonce": text(bytes(15))})),
        bad("a pass from before 1970", "SignatureInvalid", "pass", **(usual | {"time": -1})),
        bad(
            "a pass of somebody else",
            "SignatureInvalid",
            "pass",
            **(usual | {"key": text(bytes(signer("Bo").verifier))}),
        ),
        good("work", "work", **work),
        good("no work asked", "work", **(work | {"bits": 0, "nonce": text(bytes(8))})),
        bad("work for another day", "WorkMissing", "work", **(work | {"challenge": text(bytes(32))})),
        bad("work for another path", "WorkMissing", "work", **(work | {"path": "/v1/chunks"})),
        bad("work for another body", "WorkMissing", "work", **(work | {"size": 32_767})),
        bad("not enough work", "WorkMissing", "work", **(work | {"bits": 40})),
        bad("no nonce", "WorkMissing", "work", **(work | {"nonce": ""})),
        bad("a nonce of 9 bytes", "WorkMissing", "work", **(work | {"bits": 0, "nonce": text(bytes(9))})),
    ]
