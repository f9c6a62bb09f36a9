"""A receipt: 16 random bytes that a person writes down as 12 words. docs/protocol.md, section 3.

The words are those of BIP-39. A receipt carries 128 bits and 4 bits of checksum, and needs no slow derivation:
guessing one is hopeless at any speed.
"""

import secrets
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from typing import NoReturn, Self
from unicodedata import category, normalize

from mnemonic import Mnemonic

from whistle.errors import AmbiguousReceipt, ReceiptError, UnknownWord, WrongChecksum, WrongWordCount
from whistle.protocol.labels import RECEIPT_SIZE, RECEIPT_WORDS

LANGUAGES = tuple(sorted(Mnemonic.list_languages()))

#: Word 1,573 of the Russian list, as the package ships it and as it is meant.
_BROKEN_WORD, _MENDED_WORD = "сно\ufffd\ufffdа", "снова"  # noqa: RUF001 - Russian
_DOTLESS_I = "\u0131"
_WORD_BITS = 11
_CHECKSUM_BITS = 4


def _plain(text: str) -> str:
    """Return ``text`` as people may type it: small letters, no accents; no list has two words that this makes one."""
    small = normalize("NFKD", text).lower().replace(_DOTLESS_I, "i")
    return "".join(mark for mark in small if category(mark)[0] != "M")


@cache
def wordlist(language: str) -> tuple[str, ...]:
    """Return the 2,048 words of one of ``LANGUAGES``, as BIP-39 orders them."""
    return tuple(_MENDED_WORD if word == _BROKEN_WORD else word for word in Mnemonic(language).wordlist)


@cache
def _positions(language: str) -> dict[str, int]:
    return {_plain(word): place for place, word in enumerate(wordlist(language))}


def _split(text: str) -> list[str]:
    # People number their words, put commas between them, or write them in lines; words have letters only.
    words = "".join(mark if category(mark)[0] == "L" else " " for mark in _plain(text)).split()
    # Chinese is written without spaces, and every word of its lists is one character.
    if len(words) == 1 and len(words[0]) == RECEIPT_WORDS and all("\u4e00" <= mark <= "\u9fff" for mark in words[0]):
        return list(words[0])
    return words


def _entropy(places: list[int]) -> bytes | None:
    """Return the 16 bytes behind 12 places in a list, or ``None`` where the checksum of BIP-39 does not fit."""
    bits = 0
    for place in places:
        bits = bits << _WORD_BITS | place
    entropy = (bits >> _CHECKSUM_BITS).to_bytes(RECEIPT_SIZE, "big")
    return entropy if _places(entropy) == places else None


def _places(entropy: bytes) -> list[int]:
    """Return the places of the 12 words: 128 bits and 4 of their SHA-256, 11 bits a word."""
    checksum = sha256(entropy).digest()[0] >> 8 - _CHECKSUM_BITS
    bits = int.from_bytes(entropy, "big") << _CHECKSUM_BITS | checksum
    return [bits >> _WORD_BITS * (RECEIPT_WORDS - 1 - at) & 2047 for at in range(RECEIPT_WORDS)]


def _fail(words: list[str], languages: Sequence[str]) -> NoReturn:
    """Raise for the most likely of ``languages``: the one that knows the most of the words."""
    unknown = min(
        ([at for at, word in enumerate(words, 1) if word not in _positions(language)] for language in languages),
        key=len,
    )
    if unknown:
        raise UnknownWord(unknown[0])
    raise WrongChecksum


class Receipt:
    """The source's only secret. Whoever has it can read the replies; it never shows itself by accident."""

    __slots__ = ("_entropy",)

    def __init__(self, entropy: bytes) -> None:
        """Take exactly 16 bytes; raises ``WrongWordCount`` for any other size."""
        if len(entropy) != RECEIPT_SIZE:
            raise WrongWordCount
        self._entropy = entropy

    @classmethod
    def generate(cls) -> Self:
        """Return a new receipt from the operating system's randomness."""
        return cls(secrets.token_bytes(RECEIPT_SIZE))

    @classmethod
    def parse(cls, untrusted_text: str, language: str | None = None) -> Self:
        """Return the receipt behind 12 words of ``language``, or of whichever list they are from.

        Raises ``WrongWordCount``, ``UnknownWord``, ``WrongChecksum``, and ``AmbiguousReceipt`` where several lists
        give different receipts; its ``languages`` are those to choose from. ``ReceiptError`` where ``language`` is
        none of ``LANGUAGES``.
        """
        if language is not None and language not in LANGUAGES:
            raise ReceiptError
        languages = LANGUAGES if language is None else (language,)
        words = _split(untrusted_text)
        if len(words) != RECEIPT_WORDS:
            raise WrongWordCount
        found: dict[bytes, list[str]] = {}
        for name in languages:
            positions = _positions(name)
            if all(word in positions for word in words):
                entropy = _entropy([positions[word] for word in words])
                if entropy is not None:
                    found.setdefault(entropy, []).append(name)
        if not found:
            _fail(words, languages)
        if len(found) > 1:
            raise AmbiguousReceipt([names[0] for names in found.values()])
        return cls(next(iter(found)))

    def words(self, language: str = "english") -> tuple[str, ...]:
        """Return the 12 words in ``language``, for a person to write down."""
        return tuple(wordlist(language)[place] for place in _places(self._entropy))

    def secret_bytes(self) -> bytes:
        """Return the 16 bytes from which every key of the source derives."""
        return self._entropy

    def __repr__(self) -> str:
        """Tell that this is a receipt, and nothing of it."""
        return "<Receipt>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a secret leaves only by ``secret_bytes`` or ``words``."""
        raise TypeError
