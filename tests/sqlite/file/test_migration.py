"""Migration: an older file is copied, then migrated in one transaction, or left as it was."""

from __future__ import annotations

import logging
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from seatkeeper.actors.accounts.account import Account
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite.file import schema
from seatkeeper.storage.sqlite.file.reading import SCHEMA_VERSION
from seatkeeper.storage.sqlite.file.schema import prepare
from tests.sqlite.file.old_files import ENGINES, EVENTS, LOOMS, shape, write_schema_1
from tests.storage.stores import SqliteStore, names_in, run

KILLED_IN_THE_MIDDLE = """
import os, signal, sqlite3, sys
from pathlib import Path
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite.file import schema

class Killed(sqlite3.Connection):
    def executescript(self, sql):
        super().executescript(sql.replace("COMMIT;", ""))
        os.kill(os.getpid(), signal.SIGKILL)

connect = sqlite3.connect
sqlite3.connect = lambda path, **options: connect(path, factory=Killed, **options)
schema.prepare(Path(sys.argv[1]), KINDS)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of schema 1."""
    write_schema_1(tmp_path / "seatkeeper.db")
    return tmp_path / "seatkeeper.db"


@pytest.fixture
def copy(path: Path) -> Path:
    """The path of the copy from before the migration."""
    return path.with_name("seatkeeper.db.before-4")


def version(path: Path) -> object:
    return run(path, "PRAGMA user_version")[0][0]


def rows(path: Path, table: str) -> list[tuple[object, ...]]:
    found = run(path, f"SELECT * FROM {table} ORDER BY 1, 2")
    return [row[:7] for row in found] if table == "events" else found  # the eighth column came with schema 3


async def test_an_older_file_is_migrated_at_start(path: Path) -> None:
    assert version(path) == 1
    async with SqliteStore(path):
        pass
    assert version(path) == SCHEMA_VERSION == 4


def test_a_migrated_file_looks_like_a_new_one(path: Path, tmp_path: Path) -> None:
    prepare(path, KINDS)
    prepare(tmp_path / "new.db", KINDS)
    assert shape(path) == shape(tmp_path / "new.db")
    assert run(path, "PRAGMA integrity_check") == [("ok",)]


def test_no_event_and_no_snapshot_is_changed(path: Path) -> None:
    tables = ("events", "snapshots")
    before = {table: rows(path, table) for table in tables}
    assert len(before["events"]) == EVENTS
    prepare(path, KINDS)
    assert {table: rows(path, table) for table in tables} == before


def test_a_copy_of_the_older_file_remains(path: Path, copy: Path) -> None:
    before = rows(path, "events")
    prepare(path, KINDS)
    assert version(copy) == 1
    assert rows(copy, "events") == before
    assert run(copy, "PRAGMA integrity_check") == [("ok",)]


def test_a_file_of_today_is_not_copied(path: Path, copy: Path) -> None:
    prepare(path, KINDS)
    copy.unlink()
    prepare(path, KINDS)
    assert not copy.exists()


def test_a_copy_that_another_migration_left_is_replaced(path: Path, copy: Path) -> None:
    copy.write_text("half a copy")
    prepare(path, KINDS)
    assert version(copy) == 1


def test_a_migration_is_logged_and_so_are_the_views_that_it_makes_anew(
    path: Path, copy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    name = "seatkeeper.storage.sqlite.file.schema"
    with caplog.at_level(logging.INFO, logger=name):
        prepare(path, KINDS)
    record, views = [one for one in caplog.records if one.name == name]
    told = vars(record)
    assert record.message == "the database was migrated"
    assert views.message == "views are made from the journal"
    assert (told["from"], told["to"], told["copy"]) == (1, 4, str(copy))


@pytest.mark.parametrize(("stream_id", "credit", "taken"), [(ENGINES, 5000, 1), (LOOMS, 30_000, 0)])
async def test_streams_in_the_old_form_lead_to_their_state(path: Path, stream_id: str, credit: int, taken: int) -> None:
    async with SqliteStore(path) as store:
        stream = store.account()
        stream.id = stream_id
        state = await stream.loaded()
    assert isinstance(state, Account)
    assert (state.credit, state.seats_taken) == (credit, taken)


def test_a_migration_that_fails_leaves_the_older_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, whole = rows(path, "events"), schema._text
    monkeypatch.setattr(schema, "_text", lambda name: whole(name) + "CREATE TABLE events (position);")
    with pytest.raises(DatabaseRefused, match="cannot be written: table events already exists"):
        prepare(path, KINDS)
    assert version(path) == 1
    assert "receipts" not in shape(path)
    assert rows(path, "events") == before


def test_a_migration_that_is_killed_leaves_the_older_file_and_is_done_by_the_next_start(path: Path, copy: Path) -> None:
    before = rows(path, "events")
    killed = subprocess.run([sys.executable, "-c", KILLED_IN_THE_MIDDLE, str(path)], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert (version(path), "receipts" in shape(path)) == (1, False)
    assert copy.exists()
    prepare(path, KINDS)
    assert (version(path), "receipts" in shape(path)) == (SCHEMA_VERSION, True)
    assert rows(path, "events") == before


def test_without_room_for_the_copy_nothing_is_changed(path: Path, copy: Path) -> None:
    copy.mkdir()  # in the way of the copy
    with pytest.raises(DatabaseRefused, match="cannot be written"):
        prepare(path, KINDS)
    assert version(path) == 1
    assert not [name for name in names_in(path.parent) if "unfinished" in name]


def test_an_older_file_with_a_log_that_a_crash_left_is_migrated_with_it(path: Path, copy: Path) -> None:
    crashed = path.with_name("crashed.db")
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM snapshots")
        connection.commit()
        for end in ("", "-wal"):
            crashed.with_name(crashed.name + end).write_bytes(path.with_name(path.name + end).read_bytes())
    connection.close()
    prepare(crashed, KINDS)
    assert run(crashed, "SELECT * FROM snapshots") == []
    assert run(crashed.with_name("crashed.db.before-4"), "SELECT * FROM snapshots") == []
    assert not copy.exists()
