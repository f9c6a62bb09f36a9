"""Vectors of JSON, packed bodies, and every kind of message."""

# ruff: noqa: E501 - a vector a line is easier to read, however long the line

from dataclasses import replace
from typing import Any

from tests.protocol.cast import (
    ANA,
    BO,
    TODAY,
    chance,
    flip,
    message,
    reply,
    signed_statement,
)
from tests.vectors.operations import text
from tests.vectors.pool import KEYS, RICH, STREAM, Vector, contact, event, inventories
from tests.vectors.wording import bad, good
from whistle.protocol import labels
from whistle.protocol.canonical import decode as decode_json
from whistle.protocol.canonical import encode as encode_json
from whistle.protocol.content import Part
from whistle.protocol.message import Withdraw, encode


def canonical_json() -> list[Vector]:
    fine = ["null", "true", "0", "9007199254740991", '""', '"é\u2028\\u0000\\n\\"\\\\/😀\x7f"', "[]", "{}", '{"b":1,"a":[]}',
            "[[[[[[[[]]]]]]]]", '{"a":{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}}', '{"1a":0}']  # fmt: skip
    wrong = {
        "nothing": b"",
        "a float": b"1.0",
        "an exponent": b"1e2",
        "a negative integer": b"-1",
        "minus zero": b"-0",
        "a leading zero": b"01",
        "an integer of 2^53": b"9007199254740992",
        "an integer of 5,000 digits": b"1" * 5_000,
        "not a number": b"NaN",
        "infinity": b"Infinity",
        "a key twice, with one value": b'{"a":1,"a":1}',
        "a key twice, with two values": b'{"a":1,"a":2}',
        "a space before": b' {"a":1}',
        "a space inside": b'{"a": 1}',
        "a line feed behind": b'{"a":1}\n',
        "bytes behind": b'{"a":1}{}',
        "a byte order mark": b"\xef\xbb\xbf{}",
        "a lone surrogate, escaped": b'"\\ud800"',
        "a lone surrogate in a name": b'{"\\udfff":1}',
        "a lone surrogate, encoded": b'"\xed\xa0\x80"',
        "a pair of surrogates, escaped": b'"\\ud83d\\ude00"',
        "an escape that is not needed": b'"\\u0041"',
        "a solidus escaped": b'"\\/"',
        "an escape in capitals": b'"\\u001F"',
        "a control character as it is": b'"a\x01b"',
        "bytes that are no UTF-8": b'"\xff"',
        "overlong UTF-8": b'"\xc1\x81"',
        "nine lists": b"[[[[[[[[[]]]]]]]]]",
        "nine objects": b'{"a":' * 9 + b"1" + b"}" * 9,
        "100,000 lists": b"[" * 100_000,
        "a name made of digits": b'{"a":1,"10":2}',
        "a comma too many": b"[1,]",
        "single quotes": b"'a'",
        "a comment": b"[1]//",
    }
    return [
        *(good(json_text, "json", json=text(json_text.encode())) for json_text in fine),
        *(good(name, "json", json=pieces(*parts)) for name, parts in large(labels.JSON_MARK_LIMIT).items()),
        *(bad(name, "BodyMalformed", "json", json=text(data)) for name, data in wrong.items()),
        *(bad(f"{name} and one more", "BodyMalformed", "json", json=pieces(*parts))
          for name, parts in large(labels.JSON_MARK_LIMIT + 1).items()),
        *(bad(name, "BodyMalformed", "json", json=pieces((b"[" + unit, 1), (b"," + unit, 5_000_000), (b"]", 1)))
          for name, unit in {"ten million empty lists": b"[]", "five million texts": b'""'}.items()),
    ]  # fmt: skip


def large(marks: int) -> dict[str, list[tuple[bytes, int]]]:
    """Return JSON with that many marks outside strings, and as many inside."""
    inside = b'"' + b'[{,\\"' * 3 + b'\\\\"'
    return {
        "as many numbers as there may be": [(b"[0", 1), (b",0", marks - 1), (b"]", 1)],
        "as many lists as there may be": [(b"[[]", 1), (b",[]", marks // 2 - 1), (b",0" * (marks % 2) + b"]", 1)],
        "as many objects as there may be": [(b"[{}", 1), (b',{"":0}', marks // 2 - 1), (b",0" * (marks % 2) + b"]", 1)],
        "as many texts as there may be, with marks in them": [(b"[" + inside, 1), (b"," + inside, marks - 1), (b"]", 1)],
        "a text of nothing but marks": [(b"[0", 1), (b",0", marks - 2), (b',"', 1), (b"[{,", marks), (b'"]', 1)],
    }  # fmt: skip


def pieces(*parts: tuple[bytes, int]) -> Any:
    return {"pieces": [[text(piece), times] for piece, times in parts]}


def zeros_deflated(count: int) -> bytes:
    """Return raw DEFLATE of that many zeros, in one block of fixed codes: the same whatever library is installed."""
    runs, rest = divmod(count, 258)
    run = "11000101" + "00000"  # a length of 258, a distance of 1
    literal = "00110000"
    if runs:  # a run repeats what stands before it
        runs, rest = (runs, rest) if rest else (runs - 1, 258)
    bits = "1" + "10" + literal * rest + run * runs + "0000000"
    return bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))


def stored(data: bytes) -> bytes:
    """Return raw DEFLATE of ``data`` in one block that is not compressed."""
    return b"\1" + len(data).to_bytes(2, "little") + (len(data) ^ 0xFFFF).to_bytes(2, "little") + data


def stored_body(data: bytes) -> bytes:
    """Return a packed body without compression."""
    return (len(stored(data)).to_bytes(4, "little") + stored(data)).ljust(labels.BODY_SIZE, b"\0")


def packed(data: bytes, *more: tuple[int, bytes], size: int = labels.BODY_SIZE, length: int | None = None) -> Any:
    head = (len(data) if length is None else length).to_bytes(4, "little")
    return {"size": size, "put": [[0, text(head + data)], *([offset, text(piece)] for offset, piece in more)]}


def bodies() -> list[Vector]:
    empty = stored(b"{}")
    statement_json: Any = signed_statement(ANA).to_json()
    stream: Any = STREAM.to_json()
    plain = json_of(message(KEYS))
    reply_json = json_of(reply())
    part = Part(9, 0, bytes(32)).to_json()
    changes: list[tuple[str, str, Any, dict[str, Any]]] = [
        ("an unknown field", "BodyMalformed", plain, {"more": 1}),
        ("an unknown kind", "UnknownKind", plain, {"kind": "referral"}),
        ("a kind that is no text", "BodyMalformed", plain, {"kind": 1}),
        ("an aliased key as the source's recipient", "BodyMalformed", plain,
         {"recipient": text(flip(bytes(KEYS.identity.recipient), 31, 0x80))}),
        ("a low-order key as the source's recipient", "BodyMalformed", plain,
         {"recipient": text(bytes(32) + bytes(KEYS.identity.recipient)[32:])}),
        ("base64 in another spelling", "BodyMalformed", plain, {"thread": text(bytes(32))[:-2] + "B="}),
        ("base64 without padding", "BodyMalformed", plain, {"thread": text(bytes(32))[:-1]}),
        ("a first message with a previous one", "BodyMalformed", plain, {"previous": text(bytes(32))}),
        ("a second message without a previous one", "BodyMalformed", plain, {"index": 1}),
        ("an index of 2^32", "BodyMalformed", plain, {"index": 2**32, "previous": "unknown"}),
        ("an index that is a boolean", "BodyMalformed", plain, {"index": True, "previous": "unknown"}),
        ("a day that does not exist", "BodyMalformed", plain, {"day": "2026-02-29"}),
        ("a day in basic format", "BodyMalformed", plain, {"day": "20261121"}),
        ("a day in the year 0", "BodyMalformed", plain, {"day": "0000-01-01"}),
        ("a language that is no tag", "BodyMalformed", plain, {"language": "en_GB"}),
        ("channel 0", "BodyMalformed", plain, {"channel": 0}),
        ("readers out of order", "BodyMalformed", plain, {"readers": [2, 1]}),
        ("a reader twice", "BodyMalformed", plain, {"readers": [1, 1]}),
        ("16 readers", "BodyMalformed", plain, {"readers": list(range(1, 17))}),
        ("reader 0", "BodyMalformed", plain, {"readers": [0]}),
        ("neither content nor stream", "BodyMalformed", plain, {"content": None}),
        ("content in the body and in the stream", "BodyMalformed", plain, {"stream": stream | {"part": part}}),
        ("a stream without a file or a part", "BodyMalformed", plain, {"stream": stream}),
        ("a file without a stream", "BodyMalformed", plain,
         {"content": {"text": "", "answers": None, "files": [{"name": "a", "type": "", "size": 1, "chunk": 0}]}}),
        ("a stream nonce of zeros", "BodyMalformed", plain,
         {"content": None, "stream": stream | {"part": part, "nonce": text(bytes(8))}}),
        ("7 chunks", "BodyMalformed", plain, {"content": None, "stream": stream | {"part": part, "chunks": 7}}),
        ("2^20 + 1 chunks", "BodyMalformed", plain,
         {"content": None, "stream": stream | {"part": part, "chunks": 2**20 + 1}}),
        ("a name of a question made of digits", "BodyMalformed", plain,
         {"content": {"text": "", "answers": {"questionnaire": "story/1", "values": {"a1": "", "A": ""}}, "files": []}}),
        ("a questionnaire without a version", "BodyMalformed", plain,
         {"content": {"text": "", "answers": {"questionnaire": "story", "values": {}}, "files": []}}),
        ("a reply by person 0", "BodyMalformed", reply_json, {"author": 0}),
        ("echoes out of order", "BodyMalformed", reply_json, {"echoes": [[1, text(bytes(32))], [0, text(bytes(32))]]}),
        ("an echo twice", "BodyMalformed", reply_json, {"echoes": [[1, text(bytes(32))], [1, text(bytes(32))]]}),
        ("65 echoes", "BodyMalformed", reply_json, {"echoes": [[number, text(bytes(32))] for number in range(65)]}),
        ("a statement without a signature", "BodyMalformed", reply_json, {"statement": {"payload": statement_json["payload"]}}),
        ("201 commitments", "BodyMalformed", json_of_withdraw(), {"commitments": [text(bytes(32))] * 201}),
        ("an inventory out of order", "BodyMalformed", json_of(inventories()[1]), {"entries": text(b"b" * 8 + b"a" * 8)}),
        ("an inventory of 801 entries", "BodyMalformed", json_of(inventories()[1]), {"entries": text(bytes(8 * 801))}),
        ("an inventory of 2^32 parts", "BodyMalformed", json_of(inventories()[1]), {"parts": 2**32}),
        ("part 2 of 2", "BodyMalformed", json_of(inventories()[1]), {"part": 2}),
        ("an event with half a case", "BodyMalformed", json_of(event()), {"case": text(bytes(16))}),
    ]  # fmt: skip
    kinds = (message(KEYS), RICH, reply(), contact(), event(), event(counter=1, previous=bytes(32)), *inventories())
    moved = replace(message(KEYS), content=None, stream=replace(STREAM, part=Part(9, 0, bytes(32))))
    reordered = {name: plain[name] for name in ("kind", *(name for name in reversed(plain) if name != "kind"))}
    late_kind = {name: plain[name] for name in (*(name for name in plain if name != "kind"), "kind")}
    return [
        good("4,000 signs of four bytes each", "pack", json=text("".join(chr(0x1F300 + 7 * n % 700) for n in range(4_000)).encode())),
        good("nothing", "pack", json=""),
        good("131,072 zeros", "pack", json={"size": 131_072}),
        bad("131,073 zeros", "TooLarge", "pack", json={"size": 131_073}),
        bad("13,300 bytes of chance", "TooLarge", "pack", json=text(chance("too large", 13_300))),
        good("raw DEFLATE, compressed", "unpack", body=packed(zeros_deflated(1_000))),
        good("raw DEFLATE, stored", "unpack", body=packed(empty)),
        good("the longest JSON", "unpack", body=packed(zeros_deflated(labels.BODY_JSON_LIMIT))),
        bad("padding that is not zero", "BodyMalformed", "unpack", body=packed(empty, (13_198, b"\1"))),
        bad("a byte too few", "BodyMalformed", "unpack", body=packed(empty, size=13_198)),
        bad("a byte too many", "BodyMalformed", "unpack", body=packed(empty, size=13_200)),
        bad("a zero behind the stream, inside the length", "BodyMalformed", "unpack", body=packed(empty + b"\0")),
        bad("bytes behind the stream", "BodyMalformed", "unpack", body=packed(empty + b"more")),
        bad("a stream cut short", "BodyMalformed", "unpack", body=packed(empty[:-1])),
        bad("an empty stream", "BodyMalformed", "unpack", body=packed(b"")),
        bad("a length beyond the end", "BodyMalformed", "unpack", body=packed(empty, length=13_196)),
        bad("the largest length", "BodyMalformed", "unpack", body=packed(empty, length=2**32 - 1)),
        bad("a bomb", "BodyMalformed", "unpack", body=packed(zeros_deflated(2_000_000))),
        bad("a byte more than JSON may have", "BodyMalformed", "unpack", body=packed(zeros_deflated(labels.BODY_JSON_LIMIT + 1))),
        bad("zlib instead of raw DEFLATE", "BodyMalformed", "unpack", body=packed(b"\x78\x01" + empty + b"\x01\x75\x00\xf9")),
        bad("no DEFLATE", "BodyMalformed", "unpack", body=packed(b"\xff" * 30)),
        *(good(f"{body.kind} {number}", "body", json=text(encode(body))) for number, body in enumerate((*kinds, moved))),
        good("withdraw", "body", json=text(encode_json(json_of_withdraw()))),
        bad("other order", "BodyMalformed", "body", json=text(encode_json(reordered))),
        bad("the kind at the end", "BodyMalformed", "body", json=text(encode_json(late_kind))),
        bad("a key twice", "BodyMalformed", "body", json=text(encode(message(KEYS))[:-1] + b',"stream":null}')),
        bad("a space", "BodyMalformed", "body", json=text(encode(message(KEYS)).replace(b":0", b": 0"))),
        bad("a float", "BodyMalformed", "body", json=text(encode(message(KEYS)).replace(b'"index":0', b'"index":0.0'))),
        bad("no object", "BodyMalformed", "body", json=text(b"[]")),
        *(bad(name, error, "body", json=text(encode_json(value | change))) for name, error, value, change in changes),
    ]  # fmt: skip


def json_of(body: Any) -> Any:
    return decode_json(encode(body))


def json_of_withdraw() -> Any:
    return json_of(Withdraw(KEYS.thread, 2, "unknown", TODAY, "en", 1, (ANA, BO), (chance("a commitment", 32),)))
