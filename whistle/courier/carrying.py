"""A courier across an air gap: it reads what the intake carried out, and writes what is to be carried in.

On the intake, ``carry_out`` writes the one file and ``carry_in`` puts what is in the other.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from os import fsync
from pathlib import Path
from secrets import token_bytes
from types import TracebackType
from typing import BinaryIO, Self
from urllib.parse import parse_qsl

from whistle.courier import wire
from whistle.courier.carried import CarriedWriter, Entry, Kind, entries
from whistle.courier.courier import Courier, Pass
from whistle.errors import AddressTaken, CarriedMalformed, Refused, ShelfUnavailable, Unreachable
from whistle.protocol import labels
from whistle.protocol.canonical import undate
from whistle.protocol.record import Record, burn_hash


@dataclass(frozen=True, slots=True)
class _Where:
    """A record in one of the two files."""

    stream: BinaryIO
    offset: int

    def read(self) -> bytes:
        self.stream.seek(self.offset)
        data = self.stream.read(labels.RECORD_SIZE)
        if len(data) != labels.RECORD_SIZE:
            raise CarriedMalformed
        return data


class CarriedCourier:
    """A ``Courier`` over the file ``incoming``, from the intake; what is put goes to the file ``outgoing``.

    What was put or burned is seen at once, as if it had arrived. Raises ``CarriedMalformed`` for a damaged file, and
    ``Unreachable`` where a file cannot be opened.
    """

    def __init__(self, incoming: Path, outgoing: Path) -> None:
        self._document = b""
        self._places: dict[bytes, _Where] = {}
        self._burn_hashes: dict[bytes, list[bytes]] = {}
        self._days: dict[date, list[bytes]] = {}
        with ExitStack() as files:
            try:
                self._incoming = files.enter_context(incoming.open("rb"))
                outgoing.touch(mode=0o600)
                self._outgoing = files.enter_context(outgoing.open("rb"))
                self._unfinished = files.enter_context(outgoing.open("r+b"))
            except OSError as error:
                raise Unreachable from error
            self._read_incoming()
            self._writer = self._resume()
            self._files = files.pop_all()

    @property
    def days(self) -> tuple[date, ...]:
        """The days of which the file holds every message, ascending."""
        return tuple(self._days)

    # --- Courier

    def keyring(self) -> bytes:
        """Return the published document as it was when the file was made."""
        return self._document

    def publish(self, statement: bytes) -> None:
        """Have a signed sealing statement handed in."""
        self._add(Kind.STATEMENT, statement)

    def put_message(self, record: Record) -> None:
        """Have one message put; raises ``AddressTaken``."""
        if self._new([record]):
            self._remember(self._outgoing, self._add(Kind.MESSAGE, bytes(record)))

    def put_chunks(self, records: Sequence[Record]) -> None:
        """Have 1 to 32 chunks put; raises ``AddressTaken``."""
        if new := self._new(records):
            self._remember(self._outgoing, self._add(Kind.CHUNKS, b"".join(map(bytes, new))))

    def look(self, addresses: Sequence[bytes]) -> tuple[bool, ...]:
        """Return for each of exactly 128 addresses whether a record lies there."""
        if len(addresses) != labels.LOOK_COUNT:
            raise Refused
        return tuple(address in self._places for address in addresses)

    def fetch(self, addresses: Sequence[bytes]) -> tuple[bytes, ...]:
        """Return for each of exactly 8 addresses the record there, or random bytes."""
        if len(addresses) != labels.FETCH_COUNT:
            raise Refused
        return tuple(
            self._places[address].read() if address in self._places else token_bytes(labels.RECORD_SIZE)
            for address in addresses
        )

    def burn(self, tokens: Sequence[bytes]) -> None:
        """Have everything burned that 8 tokens burn."""
        self._forget(self._add(Kind.BURN, b"".join(tokens)))

    def messages(self, query: str, admission: Pass) -> tuple[Record, ...]:
        """Return one page of the listing; nobody checks the pass, as the file was given by hand."""
        del admission
        day, after = _parsed(query)
        page = sorted(address for address in self._days.get(day, []) if address > after)[: wire.LISTING_PAGE]
        return tuple(Record.parse(self._places[address].read()) for address in page)

    # --- the files

    def close(self) -> None:
        """Finish the outgoing file; nobody reads one that was not finished."""
        if not self._unfinished.closed:
            self._add(Kind.END, b"")
        self._files.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _read_incoming(self) -> None:
        day: list[bytes] | None = None
        for entry in entries(self._incoming):
            if (entry.kind is Kind.PUBLISHED) == bool(self._document):
                raise CarriedMalformed
            match entry.kind:
                case Kind.PUBLISHED:
                    self._document = entry.payload
                case Kind.DAY:
                    day = []
                    if self._days.setdefault(entry.day, day) is not day:
                        raise CarriedMalformed
                case Kind.MESSAGE if day is not None:
                    day += self._remember(self._incoming, entry)
                case Kind.CHUNKS:
                    self._remember(self._incoming, entry)
                case _:
                    raise CarriedMalformed
        if not self._document:
            raise CarriedMalformed

    def _resume(self) -> CarriedWriter:
        """Go on where an earlier session, or a crash, left the outgoing file."""
        if not self._outgoing.read(1):
            return CarriedWriter(self._unfinished)
        self._outgoing.seek(0)
        last: Entry | None = None
        for entry in entries(self._outgoing, unfinished=True):
            last = entry
            if entry.kind in {Kind.MESSAGE, Kind.CHUNKS}:
                self._remember(self._outgoing, entry)
            elif entry.kind is Kind.BURN:
                self._forget(entry)
            elif entry.kind is not Kind.STATEMENT:
                raise CarriedMalformed
        self._unfinished.seek(0 if last is None else last.end)
        self._unfinished.truncate()
        return CarriedWriter(self._unfinished, last)

    def _add(self, kind: Kind, payload: bytes) -> Entry:
        try:
            entry = self._writer.add(kind, payload)
            self._unfinished.flush()
            fsync(self._unfinished.fileno())
        except CarriedMalformed as error:
            raise Refused from error
        except OSError as error:
            raise ShelfUnavailable from error
        return entry

    def _new(self, records: Sequence[Record]) -> list[Record]:
        """Return those of ``records`` that are yet to be written; raises ``AddressTaken``."""
        there = [record for record in records if record.address in self._places]
        if any(self._places[record.address].read() != bytes(record) for record in there):
            raise AddressTaken
        return [record for record in records if record not in there]

    def _remember(self, stream: BinaryIO, entry: Entry) -> list[bytes]:
        """Note where the records of ``entry`` lie, and return their addresses.

        What was put once may have arrived since and be carried out again; other bytes at its address are an error.
        """
        for place, record in enumerate(entry.records):
            known = self._places.get(record.address)
            if known is None:
                self._places[record.address] = _Where(stream, entry.offset + place * labels.RECORD_SIZE)
                self._burn_hashes.setdefault(record.burn_hash, []).append(record.address)
            elif known.stream is stream or known.read() != bytes(record):
                raise CarriedMalformed
        return [record.address for record in entry.records]

    def _forget(self, entry: Entry) -> None:
        for token in entry.tokens:
            for address in self._burn_hashes.pop(burn_hash(token), []):
                self._places.pop(address, None)
                for day in self._days.values():
                    if address in day:
                        day.remove(address)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What ``carry_in`` did: how many puts and burns, and how many puts found another record at their address."""

    done: int
    taken: int


def carry_out(
    stream: BinaryIO, document: bytes, days: Iterable[tuple[date, Iterable[Record]]], chunks: Iterable[Record]
) -> None:
    """Write a carried file: the published document, the messages of each day, and chunks."""
    writer = CarriedWriter(stream)
    writer.add(Kind.PUBLISHED, document)
    for day, records in days:
        writer.add(Kind.DAY, day.isoformat().encode())
        for record in records:
            writer.add(Kind.MESSAGE, bytes(record))
    for record in chunks:
        writer.add(Kind.CHUNKS, bytes(record))
    writer.end()


def carry_in(stream: BinaryIO, courier: Courier) -> Delivered:
    """Put and burn by ``courier`` what a console wrote; doing it again does no harm.

    The whole file is checked first: raises ``CarriedMalformed`` before anything is put, and what ``courier`` raises.
    """
    for entry in entries(stream):
        if entry.kind not in {Kind.MESSAGE, Kind.CHUNKS, Kind.BURN, Kind.STATEMENT}:
            raise CarriedMalformed
    stream.seek(0)
    done = taken = 0
    for entry in entries(stream):
        try:
            _deliver(entry, courier)
            done += 1
        except AddressTaken:
            taken += 1
    return Delivered(done, taken)


def _deliver(entry: Entry, courier: Courier) -> None:
    if entry.kind is Kind.MESSAGE:
        courier.put_message(entry.records[0])
    elif entry.kind is Kind.CHUNKS:
        courier.put_chunks(entry.records)
    elif entry.kind is Kind.BURN:
        courier.burn(entry.tokens)
    else:
        courier.publish(entry.payload)


def _parsed(query: str) -> tuple[date, bytes]:
    """Return day and address of what ``wire.listing_query`` made; raises ``Refused``."""
    try:
        fields = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=True))
        day, after = undate(fields["day"]), bytes.fromhex(fields["after"])
    except (ValueError, KeyError) as error:
        raise Refused from error
    if wire.listing_query(day, after) != query:
        raise Refused
    return day, after
