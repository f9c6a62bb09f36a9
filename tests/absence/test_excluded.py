"""Whom the source left out sees the same with her report and without: every page, every command, every file saved.

``tests/console/test_exclusion.py`` compares what a console computes and leaves on its disk; here it is what a person
gets to see.
"""

import random
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.cli.test_console import run
from tests.console.test_exclusion import Scene, Showing
from tests.console.test_pages import BASE, SETTINGS
from tests.console.world import ANA, BO, KEEP_DAYS, PASSPHRASE, DirectCourier, World
from whistle.console.app import create_app
from whistle.console.desk import Desk
from whistle.protocol.keyring import Role
from whistle.protocol.sealing import decoy

WORLDS = 50
#: What is drawn by lot for each console: names of cases and of what is in them, and tokens against forged forms.
_TOKEN = re.compile(r'(name="csrf_token" value=")[^"]+')
_RANDOM = re.compile(r"\b[0-9a-f]{8}(?:[0-9a-f]{8})*\b")

Sight = dict[str, object]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give two reviewers and a custodian, all of them locked but Ana."""
    made = World(tmp_path)
    made.employ("ana")
    made.employ("bo")
    made.employ("chi", Role.CUSTODIAN)
    made.desks[BO].lock()
    made.desks[ANA].lock()
    shutil.copytree(tmp_path / "ana", tmp_path / "ana-first")
    made.desks[ANA].unlock(PASSPHRASE)
    made.sync(ANA)  # her records of this day are out: what differs is the report, and not how often she syncs
    yield made
    made.close()


class Console:
    """Bo's console on a copy of his folder, before a shelf that lists only some of its records."""

    def __init__(self, world: World, folder: Path, shown: set[bytes]) -> None:
        self.world, self.folder, self.shown = world, folder, shown
        self.desk = Desk(folder, KEEP_DAYS, lock_minutes=None, today=lambda: world.today)
        self.client = create_app(SETTINGS, self.desk, self._couriers).test_client()
        self.inside = ""

    @contextmanager
    def _couriers(self) -> Iterator[tuple[DirectCourier, DirectCourier]]:
        courier = Showing(self.world, self.shown)
        yield courier, courier

    def get(self, path: str) -> str:
        answer = self.client.get(self.inside + path, base_url=BASE)
        headers = sorted((name, value) for name, value in answer.headers if name != "Set-Cookie")
        return _plain(f"{answer.status_code} {[name for name, _value in headers]}\n{answer.text}")

    def post(self, path: str, **fields: str) -> None:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get("/unlock", base_url=BASE).text)
        assert found is not None
        answer = self.client.post(self.inside + path, base_url=BASE, data={"csrf_token": found[1], **fields})
        assert answer.status_code == 303
        if path == "/unlock":
            self.inside = answer.headers["Location"].rstrip("/")

    def fetch(self) -> str:
        """Fetch what is new, as the button does, and return the page that tells of it."""
        self.post("/fetch")
        until = monotonic() + 60
        while self.client.get(self.inside + "/fetch", base_url=BASE).status_code == 200:
            assert monotonic() < until
            sleep(0.01)
        return self.get("/")

    def sight(self) -> Sight:
        """Look at everything there is, in an order that is the same for every console."""
        seen: Sight = {}
        self.post("/unlock", passphrase=PASSPHRASE)
        seen["after fetching"] = listed(self.fetch())
        labels = [case.label for case in sorted(self.desk.inbox(), key=lambda case: case.title)]
        for number, label in enumerate(labels):
            seen[f"page of case {number}"] = self.get(f"/cases/{label}")
            seen[f"page of deleting case {number}"] = self.get(f"/cases/{label}/delete")
        seen |= {path: self.get(path) for path in ("/journal", "/cases/00000000", "/unlock")}
        seen["after fetching again"] = listed(self.fetch())
        self.desk.lock()
        seen |= self._commands(labels)
        files = [path for path in self.folder.rglob("*") if path.is_file() and path.suffix != ".toml"]
        seen["sizes"] = sorted(path.stat().st_size for path in files)
        return seen

    def _commands(self, labels: list[str]) -> Sight:
        config = self.folder / "console.toml"
        config.write_text(f'[console]\nfolder = "."\nintake = "http://127.0.0.1:1"\nkeep_days = {KEEP_DAYS}\n')
        listed = run("inbox", "--config", config)
        seen: Sight = {"inbox": sorted(_plain(line) for line in listed.output.splitlines())}
        for number, label in enumerate(labels):
            saved = self.folder.parent / f"{self.folder.name}-saved-{number}"
            shown = run("read", "--config", config, label, "--save", saved)
            seen[f"reading case {number}"] = _plain(shown.output.replace(str(saved), ""))
            files = sorted(saved.iterdir()) if saved.exists() else []
            seen[f"files of case {number}"] = [(path.name, path.read_bytes()) for path in files]
        return seen


def listed(page: str) -> list[str]:
    """Return a page with its cases in an order that is not by lot."""
    return sorted(re.split("<li|</li>", page))


def _plain(page: str) -> str:
    return _RANDOM.sub("(by lot)", _TOKEN.sub(r"\1(by lot)", page))


def seen_in(world: World, folder: Path, seed: int) -> tuple[Sight, Sight, Sight]:
    """Return what is seen in one random world: by Bo without the report, by Bo with it, by a reader of it."""
    scene = Scene(world, random.Random(seed))
    before = {record.address for record in scene.records()}
    world.shelf.put_messages([decoy() for _ in range(scene.chance.randrange(3))])
    for number in range(scene.chance.randrange(3)):
        scene.converse((ANA, BO), f"open {seed} {number}")
    without = {record.address for record in scene.records()} - before
    scene.converse((ANA,), f"hidden {seed}")
    with_it = {record.address for record in scene.records()} - before
    assert with_it > without
    places = [folder / f"{seed}-{name}" for name in ("without", "with", "reader")]
    for place, member in zip(places, ("bo", "bo", "ana-first"), strict=True):
        shutil.copytree(folder / member, place)
    consoles = zip(places, (without, with_it, with_it - without), strict=True)
    first, second, reader = (Console(world, place, shown).sight() for place, shown in consoles)
    return first, second, reader


@pytest.mark.parametrize("part", range(5))
def test_pages_and_commands_are_the_same_with_and_without_the_report(world: World, tmp_path: Path, part: int) -> None:
    for seed in range(part * WORLDS // 5, (part + 1) * WORLDS // 5):
        without, with_it, reader = seen_in(world, tmp_path, seed)
        assert with_it == without
        assert reader["inbox"]
        assert f"hidden {seed}" not in str(with_it)
