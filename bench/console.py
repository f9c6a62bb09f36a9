"""A console that syncs and opens 10,000 records, beside the raw calls that opening them takes.

Run with ``python -m bench.console``. Half of the records are for this reviewer, who has two live keys; the others are
decoys, which nobody can tell from records for somebody else. The records come from memory, in pages of 64, so that the
time is the console's own: opening, judging, signing, sealing and writing its ledger to disk. The shelf and HTTP are
measured elsewhere.
"""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from os import cpu_count
from pathlib import Path
from secrets import token_bytes
from time import perf_counter, process_time

from nacl import bindings
from nacl.exceptions import CryptoError

from whistle.console.desk import Desk
from whistle.courier import Pass, wire
from whistle.protocol import labels
from whistle.protocol.content import Content
from whistle.protocol.enrolment import Enrolment
from whistle.protocol.keyring import Channel, Keyring, Person, Role
from whistle.protocol.keys import Identity, Recipient
from whistle.protocol.lockbox import LEAST
from whistle.protocol.message import Message, encode
from whistle.protocol.published import Published
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.roots import fingerprint
from whistle.protocol.sealing import Author, Place, decoy, pack, seal
from whistle.protocol.signing import Signed, Signer
from whistle.protocol.state import State
from whistle.protocol.statement import Statement
from whistle.protocol.thread import SourceKeys

COUNT = 10_000
KEYS = 2
SAMPLE = 400
DAYS = 10
PASSPHRASE = "a passphrase for measuring"  # noqa: S105 - of a vault that is thrown away
TEXT = "They met on the ninth at the harbour office, and the envelope was on the table before the tender. " * 20
_SLOTS_AT = 1 + labels.COMMITMENT_SIZE


class MemoryCourier:
    """Carries nothing further than from this process's memory."""

    def __init__(self, published: bytes, records: dict[date, list[Record]]) -> None:
        self._published = published
        self._pages = {
            wire.listing_query(day, page[start - 1].address if start else b""): page[start : start + wire.LISTING_PAGE]
            for day, page in records.items()
            for start in range(0, len(page) + 1, wire.LISTING_PAGE)
        }

    def keyring(self) -> bytes:
        """Return the published document."""
        return self._published

    def publish(self, statement: bytes) -> None:
        """Refuse: the newest statement is there already."""
        raise AssertionError(statement)

    def messages(self, query: str, admission: Pass) -> tuple[Record, ...]:
        """Return one page of a day."""
        assert admission.signature
        return tuple(self._pages.get(query, ()))

    def put_message(self, record: Record) -> None:
        """Refuse: nothing is sent."""
        raise AssertionError(record)

    def put_chunks(self, records: Sequence[Record]) -> None:
        """Refuse: nothing is sent."""
        raise AssertionError(records)

    def look(self, addresses: Sequence[bytes]) -> tuple[bool, ...]:
        """Refuse: nothing is sent."""
        raise AssertionError(addresses)

    def fetch(self, addresses: Sequence[bytes]) -> tuple[bytes, ...]:
        """Refuse: no record has a stream."""
        raise AssertionError(addresses)

    def burn(self, tokens: Sequence[bytes]) -> None:
        """Refuse: nothing is burned."""
        raise AssertionError(tokens)


class Office:
    """An organisation of one reviewer, at whose desk the records arrive."""

    def __init__(self, folder: Path) -> None:
        self.today = datetime.now(UTC).date()
        root = Signer.generate()
        self.desk = Desk(folder, lock_minutes=None)
        request = Enrolment.parse(self.desk.create(PASSPHRASE, "Ana", Role.REVIEWER, LEAST))
        people = (Person(1, request.name, request.role, request.signing),)
        channels = (Channel(1, "Reports", "story/1", (1,)),)
        keyring = Keyring("Bureau", root.verifier, channels, people, (), 1, 1, self.today, self.today)
        self.site = keyring.site
        words = " ".join(fingerprint((root.verifier,)))
        self.desk.join(bytes(Published(keyring.sign(root), (), (), bytes(32), 0)), words, "")
        statements = [self.desk.rotate() for _key in range(KEYS)]
        self.recipients = [Statement.claimed(signed).recipient for signed in statements]
        self.published = bytes(Published(keyring.sign(root), (), (_newest(statements),), bytes(32), 0))

    def report(self, recipient: Recipient) -> Record:
        """Return a report of some 2,000 characters."""
        keys = SourceKeys(Receipt(token_bytes(labels.RECEIPT_SIZE)), self.site)
        address = keys.thread.address(labels.UP, 0)
        body = Message(keys.thread, 0, None, self.today, "en", 1, (1,), None, Content(TEXT), None)
        return seal(
            Place(address, burn_hash(keys.burn_token(address))),
            pack(encode(body)),
            Author(keys.identity, 0, 0),
            self.site,
            [recipient],
            (keys, State(1, 0, bytes(8), (1,))),
        )

    def records(self) -> dict[date, list[Record]]:
        """Return as many reports as decoys, spread over the days."""
        mine = [self.report(self.recipients[number % KEYS]) for number in range(COUNT // 2)]
        everything = sorted((*mine, *(decoy() for _ in range(COUNT - len(mine)))), key=lambda record: record.address)
        days = [self.today - timedelta(days=day) for day in range(DAYS)]
        return {day: everything[number::DAYS] for number, day in enumerate(days)}


def _newest(statements: Sequence[Signed]) -> Signed:
    return statements[-1]


def raw(records: Sequence[Record], identities: Sequence[Identity]) -> None:
    """Do what no program could leave out: try each slot of each record with each key, and open what opens."""
    for record in records:
        for identity in identities:
            if _raw_opens(record, identity):
                break


def _raw_opens(record: Record, identity: Identity) -> bool:
    public, secret = identity.recipient.x25519, identity.secret_scalar()
    opened = False
    for slot in range(labels.SLOT_COUNT):
        at = _SLOTS_AT + slot * labels.SLOT_SIZE
        try:
            inner = bindings.crypto_box_seal_open(record.sealed[at : at + labels.SLOT_SIZE], public, secret)
        except CryptoError:
            continue
        identity.mlkem.decapsulate(inner[: labels.MLKEM_CIPHERTEXT_SIZE])
        opened = True
    return opened


def measure_raw(office: Office, records: Sequence[Record]) -> tuple[float, float]:
    """Return the seconds that the raw calls take for all records: on one core, and on all of them."""
    session = office.desk._session  # noqa: SLF001 - the raw calls need the keys that a desk never gives out
    assert session is not None
    identities = [kept.identity for kept in reversed(session.vault.secrets.identities)]
    sample = records[:: max(1, len(records) // SAMPLE)]
    began = perf_counter()
    raw(sample, identities)
    one = perf_counter() - began
    cores = cpu_count() or 1
    began = perf_counter()
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(lambda core: raw(sample[core::cores], identities), range(cores)))
    everywhere = perf_counter() - began
    scale = len(records) / len(sample)
    return one * scale, everywhere * scale


def main() -> None:
    """Print how long a sync, a second sync and an unlock take."""
    with tempfile.TemporaryDirectory() as folder:
        office = Office(Path(folder) / "ana")
        records = office.records()
        courier = MemoryCourier(office.published, records)
        everything = [record for page in records.values() for record in page]
        one, everywhere = measure_raw(office, everything)
        began, processor = perf_counter(), process_time()
        synced = office.desk.sync(courier)
        seconds, processor = perf_counter() - began, process_time() - processor
        assert synced.messages == COUNT // 2
        print(f"sync and open {COUNT:,} records, half for others, {KEYS} live keys: {seconds:.1f} s")
        print(f"  {processor:.1f} s of CPU")
        print(f"  {seconds / everywhere:.2f} × the raw calls on all cores ({everywhere:.1f} s)")
        print(f"  {seconds / one:.2f} × the raw calls on one core ({one:.1f} s)")
        began = perf_counter()
        office.desk.sync(courier)
        print(f"sync again: {perf_counter() - began:.2f} s")
        office.desk.lock()
        began = perf_counter()
        office.desk.unlock(PASSPHRASE)
        print(f"unlock and check a ledger of {COUNT // 2:,} cases: {perf_counter() - began:.1f} s")
        began = perf_counter()
        assert len(office.desk.inbox()) == COUNT // 2
        print(f"inbox: {1000 * (perf_counter() - began):.0f} ms")
        office.desk.lock()


if __name__ == "__main__":
    main()
