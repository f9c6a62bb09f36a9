"""Taking everything back: first it is said, then it is burned. docs/protocol.md, section 9."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from whistle.courier import Courier
from whistle.courier.asking import batches, burn, fetch
from whistle.errors import NothingFound, ProtocolError, RecordMalformed
from whistle.protocol import labels
from whistle.protocol.directory import Directory
from whistle.protocol.message import Reply, Withdraw
from whistle.protocol.reading import Verified
from whistle.protocol.record import Record
from whistle.protocol.sealing import commitment_of
from whistle.protocol.thread import SourceKeys, reply_burn_token, reply_chunk_burn_tokens
from whistle.source import judging
from whistle.source.committing import Commit, previous_of
from whistle.source.draft import statements_of
from whistle.source.judging import Own
from whistle.source.sending import CONTACT_ATTEMPTS
from whistle.source.survey import Occupied, survey
from whistle.source.visit import Problem


@dataclass(frozen=True)
class Withdrawn:
    """What was taken back and burned: indices of messages and of replies; ``problems`` are records left as they are."""

    messages: tuple[int, ...]
    replies: tuple[int, ...]
    problems: tuple[Problem, ...]


class Withdrawing:
    """One withdrawal. It may be done again after any failure, and then takes back what is left."""

    def __init__(self, courier: Courier, directory: Directory, keys: SourceKeys, language: str) -> None:
        self._courier = courier
        self._directory = directory
        self._keys = keys
        self._language = language
        self._problems: list[Problem] = []

    def withdraw(self, readers: Sequence[int], *, also_replies: bool) -> Withdrawn:
        """Tell ``readers``, then burn. Raises as ``Source.withdraw``."""
        occupied = survey(self._courier, self._keys.thread)
        own = self._own(occupied)
        messages = [each for each in own if not each.withdraw]
        replies = self._replies(occupied) if also_replies else []
        if not own and not occupied.down:
            raise NothingFound
        if messages:
            self._tell(readers, messages, own[-1], occupied.up[-1] + 1)
        # The record that tells of a stream goes after the stream, or a failure would leave chunks nobody can name.
        for each in messages:
            burn(self._courier, self._tokens(each))
        for reply in replies:
            burn(self._courier, self._reply_tokens(reply))
        burn(self._courier, (self._keys.contact_burn_token(index) for index in range(CONTACT_ATTEMPTS)))
        return Withdrawn(
            tuple(each.index for each in messages),
            tuple(reply.body.index for reply in replies),
            tuple(self._problems),
        )

    # --- what there is

    def _own(self, occupied: Occupied) -> list[Own]:
        found: list[Own] = []
        for index, record in self._records(labels.UP, occupied.up):
            try:
                found.append(judging.own(record, index, self._keys))
            except ProtocolError as error:
                self._problems.append(Problem(ours=True, index=index, error=error))
        return found

    def _replies(self, occupied: Occupied) -> list[Verified[Reply]]:
        found: list[Verified[Reply]] = []
        for index, record in self._records(labels.DOWN, occupied.down):
            try:
                found.append(judging.reply(record, self._keys, self._directory))
            except ProtocolError as error:
                self._problems.append(Problem(ours=False, index=index, error=error))
        return found

    def _records(self, direction: int, indices: Sequence[int]) -> Iterator[tuple[int, Record]]:
        for batch in batches(indices, labels.FETCH_COUNT):
            addresses = [self._keys.thread.address(direction, index) for index in batch]
            for index, record in zip(batch, fetch(self._courier, addresses), strict=True):
                if record is None:
                    problem = Problem(ours=direction == labels.UP, index=index, error=RecordMalformed())
                    self._problems.append(problem)
                else:
                    yield index, record

    # --- telling

    def _tell(self, readers: Sequence[int], messages: list[Own], newest: Own, index: int) -> None:
        """Put a withdraw that lists the commitments of ``messages``, in as many records as it needs."""
        channel = newest.state.channel
        statements = statements_of(self._directory, readers, self._directory.readers(channel))
        people = tuple(statement.person for statement in statements)
        last = (newest.index, newest.commitment)
        for batch in batches(messages, labels.WITHDRAW_LIMIT):
            commit = Commit(self._courier, self._keys, statements, index)
            commit.reserve()
            body_at = partial(self._body, last, channel, people, tuple(each.commitment for each in batch))
            last = (commit.index, commitment_of(commit.put(body_at)))
            index = commit.index + 1

    def _body(
        self, last: tuple[int, bytes], channel: int, people: tuple[int, ...], listed: tuple[bytes, ...], index: int
    ) -> Withdraw:
        previous, today = previous_of(index, *last), self._directory.today
        return Withdraw(self._keys.thread, index, previous, today, self._language, channel, people, listed)

    # --- burning

    def _tokens(self, own: Own) -> Iterator[bytes]:
        """Give out what burns a message: its chunks, then itself."""
        tokens = self._keys.chunk_burn_tokens(own.state.stream_nonce)
        for chunk in range(own.state.chunks):
            yield tokens.at(chunk)
        yield self._keys.burn_token(own.record.address)

    def _reply_tokens(self, reply: Verified[Reply]) -> Iterator[bytes]:
        """Give out what burns a reply: its chunks, then itself."""
        body, stream = reply.body, reply.body.stream
        _person, statement = self._directory.author(body.statement, body.author, body.day)
        shared = self._keys.identity.shared_secret(statement.recipient)
        if stream is not None:
            tokens = reply_chunk_burn_tokens(shared, stream.nonce)
            for chunk in range(stream.chunks):
                yield tokens.at(chunk)
        yield reply_burn_token(shared, reply.opened.record.address)
