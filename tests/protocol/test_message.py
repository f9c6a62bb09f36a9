import traceback
import unicodedata
from collections import defaultdict
from dataclasses import fields, is_dataclass, replace
from datetime import date
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.cast import (
    ANA,
    BO,
    SITE,
    TODAY,
    chance,
    directory,
    identity,
    message,
    refuses,
    reply,
    signed_statement,
    signer,
    source,
)
from tests.protocol.test_canonical import VALUES
from tests.protocol.test_content import CONTENTS, REFERENCES
from whistle.errors import BodyMalformed, UnknownKind
from whistle.protocol import canonical
from whistle.protocol.acts import make_inventory, sign_event
from whistle.protocol.canonical import Json, base64
from whistle.protocol.content import Answers, Content, Echo, File, Part, StreamReference
from whistle.protocol.message import Body, Contact, Event, Inventory, Message, Withdraw, decode, encode
from whistle.protocol.record import Record
from whistle.protocol.sealing import pack
from whistle.protocol.thread import Thread

KINDS = ["message", "withdraw", "reply", "contact", "event", "inventory"]
KEYS = source()
PART = Part(9, 0, chance("part", 32))
STREAM = StreamReference(chance("stream", 32), b"12345678", 8, chance("digest", 32))


def event(**changes: Any) -> Event:
    unsigned = Event(
        chance("case", 32), ANA, signed_statement(ANA), (ANA, BO), 0, None, TODAY, b'{"act":"note"}', bytes(64)
    )
    return sign_event(signer("Ana"), SITE, replace(unsigned, **changes))


def inventory(count: int = 3) -> list[Inventory]:
    records = [Record.parse(chance(f"record {number}", 32_768)) for number in range(count)]
    return make_inventory(signer("Ana"), SITE, ANA, signed_statement(ANA), TODAY, records)


def contact(**changes: Any) -> Contact:
    usual = Contact(
        KEYS.contact_identity.recipient, chance("reference", 16), TODAY, "en", 1, (3,), "Ask for Q. at the harbour."
    )
    return replace(usual, **changes)


def withdraw(**changes: Any) -> Withdraw:
    usual = Withdraw(
        KEYS.thread, 2, chance("previous", 32), TODAY, "en", 1, (ANA, BO), (chance("a", 32), chance("b", 32))
    )
    return replace(usual, **changes)


def examples() -> dict[str, Body]:
    return {
        "message": message(KEYS),
        "withdraw": withdraw(),
        "reply": reply(),
        "contact": contact(),
        "event": event(),
        "inventory": inventory()[0],
    }


# --- round trips


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_round_trips_and_names_itself_first(kind: str) -> None:
    body = examples()[kind]
    encoded = encode(body)
    assert decode(encoded) == body
    assert encoded.startswith(b'{"kind":"' + kind.encode() + b'",')
    assert type(decode(encoded)).kind == kind


LANGUAGES = st.sampled_from(["en", "zh-Hant", "pt-BR", "sr-Latn-RS", "tlh"])
PEOPLE = st.sets(st.integers(1, 65_535), max_size=15).map(lambda people: tuple(sorted(people)))
INDICES = st.integers(1, 2**32 - 1)
PREVIOUS = st.just("unknown") | st.binary(min_size=32, max_size=32)
DAYS = st.dates()


def fits(content: Content) -> tuple[Content | None, StreamReference | None]:
    return content, STREAM if content.files else None


@given(
    INDICES,
    PREVIOUS,
    DAYS,
    LANGUAGES,
    st.integers(1, 65_535),
    PEOPLE,
    st.none() | st.binary(min_size=16, max_size=16),
    CONTENTS,
)
def test_messages_round_trip(
    index: int, previous: Any, day: date, language: str, channel: int, people: Any, reference: Any, content: Content
) -> None:
    body = Message(KEYS.thread, index, previous, day, language, channel, people, reference, *fits(content))
    assert decode(encode(body)) == body


@given(st.integers(0, 2**32 - 1), DAYS, LANGUAGES, PEOPLE, st.sets(st.integers(0, 2**32 - 1), max_size=64), REFERENCES)
def test_replies_round_trip(
    index: int, day: date, language: str, people: Any, echoed: set[int], stream: StreamReference
) -> None:
    echoes = tuple(Echo(number, chance(str(number), 32)) for number in sorted(echoed))
    body = reply(index=index, day=day, language=language, readers=people, echoes=echoes)
    body = replace(body, content=None, stream=replace(stream, part=PART))
    assert decode(encode(body)) == body


# --- any bytes


@given(st.binary(max_size=80) | VALUES.map(lambda value: canonical.encode([value])))
def test_any_bytes_are_a_message_or_malformed(data: bytes) -> None:
    with pytest.raises(BodyMalformed):
        decode(data)


@given(st.data())
def test_any_field_replaced_by_any_value_gives_a_message_or_malformed(data: st.DataObject) -> None:
    body = examples()[data.draw(st.sampled_from(sorted(examples())))]
    value = json_of(body)
    name = data.draw(st.sampled_from(sorted(value)))
    changed = canonical.encode(value | {name: data.draw(VALUES.filter(lambda v: deep(v) < 7))})
    try:
        assert encode(decode(changed)) == changed
    except BodyMalformed:
        return


def deep(value: Any) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return 1 + max(map(deep, inner), default=0)


def json_of(body: Body) -> dict[str, Json]:
    value = canonical.decode(encode(body))
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_flipped_bit_of_the_json_gives_another_message_or_malformed(kind: str, data: st.DataObject) -> None:
    encoded = encode(examples()[kind])
    position, bit = data.draw(st.integers(0, len(encoded) - 1)), data.draw(st.integers(0, 7))
    changed = encoded[:position] + bytes([encoded[position] ^ 1 << bit]) + encoded[position + 1 :]
    try:
        assert encode(decode(changed)) == changed
    except BodyMalformed:
        return


# --- what is refused


def test_an_unknown_kind_says_so() -> None:
    refuses(UnknownKind, lambda: decode(b'{"kind":"referral"}'))
    refuses(UnknownKind, lambda: decode(canonical.encode(json_of(message(KEYS)) | {"kind": "Message"})))


@pytest.mark.parametrize(
    "data", [b"{}", b"[]", b"null", b'"message"', b'{"kind":1}', b'{"kind":null}', b'{"index":0,"kind":"message"}', b""]
)
def test_what_names_no_kind_is_malformed(data: bytes) -> None:
    refuses(BodyMalformed, lambda: decode(data))


@pytest.mark.parametrize("kind", KINDS)
def test_fields_are_fixed_and_so_is_their_order(kind: str) -> None:
    value = json_of(examples()[kind])
    names = [name for name in value if name != "kind"]
    for name in names:
        without = {key: item for key, item in value.items() if key != name}
        refuses(BodyMalformed, lambda without=without: decode(canonical.encode(without)))  # type: ignore[misc] # bound early
        moved = without | {name: value[name]}
        if list(moved) != list(value):
            refuses(BodyMalformed, lambda moved=moved: decode(canonical.encode(moved)))  # type: ignore[misc] # as above
    refuses(BodyMalformed, lambda: decode(canonical.encode(value | {"more": 1})))
    twice = encode(examples()[kind])[:-1] + b',"kind":"' + kind.encode() + b'"}'
    refuses(BodyMalformed, lambda: decode(twice))


BAD_SOURCE: list[dict[str, Any]] = [
    {"recipient": base64(bytes(1_216))},
    {"recipient": base64(bytes(1_215))},
    {"thread": base64(bytes(31))},
    {"index": 2**32},
    {"index": -1},
    {"index": True},
    {"index": "0"},
    {"previous": None},
    {"previous": "Unknown"},
    {"previous": base64(bytes(31))},
    {"previous": 0},
    {"day": "2026-11-31"},
    {"day": "20261121"},
    {"language": ""},
    {"language": "e"},
    {"language": "en_GB"},
    {"language": "en\n"},
    {"language": "en-" + "a" * 9},
    {"language": "en-a-b-c-d"},
    {"channel": 0},
    {"channel": 65_536},
    {"readers": [2, 1]},
    {"readers": [1, 1]},
    {"readers": [0]},
    {"readers": list(range(1, 17))},
]
BAD: list[tuple[str, dict[str, Any]]] = [
    *(("withdraw", change) for change in BAD_SOURCE),
    ("message", {"index": 1}),
    ("message", {"previous": base64(bytes(32))}),
    ("message", {"previous": "unknown"}),
    ("message", {"reference": base64(bytes(15))}),
    ("message", {"content": None}),
    ("message", {"stream": STREAM.to_json()}),
    ("message", {"content": None, "stream": STREAM.to_json()}),
    ("message", {"stream": replace(STREAM, part=PART).to_json()}),
    ("message", {"content": Content("", None, (File("a", "", 1, 0),)).to_json()}),
    ("withdraw", {"commitments": [base64(bytes(31))]}),
    ("withdraw", {"commitments": [base64(bytes(32))] * 201}),
    ("withdraw", {"commitments": None}),
    ("reply", {"index": 2**32}),
    ("reply", {"author": 0}),
    ("reply", {"author": 65_536}),
    ("reply", {"language": ""}),
    ("reply", {"statement": {}}),
    ("reply", {"statement": None}),
    ("reply", {"readers": [2, 1]}),
    ("reply", {"echoes": [[1, base64(bytes(32))], [0, base64(bytes(32))]]}),
    ("reply", {"echoes": [[1, base64(bytes(32))], [1, base64(bytes(32))]]}),
    ("reply", {"echoes": [[number, base64(bytes(32))] for number in range(65)]}),
    ("reply", {"content": None}),
    ("reply", {"stream": STREAM.to_json()}),
    ("contact", {"recipient": base64(bytes(1_216))}),
    ("contact", {"reference": base64(bytes(17))}),
    ("contact", {"language": "x"}),
    ("contact", {"channel": 0}),
    ("contact", {"channel": 65_536}),
    ("contact", {"readers": [1, 1]}),
    ("contact", {"text": None}),
    ("event", {"case": base64(bytes(31))}),
    ("event", {"author": 0}),
    ("event", {"author": 65_536}),
    ("event", {"audience": [2, 1]}),
    ("event", {"counter": -1}),
    ("event", {"previous": base64(bytes(31))}),
    ("event", {"day": "now"}),
    ("event", {"payload": "?"}),
    ("event", {"signature": base64(bytes(63))}),
    ("inventory", {"author": 0}),
    ("inventory", {"author": 65_536}),
    ("inventory", {"part": 1}),
    ("inventory", {"parts": 0}),
    ("inventory", {"parts": 2**32}),
    ("inventory", {"entries": base64(bytes(7))}),
    ("inventory", {"entries": base64(b"b" * 8 + b"a" * 8)}),
    ("inventory", {"entries": base64(bytes(8 * 801))}),
    ("inventory", {"signature": base64(bytes(65))}),
]


@pytest.mark.parametrize(("kind", "change"), BAD)
def test_a_field_out_of_its_bounds_is_malformed(kind: str, change: dict[str, Any]) -> None:
    value = json_of(examples()[kind])
    assert set(change) <= set(value)
    try:
        changed = canonical.encode(value | change)
    except ValueError:
        changed = canonical.encode(value).replace(b'"index":2', b'"index":-1').replace(b'"counter":0', b'"counter":-1')
    refuses(BodyMalformed, lambda: decode(changed))


def test_the_bounds_themselves_are_accepted() -> None:
    bodies: list[Body] = [
        withdraw(index=2**32 - 1, channel=65_535, readers=tuple(range(1, 16)), commitments=(bytes(32),) * 200),
        withdraw(index=1, previous="unknown", channel=1, readers=(), commitments=(), language="abcdefgh-a-b-c"),
        message(KEYS, reference=bytes(16)),
        message(KEYS, content=None, stream=replace(STREAM, part=PART)),
        message(KEYS, content=Content("", None, (File("a", "", 1, 0),)), stream=STREAM),
        reply(index=2**32 - 1, author=65_535, readers=tuple(range(1, 16))),
        reply(author=1, echoes=tuple(Echo(number, bytes(32)) for number in range(64))),
        reply(index=0, echoes=()),
        contact(channel=65_535, text=""),
        event(counter=2**53 - 1, author=65_535, previous=bytes(32), payload=b""),
        replace(inventory(0)[0], author=65_535, parts=2**32 - 1, part=2**32 - 2),
        replace(inventory(0)[0], entries=bytes(8 * 800)),
    ]
    for body in bodies:
        assert decode(encode(body)) == body


@pytest.mark.parametrize(
    "body",
    [
        message(KEYS, language="?"),
        message(KEYS, readers=(2, 1)),
        message(KEYS, content=Content("\ud800")),
        message(KEYS, index=1),
        message(KEYS, stream=STREAM),
        message(KEYS, content=Content("", Answers("?", {}))),
        contact(reference=b"short"),
    ],
)
def test_what_no_decoder_would_read_is_not_written(body: Body) -> None:
    refuses(BodyMalformed, lambda: encode(body))


def test_the_json_of_a_message() -> None:
    value = json_of(message(KEYS, index=3, previous="unknown", reference=b"r" * 16))
    assert list(value.items()) == [
        ("kind", "message"),
        ("recipient", base64(bytes(KEYS.identity.recipient))),
        ("thread", base64(KEYS.thread.key)),
        ("index", 3),
        ("previous", "unknown"),
        ("day", "2026-11-21"),
        ("language", "en"),
        ("channel", 1),
        ("readers", [1, 2]),
        ("reference", base64(b"r" * 16)),
        ("content", {"text": "The tender was fixed.", "answers": None, "files": []}),
        ("stream", None),
    ]
    assert json_of(withdraw())["previous"] == base64(chance("previous", 32))
    assert json_of(withdraw())["commitments"] == [base64(chance("a", 32)), base64(chance("b", 32))]


def test_the_json_of_what_colleagues_send() -> None:
    statement = signed_statement(ANA).to_json()
    assert list(json_of(reply()).items()) == [
        ("kind", "reply"),
        ("index", 0),
        ("day", "2026-11-21"),
        ("language", "en"),
        ("author", 1),
        ("statement", statement),
        ("readers", [1, 2]),
        ("echoes", [[0, base64(chance("a commitment", 32))]]),
        ("content", {"text": "Thank you. When was this?", "answers": None, "files": []}),
        ("stream", None),
    ]
    assert list(json_of(event(counter=1, previous=b"p" * 32)).items())[:-1] == [
        ("kind", "event"),
        ("case", base64(chance("case", 32))),
        ("author", 1),
        ("statement", statement),
        ("audience", [1, 2]),
        ("counter", 1),
        ("previous", base64(b"p" * 32)),
        ("day", "2026-11-21"),
        ("payload", base64(b'{"act":"note"}')),
    ]
    assert list(json_of(inventory()[0])) == [
        "kind", "author", "statement", "day", "part", "parts", "entries", "signature",
    ]  # fmt: skip
    assert list(json_of(contact()).items())[2:] == [
        ("reference", base64(chance("reference", 16))),
        ("day", "2026-11-21"),
        ("language", "en"),
        ("channel", 1),
        ("readers", [3]),
        ("text", "Ask for Q. at the harbour."),
    ]


# --- 4,000 characters of any script fit one body


@cache
def scripts() -> dict[str, str]:
    """Return every assigned letter, mark, number, sign and symbol, by the first word of its name."""
    found: dict[str, list[str]] = defaultdict(list)
    for code in range(0x110000):
        mark = chr(code)
        if unicodedata.category(mark) not in {"Cc", "Cs", "Co", "Cn"}:
            found[unicodedata.name(mark, "UNNAMED").split("-")[0].split()[0]].append(mark)
    return {name: "".join(marks) for name, marks in found.items()}


def longest(text: str) -> Message:
    """Return the message with everything else at its largest that a report can have in one body."""
    return message(
        KEYS,
        index=2**32 - 1,
        previous=chance("previous", 32),
        channel=65_535,
        readers=tuple(range(65_521 - 15, 65_521)),
        reference=chance("reference", 16),
        content=Content(text, Answers("story/1", {})),
    )


def test_4000_characters_of_every_script_fit_one_body() -> None:
    draw = Random(4_000)
    checked = scripts()
    assert len(checked) > 300
    assert any(ord(marks[0]) > 0xFFFF for marks in checked.values())
    for marks in checked.values():
        assert len(pack(encode(longest("".join(draw.choices(marks, k=4_000)))))) == 13_199


def test_4000_han_characters_of_every_plane_fit_one_body() -> None:
    han = "".join(marks for name, marks in scripts().items() if name == "CJK")
    assert sum(mark > "\uffff" for mark in han) > 60_000
    draw = Random(4_001)
    for _ in range(5):
        assert len(pack(encode(longest("".join(draw.choices(han, k=4_000)))))) == 13_199


def test_4000_characters_of_a_reply_fit_one_body_beside_64_echoes() -> None:
    echoes = tuple(Echo(number, chance(f"echo {number}", 32)) for number in range(64))
    draw = Random(4_002)
    for name in ("LATIN", "CYRILLIC", "ARABIC", "THAI", "DEVANAGARI", "ETHIOPIC"):
        text = "".join(draw.choices(scripts()[name], k=4_000))
        assert len(pack(encode(reply(echoes=echoes, content=Content(text))))) == 13_199


# --- nothing shows itself


def test_no_message_shows_what_was_written_or_the_key_of_its_thread() -> None:
    for body in (message(KEYS), contact(text="The tender"), event(payload=b"tender"), reply(content=Content("tender"))):
        shown = repr(body)
        assert "tender" not in shown.lower()
        assert repr(KEYS.thread.key) not in shown
        assert is_dataclass(body)
        assert fields(body)


def test_a_thread_of_another_person_is_another_thread() -> None:
    other = Thread(KEYS.thread.key, identity("x").recipient)
    body = decode(encode(message(KEYS, thread=other)))
    assert isinstance(body, Message)
    assert body.thread != KEYS.thread
    assert directory().site == SITE


SECRET = "Nkosazana-4711"
PLACES = [
    ("message", "day"),
    ("message", "language"),
    ("message", "previous"),
    ("message", "thread"),
    ("message", "recipient"),
    ("message", "content"),
    ("message", "stream"),
    ("reply", "statement"),
    ("reply", "echoes"),
    ("contact", "reference"),
    ("event", "payload"),
    ("message", SECRET),
]


@pytest.mark.parametrize(("kind", "name"), PLACES)
def test_a_message_that_is_refused_is_not_repeated_in_the_traceback(kind: str, name: str) -> None:
    with pytest.raises(BodyMalformed) as refused:
        decode(canonical.encode(json_of(examples()[kind]) | {name: SECRET}))
    assert SECRET not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("broken", [b"\xff", b'"', b",", b"{", b"\\u00"])
def test_json_that_is_broken_is_not_repeated_in_the_traceback(broken: bytes) -> None:
    with pytest.raises(BodyMalformed) as refused:
        decode(encode(message(KEYS, content=Content(SECRET))) + broken)
    text = "".join(traceback.format_exception(refused.value))
    assert SECRET not in text
    assert base64(KEYS.thread.key) not in text
