"""The append-only ledger: every act, signed, chained, and sealed with the key of its case. docs/console.md."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from secrets import token_bytes

from whistle.console.ledger.chain import Act, Link, Stamp, Written, extend, follow
from whistle.console.ledger.log import TAG_SIZE, Frame, Log
from whistle.console.vault import Secrets, StorageKey, Vault
from whistle.errors import ChainBroken, KeyLapsed, NotJoined
from whistle.language import _
from whistle.protocol.labels import CASE_SIZE
from whistle.protocol.message import Event
from whistle.protocol.signing import Signed
from whistle.protocol.statement import Statement

FOLDER_NAME = "ledger"
_TAG = b"whistle/console/1/ledger tag"
_ENTRY = b"whistle/console/1/ledger entry"


class Ledger:
    """All acts of one person. ``acts`` must be taken to its end before anything is appended."""

    def __init__(self, vault: Vault) -> None:
        """Take an open vault; raises ``NotJoined`` before there is an organisation."""
        membership = vault.secrets.membership
        if membership is None:
            raise NotJoined
        self._vault = vault
        self._site = membership.memory.site
        self._person = membership.person
        self._log = Log(vault.folder / FOLDER_NAME, vault.secrets.ledger)
        self._chains: dict[bytes, Link] = {}
        self._newest: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        self._for_others: list[tuple[bytes, Event]] = []

    @property
    def for_others(self) -> tuple[tuple[bytes, Event], ...]:
        """The events whose audience is larger than this person, each with its case, in their order."""
        return tuple(self._for_others)

    @property
    def reached(self) -> date | None:
        """The day up to which everything on the shelf has been seen."""
        return self._log.reached

    def reach(self, day: date) -> None:
        """Remember, durably, how far a sync got."""
        self._log.reach(day)

    def acts(self) -> Iterator[Act]:
        """Give every act that can still be read, checked, in order; raises ``ChainBroken``.

        Acts of a deleted case cannot: their key is gone, and they are passed over.
        """
        secrets = self._vault.secrets
        names = {_tag(secrets, name): name for name in secrets.cases}
        statements = dict(secrets.statements)
        self._chains.clear()
        self._newest.clear()
        self._for_others.clear()
        for number, frame in enumerate(self._log.frames(), 1):
            case = names.get(frame.tag)
            if case is not None:
                yield self._read(secrets, case, statements, frame, number)

    def append(self, acts: Sequence[Act]) -> None:
        """Sign, seal and add acts; when this returns they are durable. Raises ``KeyLapsed`` and ``LedgerError``."""
        secrets = self._vault.secrets
        frames, for_others = [], []
        stamps = {day: self._stamp(secrets, day) for day in {act.day for act in acts}}
        chains, newest = dict[bytes, Link](), dict[tuple[bytes, tuple[int, ...]], bytes]()
        for act in acts:
            place = (act.case, act.audience)
            # A changed audience begins a new chain under a new random name: no gap tells the others of it.
            chain = newest.get(place) or self._newest.get(place) or token_bytes(CASE_SIZE)
            last = chains.get(chain) or self._chains.get(chain)
            stamp = stamps[act.day]
            event, link = extend(stamp, secrets.signer, act, chain, last)
            frames.append(_seal(secrets, act.case, Written(event, stamp.number)))
            chains[chain], newest[place] = link, chain
            if act.audience != (self._person,):
                for_others.append((act.case, event))
        self._log.append(frames)
        self._chains |= chains
        self._newest |= newest
        self._for_others += for_others

    def forget(self, cases: Collection[bytes]) -> None:
        """Remove the entries of ``cases`` (their names) from the file, and overwrite them."""
        doomed = {_tag(self._vault.secrets, name) for name in cases}
        self._log.drop(lambda tag: tag in doomed)
        self._chains = {chain: link for chain, link in self._chains.items() if link.case not in cases}
        self._newest = {place: chain for place, chain in self._newest.items() if place[0] not in cases}
        self._for_others = [(case, event) for case, event in self._for_others if case not in cases]

    def _read(self, secrets: Secrets, case: bytes, statements: dict[int, Signed], frame: Frame, number: int) -> Act:
        try:
            opened = _key(secrets, case).open(frame.sealed, _ENTRY + frame.tag)
            event = Written.parse(opened, statements).event
        except ValueError as error:
            raise ChainBroken(_("entry {number} cannot be read").format(number=number)) from error
        if event.author != self._person:
            raise ChainBroken(_("entry {number} is by somebody else").format(number=number))
        try:
            link = follow(self._site, secrets.signer.verifier, case, event, self._chains.get(event.case))
        except ChainBroken as error:
            raise ChainBroken(_("entry {number}: {reason}").format(number=number, reason=error)) from error
        self._chains[event.case] = link
        self._newest[case, event.audience] = event.case
        if event.audience != (self._person,):
            self._for_others.append((case, event))
        return Act(case, event.audience, event.day, event.payload)

    def _stamp(self, secrets: Secrets, day: date) -> Stamp:
        """Return who acts, under the newest statement that covers ``day``, or the newest of all where none does."""
        if not secrets.statements:
            raise KeyLapsed
        covering = [number for number, signed in secrets.statements.items() if Statement.claimed(signed).covers(day)]
        number = max(covering or secrets.statements)
        return Stamp(self._site, self._person, number, secrets.statements[number])


def _tag(secrets: Secrets, case: bytes) -> bytes:
    return secrets.ledger.mark(_TAG, case, size=TAG_SIZE)


def _key(secrets: Secrets, case: bytes) -> StorageKey:
    return secrets.cases[case].derive(_ENTRY)


def _seal(secrets: Secrets, case: bytes, written: Written) -> Frame:
    tag = _tag(secrets, case)
    return Frame(tag, _key(secrets, case).seal(bytes(written), _ENTRY + tag))
