"""What a person signs for colleagues: events on a case, and inventories of a day. docs/protocol.md, section 10."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from whistle.protocol import labels
from whistle.protocol.hashing import hashed
from whistle.protocol.message import Event, Inventory
from whistle.protocol.record import Record
from whistle.protocol.signing import Signed, Signer, Verifier


def sign_event(signer: Signer, site: bytes, event: Event) -> Event:
    """Return ``event`` with its author's signature in place of whatever it had."""
    return replace(event, signature=signer.sign(*_event_fields(site, event)))


def check_event(verifier: Verifier, site: bytes, event: Event) -> None:
    """Raise ``SignatureInvalid`` unless ``verifier`` signed ``event`` for this site."""
    verifier.verify(event.signature, *_event_fields(site, event))


def event_hash(site: bytes, event: Event) -> bytes:
    """Return what the next event of the same chain names as its previous one (32 bytes)."""
    return hashed(*_event_fields(site, event), event.signature)


def make_inventory(
    signer: Signer, site: bytes, author: int, statement: Signed, day: date, records: list[Record]
) -> list[Inventory]:
    """Return the signed inventory of ``records``, in as many parts of at most 800 entries as it needs."""
    return sign_inventory(signer, site, author, statement, day, [inventory_entry(record) for record in records])


def sign_inventory(
    signer: Signer, site: bytes, author: int, statement: Signed, day: date, entries: Sequence[bytes]
) -> list[Inventory]:
    """Return what ``make_inventory`` does, of ``entries`` (8 bytes each) in any order."""
    entries = sorted(entries)
    limit = labels.INVENTORY_LIMIT
    pages = [b"".join(entries[at : at + limit]) for at in range(0, len(entries), limit)] or [b""]
    return [
        Inventory(
            author,
            statement,
            day,
            part,
            len(pages),
            page,
            signer.sign(*_inventory_fields(site, author, day, (part, len(pages)), page)),
        )
        for part, page in enumerate(pages)
    ]


def check_inventory(verifier: Verifier, site: bytes, inventory: Inventory) -> None:
    """Raise ``SignatureInvalid`` unless ``verifier`` signed ``inventory`` for this site."""
    parts = (inventory.part, inventory.parts)
    fields = _inventory_fields(site, inventory.author, inventory.day, parts, inventory.entries)
    verifier.verify(inventory.signature, *fields)


def inventory_entry(record: Record) -> bytes:
    """Return the 8 bytes by which an inventory names a whole record."""
    return hashed(labels.INVENTORY_ENTRY, bytes(record))[: labels.INVENTORY_ENTRY_SIZE]


def _event_fields(site: bytes, event: Event) -> tuple[bytes | int, ...]:
    return (
        labels.EVENT,
        site,
        event.case,
        event.author,
        b"".join(person.to_bytes(2, "little") for person in event.audience),
        event.counter,
        event.previous or b"",
        event.day.isoformat().encode(),
        event.payload,
    )


def _inventory_fields(
    site: bytes, author: int, day: date, parts: tuple[int, int], entries: bytes
) -> tuple[bytes | int, ...]:
    return (labels.INVENTORY, site, author, day.isoformat().encode(), *parts, entries)
