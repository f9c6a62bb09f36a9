"""Meeting the organisation: to join it, and at the beginning of every sync. docs/protocol.md, section 7."""

from dataclasses import dataclass, replace
from datetime import date
from secrets import token_bytes

from whistle.console.vault import Membership, Vault, become, current, member, remember
from whistle.courier import Courier
from whistle.errors import (
    FingerprintDiffers,
    KeyLapsed,
    KeyringMalformed,
    KeyringRolledBack,
    KeyringsDiffer,
    NotInKeyring,
    RootForked,
    RootSuperseded,
    SignatureInvalid,
    StatementNotYours,
    StatementRolledBack,
)
from whistle.protocol import canonical
from whistle.protocol.directory import Directory, verify
from whistle.protocol.fields import Fields
from whistle.protocol.keyring import Keyring, Person, Succession
from whistle.protocol.labels import CASE_SIZE, HASH_SIZE
from whistle.protocol.published import Published
from whistle.protocol.signing import Signed
from whistle.protocol.statement import Statement

_SUCCESSION_LIMIT = 1_000


#: What a site shows that was taken over, or that shows different people different things.
ALARMING = (KeyringRolledBack, RootForked, RootSuperseded, SignatureInvalid)


@dataclass(frozen=True)
class Met:
    """What the site showed, verified, and the names of the errors that an honest site does not cause."""

    directory: Directory
    alarms: tuple[str, ...]


def read_published(untrusted_bytes: bytes) -> Published:
    """Return a published document, as the site shows it or as a root's file holds it; raises ``KeyringMalformed``.

    The root's file has keyring and successions only: nobody can be sealed to by it yet.
    """
    try:
        value = canonical.decode(untrusted_bytes)
        if isinstance(value, dict) and tuple(value) != ("keyring", "successions"):
            return Published.parse(untrusted_bytes)
        fields = Fields(value, "keyring", "successions")
        successions = fields.items("successions", Succession.from_json, _SUCCESSION_LIMIT)
        return Published(Signed.from_json(fields["keyring"]), successions, (), bytes(HASH_SIZE), 0)
    except ValueError as error:
        raise KeyringMalformed from error


def join(vault: Vault, published: Published, words: str, intake: str, today: date) -> tuple[Directory, Person]:
    """Join the organisation whose fingerprint is ``words``, and return it and who we are in it.

    Raises ``FingerprintDiffers``, ``NotInKeyring``, ``AlreadyJoined`` and whatever ``verify`` raises.
    """
    directory = verify(published, today)
    if words.lower().split() != list(directory.fingerprint):
        raise FingerprintDiffers
    person = own_person(vault, directory.keyring)
    membership = Membership(person.id, directory.memory, bytes(published), intake)
    become(vault, membership, token_bytes(CASE_SIZE))
    return directory, person


def meet(vault: Vault, courier: Courier, anonymous: Courier, today: date) -> Met:
    """Fetch the published document twice, once as nobody, verify it, and remember it.

    Raises ``NotInKeyring``, and whatever ``verify`` raises; of that ``ALARMING`` is what an honest site never causes.
    """
    own = member(vault)
    published = Published.parse(courier.keyring())
    directory = verify(published, today, own.memory)
    alarms = [] if _same_for_anybody(published, courier, anonymous) else [KeyringsDiffer.__name__]
    own_person(vault, directory.keyring)
    if any(isinstance(error, StatementRolledBack) for error in directory.closed.values()):
        alarms.append(StatementRolledBack.__name__)
    if not _ours(vault, published):
        alarms.append(StatementNotYours.__name__)
    remember(vault, replace(own, memory=directory.memory, published=bytes(published)))
    return Met(directory, tuple(alarms))


def last_met(vault: Vault, today: date) -> Directory:
    """Return the organisation as it was last seen, judged on ``today``; raises as ``verify``."""
    own = member(vault)
    return verify(Published.parse(own.published), today, own.memory)


def last_keyring(vault: Vault) -> Keyring:
    """Return the keyring that was verified last, even if it has expired since: names do not expire."""
    return Keyring.parse(Published.parse(member(vault).published).keyring.untrusted_payload)


def publish(vault: Vault, courier: Courier, directory: Directory, today: date) -> bool:
    """Hand in our newest statement where the site shows an older one or none; return whether that was needed."""
    own = member(vault)
    try:
        kept, signed = current(vault, today)
    except KeyLapsed:
        return False
    shown = directory.statements.get(own.person)
    if shown is not None and shown.number >= kept.number:
        return False
    courier.publish(canonical.encode(signed.to_json()))
    return True


def own_person(vault: Vault, keyring: Keyring) -> Person:
    """Return who we are in ``keyring``, by our signing key; raises ``NotInKeyring``."""
    verifier = vault.secrets.signer.verifier
    for person in keyring.people:
        if person.signing == verifier:
            return person
    raise NotInKeyring


def _same_for_anybody(published: Published, courier: Courier, anonymous: Courier) -> bool:
    """Tell whether somebody unknown is shown the same; a change between two questions is asked about once more."""
    if _core(published) == _core(Published.parse(anonymous.keyring())):
        return True
    return _core(Published.parse(courier.keyring())) == _core(Published.parse(anonymous.keyring()))


def _core(published: Published) -> bytes:
    return bytes(replace(published, challenge=bytes(HASH_SIZE), work=0))


def _ours(vault: Vault, published: Published) -> bool:
    """Tell whether every statement shown in our name is one that this vault made.

    A statement that our signing key did not sign closes nobody but us, and is for ``verify`` to refuse.
    """
    own, secrets = member(vault), vault.secrets
    for signed in published.statements:
        statement = Statement.claimed(signed)
        if statement.person == own.person and signed not in secrets.statements.values():
            try:
                Statement.verify(signed, secrets.signer.verifier)
            except SignatureInvalid:
                continue
            return False
    return True
