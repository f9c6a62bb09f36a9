import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.console.world import ANA, PASSPHRASE, World
from whistle.console.ledger import Act, Ledger
from whistle.console.ledger.chain import Link, Stamp, Written, extend, follow
from whistle.console.vault import StorageKey, Vault
from whistle.errors import ChainBroken, KeyLapsed, NotJoined
from whistle.protocol.lockbox import LEAST
from whistle.protocol.message import Event
from whistle.protocol.receipt import Receipt
from whistle.protocol.signing import Signer

DAY = date(2026, 11, 21)
CASE, OTHER = b"c" * 32, b"o" * 32


@pytest.fixture
def vault(world: World) -> Iterator[Vault]:
    """Give the vault of somebody who joined, and no ledger yet."""
    world.desks[ANA].lock()
    opened = Vault.open(world.folder / "ana", PASSPHRASE)
    keys = {CASE: StorageKey.generate(), OTHER: StorageKey.generate()}
    opened.change(cases={**opened.secrets.cases, **keys})
    yield opened
    opened.lock()


def act(number: int, case: bytes = CASE, audience: tuple[int, ...] = (1,)) -> Act:
    return Act(case, audience, DAY, b'{"number":%d}' % number)


def filled(vault: Vault) -> tuple[Ledger, list[Act]]:
    ledger = Ledger(vault)
    before = list(ledger.acts())
    acts = [act(0), act(1, OTHER), act(2), act(3, CASE, (1, 2)), act(4, OTHER), act(5, CASE, (1, 2)), act(6)]
    ledger.append(acts[:3])
    ledger.append(acts[3:])
    return ledger, before + acts


def test_acts_come_back_in_order(vault: Vault) -> None:
    _ledger, acts = filled(vault)
    assert list(Ledger(vault).acts()) == acts


def test_every_act_is_signed_and_chained_by_case_author_and_audience(vault: Vault) -> None:
    _ledger, acts = filled(vault)
    again = Ledger(vault)
    assert list(again.acts()) == acts
    lengths = sorted((link.case, link.audience, link.counter) for link in again._chains.values())
    assert (CASE, (1,), 2) in lengths
    assert (CASE, (1, 2), 1) in lengths
    assert (OTHER, (1,), 1) in lengths
    assert len({chain for chain in again._chains if again._chains[chain].case == CASE}) == 2


def test_a_ledger_needs_an_organisation_and_a_key(tmp_path: Path) -> None:
    vault = Vault.create(tmp_path / "new", PASSPHRASE, LEAST)
    with pytest.raises(NotJoined):
        Ledger(vault)
    vault.lock()


def test_nothing_is_signed_without_a_statement(vault: Vault) -> None:
    ledger, _acts = filled(vault)
    vault.change(statements={})
    with pytest.raises(KeyLapsed):
        ledger.append([act(9)])


def test_without_its_key_a_case_is_passed_over_and_others_stay(vault: Vault) -> None:
    _ledger, acts = filled(vault)
    keys = dict(vault.secrets.cases)
    del keys[CASE]
    vault.change(cases=keys)
    again = Ledger(vault)
    assert list(again.acts()) == [each for each in acts if each.case != CASE]
    again.forget([CASE])
    again.append([act(7, OTHER)])
    assert list(Ledger(vault).acts()) == [*(each for each in acts if each.case != CASE), act(7, OTHER)]


def test_a_wrong_case_key_is_found(vault: Vault) -> None:
    filled(vault)
    vault.change(cases={**vault.secrets.cases, CASE: StorageKey.generate()})
    with pytest.raises(ChainBroken, match="cannot be read"):
        list(Ledger(vault).acts())


def test_another_signing_key_is_found(vault: Vault) -> None:
    filled(vault)
    vault.change(signer=Signer.generate())
    with pytest.raises(ChainBroken, match="not signed"):
        list(Ledger(vault).acts())


def test_an_unknown_statement_is_found(vault: Vault) -> None:
    filled(vault)
    vault.change(statements={2: vault.secrets.statements[1]})
    with pytest.raises(ChainBroken, match="cannot be read"):
        list(Ledger(vault).acts())


def stamp(signer: Signer, vault: Vault) -> Stamp:
    membership = vault.secrets.membership
    assert membership is not None
    assert signer is not None
    return Stamp(membership.memory.site, 1, 1, vault.secrets.statements[1])


def test_what_does_not_follow_is_refused(vault: Vault) -> None:
    signer = vault.secrets.signer
    mine = stamp(signer, vault)
    first, link = extend(mine, signer, act(0), b"n" * 32, None)
    second, last = extend(mine, signer, act(1), b"n" * 32, link)

    def refused(event: Event, before: Link | None, case: bytes = CASE) -> None:
        with pytest.raises(ChainBroken):
            follow(mine.site, signer.verifier, case, event, before)

    assert follow(mine.site, signer.verifier, CASE, first, None) == link
    assert follow(mine.site, signer.verifier, CASE, second, link) == last
    refused(second, None)
    refused(first, link)
    refused(second, last)
    refused(second, link, OTHER)
    refused(replace(second, counter=2), link)
    refused(replace(second, previous=bytes(32)), link)
    refused(replace(second, audience=(1, 2)), link)
    for changes in ({"day": date(2026, 11, 22)}, {"payload": b"{}"}, {"author": 2}, {"signature": bytes(64)}):
        refused(replace(second, **changes), link)


def test_a_short_note_and_a_shorter_one_have_one_size(vault: Vault) -> None:
    signer = vault.secrets.signer
    mine = stamp(signer, vault)
    sizes = {
        len(bytes(Written(extend(mine, signer, replace(act(0), payload=b"x" * size), CASE, None)[0], 1)))
        for size in (1, 10, 100)
    }
    assert len(sizes) == 1


def test_written_refuses_what_it_did_not_write(vault: Vault) -> None:
    signer = vault.secrets.signer
    event, _link = extend(stamp(signer, vault), signer, act(0), CASE, None)
    whole = bytes(Written(event, 1))
    statements = dict(vault.secrets.statements)
    assert Written.parse(whole, statements).event == event
    for wrong in (b"", whole[:10], b"\xff" * 40, bytes(1024)):
        with pytest.raises(ValueError, match=r"."):
            Written.parse(wrong, statements)


_APPENDER = """
import sys
from pathlib import Path
from datetime import date
from whistle.console.ledger import Act, Ledger
from whistle.console.vault import Vault
vault = Vault.open(Path(sys.argv[1]), sys.argv[2])
ledger = Ledger(vault)
start = sum(1 for _ in ledger.acts())
for number in range(start, start + 10_000):
    ledger.append([Act(b"c" * 32, (1,), date(2026, 11, 21), b'{"number":%d}' % number)])
    print(number + 1, flush=True)
"""


def test_what_was_said_to_be_kept_survives_kill_9(vault: Vault, world: World) -> None:
    """Whatever moment it is killed at, every entry that was reported as kept is there, and the ledger is whole."""
    vault.lock()
    folder = world.folder / "ana"
    kept = 0
    for moment in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", _APPENDER, str(folder), PASSPHRASE], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for _line in range(3 + moment):
            line = process.stdout.readline()
            kept = int(line)
        process.send_signal(signal.SIGKILL)
        kept = max([kept, *(int(line) for line in process.stdout.read().split("\n")[:-1])])
        process.wait()
        process.stdout.close()
        opened = Vault.open(folder, PASSPHRASE)
        acts = list(Ledger(opened).acts())
        opened.lock()
        assert len(acts) >= kept


def test_tampering_with_a_whole_desk_is_said_at_unlock(world: World) -> None:
    world.tell(Receipt.generate(), "The tender was fixed.")
    world.sync(ANA)
    world.desks[ANA].lock()
    path = world.folder / "ana" / "ledger" / "entries-0"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ChainBroken):
        world.desks[ANA].unlock(PASSPHRASE)
    assert world.desks[ANA].is_locked
