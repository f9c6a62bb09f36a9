"""Trying every record with every live Identity, as fast as the machine allows.

Threads are enough, and a secret never leaves this process: the calls that take the time are C, which lets go of the
interpreter while it works.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from whistle.console.vault import KeptIdentity
from whistle.errors import NotForMe, ProtocolError, UnsupportedVersion
from whistle.protocol.message import Body
from whistle.protocol.reading import Reader, Verified, open_any
from whistle.protocol.record import Record

#: How many records one thread takes at a time.
_SHARE = 16


@dataclass(frozen=True, slots=True)
class Found:
    """A record that one of our Identities opens: what was in it, or why that cannot be believed."""

    record: Record
    reader: Reader
    untrusted: Verified[Body] | ProtocolError


class Opener:
    """Opens records for one person of one organisation."""

    def __init__(self, identities: Sequence[KeptIdentity], person: int, site: bytes) -> None:
        """Take every Identity that is not destroyed; the newest is tried first."""
        newest_first = sorted(identities, key=lambda kept: kept.number, reverse=True)
        self._readers = [Reader(kept.identity, person, site) for kept in newest_first]
        self._pool = ThreadPoolExecutor(os.cpu_count() or 1, "opening")

    def open(self, records: Sequence[Record]) -> Iterator[Found]:
        """Give the records that are for us, in their order, and not a word of any other.

        A record of a later version is passed over like one for somebody else: who it is for cannot be known, and an
        excluded colleague must not learn that it is there. The keyring's minimum version tells people to update.
        """
        shares = [records[at : at + _SHARE] for at in range(0, len(records), _SHARE)]
        for share in self._pool.map(self._open_share, shares):
            yield from share

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(cancel_futures=True)

    def _open_share(self, records: Sequence[Record]) -> list[Found]:
        return [found for record in records if (found := self._open(record)) is not None]

    def _open(self, record: Record) -> Found | None:
        for reader in self._readers:
            try:
                return Found(record, reader, open_any(record, reader.identity))
            except (NotForMe, UnsupportedVersion):
                continue
            except ProtocolError as error:
                return Found(record, reader, error)
        return None
