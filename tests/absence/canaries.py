"""Reports that nobody else could have written, and every secret that comes of sending them."""

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from tests.absence.search import Needle
from tests.corpus import Attachment, Report, load
from tests.journeys.instance import ANA, BOON, CHITRA, Instance
from whistle.console.vault import Vault
from whistle.courier.http import HttpCourier
from whistle.errors import NotForMe, UnsupportedVersion
from whistle.protocol import labels
from whistle.protocol.hashing import hashed
from whistle.protocol.keys import Identity
from whistle.protocol.message import Message
from whistle.protocol.reading import open_any
from whistle.protocol.record import Record
from whistle.protocol.thread import SourceKeys

_BASE = load()[0]
#: One for each width in which Python and browsers keep letters, and for each number of bytes in UTF-8.
ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "àâæçèéêëîïñôöùûüÿabcdefghi",
    "абвгдежзийклмнопрстуфхцчшщ",
    "กขคงจฉชซญดตถทธนบปผฝพฟมยรลว",
    "".join(map(chr, range(0x4E00, 0x4E40))),
    "".join(map(chr, range(0x20000, 0x20040))),
)
_WORDS, _LETTERS = 4, 8
#: Characters of texts: some words, what fits a record, what does not.
_TEXTS = (40, 1_500, 9_000, 40_000)
_CONTACT = 80
#: Bytes of files, and of what is repeated in each of them: whatever is left of one has it whole.
_FILES = (300, 40_000, 300_000, 1_500_000)
_PERIOD = 256


def reports(mode: str, count: int, *, files: bool) -> Iterator[Report]:
    """Yield so many reports; text, follow-up, contact and files are random, and each is said many times over."""
    chance = random.Random()
    for number in range(count):
        alphabet = ALPHABETS[number % len(ALPHABETS)]
        attached = [_file(chance, alphabet, _FILES[(number + each) % len(_FILES)]) for each in range(2 if files else 0)]
        yield replace(
            _BASE,
            slug=f"{mode} {number}",
            text=_text(chance, alphabet, _TEXTS[number % len(_TEXTS)]),
            answer="",
            follow_up=_text(chance, alphabet, _TEXTS[(number + 1) % 3]),
            contact=_text(chance, alphabet, _CONTACT) if number % 2 else None,
            excludes=("reviewer-1",) if number % 3 == 1 else (),
            attachments=tuple(attached),
        )


def _phrase(chance: random.Random, alphabet: str) -> str:
    return " ".join("".join(chance.choices(alphabet, k=_LETTERS)) for _ in range(_WORDS))


def _text(chance: random.Random, alphabet: str, size: int) -> str:
    """Return lines that all begin with one phrase, and do not get much smaller by being compressed."""
    phrase, lines = _phrase(chance, alphabet), [""]
    while not lines[0] or sum(map(len, lines)) < size:
        lines = [line for line in lines if line] + [f"{phrase} {_phrase(chance, alphabet)}"]
    return "\n".join(lines)


def _file(chance: random.Random, alphabet: str, size: int) -> Attachment:
    block = chance.randbytes(_PERIOD)
    content = (block * (size // _PERIOD + 1))[:size]
    return Attachment(f"{_phrase(chance, alphabet)}.dat", "", content)


def identities(instance: Instance) -> list[Identity]:
    """Return the keys of all people of the organisation."""
    found = []
    for number in (ANA, BOON, CHITRA):
        vault = Vault.open(instance.member_folder(number), instance.trial.passphrase)
        found += [kept.identity for kept in vault.secrets.identities]
        vault.lock()
    return found


def contents_of(slug: str, instance: Instance, keys: SourceKeys, readers: Sequence[Identity]) -> Iterator[Needle]:
    """Give the keys of everything that a source has sent, as its readers get to know them."""
    places = [*(keys.thread.address(labels.UP, index) for index in range(7)), keys.contact_address(0)]
    with closing(HttpCourier(instance.address)) as courier:
        records = courier.fetch(places)
    for number, untrusted_bytes in enumerate(records):
        for reader in readers:
            try:
                message = open_any(Record.parse(untrusted_bytes), reader)
            except (NotForMe, UnsupportedVersion):
                continue
            yield Needle(f"{slug}, content key {number}", message.opened.content_key)
            yield Needle(f"{slug}, proof {number}", message.opened.proof)
            if isinstance(message.body, Message) and message.body.stream is not None:
                stream = message.body.stream
                yield Needle(f"{slug}, stream key {number}", stream.key)
                yield Needle(f"{slug}, chunk key {number}", hashed(labels.CHUNK_KEY, key=stream.key))
                yield Needle(f"{slug}, chunk token {number}", keys.chunk_burn_tokens(stream.nonce).at(0))
