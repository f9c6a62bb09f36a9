"""A report of 10 characters and one of 4,000, in any script: the same sizes, counts and columns, on wire and shelf."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from itertools import cycle, islice

import pytest

from tests.absence.wire import WireTap
from tests.corpus import load
from tests.journeys.instance import ANA, BOON, Instance, copied
from tests.journeys.visitor import Visitor
from whistle.courier.http import HttpCourier
from whistle.protocol.receipt import Receipt
from whistle.source import Draft, Source

CORPUS = load()
SCRIPTS = sorted({report.script for report in CORPUS})
LENGTHS = (10, 4_000)
#: What the column "shelf" says of a chunk.
CHUNKS = 1

Rows = tuple[tuple[int | None, ...], ...]
Shelved = dict[str, Rows]


def text_of(script: str, length: int) -> str:
    """Return a text of so many characters, out of everything that the corpus has in one script."""
    texts = (part for report in CORPUS if report.script == script for part in (report.text, report.answer))
    return "".join(islice(cycle("".join(texts)), length))


def shelved(instance: Instance) -> Shelved:
    """Return every table of the shelf with the sizes of every value of every row, whatever columns there are."""
    found: Shelved = {}
    # The server keeps its files for itself, so this reads a copy, with what is in the write-ahead logs.
    shutil.copytree(instance.intake / "shelf", instance.scratch, dirs_exist_ok=True)
    for path in sorted(instance.scratch.glob("*.sqlite")):
        connection = sqlite3.connect(path)
        try:
            for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
                columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
                sizes = ", ".join(map(size_of, columns))
                name = f"{path.name}, {table}, {', '.join(columns)}"
                found[name] = tuple(sorted(connection.execute(f"SELECT {sizes} FROM {table}"), key=str))  # noqa: S608 - names from the schema itself
        finally:
            connection.close()
    return found


def size_of(column: str) -> str:
    """Return what is counted of a column: on which shelf a record lies itself, otherwise a size.

    A number is as large as its column allows, whatever it is.
    """
    return column if column == "shelf" else f"CASE typeof({column}) WHEN 'integer' THEN 8 ELSE length({column}) END"


def chunks(added: Shelved) -> list[tuple[int | None, ...]]:
    """Return the rows that are chunks."""
    return [
        row
        for table, rows in added.items()
        for row in rows
        if ", shelf," in table and row[table.split(", ")[2:].index("shelf")] == CHUNKS
    ]


def growth(before: Shelved, after: Shelved) -> Shelved:
    """Return the sizes of the rows that were added; no row may have gone or changed its size."""
    assert before.keys() == after.keys()
    added: Shelved = {}
    for table, rows in after.items():
        rest = list(rows)
        for row in before[table]:
            rest.remove(row)
        added[table] = tuple(rest)
    return added


@pytest.fixture(scope="module")
def instance(founded: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    found = copied(founded, tmp_path_factory.mktemp("sizes"))
    with found.serving():
        yield found


def by_form(instance: Instance, _address: str, text: str) -> None:
    visitor = Visitor(instance.address)
    visitor.begin()
    assert "Your report has arrived" in visitor.submit("/report/send", text=text).text


def by_interface(instance: Instance, address: str, text: str) -> None:
    with HttpCourier(address) as courier:
        draft = Draft(text, "en", 1, (ANA, BOON))
        Source(courier, instance.directory(), Receipt.generate()).prepare(draft, ()).send()


@pytest.mark.parametrize("way", [by_form, by_interface])
def test_the_shelf_stores_the_same(instance: Instance, way: Callable[[Instance, str, str], None]) -> None:
    grown = set()
    for script in SCRIPTS:
        for length in LENGTHS:
            before = shelved(instance)
            way(instance, instance.address, text_of(script, length))
            grown.add(tuple(sorted(growth(before, shelved(instance)).items())))
    assert len(grown) == 1
    (tables,) = grown
    assert sum(len(rows) for _table, rows in tables) == 1
    assert not chunks(dict(tables))


def test_the_wire_carries_the_same(instance: Instance) -> None:
    assert instance.server is not None
    carried = set()
    with WireTap(instance.server.port) as wire:
        for script in SCRIPTS:
            for length in LENGTHS:
                by_interface(instance, wire.address, text_of(script, length))
                carried.add(wire.finish())
    assert len(carried) == 1
    ((up, _down),) = carried
    assert up > 32_768


def test_a_longer_text_is_seen(instance: Instance) -> None:
    """Show that this would notice: far beyond what fits one record, there is more on wire and shelf."""
    assert instance.server is not None
    with WireTap(instance.server.port) as wire:
        by_interface(instance, wire.address, "x")
        short, before = wire.finish(), shelved(instance)
        by_interface(instance, wire.address, CORPUS[0].text * 2)
        assert wire.finish()[0] > short[0]
    assert chunks(growth(before, shelved(instance)))


def test_every_script_of_the_corpus_is_here() -> None:
    assert len(SCRIPTS) >= 8
    assert all(len(text_of(script, length)) == length for script in SCRIPTS for length in LENGTHS)
