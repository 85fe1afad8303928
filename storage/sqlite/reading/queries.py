"""The queries in SQLite, on connections that only read."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence

from seatkeeper.storage.errors import StorageDown
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.queries import AccountFilter, Item, Place, Sort
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sql.pieces import Row, Sql, Value
from seatkeeper.storage.sql.queries import SqlQueries
from seatkeeper.storage.sqlite.reading.readers import Readers
from seatkeeper.storage.sqlite.search.accounts import Page, list_accounts


class SqliteQueries(SqlQueries):
    """The queries of a file. They ask for `readers` each time, because a file that is opened again has new ones."""

    def __init__(self, readers: Callable[[], Readers], kinds: Kinds = KINDS) -> None:
        """Query through these readers what was stored of these kinds."""
        super().__init__(kinds)
        self._readers = readers

    async def _fetch(self, sql: str, *values: Value) -> list[Row]:
        return await fetch(self._readers(), sql, values)

    def _among(self, column: str, keys: Sequence[str]) -> Sql:
        return Sql(f"{column} IN ({', '.join('?' * len(keys))})", keys)

    def _contains(self, column: str, part: str) -> Sql:
        return Sql(f"instr({column}, ?) > 0", [part])

    def _members_with_accounts(self, column: str) -> str:
        return f"members AS m INDEXED BY members_by_{column} CROSS JOIN accounts AS a USING (account_id)"

    async def accounts(self, which: AccountFilter, sort: Sort, after: Place | None, limit: int) -> list[Item]:
        """List accounts in this order."""
        return await list_accounts(self._fetch, Page(which, sort, after, limit))


async def fetch(readers: Readers, sql: str, parameters: Sequence[Value]) -> list[Row]:
    """Return the rows of a query; raise TooManyQueries, QueryTooSlow or StorageDown."""
    # In its own task, which a deadline can cancel: the caller may not run in one.
    fetching = asyncio.get_running_loop().create_task(readers.fetch(sql, parameters))
    try:
        return await fetching
    except ValueError as error:  # the connection is closed
        raise StorageDown from error
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        raise StorageDown from error  # the connection is being closed
