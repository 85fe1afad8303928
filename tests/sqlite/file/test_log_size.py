"""The write-ahead log is shortened once no reader needs it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from seatkeeper.storage.sqlite.file.version import has_wal_reset_bug
from seatkeeper.storage.sqlite.writer import LOG_LIMIT, Writer
from tests.accounts.past import opened
from tests.storage.stores import SqliteStore

MIB = "INSERT INTO lines VALUES (zeroblob(1048576))"


async def fill(writer: Writer, mebibytes: int) -> None:
    """Write so much, in commits of 1 MiB."""
    for _ in range(mebibytes):
        await writer.commit_all([(MIB, ())])


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Read what is there now, as a long query does."""
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM lines").fetchall()
        yield


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "lines.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE lines (line BLOB)")
    return path


async def a_writer(path: Path) -> Writer:
    writer = await Writer.open(path)
    await writer.execute(f"PRAGMA journal_size_limit = {LOG_LIMIT}")
    await writer.watch()
    return writer


async def test_a_log_that_a_reader_made_long_is_shortened_when_it_has_gone(path: Path) -> None:
    writer = await a_writer(path)
    with reading(path):
        await fill(writer, 40)
        assert await writer.look_after_log() > 40 * 2**20  # the reader is in the way, and is not waited for
    assert await writer.look_after_log() == 0
    assert path.with_name("lines.db-wal").stat().st_size == 0
    assert await writer.execute("SELECT count(*) FROM lines") == [(40,)]
    await writer.close()


async def test_under_load_it_is_shortened_by_the_commits_themselves(path: Path) -> None:
    writer = await a_writer(path)
    with reading(path):
        await fill(writer, 40)
    await fill(writer, 10)
    assert path.with_name("lines.db-wal").stat().st_size <= LOG_LIMIT
    await writer.close()


async def test_a_short_log_is_left_alone(file: SqliteStore) -> None:
    await file.account().append(opened())
    log = file.path.with_name(file.path.name + "-wal")
    before = log.read_bytes()
    await file.journal.engine.look_after()
    assert log.read_bytes() == before
    assert file.journal.engine.log_bytes == len(before) > 0


async def test_a_long_log_is_reported_once(
    file: SqliteStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("seatkeeper.storage.sqlite.engine.LONG_LOG", 4096)
    await file.account().append(opened())
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            await file.journal.engine.look_after()
    assert [record.message for record in caplog.records] == ["the write-ahead log is long"]


@pytest.mark.parametrize(
    ("version", "has_it"),
    [
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
        ((4, 0, 0), False),
    ],
)
def test_which_versions_of_sqlite_have_the_wal_reset_bug(version: tuple[int, ...], *, has_it: bool) -> None:
    assert has_wal_reset_bug(version) is has_it
