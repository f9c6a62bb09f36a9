"""A server that leaks on purpose, once in each place: what finds nothing of the real one finds every leak."""

import os
import re
import secrets
import shutil
from pathlib import Path

import pytest

from tests.absence.search import Needle, Search
from tests.absence.submissions import Eyes, found
from tests.absence.test_instance import places
from tests.journeys.instance import ROOT, Instance, copied
from tests.journeys.visitor import Visitor

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may read and trace hardened processes"),
    pytest.mark.timeout(900),
]

_ALL = {"memory of the master", "memory of the worker", "memory of the nursery"}
#: Where each way of leaking must be found; the ways are those of ``leaking.py``, and what its worker does.
WAYS = {
    "master": _ALL,
    "nursery_memory": {"memory of the nursery"},
    "worker": {"memory of the worker", "link", "log", "write"},
    "living_child": {"memory of another process"},
    "removed_file": {"write"},
    "file_that_stays": {"write", "file"},
    "nameless_file": {"write"},
    "two_writes": {"write", "file"},
    "two_writes_backwards": {"write", "file"},
    "mapped_file": set[str](),  # no write is to be seen: it is a hole in the trace
    "file_name": {"name"},
    "program": {"name"},
    "environment": {"name"},
    "shelf": {"link", "write", "write-ahead log"},
    "log": {"write", "log"},
    "elsewhere": {"network"},
    "order": {"order"},
    "fault": set[str](),  # the sentence of an error is shown nowhere, so this one is none
    "nothing": set[str](),
}
#: Whoever leaks so gets to know a whole form, and keeps it: these have one of their own.
_FIRST = {"order", "living_child"}
_FAILING = {"fault"}
_KINDS = {
    r"the memory of process (\d+)": "memory",
    r"\w+ to UNIX-STREAM:.*": "link",
    r"\w+ to UNIX(-SEQPACKET)?:.*": "order",
    r"\w+ to UDP:.*": "network",
    r"\w+ to /.*": "write",
    r"a name for .*": "name",
    r"/.*-wal": "write-ahead log",
    r"/.*/intake\.log": "log",
    r"/.*": "file",
}


@pytest.fixture
def leaky(founded: Instance, tmp_path: Path) -> Instance:
    """Give an intake whose children and whose worker leak."""
    instance = copied(founded, tmp_path / "leaky")
    instance.code = tmp_path / "code"
    for name in ("whistle", "config"):
        shutil.copytree(ROOT / name, instance.code / name, ignore=shutil.ignore_patterns("__pycache__"))
    room = instance.code / "whistle" / "intake"
    shutil.copy(Path(__file__).with_name("leaking.py"), room)
    with (room / "application.py").open("a") as code:
        code.write("\n\nfrom whistle.intake.leaking import leaking\n\n_careful = site_of\n")
        code.write("def site_of(settings):\n    return leaking(_careful(settings))\n")
    return instance


def test_every_leak_is_found(leaky: Instance, tmp_path: Path) -> None:
    canaries = {way: f"canary-{secrets.token_hex(16)}" for way in WAYS}
    search = Search(Needle.text(way, canary) for way, canary in canaries.items())
    eyes = Eyes(leaky, tmp_path / "trace")
    with leaky.serving() as server:
        eyes.open(server)
        names = {server.master: "the master", server.worker: "the worker", server.nursery: "the nursery"}
        for ways in (_FIRST, WAYS.keys() - _FIRST - _FAILING, _FAILING):
            said = _send(leaky, {way: canaries[way] for way in ways})
            assert ("Your report has arrived" in said) == (ways != _FAILING)
        hits = found(search, eyes.changed_memory()) | search.files(*places(leaky))
    hits |= search.files(*places(leaky)) | eyes.given_out(search)
    kinds = {way: {_kind(hit.place, names) for hit in hits if hit.needle == way} for way in WAYS}
    for way, wanted in WAYS.items():
        assert kinds[way] >= wanted, way
        assert wanted or not kinds[way], way
    assert eyes.trace.holes == {f"a file that is mapped: {leaky.scratch / 'mapped'}"}
    assert any(canaries["order"].encode() in order for order in eyes.trace.orders)


def _send(instance: Instance, canaries: dict[str, str]) -> str:
    """Send a report that asks for leaks, and return what the page says then."""
    visitor = Visitor(instance.address)
    visitor.begin()
    text = "\n".join(f"leak by {way}: {canary}" for way, canary in canaries.items())
    return visitor.send(visitor.page.form("/report/send").set("text", text)).text


def _kind(place: str, names: dict[int, str]) -> str:
    pattern, kind = next((pattern, kind) for pattern, kind in _KINDS.items() if re.fullmatch(pattern, place))
    matched = re.fullmatch(pattern, place)
    assert matched is not None
    return f"memory of {names.get(int(matched[1]), 'another process')}" if kind == "memory" else kind
