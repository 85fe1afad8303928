"""A store in a PostgreSQL database, whose tables can be looked at and damaged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self

import asyncpg

from seatkeeper.storage.journal.limits import JournalLimits
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.postgresql.deliveries import PostgresqlDeliveries
from seatkeeper.storage.postgresql.journal import PostgresqlJournal
from seatkeeper.storage.postgresql.reading.queries import PostgresqlQueries
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.shards import ONLY_SHARD, Place
from seatkeeper.storage.registry import KINDS
from tests.storage.stores import DEADLINE, NOW, Store


class PostgresqlStore(Store):
    """A store in a database of a server."""

    journal: PostgresqlJournal

    def __init__(  # noqa: PLR0913 - those of a journal
        self,
        url: str,
        *,
        limits: JournalLimits | None = None,
        on_outcome_unknown: Callable[[], None] = lambda: None,
        kinds: Kinds = KINDS,
        place: Place = ONLY_SHARD,
        standby: bool = False,
    ) -> None:
        journal = PostgresqlJournal(
            Address(url),
            now=lambda: NOW,
            on_outcome_unknown=on_outcome_unknown,
            limits=limits,
            kinds=kinds,
            place=place,
            standby=standby,
        )
        queries = PostgresqlQueries(lambda: journal.readers, kinds)
        super().__init__(journal, queries, PostgresqlDeliveries(journal, lambda: journal.readers, now=lambda: NOW))
        self.url = url

    async def __aenter__(self) -> Self:
        await self.journal.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        async with asyncio.timeout(DEADLINE):
            await self.journal.close()

    async def sql(self, statement: str, *parameters: object) -> list[tuple[object, ...]]:
        """Run a statement as an operator with psql would."""
        return await run(self.url, statement, *parameters)


async def run(url: str, statement: str, *parameters: object) -> list[tuple[object, ...]]:
    """Run a statement on its own connection, and commit it."""
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(statement, *parameters)]
    finally:
        await connection.close()
