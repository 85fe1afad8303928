"""The process of a shard: the service's own, on a storage that leads to the simulated server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NoReturn, cast

import msgspec

from seatkeeper.http.cluster.shard import Shard
from seatkeeper.http.cluster.status import ShardSettings
from seatkeeper.storage.journal.batching import BatchingJournal
from seatkeeper.storage.journal.limits import JournalLimits
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.shards import Place
from seatkeeper.storage.sqlite.deliveries import SqliteDeliveries
from seatkeeper.storage.sqlite.journal import SqliteJournal
from seatkeeper.storage.sqlite.reading.queries import SqliteQueries
from seatkeeper.storage.sqlite.reading.readers import Readers
from tests.simulation.disk import Mount
from tests.simulation.faults import Fault
from tests.simulation.shards.conductor import Process
from tests.simulation.shards.engine import SharedEngine
from tests.simulation.shards.network import Link
from tests.simulation.shards.server import NAME, Connection

if TYPE_CHECKING:
    from tests.simulation.shards.cluster import Cluster

PACE = 0.001
"""Seconds of a query, in the mean."""

DATABASE = "postgresql://seatkeeper@127.0.0.1/simulated"


class Owner(Process):
    """A process that owns a shard, or did."""

    shard: Shard
    storage: SharedStorage

    def __init__(self, cluster: Cluster, number: int, name: str) -> None:
        super().__init__(cluster.conductor, name)
        self.cluster = cluster
        self.number = number
        self.mount = Mount(cluster.server, self.random, PACE, self.kill)
        self.connection = Connection(self, cluster.server, self.mount)
        self.waiting: dict[asyncio.Future[bytes], Process] = {}
        """Who waits for an answer of this process, and where."""
        self.hear(self._begin)

    def kill(self) -> None:
        self.mount.gone = True
        super().kill()

    def bury(self) -> None:
        self.mount.gone = True
        super().bury()

    def _begin(self) -> None:
        setup, shape = self.cluster.setup, self.cluster.shape
        settings = ShardSettings(
            database=DATABASE,
            number=self.number,
            count=shape.shards,
            live_actors=setup.max_live,
            inbox=setup.inbox,
            webhook_http=False,
            webhook_private_addresses=False,
        )
        self.shard = Shard(msgspec.msgpack.encode(settings), self.kill, self._find)

    def _find(self, number: int) -> Link:
        """Find the process that has another shard now, for the plans that timers ask."""
        link = Link(self, self.cluster.network, number)
        link.owner = self.cluster.owner_of(number)
        return link

    def carry_out(
        self, work: Callable[[Owner], Awaitable[bytes]], reply: Callable[[bytes, Exception | None], None]
    ) -> None:
        """Do what an edge asks for, and answer it."""

        async def run() -> None:
            try:
                result = await work(self)
            except Exception as error:  # noqa: BLE001 - it is told to who has asked
                reply(b"", error)
            else:
                reply(result, None)

        self.watched(run())

    async def strike(self, fault: Fault) -> None:
        """Do what a fault says, before a commit leaves or while it is under way."""
        kind, chance = fault.kind, fault.chance
        if kind == "kill before":
            await self._end()
        elif kind == "kill later":
            self.conductor.later(chance * 0.05, self.kill)
        elif kind.startswith("freeze") and not kind.endswith("edge"):
            self.cluster.freeze(self, 0.3 * chance if kind == "freeze shortly" else 0.3 + 40 * chance**2)
            if kind == "freeze before":
                await asyncio.sleep(0)  # the next turn is after the thaw
        elif kind == "usurp":
            self.cluster.usurp(self)
        elif kind.endswith("edge"):
            self.cluster.strike_edge(fault)

    async def _end(self) -> NoReturn:
        self.kill()
        raise asyncio.CancelledError

    def is_at_rest(self) -> bool:
        """Tell whether it is open, and nothing runs in it."""
        shard = self.__dict__.get("shard")
        if not isinstance(shard, Shard) or not shard._open or shard._answering:
            return False
        journal = self.storage.journal
        return not len(journal) and journal.unready_reason() is None and journal._health.busy_since is None


class SharedJournal(BatchingJournal):
    """The journal of a shard, with the connections for queries."""

    engine: SharedEngine

    @property
    def readers(self) -> Readers:
        return self.engine.readers


class SharedStorage:
    """Stands for PostgresqlStorage."""

    name = NAME

    def __init__(  # noqa: PLR0913 - those of PostgresqlStorage
        self,
        owner: Owner,
        _address: Address,
        *,
        now: Callable[[], str],
        on_outcome_unknown: Callable[[], None],
        committed: Callable[[int, float], None],
        take_over: bool,
        place: Place,
    ) -> None:
        assert take_over
        setup, kinds = owner.cluster.setup, owner.cluster.kinds
        engine = SharedEngine(owner.connection, place.number, owner.name, kinds, owner.strike)
        self.journal = SharedJournal(
            engine,
            now=now,
            on_outcome_unknown=on_outcome_unknown,
            committed=committed,
            limits=JournalLimits(waiting=setup.waiting, batch=setup.batch),
            kinds=kinds,
        )
        self.journal.engine = engine
        owner.storage = self
        self.queries = SqliteQueries(lambda: self.journal.readers)
        self.deliveries = SqliteDeliveries(cast("SqliteJournal", self.journal), now=now)
