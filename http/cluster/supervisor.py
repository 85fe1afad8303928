"""`seatkeeper cluster`: it starts Ray, the shards and the edges of this machine, and ends what it has started."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence

import msgspec

from seatkeeper.http.cluster import on_ray
from seatkeeper.http.cluster.lane import PROBE_DEADLINE, ShardGone, in_time
from seatkeeper.http.cluster.on_ray import ShardOnRay
from seatkeeper.http.cluster.operating import end_shards
from seatkeeper.http.cluster.status import ShardSettings
from seatkeeper.http.settings import Settings
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.postgresql.server.address import Address

logger = logging.getLogger("seatkeeper.cluster")

SUPERVISOR = "SEATKEEPER_SUPERVISOR"
"""The variable that tells an edge which process it belongs to, and ends with."""

EVERY = 0.5
"""Seconds between two looks at the shards and the edges."""

HANGS = 10.0
"""Seconds without a sign of life after which the process of a shard is ended, so that Ray starts another one."""

EDGE_AGAIN = 1.0
"""Seconds before an edge that has ended by itself is started again."""

SOON, MOST_ENDS = 60.0, 3
"""An edge that ends so many times in a row, each within these seconds of its start, never works."""


class ClusterOptions(msgspec.Struct, frozen=True):
    """What a cluster has beside the options of each edge."""

    shards: int
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
        self._edges: dict[int, asyncio.subprocess.Process] = {}
        self._held: socket.socket | None = None
        self._alive: dict[int, float] = {}
        self._began: dict[int, float] = {}
        self._ends: dict[int, int] = {}

    async def run(self) -> None:
        """Start all, watch over it, and end it."""
        database = str(Address(self._settings.database))
        address = on_ray.connect(database, self._options.address, log=True)
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):  # Ray takes the first for itself when it starts
            loop.add_signal_handler(signal_number, self._stopping.set)
        try:
            shards = [on_ray.start_shard(self._of_shard(number)) for number in range(self._options.shards)]
            environment = self._environment(address)
            logger.info("the shards are started", extra={"ray": address, "shards": len(shards)})
            try:
                await self._watch(shards, environment)
            finally:
                await self._end_edges()
                if self._told_to_stop or self._options.address is None:
                    await end_shards(shards)
        finally:
            on_ray.disconnect()
            if self._held is not None:
                self._held.close()
        logger.info("stopped")

    def _of_shard(self, number: int) -> ShardSettings:
        settings = self._settings
        return ShardSettings(
            database=settings.database,
            number=number,
            count=self._options.shards,
            live_actors=settings.live_actors,
            inbox=settings.inbox,
            webhook_http=settings.webhook_http,
            webhook_private_addresses=settings.webhook_private_addresses,
        )

    def _environment(self, address: str) -> Mapping[str, str]:
        """Make the environment of an edge, which has all settings: the password of a database is in no command line."""
        given = {
            f"SEATKEEPER_{name.upper()}": _text(value) for name, value in msgspec.structs.asdict(self._settings).items()
        }
        return {**os.environ, **given, "SEATKEEPER_RAY_ADDRESS": address, SUPERVISOR: str(os.getpid())}

    def _port(self, number: int) -> int:
        """Choose the port of an edge: the same for all that share one, else the next for each."""
        settings = self._settings
        if not settings.reuse_port:
            return settings.port + number if settings.port else 0
        if settings.port:
            return settings.port
        if self._held is None:  # held until the end, and never listened on
            self._held = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
            self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            self._held.bind((settings.host, 0))
        return int(self._held.getsockname()[1])

    async def _watch(self, shards: Sequence[ShardOnRay], environment: Mapping[str, str]) -> None:
        loop = asyncio.get_running_loop()
        self._alive = dict.fromkeys(range(len(shards)), loop.time())
        while not (self._stopping.is_set() or self._told_to_stop):
            for number in range(self._options.edges):
                await self._keep_edge(number, environment)
            await asyncio.gather(*(self._look(number, shard) for number, shard in enumerate(shards)))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await self._stopping.wait()

    async def _keep_edge(self, number: int, environment: Mapping[str, str]) -> None:
        """Start an edge, and again if it has ended by itself."""
        edge = self._edges.get(number)
        if edge is not None and edge.returncode is None:
            return
        if edge is not None:
            if self._told_to_stop or self._stopping.is_set():
                return
            logger.error("an edge has ended", extra={"edge": number, "status": edge.returncode})
            self._count_end(number)
            await asyncio.sleep(EDGE_AGAIN)
        self._began[number] = asyncio.get_running_loop().time()
        command = [sys.executable, "-m", "seatkeeper.http.cli", "cluster", "edge", "--port", str(self._port(number))]
        self._edges[number] = await asyncio.create_subprocess_exec(*command, env=dict(environment))

    def _count_end(self, number: int) -> None:
        """Raise DatabaseRefused for an edge that ends again and again soon after its start."""
        lived = asyncio.get_running_loop().time() - self._began[number]
        self._ends[number] = 1 if lived > SOON else self._ends.get(number, 0) + 1
        if self._ends[number] >= MOST_ENDS:
            message = f"edge {number} has ended {MOST_ENDS} times in a row: what it has logged says why"
            raise DatabaseRefused(message)

    async def _look(self, number: int, shard: ShardOnRay) -> None:
        """Learn whether a shard lives; end one that hangs."""
        loop = asyncio.get_running_loop()
        try:
            status = await in_time(shard.status(), PROBE_DEADLINE)
        except ShardGone:
            self._alive[number] = loop.time()  # Ray knows, and starts it again
            return
        except TimeoutError:
            if loop.time() - self._alive[number] > HANGS:
                logger.error("a shard hangs: its process is ended", extra={"shard": number})  # noqa: TRY400 - there is no more to say
                shard.kill(for_good=False)
                self._alive[number] = loop.time()
            return
        self._alive[number] = loop.time()
        self._told_to_stop = self._told_to_stop or status.stopping

    async def _end_edges(self) -> None:
        """Have the edges answer what is under way, and end."""
        for edge in self._edges.values():
            if edge.returncode is None:
                edge.terminate()
        deadline = self._settings.stop_deadline + 10.0
        for number, edge in self._edges.items():
            try:
                async with asyncio.timeout(deadline):
                    await edge.wait()
            except TimeoutError:
                logger.error("an edge did not end in time", extra={"edge": number})  # noqa: TRY400 - there is no more to say  # noqa: TRY400 - there is no more to say
                edge.kill()
                await edge.wait()


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
