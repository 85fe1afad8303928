"""The queries in PostgreSQL, on connections that only read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import asyncpg

from seatkeeper.storage.errors import QueryFailed
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.postgresql.reading.marks import storable
from seatkeeper.storage.postgresql.reading.readers import Readers
from seatkeeper.storage.queries import AccountFilter, Item, Place, Sort
from seatkeeper.storage.records import to_json
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sql.accounts import beyond, items, order
from seatkeeper.storage.sql.pieces import Row, Sql, Value, concatenated, where
from seatkeeper.storage.sql.queries import SqlQueries


class PostgresqlQueries(SqlQueries):
    """The queries of a database. They ask for `readers` each time: a journal that is opened again has new ones."""

    def __init__(self, readers: Callable[[], Readers], kinds: Kinds = KINDS) -> None:
        """Query through these readers what was stored of these kinds."""
        super().__init__(kinds)
        self._readers = readers

    async def _fetch(self, sql: str, *values: Value) -> list[Row]:
        return await fetch(self._readers(), sql, values)

    def _among(self, column: str, keys: Sequence[str]) -> Sql:
        listed = "ARRAY(SELECT json_array_elements_text(CAST(? AS json)))"
        return Sql(f"{column} = ANY ({listed})", [to_json([storable(key) for key in keys])])

    def _contains(self, column: str, part: str) -> Sql:
        return contains(column, part)

    def _members_with_accounts(self, column: str) -> str:  # noqa: ARG002 - PostgreSQL finds the index by itself
        return "members AS m JOIN accounts AS a USING (account_id)"

    async def accounts(self, which: AccountFilter, sort: Sort, after: Place | None, limit: int) -> list[Item]:
        """List accounts in this order."""
        sql = concatenated(
            "SELECT number, name, summary FROM accounts",
            where([*_terms(which), *beyond(sort, after, "number", "name")]),
            order(sort, "number", "name"),
            Sql("LIMIT ?", [limit]),
        )
        return items(sort, await self._fetch(sql.text, *sql.values))


def _terms(which: AccountFilter) -> list[Sql]:
    given: list[tuple[str, Value]] = [
        ("plan_id = ?", which.plan_id),
        ("status = ?", which.status),
        ("external_id = ?", which.external_id),
        ("members_free <= ?", which.members_free_at_most),
        ("seats_free <= ?", which.seats_free_at_most),
    ]
    terms = [Sql(text, [value]) for text, value in given if value is not None]
    return [*terms, contains("name", which.part.casefold())] if which.part else terms


def contains(column: str, part: str) -> Sql:
    r"""Write the term for rows whose column has this part, in which %, _ and \ are characters like any other."""
    escaped = part.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return Sql(f"{column} LIKE ?", [f"%{escaped}%"])


async def fetch(readers: Readers, sql: str, values: Sequence[Value]) -> list[Row]:
    """Return the rows of a query; raise TooManyQueries, QueryTooSlow, StorageDown or QueryFailed."""
    try:
        # In its own task, which a deadline can cancel: the caller may not run in one.
        return await asyncio.get_running_loop().create_task(readers.fetch(sql, values))
    except asyncpg.PostgresError as error:
        message = f"{str(error).partition(chr(10))[0]} ({error.sqlstate})"  # the other lines quote values
        raise QueryFailed(message) from error
