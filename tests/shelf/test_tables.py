import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, event

from tests.shelf.samples import open_shelf, sample, tidied
from whistle.errors import RecordMalformed
from whistle.shelf.tables import metadata, place_of

# Every column is something that whoever seizes the server learns. Who adds one has to say here what it tells.
COLUMNS = {
    "record": [
        ("place", "INTEGER"),
        ("address", "BLOB"),
        ("burn_hash", "BLOB"),
        ("shelf", "INTEGER"),
        ("day", "INTEGER"),
        ("sealed", "BLOB"),
    ],
    "leaving": [("place", "INTEGER")],
    "alembic_version": [("version_num", "VARCHAR(32)")],
}
INDICES = {
    "record_by_burn_hash": ["burn_hash"],
    "message_by_day": ["day"],
    "sqlite_autoindex_alembic_version_1": ["version_num"],
}


def all_drawers(folder: Path) -> list[Path]:
    """Return every file that a shelf ever has, one that sorts in among them."""
    shelf = open_shelf(folder)
    shelf.put_messages([sample("a").record])
    steps = shelf.tidy()
    next(steps)
    shelf.close()
    return sorted(folder.glob("*.sqlite"))


def test_every_file_has_the_columns_that_the_protocol_allows_and_no_other(tmp_path: Path) -> None:
    files = all_drawers(tmp_path / "shelf")
    assert [file.name for file in files] == ["arrivals.sqlite", "chunks.sqlite", "messages.sqlite", "sorting.sqlite"]
    for file in files:
        db = sqlite3.connect(file)
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {name: [(row[1], row[2]) for row in db.execute(f"PRAGMA table_info({name})")] for name in names}
        assert columns == COLUMNS
        kinds = {row[1]: row[5] for row in db.execute("PRAGMA table_list") if row[1] in ("record", "leaving")}
        assert kinds == {"record": 1, "leaving": 1}, "not STRICT"
        found = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'index'")]
        indices = {name: [row[2] for row in db.execute(f"PRAGMA index_info({name})")] for name in found}
        assert indices == INDICES | ({"chunk_by_day": ["day"]} if file.name == "chunks.sqlite" else {})
        others = db.execute("SELECT count(*) FROM sqlite_master WHERE type NOT IN ('table', 'index')").fetchone()
        assert others == (0,)
        db.close()


def test_the_key_of_the_rows_is_the_address_and_no_row_number(tmp_path: Path) -> None:
    with open_shelf(tmp_path / "shelf") as shelf:
        some = [sample(name) for name in "abcdef"]
        shelf.put_messages([each.record for each in some])
    db = sqlite3.connect(tmp_path / "shelf" / "arrivals.sqlite")
    rows = db.execute("SELECT rowid, place, address FROM record ORDER BY rowid").fetchall()
    db.close()
    assert [(row[0], row[1]) for row in rows] == sorted((place_of(e.address), place_of(e.address)) for e in some)
    assert [row[2] for row in rows] == sorted(each.address for each in some)


def test_the_tables_are_what_the_migrations_from_nothing_give(tmp_path: Path) -> None:
    for file in all_drawers(tmp_path / "shelf"):
        engine = create_engine(f"sqlite:///{file}")
        with engine.connect() as connection:
            missing = compare_metadata(MigrationContext.configure(connection), metadata)
        rests_chunks = file.name == "chunks.sqlite"
        assert [(kind, index.name) for kind, index in missing] == (
            [] if rests_chunks else [("add_index", "chunk_by_day")]
        )
        made = sqlite3.connect(file)
        wanted = create_engine("sqlite://")
        metadata.create_all(wanted)
        query = "SELECT name, replace(replace(sql, char(10), ''), char(9), '') FROM sqlite_master WHERE name IN %s"
        of_chunks = ", 'chunk_by_day'" if rests_chunks else ""
        names = f"('record', 'leaving', 'record_by_burn_hash', 'message_by_day'{of_chunks}) ORDER BY name"
        with wanted.connect() as connection:
            assert made.execute(query % names).fetchall() == [
                tuple(row) for row in connection.exec_driver_sql(query % names)
            ]
        made.close()
        wanted.dispose()
        engine.dispose()


def test_the_settings_of_every_file(tmp_path: Path) -> None:
    with open_shelf(tmp_path / "shelf") as shelf:
        for drawer in shelf._cabinet.drawers:
            found = {
                name: drawer._pragma(name) for name in ("journal_mode", "synchronous", "secure_delete", "page_size")
            }
            assert found == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "page_size": 2048}
            assert drawer._pragma("locking_mode") == "exclusive"
            assert drawer._pragma("temp_store") == 2
        logs = {d.path.stem: d._pragma("wal_autocheckpoint") * 2048 >> 20 for d in shelf._cabinet.drawers}
        assert logs == {"messages": 8, "chunks": 8, "arrivals": 32}
        assert not list((tmp_path / "shelf").glob("*-shm"))


def test_a_shelf_of_the_first_schema_opens_with_all_that_it_holds(tmp_path: Path) -> None:
    folder = tmp_path / "shelf"
    some, chunk, newer = sample("a"), sample("b"), sample("c")
    with open_shelf(folder) as shelf:
        shelf.put_messages([some.record])
        shelf.put_chunks([chunk.record])
        tidied(shelf)
        shelf.put_messages([newer.record])
    for file in folder.glob("*.sqlite"):
        db = sqlite3.connect(file, isolation_level=None)
        for statement in (
            "DROP INDEX message_by_day",
            "DROP INDEX IF EXISTS chunk_by_day",
            "CREATE INDEX record_by_day ON record (day, shelf)",
            "UPDATE alembic_version SET version_num = '0001'",
            "PRAGMA journal_mode = delete",
            "PRAGMA page_size = 4096",
            "VACUUM",
            "PRAGMA journal_mode = wal",
        ):
            db.execute(statement).fetchall()
        assert db.execute("PRAGMA page_size").fetchall() == [(4096,)]
        db.close()
    with open_shelf(folder) as shelf:
        assert shelf.look([some.address, chunk.address, newer.address]) == [True] * 3
        sizes = {d.path.stem: d._pragma("page_size") * d._pragma("wal_autocheckpoint") for d in shelf._cabinet.drawers}
        assert sizes == {"messages": 8 << 20, "chunks": 8 << 20, "arrivals": 32 << 20}
        tidied(shelf)
        assert shelf.fetch([newer.address, chunk.address]) == [bytes(newer.record), bytes(chunk.record)]
    for file in folder.glob("*.sqlite"):
        db = sqlite3.connect(file)
        found = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
        assert found == set(INDICES) | ({"chunk_by_day"} if file.name == "chunks.sqlite" else set())
        db.close()


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_places_are_ordered_as_addresses_are(one: bytes, other: bytes) -> None:
    assert 0 <= place_of(one) < 2**63
    if one < other:
        assert place_of(one) <= place_of(other)


@given(st.binary(max_size=64).filter(lambda address: len(address) != 32))
def test_an_address_of_another_size_has_no_place(address: bytes) -> None:
    with pytest.raises(RecordMalformed):
        place_of(address)


def test_no_statement_reads_more_of_a_table_than_it_answers_with(tmp_path: Path) -> None:
    with open_shelf(tmp_path / "shelf") as shelf:
        plans: dict[str, list[str]] = {}

        def note(connection: Any, _cursor: Any, statement: str, parameters: Any, *_context: Any) -> None:
            if statement.startswith("INSERT") or ("count(*)" in statement and "WHERE" not in statement):
                return
            given = parameters[0] if isinstance(parameters, list) else parameters
            driver = connection.connection.driver_connection
            plans[statement] = [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", given)]

        some = [sample(name) for name in "abc"]
        shelf.put_messages([some[0].record])  # which has the day's chunks looked for, once
        for drawer in shelf._cabinet.drawers:
            event.listen(drawer._connection, "before_cursor_execute", note)
        shelf.check_room()
        shelf.put_chunks([some[1].record])
        shelf.look([each.address for each in some])
        shelf.fetch([each.address for each in some])
        shelf.messages_of(shelf._today(), b"", 64)
        shelf.newest_day()
        shelf.burn([some[0].token])
        tidied(shelf)
    assert len(plans) > 8
    for statement, plan in plans.items():
        assert not [step for step in plan if step.startswith("SCAN record")], statement
        assert not [step for step in plan if "TEMP B-TREE" in step], statement
    # A range of places is no scan to SQLite, and a whole table all the same: of a day, the index has to tell.
    by_index = {
        index: [plan for plan in plans.values() if index in str(plan)] for index in ("message_by_day", "chunk_by_day")
    }
    assert {index: len(found) for index, found in by_index.items()} == {"message_by_day": 2, "chunk_by_day": 1}
