"""`seatkeeper cluster`: it starts Ray, the shards and the edges of this machine, and ends what it has started."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Awaitable, Mapping, Sequence
from typing import Protocol

import msgspec

from seatkeeper.http.access.start import StartRefused, no_key
from seatkeeper.http.cluster import on_ray
from seatkeeper.http.cluster.edge_processes import EdgeProcesses, port_of_edge
from seatkeeper.http.cluster.lane import ShardGone
from seatkeeper.http.cluster.on_ray import ShardOnRay
from seatkeeper.http.cluster.operating import end_shards, while_remembered
from seatkeeper.http.cluster.status import ShardSettings, ShardStatus
from seatkeeper.http.sandbox import refuse_other_kind
from seatkeeper.http.server.connections import refuse_used_port
from seatkeeper.http.settings import Settings, is_loopback
from seatkeeper.storage.engines import may_hold_keys
from seatkeeper.storage.postgresql.schema.version import first_event
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.sharding.beside import prepare_for_shards
from seatkeeper.storage.postgresql.sharding.starts import new_start_on

logger = logging.getLogger("seatkeeper.cluster")

SUPERVISOR = "SEATKEEPER_SUPERVISOR"
"""The variable that tells an edge which process it belongs to, and ends with."""

EVERY = 0.5
"""Seconds between two looks at the shards and the edges."""

ANSWERS_WITHIN = 0.2
"""Seconds to wait for the answers of a look, so that an edge that has ended as it was told is not started again."""

HANGS_AFTER = 8
"""Looks without an answer after which the process of a shard hangs, and is ended, so that Ray starts another one.

Looks are counted, and not seconds: where a machine is so busy that a shard gets no time, the looks come late too, and
one that was asleep has missed one. A shard that is busy answers between two of its turns, of some milliseconds each.
What is at stake is even on both sides: to end a process that would have answered costs 2 s, and nothing that was
acknowledged.
"""

STARTS_WITHIN = 120
"""Looks without an answer for a process that has not answered yet: it starts, and takes its time on a busy machine."""


class Living(Protocol):
    """A shard that can be asked for a sign of life, and ended."""

    def status(self) -> Awaitable[ShardStatus]:
        """Ask how it is doing; raise ShardGone."""

    def kill(self, *, for_good: bool) -> None:
        """End its process; unless it is for good, another one is started."""


class ClusterOptions(msgspec.Struct, frozen=True):
    """What a cluster has beside the options of each edge."""

    shards: int | None
    """None for as many as the database was divided between."""
    edges: int
    address: str | None
    """Of Ray; None to start it for this machine."""


class Supervisor:
    """Runs until it is told to end, or the cluster is."""

    def __init__(self, settings: Settings, options: ClusterOptions) -> None:
        """Prepare to run edges with these settings, before shards of this database."""
        self._settings = settings
        self._options = options
        self._stopping = asyncio.Event()
        self._told_to_stop = False

    async def run(self) -> None:
        """Start all, watch over it, and end it."""
        await self._look_first()
        database = Address(self._settings.database)
        address = on_ray.connect(str(database), self._options.address, log=True)
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):  # Ray takes the first for itself when it starts
            loop.add_signal_handler(signal_number, self._stopping.set)
        try:
            count = await prepare_for_shards(database, self._options.shards)
            start = await new_start_on(database)
            shards = [on_ray.start_shard(self._of_shard(number, count, start)) for number in range(count)]
            edges = EdgeProcesses(self._settings, self._options.edges, self._environment(address))
            logger.info("the shards are started", extra={"ray": address, "shards": len(shards)})
            try:
                await while_remembered(len(shards), self._watch(shards, edges), self._stopping.set)
            finally:
                await edges.end()
                if self._told_to_stop or self._options.address is None:
                    await end_shards(shards)
        finally:
            on_ray.disconnect()
        logger.info("stopped")

    async def _look_first(self) -> None:
        """Raise StartRefused for what no edge could do: a database is divided for ever, so not in vain."""
        settings = self._settings
        database = Address(settings.database)
        refuse_other_kind(str(database), await first_event(database), sandbox=False)
        if not settings.reuse_port:
            for number in range(self._options.edges):
                _look_at_port(settings.host, port_of_edge(settings, number))
        closed = settings.root_key_file or is_loopback(settings.host) or not self._options.edges
        if not (closed or await may_hold_keys(settings.database)):
            raise StartRefused(no_key(settings.host, str(Address(settings.database))))

    def _of_shard(self, number: int, count: int, start: str) -> ShardSettings:
        settings = self._settings
        return ShardSettings(
            database=settings.database,
            number=number,
            count=count,
            start=start,
            live_actors=settings.live_actors,
            inbox=settings.inbox,
            timers_a_second=settings.timers_a_second,
            webhook_http=settings.webhook_http,
            webhook_private_addresses=settings.webhook_private_addresses,
            log_level=settings.log_level,
            log_format=settings.log_format,
            traces=settings.traces,
        )

    def _environment(self, address: str) -> Mapping[str, str]:
        """Make the environment of an edge, which has all settings: the password of a database is in no command line."""
        given = {
            f"SEATKEEPER_{name.upper()}": _text(value) for name, value in msgspec.structs.asdict(self._settings).items()
        }
        return {**os.environ, **given, "SEATKEEPER_RAY_ADDRESS": address, SUPERVISOR: str(os.getpid())}

    async def _watch(self, shards: Sequence[ShardOnRay], edges: EdgeProcesses) -> None:
        loop = asyncio.get_running_loop()
        pulses = [Pulse(number, shard) for number, shard in enumerate(shards)]
        while True:
            next_look = loop.time() + EVERY
            await asyncio.wait([pulse.look() for pulse in pulses], timeout=ANSWERS_WITHIN)
            told = [pulse.status for pulse in pulses if pulse.status is not None]
            self._told_to_stop = any(status.stopping for status in told)
            if self._stopping.is_set() or self._told_to_stop:
                return
            leaving = {name for status in told for name in status.leaving}
            await edges.look(leaving, {name for status in told for name in status.edges})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(next_look):
                    await self._stopping.wait()


class Pulse:
    """The signs of life of a shard, one asked for at a time."""

    def __init__(self, number: int, shard: Living) -> None:
        """Nothing is known of it yet."""
        self._number = number
        self._shard = shard
        self._asked: asyncio.Future[ShardStatus] | None = None
        self._answered = False
        self._missed = 0
        self.status: ShardStatus | None = None
        """What it told last."""

    def look(self) -> asyncio.Future[ShardStatus]:
        """Ask for a sign of life if the last one has come, and return what is waited for; end a process that hangs."""
        if self._asked is None or self._asked.done():
            self._missed = 0
            self._asked = asyncio.ensure_future(self._shard.status())
            self._asked.add_done_callback(self._take)
        else:
            self._miss()
        return self._asked

    def _take(self, asked: asyncio.Future[ShardStatus]) -> None:
        if asked.cancelled():
            return
        error = asked.exception()
        self._answered = not isinstance(error, ShardGone)  # if it is gone, Ray knows, and starts it again
        if error is None:
            self.status = asked.result()
        elif self._answered:
            logger.error("the status of a shard cannot be read", extra={"shard": self._number, "reason": repr(error)})

    def _miss(self) -> None:
        self._missed += 1
        if self._missed >= (HANGS_AFTER if self._answered else STARTS_WITHIN):
            logger.error("a shard hangs: its process is ended", extra={"shard": self._number})
            self._shard.kill(for_good=False)
            self._missed, self._answered = 0, False


def _look_at_port(host: str, port: int) -> None:
    try:
        refuse_used_port(host, port)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else "there is none"
        message = f"port {port} of {host} cannot be listened on: {reason}; --port takes the first of the edges"
        raise StartRefused(message) from error


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
