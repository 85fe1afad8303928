"""The schema: every table and column of SQLite's, in the same order, compared by bytes."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import asyncpg
import pytest

from seatkeeper.storage.postgresql.schema import ddl
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite.file.schema import schema_text

ONLY_SQLITE = {"identity"}
"""What tells a file from its copies."""

ONLY_POSTGRESQL = {"seatkeeper_schema", "shards", "journal_head", "journal_home"}


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    await connection.execute(ddl.schema_text(KINDS))
    yield connection
    await connection.close()


async def test_the_columns_are_those_of_sqlite(connection: asyncpg.Connection) -> None:
    found = await connection.fetch(
        "SELECT table_name::text, column_name::text FROM information_schema.columns"
        " WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position"
    )
    columns = {tuple(row) for row in found if row[0] not in ONLY_POSTGRESQL}
    assert columns == {row for row in sqlite_columns() if row[0] not in ONLY_SQLITE}


def sqlite_columns() -> set[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(schema_text(KINDS))
        return set(
            connection.execute(
                "SELECT t.name, c.name FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c"
                " WHERE t.type = 'table' AND t.name NOT LIKE 'account_search%' AND t.name NOT LIKE 'account_words%'"
            )
        )
