"""The commit point of whatever a source says: one record at the first free index of its thread."""

from collections.abc import Callable, Sequence
from typing import Literal

from whistle.courier import Courier
from whistle.courier.asking import fetch, look
from whistle.errors import AddressTaken, AlreadySent, ProtocolError
from whistle.protocol import labels
from whistle.protocol.keyring import Role
from whistle.protocol.message import UNKNOWN, Message, Withdraw, encode
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.sealing import Author, Place, pack, seal
from whistle.protocol.state import State
from whistle.protocol.statement import Statement
from whistle.protocol.thread import SourceKeys
from whistle.source import judging
from whistle.source.survey import WINDOW

#: Indices that a dropped reader may have filled with rubbish before we give up: as many as one look shows.
_ATTEMPTS = WINDOW
_NO_STREAM = bytes(labels.STREAM_NONCE_SIZE)


class Commit:
    """Puts one record upwards, at ``index`` or, where a stranger lies there, at the next free one.

    Every step can be asked for again after a ``CourierError`` or ``ShelfError``: the same bytes are put again.
    """

    def __init__(self, courier: Courier, keys: SourceKeys, readers: Sequence[Statement], index: int) -> None:
        self.index = index
        self._courier = courier
        self._keys = keys
        self._readers = readers
        self._attempts = _ATTEMPTS
        self._reserved = False
        self._record: Record | None = None

    def reserve(self) -> None:
        """Make sure that the index is free, before anything is stored; raises ``AlreadySent``."""
        while not self._reserved:
            if look(self._courier, [self._address])[0]:
                self._step_over()
            else:
                self._reserved = True

    def put(self, body_at: Callable[[int], Message | Withdraw]) -> Record:
        """Put what ``body_at`` says for an index; raises ``AlreadySent`` if one of ours came in between."""
        while True:
            record = self._record = self._record or self._seal(body_at(self.index))
            try:
                self._courier.put_message(record)
            except AddressTaken:
                self._step_over()
            else:
                return record

    def _step_over(self) -> None:
        """Go on to the next index if a stranger's record lies here; raises ``AlreadySent`` if it is our own."""
        record = fetch(self._courier, [self._address])[0]
        if record is not None and self._is_ours(record):
            raise AlreadySent(self.index)
        self._attempts -= 1
        if not self._attempts:
            raise AddressTaken
        self.index += 1
        self._record = None

    @property
    def _address(self) -> bytes:
        return self._keys.thread.address(labels.UP, self.index)

    def _seal(self, body: Message | Withdraw) -> Record:
        keys, address = self._keys, self._address
        stream = body.stream if isinstance(body, Message) else None
        token = keys.withdraw_burn_token(address) if isinstance(body, Withdraw) else keys.burn_token(address)
        chunks, nonce = (0, _NO_STREAM) if stream is None else (stream.chunks, stream.nonce)
        state = State(body.channel, chunks, nonce, body.readers)
        author = Author(keys.identity, Role.SOURCE, 0)
        recipients = [statement.recipient for statement in self._readers]
        place = Place(address, burn_hash(token))
        return seal(place, pack(encode(body)), author, keys.site, recipients, (keys, state))

    def _is_ours(self, record: Record) -> bool:
        try:
            judging.own(record, self.index, self._keys)
        except ProtocolError:
            return False
        return True


def previous_of(index: int, newest: int | None, commitment: bytes | None) -> bytes | Literal["unknown"] | None:
    """Return the commitment of the message before ``index`` if ``newest`` is that one, as a body states it."""
    if index == 0:
        return None
    return commitment if newest == index - 1 and commitment is not None else UNKNOWN
