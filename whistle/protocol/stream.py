"""Files and long texts as chunk records. docs/protocol.md, section 8.

The pieces of a stream are its files in the order of their table and then, where the content did not fit the body,
one last part. Each piece starts on a fresh chunk; zero chunks follow up to a padded count.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from secrets import token_bytes
from types import MappingProxyType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from whistle.errors import StreamAltered, StreamKeyReused, StreamMalformed, TooLarge
from whistle.protocol import labels
from whistle.protocol.content import Content, File, Part, StreamReference
from whistle.protocol.hashing import Row, hashed
from whistle.protocol.record import Record, burn_hash

_TEXT = labels.CHUNK_TEXT_SIZE
_INDEX_SIZE = 11


def chunks_of(size: int) -> int:
    """Return how many chunks a piece of ``size`` bytes takes."""
    return -(-size // _TEXT)


def padded(count: int) -> int:
    """Return the count of chunks that a stream with ``count`` chunks of data has: at least 8, else Padmé of it.

    Padmé (Nikitin et al., PETS 2019) leaves O(log log n) bits of the count to see, for at most 12 % more.
    """
    if count <= labels.CHUNK_MINIMUM:
        return labels.CHUNK_MINIMUM
    exponent = count.bit_length() - 1
    free = (1 << (exponent - exponent.bit_length())) - 1
    return (count + free) & ~free


class _Cipher:
    """AES-256-GCM for the chunks of one stream, as in the STREAM construction (Hoang et al., CRYPTO 2015).

    No nonce repeats under a key: the key is made for one stream and a nonce is the chunk's index and last flag.
    """

    def __init__(self, stream_key: bytes) -> None:
        self._addresses = Row(labels.CHUNK_ADDRESS, key=stream_key)
        self._aead = AESGCM(hashed(labels.CHUNK_KEY, key=stream_key))

    def address(self, index: int) -> bytes:
        return self._addresses.at(index)

    def seal(self, index: int, text: bytes, token: bytes, *, last: bool) -> Record:
        address, burn = self.address(index), burn_hash(token)
        return Record(address, burn, self._aead.encrypt(_nonce(index, last=last), text, address + burn))

    def open(self, index: int, record: Record, *, last: bool) -> bytes:
        if record.address != self.address(index):
            raise StreamAltered
        try:
            return self._aead.decrypt(_nonce(index, last=last), record.sealed, record.address + record.burn_hash)
        except InvalidTag as error:
            raise StreamAltered from error


def _nonce(index: int, *, last: bool) -> bytes:
    return index.to_bytes(_INDEX_SIZE, "big") + bytes([last])


class StreamWriter:
    """Seals files as they come, a chunk at a time, and holds back no more than two chunks.

    Each method that seals is an iterator of records, which do nothing until they are taken. The stream is complete,
    and ``reference`` is there to be put into a message, only when ``finish`` has been taken to its end.
    """

    def __init__(self, burn_tokens: Callable[[bytes], Row]) -> None:
        """Begin a stream; ``burn_tokens`` gives the tokens of its chunks from its nonce."""
        self.key = token_bytes(labels.STREAM_KEY_SIZE)
        # A zero nonce means "no stream" in a state slot; the chance of drawing one is 2^-64, but it is not nothing.
        self.nonce = token_bytes(labels.STREAM_NONCE_SIZE - 1) + b"\x01"
        self._cipher = _Cipher(self.key)
        self._burn_tokens = burn_tokens(self.nonce)
        self._begun: list[tuple[str, str, int]] = []
        self._sizes: list[int] = []
        self._rest = bytearray()
        self._held: bytes | None = None
        self._count = 0
        self._digest = sha256()
        self.reference: StreamReference | None = None

    @property
    def files(self) -> tuple[File, ...]:
        """The table of the files written so far."""
        begun = zip(self._begun, self._sizes, strict=True)
        return tuple(File(name, media_type, size, chunk) for (name, media_type, chunk), size in begun)

    def begin(self, name: str, media_type: str) -> Iterator[Record]:
        """Begin a file after whatever came before.

        Raises ``TooLarge`` for too long a name or too many files, ``StreamMalformed`` for a name that is no Unicode.
        """
        try:
            too_long = len(name.encode()) > labels.FILE_NAME_LIMIT or len(media_type.encode()) > labels.FILE_TYPE_LIMIT
        except UnicodeEncodeError as error:
            raise StreamMalformed from error
        if too_long or len(self._begun) >= labels.FILE_LIMIT:
            raise TooLarge
        yield from self._end_piece()
        self._begun.append((name, media_type, self._count))
        self._sizes.append(0)

    def write(self, data: bytes) -> Iterator[Record]:
        """Add ``data`` to the file begun last; raises ``TooLarge`` beyond 2^20 chunks."""
        self._sizes[-1] += len(data)
        yield from self._add(data)

    def finish(self, part: bytes | None = None) -> Iterator[Record]:
        """End the stream, with ``part`` (the content that did not fit the body) as its last piece."""
        yield from self._end_piece()
        place = None
        if part is not None:
            if len(part) > labels.PART_LIMIT:
                raise TooLarge
            place = Part(len(part), self._count, sha256(part).digest())
            yield from self._add(part)
            yield from self._end_piece()
        total = padded(self._count)
        if total > labels.CHUNK_LIMIT:
            raise TooLarge
        while self._count < total:
            yield from self._push(bytes(_TEXT))
        yield self._seal_held(last=True)
        self.reference = StreamReference(self.key, self.nonce, total, self._digest.digest(), place)

    def _add(self, data: bytes) -> Iterator[Record]:
        self._rest += data
        while len(self._rest) >= _TEXT:
            text = bytes(self._rest[:_TEXT])
            del self._rest[:_TEXT]
            yield from self._push(text)

    def _end_piece(self) -> Iterator[Record]:
        if self._rest:
            text = bytes(self._rest).ljust(_TEXT, b"\0")
            self._rest.clear()
            yield from self._push(text)

    def _push(self, text: bytes) -> Iterator[Record]:
        """Hold ``text`` back, for it may be the last, and give out what was held before."""
        if self._count >= labels.CHUNK_LIMIT:
            raise TooLarge
        if self._held is not None:
            yield self._seal_held(last=False)
        self._held = text
        self._count += 1

    def _seal_held(self, *, last: bool) -> Record:
        index, text = self._count - 1, self._held or b""
        record = self._cipher.seal(index, text, self._burn_tokens.at(index), last=last)
        self._digest.update(sha256(bytes(record)).digest())
        return record


class StreamReader:
    """Opens the chunks of one stream, in any order; ``finish`` says whether all of them were the right ones."""

    def __init__(self, reference: StreamReference) -> None:
        """Take the reference from a message that was verified."""
        self.reference = reference
        self._cipher = _Cipher(reference.key)
        self._hashes: dict[int, bytes] = {}

    def address(self, index: int) -> bytes:
        """Return the address (32 bytes) of chunk ``index``."""
        return self._cipher.address(index)

    def open(self, index: int, record: Record) -> bytes:
        """Return the 32,688 bytes of chunk ``index``; raises ``StreamAltered``."""
        last = index == self.reference.chunks - 1
        text = self._cipher.open(index, record, last=last)
        self._hashes[index] = sha256(bytes(record)).digest()
        return text

    def part_chunks(self) -> range:
        """Return the indices of the last part; raises ``StreamMalformed`` where it would lie outside the stream."""
        part = self.reference.part
        if part is None:
            return range(0)
        last = part.chunk + chunks_of(part.size)
        if last > self.reference.chunks:
            raise StreamMalformed
        return range(part.chunk, last)

    def open_part(self, texts: Sequence[bytes]) -> Content:
        """Return the content in the texts of ``part_chunks``; raises ``StreamAltered`` and ``BodyMalformed``."""
        part = self.reference.part
        whole = b"".join(texts)
        if part is None or sha256(whole[: part.size]).digest() != part.digest or whole[part.size :].strip(b"\0"):
            raise StreamAltered
        return Content.parse(whole[: part.size])

    def finish(self) -> None:
        """Raise ``StreamAltered`` unless every chunk was opened and together they are those that the message names."""
        if len(self._hashes) != self.reference.chunks:
            raise StreamAltered
        digest = sha256(b"".join(self._hashes[index] for index in range(self.reference.chunks))).digest()
        if digest != self.reference.digest:
            raise StreamAltered


class StreamKeys:
    """The streams that a reader has met, each under the commitment of the one message that may name it.

    What is kept is a stream's first address, by which no key can be told: it may be stored.
    """

    def __init__(self, met: Mapping[bytes, bytes] | None = None) -> None:
        """Take what ``met`` was when it was kept."""
        self._met = dict(met or {})

    @property
    def met(self) -> Mapping[bytes, bytes]:
        """Return commitments (32 bytes) by first addresses (32 bytes), to be kept."""
        return MappingProxyType(self._met)

    def meet(self, reference: StreamReference, commitment: bytes) -> None:
        """Remember a stream of a verified message; raises ``StreamKeyReused`` where another message named its key.

        A key sealed twice repeats its nonces, and would let somebody swap the files of one message for another's.
        """
        if self._met.setdefault(_Cipher(reference.key).address(0), commitment) != commitment:
            raise StreamKeyReused


class Layout:
    """Which bytes of which chunk belong to which file; anything else must be zero."""

    def __init__(self, reference: StreamReference, files: Sequence[File]) -> None:
        """Check the table against the count of chunks; raises ``StreamMalformed``."""
        self.files = tuple(files)
        next_chunk = 0
        for file in files:
            if file.chunk != next_chunk:
                raise StreamMalformed
            next_chunk += chunks_of(file.size)
        if reference.part is not None:
            if reference.part.chunk != next_chunk:
                raise StreamMalformed
            next_chunk += chunks_of(reference.part.size)
        if padded(next_chunk) != reference.chunks:
            raise StreamMalformed
        self._reference = reference

    def chunks(self, file: File) -> range:
        """Return the indices of the chunks of ``file``."""
        return range(file.chunk, file.chunk + chunks_of(file.size))

    def data(self, index: int, text: bytes) -> bytes:
        """Return the bytes of chunk ``index`` that are data; raises ``StreamAltered`` unless the others are zero."""
        size = 0
        pieces = [(file.chunk, file.size) for file in self.files]
        if self._reference.part is not None:
            pieces.append((self._reference.part.chunk, self._reference.part.size))
        for chunk, length in pieces:
            if chunk <= index < chunk + chunks_of(length):
                size = min(_TEXT, length - (index - chunk) * _TEXT)
        if text[size:].strip(b"\0"):
            raise StreamAltered
        return text[:size]
