"""Sending a message: its files first, the message last. docs/protocol.md, sections 8 and 9."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from secrets import token_bytes

from whistle.courier import Courier
from whistle.errors import AddressTaken, SendingBroken, TooLarge
from whistle.protocol import labels
from whistle.protocol.content import Content, StreamReference
from whistle.protocol.directory import Directory
from whistle.protocol.keyring import Role
from whistle.protocol.message import Contact, Message, encode
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.sealing import Author, Place, commitment_of, pack, seal
from whistle.protocol.stream import StreamWriter
from whistle.protocol.thread import SourceKeys
from whistle.source.committing import Commit, previous_of
from whistle.source.draft import Attachment, Draft, statements_of

#: A few bytes that keys, nonces and digests may need more than others, after compression.
_SPARE = 128
#: How many contact records may lie where the next would, left behind by attempts that did not come to their end.
CONTACT_ATTEMPTS = 16


@dataclass(frozen=True)
class Sent:
    """What was stored: the index of the message, its commitment (32 bytes), and the names of its readers."""

    index: int
    commitment: bytes = field(repr=False)
    readers: tuple[str, ...]


class Sending:
    """One message on its way.

    ``send`` may be called again after a ``CourierError`` or ``ShelfError``: it goes on where it stopped, with the same
    bytes. At most 33 chunks are in memory at a time, however large the attachments are.
    """

    def __init__(
        self,
        courier: Courier,
        directory: Directory,
        keys: SourceKeys,
        draft: Draft,
        attachments: Iterable[Attachment],
        index: int,
        newest: tuple[int | None, bytes | None],
    ) -> None:
        """Check everything that can be checked before anything is put.

        ``newest`` is index and commitment of the newest message before. Raises as ``Source.prepare``.
        """
        draft.check()
        self._courier = courier
        self._directory = directory
        self._keys = keys
        self._draft = draft
        self._newest = newest
        self._readers = statements_of(directory, draft.readers, directory.readers(draft.channel))
        self._reference = None if draft.contact is None else token_bytes(labels.REFERENCE_SIZE)
        self._contact = self._contacts()
        self._unput_contact = next(self._contact, None)
        self._stream: StreamReference | None = None
        self._content: Content | None = Content(draft.text, draft.answers)
        encode(self._body(index, self._content, None))
        self._commit = Commit(courier, keys, self._readers, index)
        self._chunks = self._sealed(attachments)
        self._unput: list[Record] = []
        self._sealed_all = False

    @property
    def index(self) -> int:
        """The index that the message has, or will have as far as is known."""
        return self._commit.index

    def send(self) -> Sent:
        """Put what is not put yet. Raises ``AlreadySent``, ``SendingBroken``, ``TooLarge`` and all of a courier."""
        self._commit.reserve()
        self._put_chunks()
        self._put_contact()
        record = self._commit.put(lambda index: self._body(index, self._content, self._stream))
        names = tuple(self._directory.person(statement.person).name for statement in self._readers)
        return Sent(self._commit.index, commitment_of(record), names)

    # --- files and long texts

    def _put_chunks(self) -> None:
        while True:
            room = labels.PUT_CHUNK_LIMIT - len(self._unput)
            self._unput += islice(self._chunks, room)
            if not self._unput:
                break
            self._courier.put_chunks(self._unput)
            self._unput = []
        if not self._sealed_all:
            # A generator that failed while it read a file looks as if it had come to its end.
            raise SendingBroken

    def _sealed(self, attachments: Iterable[Attachment]) -> Iterator[Record]:
        writer = StreamWriter(self._keys.chunk_burn_tokens)
        for attachment in attachments:
            yield from writer.begin(attachment.sent_name, attachment.sent_type)
            while data := attachment.stream.read(labels.CHUNK_TEXT_SIZE):
                yield from writer.write(data)
        content = Content(self._draft.text, self._draft.answers, writer.files)
        part = None if self._fits(content) else bytes(content)
        if content.files or part is not None:
            yield from writer.finish(part)
            self._stream = writer.reference
        self._content = content if part is None else None
        self._sealed_all = True

    def _fits(self, content: Content) -> bool:
        """Tell whether ``content`` fits the body; the stream that it may need is not known before it is complete."""
        stream = None
        if content.files:
            key, digest = token_bytes(labels.STREAM_KEY_SIZE), token_bytes(labels.HASH_SIZE)
            stream = StreamReference(key, token_bytes(7) + b"\x01", labels.CHUNK_LIMIT, digest)
        try:
            packed = pack(encode(self._body(self._commit.index, content, stream)))
        except TooLarge:
            return False
        return int.from_bytes(packed[:4], "little") + _SPARE <= labels.BODY_TEXT_LIMIT

    # --- contact details

    def _put_contact(self) -> None:
        while self._unput_contact is not None:
            try:
                self._courier.put_message(self._unput_contact)
            except AddressTaken:
                self._unput_contact = next(self._contact, None)
                if self._unput_contact is None:
                    raise
            else:
                self._unput_contact = None

    def _contacts(self) -> Iterator[Record]:
        """Give out the contact record, for one place after the other where it may lie."""
        draft, keys = self._draft, self._keys
        if draft.contact is None or self._reference is None:
            return
        statements = statements_of(self._directory, draft.custodians, self._directory.custodians(draft.channel))
        identity = keys.contact_identity
        body = Contact(
            identity.recipient,
            self._reference,
            self._directory.today,
            draft.language,
            draft.channel,
            tuple(statement.person for statement in statements),
            draft.contact,
        )
        packed, author = pack(encode(body)), Author(identity, Role.SOURCE, 0)
        recipients = [statement.recipient for statement in statements]
        for index in range(CONTACT_ATTEMPTS):
            place = Place(keys.contact_address(index), burn_hash(keys.contact_burn_token(index)))
            yield seal(place, packed, author, keys.site, recipients)

    # --- the message

    def _body(self, index: int, content: Content | None, stream: StreamReference | None) -> Message:
        return Message(
            self._keys.thread,
            index,
            previous_of(index, *self._newest),
            self._directory.today,
            self._draft.language,
            self._draft.channel,
            tuple(statement.person for statement in self._readers),
            self._reference,
            content,
            stream,
        )
