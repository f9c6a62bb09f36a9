"""How inputs are changed: bits, bytes, tokens, lines and pieces of other inputs, several changes at a time."""

from collections.abc import Callable, Iterable, Sequence
from random import Random  # noqa: TID251 - chance is seeded here, so that a run can be repeated
from types import CodeType, FunctionType, ModuleType
from typing import Final

_INTERESTING: Final = (b"\x00", b"\xff", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b'"', b"\\", b"%", b"=", b"&", b";", b":")
_INTERESTING_MORE: Final = (b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc0\x80", "\u202e".encode(), "e\u0301".encode())
_NUMBERS: Final = (b"0", b"-1", b"1", b"127", b"256", b"32768", b"65536", b"4294967295", b"9007199254740993", b"1e9")
_AT_ONCE: Final = (1, 1, 1, 2, 2, 3, 4, 6)
_TOKEN_LIMIT: Final = 64
_SPAN: Final = 32


class Mutator:
    """Makes new inputs of at most ``limit`` bytes out of old ones; the same seed makes the same."""

    def __init__(self, seed: int, tokens: Sequence[bytes], limit: int) -> None:
        self._random = Random(seed)  # noqa: S311 - as above
        self._tokens = [*_INTERESTING, *_INTERESTING_MORE, *_NUMBERS, *tokens]
        self._limit = limit
        self._changes: tuple[Callable[[bytearray], None], ...] = (
            self._flip, self._set, self._set, self._insert_token, self._insert_token, self._overwrite, self._delete,
            self._repeat, self._number, self._lines,
        )  # fmt: skip

    def choose(self, weights: Sequence[float]) -> int:
        """Return a place, more often one of greater weight."""
        return self._random.choices(range(len(weights)), weights)[0]

    def mutate(self, data: bytes, other: bytes) -> bytes:
        """Return ``data`` changed; now and then the end is that of ``other``."""
        changed = bytearray(data)
        if self._random.random() < 0.1:  # noqa: PLR2004 - one in ten
            changed[self._random.randint(0, len(changed)) :] = other[self._random.randint(0, len(other)) :]
        for _ in range(self._random.choice(_AT_ONCE)):
            self._random.choice(self._changes)(changed)
        return bytes(changed[: self._limit])

    def _place(self, data: bytearray) -> int:
        return self._random.randrange(len(data)) if data else 0

    def _span(self, data: bytearray) -> slice:
        begin = self._place(data)
        return slice(begin, begin + self._random.choice((1, 2, 4, self._random.randint(1, _SPAN), len(data))))

    def _flip(self, data: bytearray) -> None:
        if data:
            data[self._place(data)] ^= 1 << self._random.randrange(8)

    def _set(self, data: bytearray) -> None:
        if data:
            data[self._place(data)] = self._random.randrange(256)

    def _insert_token(self, data: bytearray) -> None:
        at = self._random.randint(0, len(data))
        data[at:at] = self._random.choice(self._tokens)

    def _overwrite(self, data: bytearray) -> None:
        token = self._random.choice(self._tokens)
        at = self._place(data)
        data[at : at + len(token)] = token

    def _delete(self, data: bytearray) -> None:
        del data[self._span(data)]

    def _repeat(self, data: bytearray) -> None:
        piece = data[self._span(data)]
        at = self._random.randint(0, len(data))
        data[at:at] = piece * self._random.choice((1, 1, 2, 3, 16, 100)) if len(piece) <= _SPAN else piece

    def _number(self, data: bytearray) -> None:
        """Put another number in the place of one that is there."""
        digits = [at for at, byte in enumerate(data) if chr(byte).isdigit()]
        if digits:
            begin = end = self._random.choice(digits)
            while end < len(data) and chr(data[end]).isdigit():
                end += 1
            old = int(data[begin:end][:18].decode("latin-1").translate(_ONLY_ASCII) or "0")
            near = str(max(0, old + self._random.randint(-2, 2))).encode()
            data[begin:end] = self._random.choice((near, near, *_NUMBERS))

    def _lines(self, data: bytearray) -> None:
        """Take a line away, double it, or put it elsewhere."""
        lines = data.split(b"\n")
        line = lines.pop(self._random.randrange(len(lines)))
        for _ in range(self._random.choice((0, 1, 2))):
            lines.insert(self._random.randint(0, len(lines)), line)
        data[:] = b"\n".join(lines)


#: Superscript digits count as digits in Latin-1, but are none.
_ONLY_ASCII: Final = {0xB2: None, 0xB3: None, 0xB9: None}


def tokens_of(modules: Iterable[ModuleType]) -> list[bytes]:
    """Return the short texts that the code of these modules names: what a parser looks for is written in it."""
    found: dict[bytes, None] = {}
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, FunctionType | type):
                codes = _methods(value) if isinstance(value, type) else [value.__code__]
                for code in codes:
                    found |= dict.fromkeys(_constants(code))
    return sorted(found)


def _methods(kind: type) -> list[CodeType]:
    functions = [getattr(value, "fget", None) or getattr(value, "__func__", value) for value in vars(kind).values()]
    return [function.__code__ for function in functions if isinstance(function, FunctionType)]


def _constants(code: CodeType) -> list[bytes]:
    found: list[bytes] = []
    for value in code.co_consts[1:] if code.co_consts and isinstance(code.co_consts[0], str) else code.co_consts:
        for each in value if isinstance(value, tuple | frozenset) else (value,):
            if isinstance(each, str):
                found.append(each.encode())
            elif isinstance(each, bytes):
                found.append(each)
            elif isinstance(each, CodeType):
                found += _constants(each)
    return [each for each in found if 0 < len(each) <= _TOKEN_LIMIT]
