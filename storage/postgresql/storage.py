"""The storage in a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import asyncpg

from seatkeeper.storage.postgresql.deliveries import PostgresqlDeliveries
from seatkeeper.storage.postgresql.journal import PostgresqlJournal
from seatkeeper.storage.postgresql.key_uses import save_uses
from seatkeeper.storage.postgresql.reading.queries import PostgresqlQueries
from seatkeeper.storage.postgresql.schema.version import first_event
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.shards import ONLY_SHARD, Place
from seatkeeper.storage.storage import Gauge


class PostgresqlStorage:
    """A database with its journal, and the queries that read it."""

    def __init__(  # noqa: PLR0913 - those of a journal, and its database
        self,
        address: Address,
        *,
        now: Callable[[], str],
        on_outcome_unknown: Callable[[], None],
        committed: Callable[[int, float], None],
        take_over: bool,
        standby: bool = False,
        place: Place = ONLY_SHARD,
    ) -> None:
        """Prepare them; the arguments are those of a journal."""
        self.name = str(address)
        self._address = address
        self.journal = PostgresqlJournal(
            address,
            now=now,
            on_outcome_unknown=on_outcome_unknown,
            committed=committed,
            take_over=take_over,
            standby=standby,
            place=place,
        )
        self.queries = PostgresqlQueries(lambda: self.journal.readers)
        self.deliveries = PostgresqlDeliveries(self.journal, lambda: self.journal.readers, now=now)

    @property
    def versions(self) -> Mapping[str, str]:
        """The versions of the library, and of the server once it is known."""
        return {"asyncpg": asyncpg.__version__}

    @property
    def gauges(self) -> Sequence[Gauge]:
        """None: the server has its own."""
        return []

    async def first_event(self) -> str | None:
        """Return the type of the first event, None if there is none; raise DatabaseRefused if no server answers."""
        return await first_event(self._address)

    def start(self) -> None:
        """Do nothing: the server keeps its indexes."""

    async def stop(self) -> None:
        """Do nothing."""

    async def save_key_uses(self, uses: Sequence[tuple[str, str]]) -> None:
        """Store these keys with the time of their last use; raise NotStored or OutcomeUnknown."""
        await save_uses(self.journal, uses)
