"""New sealing keys, and the end of old ones. docs/protocol.md, section 7."""

from collections.abc import Mapping
from datetime import date, timedelta

from whistle.console.vault.secrets import KeptIdentity, Membership
from whistle.console.vault.vault import Vault
from whistle.errors import AlreadyJoined, KeyLapsed, NotJoined
from whistle.protocol.enrolment import Enrolment
from whistle.protocol.keyring import Role
from whistle.protocol.keys import Identity
from whistle.protocol.labels import STATEMENT_DAYS
from whistle.protocol.signing import Signed
from whistle.protocol.statement import Statement

#: An old Identity is kept this many days longer than a record can lie on the shelf.
GRACE_DAYS = 7


def enrolment(vault: Vault, name: str, role: Role) -> bytes:
    """Return the signed request (JSON) that the keeper of the root certifies; raises ``KeyringMalformed``."""
    return Enrolment.make(name, role, vault.secrets.signer)


def become(vault: Vault, membership: Membership, journal: bytes) -> None:
    """Make the vault that of a member; raises ``AlreadyJoined``."""
    if vault.secrets.membership is not None:
        raise AlreadyJoined
    vault.change(membership=membership, journal=journal)


def member(vault: Vault) -> Membership:
    """Return the organisation that the vault belongs to; raises ``NotJoined``."""
    membership = vault.secrets.membership
    if membership is None:
        raise NotJoined
    return membership


def rotate(vault: Vault, today: date, seen: Mapping[int, int], minimum: int) -> Signed:
    """Make a new Identity that can be sealed to from today for 30 days, and return its signed statement.

    Both are in the vault, durably, before the statement goes anywhere. ``seen`` are the highest statement numbers by
    person, ``minimum`` the least that the root accepts: the new number is above all of them.
    """
    own = member(vault)
    secrets = vault.secrets
    number = max(minimum - 1, seen.get(own.person, 0), *secrets.statements, 0, 0) + 1
    last = today + timedelta(days=STATEMENT_DAYS - 1)
    kept = KeptIdentity(number, today, last, Identity.generate())
    statement = Statement(own.memory.site, own.person, number, kept.identity.recipient, today, last)
    signed = statement.sign(secrets.signer)
    vault.change(identities=(*secrets.identities, kept), statements={**secrets.statements, number: signed})
    return signed


def current(vault: Vault, today: date) -> tuple[KeptIdentity, Signed]:
    """Return the newest Identity that is valid today and its statement; raises ``KeyLapsed``."""
    secrets = vault.secrets
    valid = [kept for kept in secrets.identities if kept.first <= today <= kept.last]
    if not valid:
        raise KeyLapsed
    newest = max(valid, key=lambda kept: kept.number)
    return newest, secrets.statements[newest.number]


def retire(vault: Vault, today: date, keep_days: int) -> tuple[int, ...]:
    """Destroy every Identity that nothing on the shelf can need, and return their numbers.

    Called at the end of a complete sync only: whatever was sealed to such an Identity has left the shelf, and what
    could still be opened with it was.
    """
    secrets = vault.secrets
    margin = timedelta(days=keep_days + GRACE_DAYS)
    gone = tuple(kept.number for kept in secrets.identities if kept.last + margin < today)
    forgotten = {mark for mark, until in secrets.deleted.items() if until < today}
    if gone or forgotten:
        vault.change(
            identities=tuple(kept for kept in secrets.identities if kept.number not in gone),
            deleted={mark: until for mark, until in secrets.deleted.items() if mark not in forgotten},
        )
    return gone


def remember(vault: Vault, membership: Membership) -> None:
    """Keep what was last seen of the organisation, if it is news."""
    if membership != vault.secrets.membership:
        vault.change(membership=membership)
