"""An event of a type that this program does not know: the file is refused at once, and nothing is written."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from importlib import metadata
from pathlib import Path

import pytest

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite.file.schema import prepare, unknown_event_query, unknown_events_index
from tests.sqlite.file.old_files import ENGINES, shape, write_schema_1
from tests.storage.stores import SqliteStore, run

FOREIGN = "INSERT INTO events VALUES (114, ?, 108, 'seat.exploded', '2026-11-25T02:20:00.000Z', '{}', 0, NULL)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of today with events in it."""
    path = tmp_path / "seatkeeper.db"
    write_schema_1(path)
    prepare(path, KINDS)
    return path


def files(folder: Path) -> dict[str, bytes]:
    """Read the database and its log; the lock and the index of the log are no data."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name.endswith((".db", "-wal"))}


async def refused(path: Path) -> str:
    with pytest.raises(DatabaseRefused) as info:
        await SqliteStore(path).journal.open()
    return str(info.value)


async def test_it_is_named_with_the_program_and_the_file(path: Path) -> None:
    run(path, FOREIGN, ENGINES)
    assert await refused(path) == (
        f"{path} has an event of type 'seat.exploded' (position 114, {ENGINES}, version 108), which is unknown to this"
        f" program: seatkeeper {metadata.version('seatkeeper')}, schema version 4; the file has schema version 4"
    )


async def test_nothing_is_written(path: Path) -> None:
    run(path, FOREIGN, ENGINES)
    before = files(path.parent)
    await refused(path)
    assert files(path.parent) == before


async def test_nothing_is_written_when_it_is_in_a_log_that_a_crash_left(path: Path, tmp_path: Path) -> None:
    crashed = tmp_path / "crashed" / "seatkeeper.db"
    crashed.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(FOREIGN, (ENGINES,))
        connection.commit()
        for end in ("", "-wal"):
            crashed.with_name(crashed.name + end).write_bytes(path.with_name(path.name + end).read_bytes())
    before = files(crashed.parent)
    assert len(before) == 2
    assert "'seat.exploded'" in await refused(crashed)
    assert files(crashed.parent) == before


async def test_an_older_file_with_one_is_neither_copied_nor_migrated(tmp_path: Path) -> None:
    path = tmp_path / "seatkeeper.db"
    write_schema_1(path)
    run(path, FOREIGN.replace(", NULL", ""), ENGINES)
    before = files(tmp_path)
    assert (await refused(path)).endswith("schema version 4; the file has schema version 1")
    assert files(tmp_path) == before


async def test_the_file_is_served_again_when_it_is_gone(path: Path) -> None:
    run(path, FOREIGN, ENGINES)
    await refused(path)
    run(path, "DELETE FROM events WHERE position = 114")
    async with SqliteStore(path) as store:
        assert store.journal.ready()


def test_the_index_leaves_out_exactly_what_is_known() -> None:
    left_out = re.findall(r"type <> '(.*?)'", unknown_events_index(KINDS))
    assert sorted(left_out) == sorted(KINDS.known_types)
    assert set(left_out) == {*KINDS.event_types, *(tag for kind in KINDS for tag in kind.upcasters)}


def test_it_is_found_without_reading_the_journal(path: Path) -> None:
    plan = run(path, f"EXPLAIN QUERY PLAN {unknown_event_query(KINDS.known_types, set(KINDS.known_types))}")
    assert [step[-1] for step in plan] == ["SCAN events USING INDEX events_unknown"]


def test_a_sound_journal_has_none(path: Path) -> None:
    assert run(path, "SELECT count(*) FROM events NOT INDEXED") == [(113,)]
    assert run(path, unknown_event_query(KINDS.known_types, set(KINDS.known_types))) == []


OTHER_INDEX = "CREATE INDEX events_unknown ON events (type) WHERE type <> 'seat.exploded'"


async def test_it_is_found_behind_an_index_of_another_release(path: Path) -> None:
    run(path, "DROP INDEX events_unknown")
    run(path, OTHER_INDEX)
    run(path, FOREIGN, ENGINES)
    assert "has an event of type 'seat.exploded'" in await refused(path)
    assert shape(path)["events_unknown"] == OTHER_INDEX.replace(" ", "")


@pytest.mark.parametrize("index", [(), (OTHER_INDEX,)], ids=["none", "another"])
def test_the_index_is_made_again_where_it_is_another_or_missing(path: Path, index: Sequence[str]) -> None:
    before = shape(path)
    for statement in ("DROP INDEX events_unknown", *index):
        run(path, statement)
    assert shape(path) != before
    prepare(path, KINDS)
    assert shape(path) == before
