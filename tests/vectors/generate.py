"""Write the vectors. The same run gives the same files, but for records that are not there yet.

    python -m tests.vectors.generate            # write
    python -m tests.vectors.generate --fresh    # seal every record anew

What is sealed holds randomness that only its writer ever had, so sealed records are kept whole in ``records.json``
and everything else derives from them and from names (``tests/protocol/cast.py``).
"""

# ruff: noqa: E501 - a vector a line is easier to read, however long the line

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from nacl import bindings

from tests.protocol.cast import (
    ANA,
    BO,
    CHI,
    DEDE,
    EVE,
    NO_STREAM,
    SITE,
    TODAY,
    chance,
    directory,
    flip,
    identity,
    keyring,
    message,
    name_of,
    person,
    place_down,
    place_up,
    published,
    reply,
    seal_among_colleagues,
    seal_message,
    seal_reply,
    signed_statement,
    signer,
    source,
    state_for,
    statement,
)
from tests.protocol.test_receipt import ambiguous_sentence
from tests.vectors.operations import HERE, OPERATIONS, bytes_of, text
from whistle.errors import NotForMe, ProtocolError
from whistle.protocol import labels
from whistle.protocol.acts import make_inventory, sign_event
from whistle.protocol.canonical import decode as decode_json
from whistle.protocol.canonical import encode as encode_json
from whistle.protocol.content import Answers, Content, Echo, File, Part, StreamReference
from whistle.protocol.directory import Memory, verify
from whistle.protocol.enrolment import Enrolment
from whistle.protocol.hashing import hashed
from whistle.protocol.keyring import Role, Succession
from whistle.protocol.keys import Recipient
from whistle.protocol.listing import sign_listing
from whistle.protocol.message import Contact, Event, Withdraw, encode
from whistle.protocol.receipt import LANGUAGES, Receipt
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.sealing import Author, Place, commitment_of, decoy, header_of, open_sealed, open_state, pack, seal
from whistle.protocol.signing import Signed
from whistle.protocol.state import State
from whistle.protocol.work import solve

KEYS = source()
ENTROPY = text(chance("source", labels.RECEIPT_SIZE))
SITE_TEXT = text(SITE)
Vector = dict[str, Any]

# --- the pool of sealed records


def event(**changes: Any) -> Event:
    plain = Event(
        chance("case", 32), ANA, signed_statement(ANA), (ANA, BO), 0, None, TODAY, b'{"act":"note"}', bytes(64)
    )
    return sign_event(signer("Ana"), SITE, replace(plain, **changes))


def contact(**changes: Any) -> Contact:
    recipient = KEYS.contact_identity.recipient
    plain = Contact(recipient, chance("reference", 16), TODAY, "en", 1, (CHI,), "Ask for Q. at the harbour.")
    return replace(plain, **changes)


def seal_contact(body: Contact, role: int = 0) -> Record:
    address = KEYS.contact_address(0)
    place = Place(address, burn_hash(KEYS.contact_burn_token(0)))
    return seal(place, pack(encode(body)), Author(KEYS.contact_identity, role, 0), SITE, [identity("Chi").recipient])


def seal_withdraw() -> Record:
    body = Withdraw(KEYS.thread, 2, "unknown", TODAY, "en", 1, (ANA, BO), (chance("a commitment", 32),))
    address = KEYS.thread.address(labels.UP, 2)
    place = Place(address, burn_hash(KEYS.withdraw_burn_token(address)))
    readers = [identity(name_of(number)).recipient for number in body.readers]
    own = (KEYS, State(1, 0, NO_STREAM, (ANA, BO)))
    return seal(place, pack(encode(body)), Author(KEYS.identity, 0, 0), SITE, readers, own)


def inventories() -> list[Any]:
    records = [Record(chance(f"address {number}", 32), bytes(32), bytes(32_704)) for number in range(801)]
    return list(make_inventory(signer("Ana"), SITE, ANA, signed_statement(ANA), TODAY, records))


def seal_unnamed() -> Record:
    """Return a report that is sealed to Ana, whom it does not name as a reader."""
    body = message(KEYS, readers=(BO,))
    readers = [identity("Ana").recipient, identity("Bo").recipient]
    author = Author(KEYS.identity, 0, 0)
    return seal(place_up(KEYS, 0), pack(encode(body)), author, SITE, readers, (KEYS, state_for(body)))


def seal_bytes(packed: bytes) -> Record:
    return seal(place_up(KEYS, 0), packed, Author(KEYS.identity, 0, 0), SITE, [identity("Ana").recipient])


def elsewhere(place: Place, **changes: bytes) -> Place:
    return replace(place, **changes)


ANAS_PLACE = place_down(KEYS, identity("Ana"), 0)
STREAM = StreamReference(chance("stream key", 32), b"12345678", 8, chance("digest", 32))
RICH = message(
    KEYS,
    index=1,
    previous="unknown",
    language="ru",
    readers=(ANA,),
    content=Content(
        "Контракт подписан задним числом. 契约 🚢",
        Answers("story/1", {"when": "May"}),
        (File("счёт.pdf", "application/pdf", 3, 0),),
    ),
    stream=STREAM,
)
LAPSED = signed_statement(ANA, last=date(2026, 11, 20))
EARLY = date(2026, 11, 10)
FORMERLY = reply(author=EVE, statement=signed_statement(EVE), readers=(ANA, EVE), day=EARLY)
LATE = replace(FORMERLY, day=date(2026, 11, 11))

SEALED: dict[str, Callable[[], Record]] = {
    "report": lambda: seal_message(KEYS, message(KEYS)),
    "follow-up": lambda: seal_message(KEYS, RICH),
    "withdraw": seal_withdraw,
    "report of another source": lambda: seal_message(source("another"), message(source("another"))),
    "report that names Bo alone": seal_unnamed,
    "report by Bo": lambda: seal_message(KEYS, message(KEYS), author=Author(identity("Bo"), 0, 0)),
    "report as a reviewer": lambda: seal_message(KEYS, message(KEYS), author=Author(KEYS.identity, 1, 0)),
    "report as person 1": lambda: seal_message(KEYS, message(KEYS), author=Author(KEYS.identity, 0, 1)),
    "report at the next address": lambda: seal_message(KEYS, message(KEYS), place=place_up(KEYS, 1)),
    "padding": lambda: seal_bytes(pack(b"{}")[:-1] + b"\1"),
    "no json": lambda: seal_bytes(pack(b"hello")),
    "unknown kind": lambda: seal_bytes(pack(b'{"kind":"referral"}')),
    "slots of a stranger": lambda: seal_bytes(pack(b"{}")),
    "decoy": decoy,
    "contact": lambda: seal_contact(contact()),
    "contact as a reviewer": lambda: seal_contact(contact(), 1),
    "contact under the key of the thread": lambda: seal_contact(contact(recipient=KEYS.identity.recipient)),
    "contact for Ana": lambda: seal_contact(contact(readers=(ANA,))),
    "reply": lambda: seal_reply(KEYS, reply()),
    "reply by Bo as Ana": lambda: seal_reply(KEYS, reply(), author=Author(identity("Bo"), Role.REVIEWER, ANA)),
    "reply as a custodian": lambda: seal_reply(KEYS, reply(), author=Author(identity("Ana"), Role.CUSTODIAN, ANA)),
    "reply by one who does not read": lambda: seal_reply(KEYS, reply(readers=(BO,))),
    "reply sealed to Bo too": lambda: seal_reply(KEYS, reply(readers=(ANA,)), only=(ANA, BO)),
    "reply at the next address": lambda: seal_reply(KEYS, reply(), place=place_down(KEYS, identity("Ana"), 1)),
    "reply that she cannot burn": lambda: seal_reply(KEYS, reply(), place=elsewhere(ANAS_PLACE, burn_hash=bytes(32))),
    "reply under a lapsed statement": lambda: seal_reply(KEYS, reply(statement=LAPSED)),
    "reply under the statement of Bo": lambda: seal_reply(KEYS, reply(statement=signed_statement(BO))),
    "reply of Eve, on her last day": lambda: seal_reply(KEYS, FORMERLY),
    "reply of Eve, a day later": lambda: seal_reply(KEYS, LATE),
    "reply to another source": lambda: seal_reply(source("another"), reply()),
    "event": lambda: seal_among_colleagues(event(), ANA, (ANA, BO)),
    "event changed after signing": lambda: seal_among_colleagues(replace(event(), payload=b"{}"), ANA, (ANA, BO)),
    "event sealed by Bo": lambda: seal_among_colleagues(event(), BO, (ANA, BO)),
    "event for Ana alone": lambda: seal_among_colleagues(event(audience=(ANA,)), ANA, (ANA, BO)),
    "event by one outside": lambda: seal_among_colleagues(event(audience=(BO,)), ANA, (ANA, BO)),
    "event under a lapsed statement": lambda: seal_among_colleagues(event(statement=LAPSED), ANA, (ANA, BO)),
    "inventory": lambda: seal_among_colleagues(inventories()[1], ANA, (ANA, BO)),
    "inventory with an entry less": lambda: seal_among_colleagues(replace(inventories()[1], entries=b""), ANA, (ANA, BO)),
}  # fmt: skip


def fill_pool(*, fresh: bool) -> dict[str, Record]:
    """Return every sealed record: those that are kept already, and new ones for the rest."""
    path = HERE / "records.json"
    kept = {} if fresh or not path.exists() else json.loads(path.read_text())
    pool = {name: kept.get(name) or text(bytes(make())) for name, make in SEALED.items()}
    write("records.json", dumped(pool))
    return {name: Record.parse(bytes_of(record)) for name, record in pool.items()}


# --- helping words


def good(name: str, do: str, **given: Any) -> Vector:
    """Return a vector whose outcome is what the operation gives today."""
    return {"name": name, "do": do, "given": given}


def bad(name: str, error: str, do: str, **given: Any) -> Vector:
    """Return a vector that must be refused with ``error``, named by hand."""
    return {"name": name, "do": do, "given": given, "error": error}


def patched(name: str, *pieces: tuple[int, bytes]) -> Any:
    """Return how to make a record from one of the pool by overwriting bytes."""
    return {"record": name, "put": [[offset, text(piece)] for offset, piece in pieces]}


def flipped(pool: dict[str, Record], name: str, position: int, bit: int = 1) -> Any:
    return patched(name, (position, bytes([bytes(pool[name])[position] ^ bit])))


def who(number: int) -> Vector:
    return {"identity": text(identity(name_of(number)).secret_bytes()), "person": number, "site": SITE_TEXT}


def opener(number: int) -> Vector:
    return {"identity": text(identity(name_of(number)).secret_bytes())}


SOURCE: Vector = {"entropy": ENTROPY, "site": SITE_TEXT}
DIRECTORY: Vector = {"document": "usual", "today": "2026-11-21"}
THREAD: Vector = {"thread": text(KEYS.thread.key), "recipient": text(bytes(KEYS.identity.recipient))}
SLOTS_AT = 64 + 33
BODY_AT = SLOTS_AT + 16 * labels.SLOT_SIZE


# --- the files


def derivations() -> list[Vector]:
    other = chance("another site", 32)
    root, second = text(bytes(signer("root").verifier)), text(bytes(signer("second root").verifier))
    shared = identity("Ana").shared_secret(KEYS.identity.recipient)
    return [
        good("no field", "frame", fields=[]),
        good("fields of bytes and integers", "frame", fields=[text(b"ab"), 258, "", 2**53 - 1]),
        good("a hash without a key", "hash", fields=[text(b"whistle/1/site"), root], key="", size=32),
        good("a hash with a key", "hash", fields=[text(b"a"), 1], key=text(chance("key", 32)), size=32),
        good("16 bytes of hash", "hash", fields=[text(b"a")], key=text(chance("key", 32)), size=16),
        good("64 bytes of hash", "hash", fields=[text(b"a")], key=text(chance("key", 16)), size=64),
        good("a first root", "roots", roots=[root]),
        good("a second root", "roots", roots=[root, second]),
        good("a source", "source", **SOURCE, stream_nonce=text(b"12345678")),
        good("the same receipt at another site", "source", entropy=ENTROPY, site=text(other), stream_nonce=text(b"12345678")),
        good("another receipt", "source", entropy=text(bytes(16)), site=SITE_TEXT, stream_nonce=text(bytes(7) + b"\1")),
        good("a thread key with another recipient is another thread", "address",
             thread=THREAD["thread"], recipient=text(bytes(identity("Ana").recipient)), direction=0, index=0),
        bad("a thread key of 31 bytes", "BodyMalformed", "address",
            thread=text(bytes(31)), recipient=THREAD["recipient"], direction=0, index=0),
        good("the tokens of a reply", "reply tokens", shared=text(shared),
             address=text(KEYS.thread.address(1, 0)), stream_nonce=text(b"12345678"), chunk=3),
        good("a burn hash", "burn hash", token=text(bytes(32))),
        bad("a token of 31 bytes", "RecordMalformed", "burn hash", token=text(bytes(31))),
    ]  # fmt: skip


def receipts() -> list[Vector]:
    zoo = "zoo " * 11
    vectors = []
    for language in LANGUAGES:
        for entropy in (bytes(16), b"\x7f" * 16, b"\x80" * 16, b"\xff" * 16, chance("receipt", 16)):
            words = " ".join(Receipt(entropy).words(language))
            vectors += [
                good(f"{entropy.hex()} in {language}", "words", entropy=text(entropy), language=language),
                good(f"{entropy.hex()} from {language}", "receipt", words=words, language=language),
            ]
    russian = " ".join(Receipt((1_572 << 117).to_bytes(16, "big")).words("russian"))
    return [
        *vectors,
        good("numbered, with commas, in capitals", "receipt", language=None,
             words="1. ZOO, 2. ZOO, 3. ZOO, " + "zoo\n" * 8 + "(12) Wrong."),
        good("without accents", "receipt", language="spanish",
             words="lino admitir bolero abrir album dejar acelga aprender lino admitir bolero abogado"),
        good("Turkish capitals", "receipt", language="turkish",
             words=" ".join(Receipt(chance("receipt", 16)).words("turkish")).upper()),
        good("Chinese without spaces", "receipt", language=None, words="歇" * 11 + "逻"),
        good("the mended word of the Russian list", "receipt", language="russian", words=russian),
        good("the same, written", "words", language="russian", entropy=text((1_572 << 117).to_bytes(16, "big"))),
        bad("the last word is wrong", "WrongChecksum", "receipt", words=zoo + "zoo", language=None),
        bad("eleven words", "WrongWordCount", "receipt", words="zoo " * 11, language=None),
        bad("thirteen words", "WrongWordCount", "receipt", words=zoo + "wrong wrong", language=None),
        bad("no words", "WrongWordCount", "receipt", words="", language=None),
        bad("a word that is in no list", "UnknownWord", "receipt", words=zoo + "wrnog", language=None),
        bad("a word of another language than the one named", "UnknownWord", "receipt", words=zoo + "wrong", language="korean"),
        bad("a language that has no list", "ReceiptError", "receipt", words=zoo + "wrong", language="klingon"),
        bad("English and French give different receipts", "AmbiguousReceipt", "receipt", words=ambiguous(), language=None),
        good("the same words, when the language is named", "receipt", words=ambiguous(), language="english"),
        good("and the other", "receipt", words=ambiguous(), language="french"),
    ]  # fmt: skip


def ambiguous() -> str:
    return ambiguous_sentence()[0]


def keys() -> list[Vector]:
    ana = identity("Ana")
    public, p = bytes(ana.recipient), 2**255 - 19

    def point(number: int) -> bytes:
        return number.to_bytes(32, "little") + public[32:]

    rejected = {
        "a point of zero": point(0),
        "a point of one, order 1": point(1),
        "the point p-1, order 2": point(p - 1),
        "a point of order 8": point(325606250916557431795983626356110631294008115727848805560023387167927233504),
        "the other point of order 8": point(
            39382357235489614581723060781553021112529911719440698176882885853963445705823
        ),
        "the point p, another spelling of zero": point(p),
        "the point p+9, another spelling of the base point": point(p + 9),
        "the largest number": b"\xff" * 32 + public[32:],
        "the high bit set, another spelling of a good key": flip(public, 31, 0x80),
        "an ML-KEM key with coefficients beyond 3328": public[:32] + b"\xff" * 1_184,
        "a byte too few": public[:-1],
        "a byte too many": public + b"\0",
        "no byte": b"",
    }
    printed = {
        "another prefix": "whistle-recipient-2:" + text(public),
        "no prefix": text(public),
        "the prefix of an identity": "whistle-identity-1:" + text(public),
        "a space behind": str(ana.recipient) + " ",
        "base64 cut short": str(ana.recipient)[:-4],
        "base64 in another spelling": str(ana.recipient)[:-2] + "B="
        if str(ana.recipient).endswith("==")
        else str(ana.recipient) + "=",
    }
    return [
        good("a recipient", "recipient", bytes=text(public)),
        good("the base point is a key", "recipient", bytes=text(point(9))),
        good("a recipient, printed", "printed recipient", text=str(ana.recipient)),
        good("an identity, printed", "printed identity", text=ana.secret_text()),
        good("an identity", "identity", secret=text(ana.secret_bytes())),
        good("an identity of zeros", "identity", secret=text(bytes(96))),
        good("a shared secret", "shared secret", secret=text(ana.secret_bytes()), recipient=text(bytes(identity("Bo").recipient))),
        good("the same from the other end", "shared secret", secret=text(identity("Bo").secret_bytes()), recipient=text(public)),
        bad("an identity of 95 bytes", "KeyRejected", "identity", secret=text(bytes(95))),
        bad("a recipient read as an identity", "KeyRejected", "printed identity", text=str(ana.recipient)),
        *(bad(name, "KeyRejected", "recipient", bytes=text(data)) for name, data in rejected.items()),
        *(bad(f"printed: {name}", "KeyRejected", "printed recipient", text=line) for name, line in printed.items()),
    ]  # fmt: skip


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
        *(bad(name, "BodyMalformed", "json", json=text(data)) for name, data in wrong.items()),
    ]


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


def resealed(pool: dict[str, Record], name: str, body: bytes, *, recommit: bool, slots: bytes | None = None) -> Any:
    """Return a record as a co-recipient, who knows its content key, can seal it again with another body."""
    record = pool[name]
    content_key = open_sealed(record, identity("Bo")).content_key
    commitment = commitment_of(record)
    if recommit:
        commitment = hashed(labels.COMMITMENT, header_of(record), body, key=content_key)
    sealed = record.sealed[:1] + commitment + (slots or record.sealed[33 : 33 + 16 * labels.SLOT_SIZE])
    associated = record.address + record.burn_hash + sealed
    body = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(body, associated, bytes(24), content_key)
    return patched(name, (64, sealed + body))


def slot_of(record: Record, opens: Callable[[Record], object]) -> int:
    """Return which slot one reader opens: the one that, broken, is no longer for them."""
    for number in range(16):
        try:
            opens(Record.parse(flip(bytes(record), SLOTS_AT + number * labels.SLOT_SIZE)))
        except NotForMe:
            return number
        except ProtocolError:
            continue
    raise AssertionError


def sealed_records(pool: dict[str, Record]) -> list[Vector]:
    report = pool["report"]
    anas = slot_of(report, lambda each: open_sealed(each, identity("Ana")))
    bos = slot_of(report, lambda each: open_sealed(each, identity("Bo")))
    own = slot_of(report, lambda each: open_state(each, KEYS))
    later = slot_of(pool["follow-up"], lambda each: open_state(each, KEYS))
    slots = bytes(report)[SLOTS_AT:BODY_AT]
    size = labels.SLOT_SIZE
    copied = slots[: bos * size] + slots[anas * size : (anas + 1) * size] + slots[(bos + 1) * size :]
    body = stored_body(encode(message(KEYS)))
    state_slot = bytes(report)[SLOTS_AT + own * size : SLOTS_AT + (own + 1) * size]
    bit_flips = [
        ("the address", 0, "RecordAltered"),
        ("the burn hash", 32, "RecordAltered"),
        ("the version", 64, "UnsupportedVersion"),
        ("the commitment", 65, "RecordAltered"),
        ("the reader's slot, its first byte", SLOTS_AT + anas * size, "NotForMe"),
        ("the reader's slot, its last byte", SLOTS_AT + (anas + 1) * size - 1, "NotForMe"),
        ("another slot", SLOTS_AT + bos * size + 600, "RecordAltered"),
        ("the source's slot", SLOTS_AT + own * size + 600, "RecordAltered"),
        ("the body", BODY_AT, "RecordAltered"),
        ("the last byte", 32_767, "RecordAltered"),
    ]
    state_flips = [
        ("the address", 0, "StateAltered"),
        ("the burn hash", 63, "StateAltered"),
        ("the version", 64, "UnsupportedVersion"),
        ("the commitment", 96, "StateAltered"),
        ("its slot", SLOTS_AT + own * size + 1_000, "NotForMe"),
    ]
    moved = KEYS.thread.address(labels.UP, 1)
    return [
        good("a report, by Ana", "open", record={"record": "report"}, **opener(ANA)),
        good("a report, by Bo", "open", record={"record": "report"}, **opener(BO)),
        good("a follow-up with a file", "open", record={"record": "follow-up"}, **opener(ANA)),
        good("an inventory", "open", record={"record": "inventory"}, **opener(BO)),
        good("a report, by its content key", "open with key", record={"record": "report"},
             content_key=text(open_sealed(report, identity("Ana")).content_key)),
        bad("another content key", "RecordAltered", "open with key", record={"record": "report"}, content_key=text(bytes(32))),
        good("the state of a report", "open state", record={"record": "report"}, **SOURCE),
        good("the state of a report with a stream", "open state", record={"record": "follow-up"}, **SOURCE),
        bad("the source cannot reopen what she wrote", "RecordAltered", "open",
            record={"record": "report"}, identity=text(KEYS.identity.secret_bytes())),
        bad("another receipt", "NotForMe", "open state", record={"record": "report"}, entropy=text(bytes(16)), site=SITE_TEXT),
        bad("the same receipt at another site", "NotForMe", "open state",
            record={"record": "report"}, entropy=ENTROPY, site=text(chance("another site", 32))),
        bad("a stranger", "NotForMe", "open", record={"record": "report"}, **opener(DEDE)),
        bad("a decoy", "NotForMe", "open", record={"record": "decoy"}, **opener(ANA)),
        bad("a decoy, by the source", "NotForMe", "open state", record={"record": "decoy"}, **SOURCE),
        bad("a byte too few", "RecordMalformed", "open", record={"size": 32_767}, **opener(ANA)),
        bad("a byte too many", "RecordMalformed", "open", record={"size": 32_769}, **opener(ANA)),
        bad("zeros", "UnsupportedVersion", "open", record={"size": 32_768}, **opener(ANA)),
        bad("version 2", "UnsupportedVersion", "open", record=patched("report", (64, b"\2")), **opener(ANA)),
        *(bad(f"a flipped bit in {where}", error, "open", record=flipped(pool, "report", at), **opener(ANA))
          for where, at, error in bit_flips),
        *(bad(f"a flipped bit in {where}, for the source", error, "open state", record=flipped(pool, "report", at), **SOURCE)
          for where, at, error in state_flips),
        bad("a record moved to another address", "RecordAltered", "open", record=patched("report", (0, moved)), **opener(ANA)),
        bad("a burn hash changed", "RecordAltered", "open", record=patched("report", (32, bytes(32))), **opener(ANA)),
        bad("a record moved to another address, for the source", "StateAltered", "open state",
            record=patched("report", (0, moved)), **SOURCE),
        bad("a co-recipient puts other words under the commitment", "RecordAltered", "open",
            record=resealed(pool, "report", stored_body(b"{}"), recommit=False), **opener(ANA)),
        bad("a co-recipient copies a slot, so that two open", "SlotsAmbiguous", "open",
            record=resealed(pool, "report", body, recommit=False, slots=copied), **opener(ANA)),
        bad("a slot copied without resealing", "SlotsAmbiguous", "open", record=patched("report", (SLOTS_AT, copied)), **opener(ANA)),
        bad("the source's slot grafted from another record", "StateAltered", "open state",
            record=patched("follow-up", (SLOTS_AT + later * size, state_slot)), **SOURCE),
        bad("a slot with another content key", "RecordAltered", "open",
            record=patched("report", (SLOTS_AT, bytes(pool["slots of a stranger"])[SLOTS_AT:BODY_AT])), **opener(ANA)),
        bad("a body with padding that is not zero, honestly sealed", "BodyMalformed", "open",
            record={"record": "padding"}, **opener(ANA)),
        bad("16 slots less a byte", "RecordMalformed", "slots", slots=text(slots[:-1]), **opener(ANA)),
        good("16 slots", "slots", slots=text(slots), **opener(ANA)),
    ]  # fmt: skip


def states() -> list[Vector]:
    key, header, commitment = chance("state key", 32), chance("header", 65), chance("commitment", 32)

    def given(data: bytes, mac: bytes | None = None) -> Vector:
        made = hashed(labels.STATE, header, commitment, data, key=key, size=16)
        return {
            "payload": text(data + (mac or made)),
            "state_key": text(key),
            "header": text(header),
            "commitment": text(commitment),
        }

    usual = State(258, 9, b"12345678", (1, 2, 65_535))
    wrong = {
        "channel 0": bytes(48),
        "readers out of order": bytes(replace(usual, readers=(2, 1))),
        "a reader twice": bytes(replace(usual, readers=(1, 1))),
        "a gap before a reader": bytes(replace(usual, readers=(0, 1))),
        "7 chunks": bytes(replace(usual, chunks=7)),
        "2^20 + 1 chunks": bytes(replace(usual, chunks=2**20 + 1)),
        "a nonce without chunks": bytes(replace(usual, chunks=0)),
        "the last bytes not zero": flip(bytes(usual), 47),
    }
    return [
        good("a stream and three readers", "state", **given(bytes(usual))),
        good("no stream and nobody", "state", **given(bytes(State(1, 0, NO_STREAM, ())))),
        good("15 readers", "state", **given(bytes(replace(usual, readers=tuple(range(1, 16)))))),
        bad("a forged MAC", "StateAltered", "state", **given(bytes(usual), bytes(16))),
        *(bad(name, "StateAltered", "state", **given(data)) for name, data in wrong.items()),
    ]


def reading(pool: dict[str, Record]) -> list[Vector]:
    forged = resealed(
        pool, "report", stored_body(encode(message(KEYS, content=Content("Nothing happened.")))), recommit=True
    )
    a, b = text(chance("a", 32)), text(chance("b", 32))
    lists = [[0, a, [ANA, BO]], [1, b, [ANA]]]

    def echoing(readers: tuple[int, ...], *echoes: Echo) -> str:
        return text(encode(reply(readers=readers, echoes=echoes)))

    first, second = Echo(0, chance("a", 32)), Echo(1, chance("b", 32))
    as_source: Vector = {**SOURCE, **DIRECTORY}
    as_bo: Vector = {**who(BO), **THREAD, **DIRECTORY}
    return [
        good("a report, by Ana", "read from source", record={"record": "report"}, **who(ANA)),
        good("a report, by Bo", "read from source", record={"record": "report"}, **who(BO)),
        good("a follow-up", "read from source", record={"record": "follow-up"}, **who(ANA)),
        good("a withdraw", "read from source", record={"record": "withdraw"}, **who(ANA)),
        bad("a report for another site", "SenderUnproven", "read from source",
            record={"record": "report"}, **(who(ANA) | {"site": text(chance("another site", 32))})),
        bad("a co-recipient reseals other words under the source's authenticator", "SenderUnproven", "read from source",
            record=forged, **who(ANA)),
        bad("the same, for the source", "StateAltered", "open state", record=forged, **SOURCE),
        bad("a report at another address than it says", "RecordMisplaced", "read from source",
            record={"record": "report at the next address"}, **who(ANA)),
        bad("a report by somebody else", "SenderUnproven", "read from source", record={"record": "report by Bo"}, **who(ANA)),
        bad("a wrong role in the authenticator", "SenderUnproven", "read from source",
            record={"record": "report as a reviewer"}, **who(ANA)),
        bad("a wrong person in the authenticator", "SenderUnproven", "read from source",
            record={"record": "report as person 1"}, **who(ANA)),
        bad("a report that does not name its reader", "ReadersRejected", "read from source",
            record={"record": "report that names Bo alone"}, **who(ANA)),
        bad("no JSON", "BodyMalformed", "read from source", record={"record": "no json"}, **who(ANA)),
        bad("an unknown kind", "UnknownKind", "read from source", record={"record": "unknown kind"}, **who(ANA)),
        bad("a reply is no report", "UnknownKind", "read from source", record={"record": "reply"}, **who(BO)),
        good("contact details", "read contact", record={"record": "contact"}, **who(CHI)),
        bad("contact details for somebody else", "NotForMe", "read contact", record={"record": "contact"}, **who(ANA)),
        bad("contact details that do not name their reader", "ReadersRejected", "read contact",
            record={"record": "contact for Ana"}, **who(CHI)),
        bad("contact details in a wrong role", "SenderUnproven", "read contact",
            record={"record": "contact as a reviewer"}, **who(CHI)),
        bad("contact details under the key of a thread", "SenderUnproven", "read contact",
            record={"record": "contact under the key of the thread"}, **who(CHI)),
        good("a reply, by the source", "read reply as source", record={"record": "reply"}, **as_source),
        good("a reply, by a colleague", "read reply", record={"record": "reply"}, **as_bo),
        good("a reply of somebody who has left, on her last day", "read reply as source",
             record={"record": "reply of Eve, on her last day"}, **as_source),
        bad("a reply of somebody who has left, a day later", "StatementRejected", "read reply as source",
            record={"record": "reply of Eve, a day later"}, **as_source),
        bad("a reply by a colleague in another's name", "SenderUnproven", "read reply as source",
            record={"record": "reply by Bo as Ana"}, **as_source),
        bad("the same, for a colleague", "SenderUnproven", "read reply", record={"record": "reply by Bo as Ana"}, **as_bo),
        bad("a reply in a wrong role", "SenderUnproven", "read reply as source", record={"record": "reply as a custodian"}, **as_source),
        bad("a reply under a lapsed statement", "StatementRejected", "read reply as source",
            record={"record": "reply under a lapsed statement"}, **as_source),
        bad("a reply under the statement of somebody else", "SignatureInvalid", "read reply as source",
            record={"record": "reply under the statement of Bo"}, **as_source),
        bad("a reply at another address than it says", "RecordMisplaced", "read reply as source",
            record={"record": "reply at the next address"}, **as_source),
        bad("a reply that the source could not burn", "RecordMisplaced", "read reply as source",
            record={"record": "reply that she cannot burn"}, **as_source),
        good("a reply that the source could not burn, for a colleague", "read reply", record={"record": "reply that she cannot burn"}, **as_bo),
        bad("a reply by one who is not among its readers", "ReadersRejected", "read reply as source",
            record={"record": "reply by one who does not read"}, **as_source),
        bad("a reply sealed to somebody it does not name", "ReadersRejected", "read reply",
            record={"record": "reply sealed to Bo too"}, **as_bo),
        bad("a reply replayed into another thread", "RecordMisplaced", "read reply",
            record={"record": "reply to another source"}, **as_bo),
        bad("a report is no reply", "UnknownKind", "read reply", record={"record": "report"}, **as_bo),
        good("readers among those of the newest echoed message", "check readers", reply=echoing((ANA,), first, second), lists=lists),
        good("all readers of the only echoed message", "check readers", reply=echoing((ANA, BO), first), lists=lists),
        bad("a reader outside the list echoed", "ReadersRejected", "check readers", reply=echoing((ANA, CHI), first), lists=lists),
        bad("a reader left out since", "ReadersRejected", "check readers", reply=echoing((ANA, BO), first, second), lists=lists),
        bad("an echo that nobody knows", "ReadersRejected", "check readers",
            reply=echoing((ANA,), first, Echo(2, bytes(32))), lists=lists),
        bad("an echo of another commitment", "ReadersRejected", "check readers",
            reply=echoing((ANA,), Echo(0, chance("b", 32))), lists=lists),
        bad("no echo", "ReadersRejected", "check readers", reply=echoing((ANA,)), lists=lists),
        good("an event", "read act", record={"record": "event"}, **who(BO), **DIRECTORY),
        good("an inventory", "read act", record={"record": "inventory"}, **who(BO), **DIRECTORY),
        bad("an event changed after signing", "SignatureInvalid", "read act",
            record={"record": "event changed after signing"}, **who(BO), **DIRECTORY),
        bad("an event sealed by somebody else", "SenderUnproven", "read act",
            record={"record": "event sealed by Bo"}, **who(BO), **DIRECTORY),
        bad("an event that does not name its reader", "ReadersRejected", "read act",
            record={"record": "event for Ana alone"}, **who(BO), **DIRECTORY),
        bad("an event whose author is not of its audience", "ReadersRejected", "read act",
            record={"record": "event by one outside"}, **who(BO), **DIRECTORY),
        bad("an event under a lapsed statement", "StatementRejected", "read act",
            record={"record": "event under a lapsed statement"}, **who(BO), **DIRECTORY),
        bad("an inventory with an entry less", "SignatureInvalid", "read act",
            record={"record": "inventory with an entry less"}, **who(BO), **DIRECTORY),
        bad("a report is no act", "UnknownKind", "read act", record={"record": "report"}, **who(BO), **DIRECTORY),
        good("what names a record in an inventory", "inventory entry", record={"record": "report"}),
    ]  # fmt: skip


ROOT, SECOND, THIRD = signer("root"), signer("second root"), signer("third root")
FIRST_TO_SECOND = Succession.make(SITE, ROOT, SECOND, TODAY)
SECOND_TO_THIRD = Succession.make(SITE, SECOND, THIRD, TODAY)
FIRST_TO_THIRD = Succession.make(SITE, ROOT, THIRD, TODAY)
OTHERS = tuple(signed_statement(number) for number in (BO, CHI, DEDE))


def stating(*statements: Signed) -> Any:
    return published(statements=(*OTHERS, *statements))


def documents() -> dict[str, Any]:
    """Return the documents of the vectors, good and bad."""
    four = [replace(person(number), statement_minimum=4) for number in (ANA, BO, CHI, DEDE)]
    anas = identity("Ana").recipient
    plain: Any = decode_json(bytes(published()))
    whole = {
        "usual": published(),
        "serial 8": published(keyring=keyring(serial=8).sign(ROOT)),
        "Ana has no statement": stating(),
        "Ana's statement has lapsed": stating(signed_statement(ANA, last=date(2026, 11, 20))),
        "Ana's statement is of the future": stating(signed_statement(ANA, first=date(2026, 11, 22))),
        "Ana's statement is of another site": stating(signed_statement(ANA, site=chance("another site", 32))),
        "Ana's statement is signed by Bo": stating(statement(ANA).sign(signer("Bo"))),
        "Bo's statement is signed by Ana": stating(statement(BO, number=9).sign(signer("Ana"))),
        "Ana has two statements": stating(signed_statement(ANA, number=5), signed_statement(ANA, number=4)),
        "Ana's number is 5": stating(signed_statement(ANA, number=5)),
        "Ana's statement says nothing": stating(Signed.make(signer("Ana"), labels.STATEMENT, b"{}")),
        "numbers from 4": published(
            keyring=keyring(people=tuple(four)).sign(ROOT),
            statements=(signed_statement(ANA, number=4), signed_statement(BO)),
        ),
        "Ana and Chi share a key": stating(
            signed_statement(ANA), statement(CHI, number=4, recipient=anas).sign(signer("Chi"))
        ),
        "Ana and Bo share half a key": stating(
            signed_statement(ANA),
            statement(BO, number=4, recipient=Recipient(bytes(anas)[:32] + bytes(identity("Bo").recipient)[32:])).sign(
                signer("Bo")
            ),
        ),
        "version 2": published(keyring=keyring(minimum_version=2).sign(ROOT)),
        "signed by an unknown root": published(keyring=keyring().sign(SECOND)),
        "signed by nobody": published(keyring=Signed(published().keyring.untrusted_payload, bytes(64))),
        "signed under another label": published(
            keyring=Signed.make(ROOT, labels.STATEMENT, published().keyring.untrusted_payload)
        ),
        "second root": published(keyring=keyring().sign(SECOND), successions=(FIRST_TO_SECOND,)),
        "superseded root": published(successions=(FIRST_TO_SECOND,)),
        "third root": published(keyring=keyring().sign(THIRD), successions=(SECOND_TO_THIRD, FIRST_TO_SECOND)),
        "forked root": published(keyring=keyring().sign(SECOND), successions=(FIRST_TO_SECOND, FIRST_TO_THIRD)),
        "third root, from the first": published(keyring=keyring().sign(THIRD), successions=(FIRST_TO_THIRD,)),
        "a circle of roots": published(successions=(FIRST_TO_SECOND, Succession.make(SITE, SECOND, ROOT, TODAY))),
        "a succession from nowhere": published(successions=(SECOND_TO_THIRD,)),
        "a succession signed by the new root alone": published(
            keyring=keyring().sign(SECOND),
            successions=(replace(FIRST_TO_SECOND, old_signature=FIRST_TO_SECOND.new_signature),),
        ),
        "no keyring inside": published(keyring=Signed.make(ROOT, labels.KEYRING, b"{}")),
    }
    texts = {name: bytes(document).decode() for name, document in whole.items()}
    for name, change in {
        "a channel with somebody unknown": {
            "channels": [{"id": 1, "name": "c", "questionnaire": "story/1", "people": [9]}]
        },
        "a channel of 16 people": {
            "channels": [{"id": 1, "name": "c", "questionnaire": "story/1", "people": list(range(1, 17))}]
        },
        "one person twice": {"people": [keyring_json()["people"][0]] * 2, "channels": []},
        "a former person who is still there": {
            "former": [{"person": keyring_json()["people"][0], "last": "2026-11-10"}]
        },
        "expired before it was issued": {"expires": "2026-10-31"},
    }.items():
        payload = encode_json(keyring_json() | change)
        texts[name] = bytes(published(keyring=Signed.make(ROOT, labels.KEYRING, payload))).decode()
    texts["an unknown field"] = json.dumps(plain | {"more": 1}, separators=(",", ":"))
    texts["a space"] = json.dumps(plain)
    texts["work of 41 bits"] = json.dumps(plain | {"work": 41}, separators=(",", ":"))
    texts["no JSON"] = "hello"
    return texts


def keyring_json() -> Any:
    return decode_json(keyring().sign(ROOT).untrusted_payload)


def keyrings() -> list[Vector]:
    def at(document: str, today: str = "2026-11-21", **more: Any) -> Vector:
        return {"document": document, "today": today, "site": SITE_TEXT, **more}

    remembered = bytes(directory().memory).decode()
    after_8 = bytes(Memory((ROOT.verifier,), 8, {})).decode()
    after_5 = bytes(Memory((ROOT.verifier,), 7, {ANA: 5})).decode()
    second = bytes(
        verify(published(keyring=keyring().sign(SECOND), successions=(FIRST_TO_SECOND,)), TODAY).memory
    ).decode()
    closing = [name for name in documents() if name.startswith(("Ana", "Bo")) or name == "numbers from 4"]
    malformed = ["a channel with somebody unknown", "a channel of 16 people", "one person twice",
                 "a former person who is still there", "expired before it was issued", "an unknown field", "a space",
                 "work of 41 bits", "no JSON", "no keyring inside", "a succession from nowhere"]  # fmt: skip
    eves = signed_statement(EVE).to_json()
    september = signed_statement(ANA, number=2, first=date(2026, 9, 1), last=date(2026, 9, 30)).to_json()
    enrolment = Enrolment.make("Ana", Role.REVIEWER, signer("Ana"))
    stolen = encode_json(
        Signed.make(
            signer("Bo"), labels.ENROLMENT, Signed.from_json(decode_json(enrolment)).untrusted_payload
        ).to_json()
    )
    anas_key = text(bytes(signer("Ana").verifier))
    statement_payload: Any = decode_json(signed_statement(ANA).untrusted_payload)

    def odd_statement(**change: Any) -> Any:
        return Signed.make(signer("Ana"), labels.STATEMENT, encode_json(statement_payload | change)).to_json()

    signature = text(signer("Ana").sign(b"label", 7))
    return [
        good("a keyring", "directory", **at("usual")),
        good("a keyring on its first day", "directory", **at("usual", "2026-11-01")),
        good("a keyring on its last day, when every statement has lapsed", "directory", **at("usual", "2027-05-01")),
        bad("a day before", "KeyringExpired", "directory", **at("usual", "2026-10-31")),
        bad("a day after", "KeyringExpired", "directory", **at("usual", "2027-05-02")),
        good("no site is pinned", "directory", document="usual", today="2026-11-21"),
        bad("another site is pinned", "RootSuperseded", "directory", document="usual", today="2026-11-21", site=text(bytes(32))),
        *(good(name, "directory", **at(name)) for name in closing),
        *(bad(name, "KeyringMalformed", "directory", **at(name)) for name in malformed),
        bad("a later version is the least", "UnsupportedVersion", "directory", **at("version 2")),
        bad("an unknown root", "RootSuperseded", "directory", **at("signed by an unknown root")),
        bad("a forged signature", "RootSuperseded", "directory", **at("signed by nobody")),
        bad("a signature under another label", "RootSuperseded", "directory", **at("signed under another label")),
        good("a second root", "directory", **at("second root")),
        good("a third root", "directory", **at("third root")),
        bad("a superseded root signs on", "RootSuperseded", "directory", **at("superseded root")),
        bad("two successors of one root", "RootForked", "directory", **at("forked root")),
        bad("a circle of roots", "RootForked", "directory", **at("a circle of roots")),
        bad("a succession signed by one root alone", "SignatureInvalid", "directory",
            **at("a succession signed by the new root alone")),
        good("the same serial again", "directory", **at("usual", memory=remembered)),
        good("a higher serial", "directory", **at("serial 8", memory=remembered)),
        bad("a lower serial", "KeyringRolledBack", "directory", **at("usual", memory=after_8)),
        good("a lower statement number closes its person", "directory", **at("usual", memory=after_5)),
        good("a number is remembered while its person is closed", "directory", **at("Ana has no statement", memory=after_5)),
        bad("a root once seen is forgotten", "KeyringRolledBack", "directory", **at("usual", memory=second)),
        bad("another successor than the one once seen", "RootForked", "directory", **at("third root, from the first", memory=second)),
        bad("a memory of another organisation", "RootSuperseded", "directory",
            **at("usual", memory=bytes(Memory((SECOND.verifier,))).decode())),
        bad("a memory that is none", "KeyringMalformed", "directory", **at("usual", memory="{}")),
        good("an author of today", "author", **at("usual"), statement=signed_statement(ANA).to_json(), person=ANA, day="2026-11-21"),
        good("an author of September", "author", **at("usual"), statement=september, person=ANA, day="2026-09-30"),
        bad("a day after the statement", "StatementRejected", "author", **at("usual"), statement=september, person=ANA, day="2026-10-01"),
        good("a former person on the last day", "author", **at("usual"), statement=eves, person=EVE, day="2026-11-10"),
        bad("a former person a day later", "StatementRejected", "author", **at("usual"), statement=eves, person=EVE, day="2026-11-11"),
        bad("a person whom nobody knows", "StatementRejected", "author", **at("usual"), statement=eves, person=99, day="2026-11-10"),
        bad("a statement below the minimum", "StatementRejected", "author",
            **at("numbers from 4"), statement=signed_statement(ANA).to_json(), person=ANA, day="2026-11-21"),
        bad("somebody else's statement", "SignatureInvalid", "author",
            **at("usual"), statement=signed_statement(BO).to_json(), person=ANA, day="2026-11-21"),
        good("a statement", "statement", statement=signed_statement(ANA).to_json(), signing=anas_key),
        bad("a statement of 31 days", "StatementMalformed", "statement", statement=odd_statement(last="2026-12-01"), signing=anas_key),
        bad("a statement that ends before it begins", "StatementMalformed", "statement",
            statement=odd_statement(last="2026-10-31"), signing=anas_key),
        bad("a statement of an aliased key", "StatementMalformed", "statement",
            statement=odd_statement(recipient=text(flip(bytes(identity("Ana").recipient), 31, 0x80))), signing=anas_key),
        bad("a statement of number 0", "StatementMalformed", "statement", statement=odd_statement(number=0), signing=anas_key),
        bad("a statement signed by somebody else", "SignatureInvalid", "statement",
            statement=signed_statement(BO).to_json(), signing=anas_key),
        good("a succession", "succession", succession=FIRST_TO_SECOND.to_json(), site=SITE_TEXT),
        bad("a succession of another organisation", "KeyringMalformed", "succession",
            succession=FIRST_TO_SECOND.to_json(), site=text(bytes(32))),
        bad("a succession signed by the old root alone", "SignatureInvalid", "succession", site=SITE_TEXT,
            succession=replace(FIRST_TO_SECOND, new_signature=FIRST_TO_SECOND.old_signature).to_json()),
        good("an enrolment", "enrolment", request=enrolment.decode()),
        bad("an enrolment under the key of somebody else", "SignatureInvalid", "enrolment", request=stolen.decode()),
        bad("an enrolment that is none", "KeyringMalformed", "enrolment", request="{}"),
        good("a signature", "verify", key=anas_key, fields=[text(b"label"), 7], signature=signature),
        bad("a signature over other fields", "SignatureInvalid", "verify", key=anas_key, fields=[text(b"label"), 8], signature=signature),
        bad("a signature of 63 bytes", "SignatureInvalid", "verify", key=anas_key, fields=[], signature=text(bytes(63))),
        bad("a signing key of 31 bytes", "KeyRejected", "verify", key=text(bytes(31)), fields=[], signature=text(bytes(64))),
        bad("a signing key of low order", "SignatureInvalid", "verify", key=text(bytes(32)), fields=[], signature=text(bytes(64))),
    ]  # fmt: skip


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


def build(*, fresh: bool = False) -> dict[str, str]:
    """Return every file of vectors by its name, after writing the pools that the others draw from."""
    pool = fill_pool(fresh=fresh)
    write("documents.json", dumped(documents()))
    known, stream_vectors = streams()
    files: dict[str, tuple[str, list[Vector]]] = {
        "derivations.json": ("Sections 2 to 4: hashes, sites, and what derives from a receipt", derivations()),
        "receipts.json": ("Section 3: twelve words and sixteen bytes", receipts()),
        "keys.json": ("Section 3: recipients and identities", keys()),
        "canonical.json": ("Section 6: JSON in one spelling", canonical_json()),
        "bodies.json": ("Sections 5 and 6: packed bodies, and every kind of message", bodies()),
        "states.json": ("Section 5: what a source leaves for itself", states()),
        "sealed.json": ("Section 5: opening records", sealed_records(pool)),
        "reading.json": ("Sections 6 and 10: what a reader believes", reading(pool)),
        "keyring.json": ("Section 7: keyrings, statements, successions, memory", keyrings()),
        "streams.json": ("Section 8: files and long texts", stream_vectors),
        "interface.json": ("Section 9: passes and proof of work", interface()),
    }
    if not (HERE / "streams.json").exists() or json.loads((HERE / "streams.json").read_text())["streams"] != known:
        write("streams.json", dumped({"streams": known}))  # the vectors are tried with these
    return {name: dumped(finished(about, vectors, known)) for name, (about, vectors) in files.items()}


def finished(about: str, vectors: list[Vector], known: dict[str, Any]) -> Any:
    """Return one file with the outcome of every good vector, having seen every bad one refused."""
    with_streams = {"streams": known} if any(vector["do"] == "read stream" for vector in vectors) else {}
    return {"about": about, **with_streams, "vectors": [outcome(vector) for vector in vectors]}


def outcome(vector: Vector) -> Vector:
    if "error" in vector:
        try:
            OPERATIONS[vector["do"]](vector["given"])
        except ProtocolError as error:
            if type(error).__name__ == vector["error"]:
                return vector
            raise AssertionError(vector["name"]) from error
        raise AssertionError(vector["name"])
    return vector | {"gives": OPERATIONS[vector["do"]](vector["given"])}


def dumped(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def write(name: str, content: str) -> None:
    """Write a file unless it says this already: tests in other processes may be reading it."""
    path = HERE / name
    if not path.exists() or path.read_text() != content:
        path.write_text(content)


def main() -> None:
    for name, written in build(fresh="--fresh" in sys.argv).items():
        write(name, written)
        print(name, len(json.loads(written)["vectors"]))


if __name__ == "__main__":
    main()
