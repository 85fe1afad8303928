"""The journal in a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Callable

from seatkeeper.storage.journal.batching import BatchingJournal
from seatkeeper.storage.journal.limits import JournalLimits
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.postgresql.database import Limits
from seatkeeper.storage.postgresql.engine import PostgresqlEngine
from seatkeeper.storage.postgresql.reading.readers import Readers
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.shards import ONLY_SHARD, Place, Shard
from seatkeeper.storage.registry import KINDS


class PostgresqlJournal(BatchingJournal):
    """A journal on a PostgreSQL engine, with the connections for queries."""

    def __init__(  # noqa: PLR0913 - those of a journal, and its database
        self,
        address: Address,
        *,
        now: Callable[[], str],
        on_outcome_unknown: Callable[[], None],
        committed: Callable[[int, float], None] = lambda _events, _seconds: None,
        limits: JournalLimits | None = None,
        connections: Limits | None = None,
        kinds: Kinds = KINDS,
        take_over: bool = True,
        standby: bool = False,
        place: Place = ONLY_SHARD,
    ) -> None:
        """Prepare a journal of this shard of a database; `open` opens it, or makes its tables.

        With `take_over` it is taken from another process that has it, and otherwise refused; a `standby` waits for it.
        """
        limits = limits or JournalLimits()
        connections = connections or Limits()
        shard = Shard(place, str(address), take_over=take_over, standby=standby)
        self.engine = PostgresqlEngine(address, kinds, connections, limits.commit_deadline, shard)
        super().__init__(
            self.engine, now=now, on_outcome_unknown=on_outcome_unknown, committed=committed, limits=limits, kinds=kinds
        )

    @property
    def readers(self) -> Readers:
        """The connections for queries, which are new ones after the database was opened again."""
        return self.engine.database.readers
