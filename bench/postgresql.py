"""The PostgreSQL server of a run: its CPU time, and schemas of its own, each a whole database to the service."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import asyncpg

from bench import processes
from bench.failure import BenchFailure

if TYPE_CHECKING:
    from collections.abc import Iterator

STATEMENT_WITHIN: Final = 60.0

ACCOUNTS: Final = """
SELECT (SELECT count(*) FROM events WHERE type = 'account.opened'), (SELECT count(*) FROM accounts),
    (SELECT count(DISTINCT name) FROM accounts)
"""


class Postgresql:
    """A database on a server of this machine."""

    def __init__(self, address: str) -> None:
        """Use the database at this address; BenchFailure if its server is elsewhere."""
        if "options=" in address:
            raise BenchFailure("the address of the database must be without options=: schemas are made in it")
        self._address = address
        self._server = asyncio.run(self._find_server())

    async def _find_server(self) -> int:
        try:
            connection = await asyncpg.connect(self._address, timeout=STATEMENT_WITHIN)
        except (OSError, asyncpg.PostgresError) as error:
            raise BenchFailure(f"the database cannot be used: {error}") from error
        try:
            backend = processes.read(connection.get_server_pid())
        finally:
            await connection.close()
        if backend is None or "postgres" not in backend.command:
            raise BenchFailure("the server of PostgreSQL must run on this machine, because its CPU time is measured")
        return backend.parent

    def cpu_seconds(self) -> float:
        """Give the CPU time of all processes of the server since its start, also of those that have ended."""
        server, *others = processes.family(self._server)
        return server.cpu + server.ended + sum(process.cpu for process in others)

    def rows(self, statement: str, schema: str | None = None) -> list[tuple[object, ...]]:
        """Run a statement in the database, or in a schema of it."""

        async def run() -> list[tuple[object, ...]]:
            connection = await asyncpg.connect(self._address, timeout=STATEMENT_WITHIN)
            try:
                if schema is not None:
                    await connection.execute(f"SET search_path = {schema}, public")
                return [tuple(row) for row in await connection.fetch(statement, timeout=STATEMENT_WITHIN)]
            finally:
                await connection.close()

        try:
            return asyncio.run(run())
        except (OSError, asyncpg.PostgresError) as error:
            raise BenchFailure(f"the database answered to {statement!r}: {error}") from error

    def in_schema(self, schema: str) -> str:
        """Give the address of a schema."""
        return f"{self._address}{'&' if '?' in self._address else '?'}options=-csearch_path%3D{schema}%2Cpublic"

    @contextmanager
    def new_schema(self, schema: str) -> Iterator[str]:
        """Make a schema, which is removed afterwards; its address."""
        self.rows(f"CREATE SCHEMA {schema}")
        try:
            yield self.in_schema(schema)
        finally:
            self.rows(f"DROP SCHEMA {schema} CASCADE")

    def verify_accounts(self, schema: str, acknowledged: int) -> None:
        """Check that the journal and the view of a schema hold each acknowledged account once."""
        counts = self.rows(ACCOUNTS, schema)[0]
        if counts != (acknowledged,) * 3:
            found = "the journal has {}, the view {} with {} different names".format(*counts)
            raise BenchFailure(f"{acknowledged} sign-ups were acknowledged, {found}")
