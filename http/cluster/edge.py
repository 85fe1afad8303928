"""An edge: a process without aggregates, which takes requests and hands their commands to the shards."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from seatkeeper.actors.access.actor import ApiKeyActor
from seatkeeper.http.access.start import StartRefused
from seatkeeper.http.access.upkeep import Upkeep
from seatkeeper.http.cluster.door import ClusterDoor
from seatkeeper.http.cluster.following import Follower
from seatkeeper.http.cluster.lane import PROBE_EVERY, RemoteShard, ShardGone, in_time
from seatkeeper.http.cluster.placement import edge_name
from seatkeeper.http.front import Behind, Front
from seatkeeper.http.observability.families import Family, labelled
from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.http.observability.traces import tracer_for
from seatkeeper.http.settings import Settings
from seatkeeper.http.starter_plans import define_starter_plans
from seatkeeper.http.system import Clock, IdSource
from seatkeeper.storage.deliveries import Attempt
from seatkeeper.storage.errors import DatabaseRefused, StorageDown
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.sharding.beside import PostgresqlBeside

logger = logging.getLogger("seatkeeper.cluster")

START_DEADLINE = 60.0
"""Seconds for all shards to be there."""

PING_DEADLINE = 25.0
"""Seconds for a ping; the shard gives the receiver 20."""

METRICS_DEADLINE = 2.0
"""Seconds for a shard to tell its metrics."""

LEAVE_DEADLINE = 1.0
"""Seconds for a shard to hear that an edge has ended; if it does not, it learns that from its silence."""


class ServingShard(RemoteShard, Protocol):
    """A shard as an edge needs it; each call raises ShardGone."""

    def metrics(self) -> Awaitable[bytes]:
        """Ask for the metrics of its process, an encoded list of Family."""

    def forget_edge(self, edge: str) -> Awaitable[None]:
        """Tell it that an edge serves no more."""

    def ping(self, webhook_id: str) -> Awaitable[bytes]:
        """Have the shard that delivers send a ping; the answer is an encoded Attempt, or null."""


class Edge:
    """The service, from its port to its shards; what it reads, it reads from the database itself."""

    def __init__(self, settings: Settings, shards: Sequence[ServingShard], supervisor: int | None = None) -> None:
        """Make the parts; nothing runs yet. An edge ends with the process `supervisor`, if it is a child of one."""
        self._settings = settings
        self._supervisor = supervisor
        self._shards = shards
        self._metrics = Metrics()
        self._now = Clock()
        self._beside = beside = PostgresqlBeside(Address(settings.database), now=self._now)
        self._follower = Follower(beside.queries, self._tell, self._lost)
        self._followers: list[Callable[[int], None]] = []
        self._name = edge_name(os.getpid())
        self._door = ClusterDoor(shards, self._follower.heard, self._name)
        self._tracer = tracer_for(os.environ, wanted=settings.traces)
        behind = Behind(
            name=beside.name,
            door=self._tracer.door(self._door),
            queries=beside.queries,
            deliveries=beside.deliveries,
            ping=self._ping,
            find_receipt=beside.receipt,
            identity=lambda: beside.identity,
            unready_reason=self._door.unready_reason,
            on_commit=self._followers.append,
            on_reopened=lambda _reload: None,  # what is kept in memory is followed, however the database was lost
            tracer=self._tracer,
            twins_elsewhere=True,
        )
        self.front = Front(settings, self._metrics, behind, self._now)
        self._keyring = self.front.keyring
        self._upkeep = Upkeep(self._keyring, beside.save_key_uses)
        self._follower.watch(frozenset(event.tag for event in ApiKeyActor.event_types), self._keyring.load)
        self._door.before_answer(ApiKeyActor.kind, self._upkeep.reload)

    def _tell(self, position: int) -> None:
        for followed in self._followers:
            followed(position)

    def _lost(self) -> None:
        """Let no key work while nobody can say whether it was revoked; the upkeep reads them again."""
        self._keyring.forget()

    async def _ping(self, webhook_id: str) -> Attempt | None:
        try:
            sent = await in_time(self._shards[0].ping(webhook_id), PING_DEADLINE)
            return msgspec.msgpack.decode(sent, type=Attempt | None)
        except (ShardGone, TimeoutError) as error:
            raise StorageDown(str(error)) from error

    async def run(self, announce: Callable[[str], None]) -> None:
        """Serve until SIGTERM or SIGINT, or until the cluster is stopped; announce the address once it is served."""
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, self.front.stopping.set)
        await self._beside.open()
        running = [loop.create_task(self._door.watch())]
        try:
            try:
                await self._door.wait_until_up(START_DEADLINE)
            except TimeoutError as error:
                raise DatabaseRefused(self._door.unready_reason() or "the shards are not there") from error
            self._follower.know(await self._beside.queries.last_position())
            running.append(loop.create_task(self._follower.run()))
            await self._serve(announce)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await self._leave()
            await self._beside.close()
            self._tracer.close()

    async def _leave(self) -> None:
        """Tell the shards that all is answered."""
        told = (in_time(shard.forget_edge(self._name), LEAVE_DEADLINE) for shard in self._shards)
        for number, error in enumerate(await asyncio.gather(*told, return_exceptions=True)):
            if error is not None:
                logger.warning("a shard did not hear the end", extra={"shard": number, "reason": repr(error)})

    async def _serve(self, announce: Callable[[str], None]) -> None:
        def announced(address: str) -> None:
            self._door.serving = True
            announce(address)

        await self._upkeep.start()
        try:
            try:
                await self.front.look_at_keys()
            except StartRefused:  # another edge may have made the root key in the same moment
                await self._keyring.load()
                await self.front.look_at_keys()
            if self._settings.starter_plans:
                await define_starter_plans(self._beside.queries, self._door, self._now, IdSource())
            self._watch()
            await self.front.serve(announced, self._until_the_end, close=_nothing, versions={})
        finally:
            await self._upkeep.stop()

    async def _until_the_end(self) -> None:
        while not (self.front.stopping.is_set() or self._is_told_to_end()):
            try:
                async with asyncio.timeout(PROBE_EVERY):
                    await self.front.stopping.wait()
            except TimeoutError:
                continue

    def _is_told_to_end(self) -> bool:
        """Tell whether it is time to end; an edge with a supervisor leaves it to that when another takes its place."""
        if self._supervisor is None:
            return self._door.is_stopping or self._door.is_leaving
        return self._door.is_stopping or os.getppid() != self._supervisor

    async def _metrics_of_shards(self) -> Iterable[Family]:
        """Ask all shards; one that is not there is missing, and `seatkeeper_shard_up` says so."""
        asked = (in_time(shard.metrics(), METRICS_DEADLINE) for shard in self._shards)
        told = await asyncio.gather(*asked, return_exceptions=True)
        found: list[Family] = []
        for number, families in enumerate(told):
            if isinstance(families, bytes):
                found += labelled(msgspec.msgpack.decode(families, type=list[Family]), "shard", str(number))
            elif not isinstance(families, (ShardGone, TimeoutError)):
                logger.warning("no metrics of a shard", extra={"shard": number, "reason": repr(families)})
        return found

    def _watch(self) -> None:
        door, metrics = self._door, self._metrics
        metrics.elsewhere(self._metrics_of_shards)
        for name, what, now in (
            ("up", "1 for a shard that is there.", lambda: door.counted(lambda lane: int(lane.is_up))),
            ("waiting", "Commands that wait for a call.", lambda: door.counted(len)),
        ):
            metrics.gauges(f"seatkeeper_shard_{name}", what, "shard", now)
        for name, what, ever in (
            ("calls", "Calls to a shard.", lambda: door.counted(lambda lane: lane.calls)),
            ("commands", "Commands that were sent to it.", lambda: door.counted(lambda lane: lane.sent)),
            ("lost", "Commands that were under way when it was lost.", lambda: door.counted(lambda lane: lane.lost)),
        ):
            metrics.counters(f"seatkeeper_shard_{name}", what, "shard", ever)


async def _nothing() -> None:
    """End nothing beside the server."""
