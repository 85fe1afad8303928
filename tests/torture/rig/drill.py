"""Faults of a cluster on two nodes, drawn at random, each with how long an account was away and what it got."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from tests.cluster.nodes.cables import of_process
from tests.cluster.nodes.machines import WORKER
from tests.cluster.nodes.rig import TO_DATABASE, TO_WORKER, Site
from tests.cluster.rig import SHARDS
from tests.cluster.settling import BACK, account_of_shard
from tests.torture.rig.crowd import Crowd, Waiting
from tests.torture.rig.ledger import Ledger
from tests.torture.rig.load import Load, World

HELD = 5.0
"""Seconds for which a network passes nothing on."""

EVERY = 0.02


class Drill:
    """Has faults happen to a site while clients work on it."""

    def __init__(self, site: Site, ledger: Ledger, world: World, *, clients: int) -> None:
        """Work with so many clients, most of them writers."""
        self._site, self._ledger, self._world, self._clients = site, ledger, world, clients
        self._random: random.Random = world.random
        self._accounts = [account_of_shard(site.cluster, number) for number in range(SHARDS)]
        self._seconds: dict[str, list[float]] = {}
        self._told: dict[str, Counter[str]] = {}
        self.reads = self.twins = 0
        self._on_worker: Mapping[str, Callable[[], Awaitable[None]]] = {
            "a node": self._node,
            "Ray on a node, whose shards go on": self._raylet,
            "the network between edges and a node": self._network,
        }
        self._faults = {
            "a shard": self._shard,
            "the server": self._server,
            "the network between a shard and the server": self._network_of_database,
            **self._on_worker,
        }

    def draw(self, count: int) -> Iterator[str]:
        """Name faults, each kind once before any comes again."""
        while count > 0:
            kinds = self._random.sample(list(self._faults), len(self._faults))
            yield from kinds[:count]
            count -= len(kinds)

    async def fault(self, kind: str) -> None:
        """Have one fault under load, wait until all is well again, and find out what became of everything."""
        if kind in self._on_worker and not self._shards_on(WORKER):
            kind = "a shard"  # the next one goes to the node that has none
        async with AsyncExitStack() as stack:
            waiting = await self._clients_at_work(stack)
            began = time.monotonic()
            await self._faults[kind]()
            ended = time.monotonic()
            await _until(lambda: len(self._shards()) == SHARDS and all(one.was_well(ended) for one in waiting))
            await asyncio.gather(*(load.answers(50) for load in self._loads))
        self._seconds.setdefault(kind, []).append(max(one.without(began) for one in waiting))
        for one in waiting:
            self._told.setdefault(kind, Counter()).update(one.told(began))
        self.reads, self.twins = self.reads + self._crowd.reads, self.twins + self._crowd.twins
        self._ledger.recovered()
        await self._ledger.resolve(self._site.cluster.ports[1])
        self._ledger.assert_well()

    async def _clients_at_work(self, stack: AsyncExitStack) -> Sequence[Waiting]:
        ports, some = self._site.cluster.ports, self._clients // 8
        waiting = [Waiting(ports[number % 2], account) for number, account in enumerate(self._accounts)]
        writers = self._clients // 2 - some
        self._loads = [Load(port, self._ledger, self._world, clients=writers) for port in ports]
        self._crowd = Crowd(ports, self._ledger, twins=some, readers=some)
        at_work: Sequence[Load | Crowd | Waiting] = (*self._loads, self._crowd, *waiting)
        for one in at_work:
            await stack.enter_async_context(one)
        await asyncio.gather(*(load.answers(self._random.randint(1, 150)) for load in self._loads))
        return waiting

    def report(self) -> list[str]:
        """Say for each kind how often, how long an account was away, and what it got."""
        lines = []
        for kind, seconds in sorted(self._seconds.items()):
            told = ", ".join(f"{count} {what}" for what, count in self._told[kind].most_common())
            times = f"{statistics.median(seconds):.1f} s, {max(seconds):.1f} at most"
            lines.append(f"{len(seconds):4} times {kind}: an account was away for {times}; it got {told}")
        return [*lines, f"{self.twins} twins, {self.reads} reads"]

    def _shards(self) -> list[int]:
        return [pid for ip in self._site.nodes.raylets for pid in self._shards_on(ip)]

    def _shards_on(self, ip: str) -> list[int]:
        return shards_of(self._site.nodes.raylets[ip]) if ip in self._site.nodes.raylets else []

    async def _shard(self) -> None:
        pid = self._random.choice(self._shards())
        os.kill(pid, signal.SIGKILL)
        await _until(lambda: pid not in self._shards())

    async def _node(self) -> None:
        await self._without_worker(self._site.nodes.end)

    async def _raylet(self) -> None:
        await self._without_worker(self._site.nodes.end_raylet)

    async def _without_worker(self, end: Callable[[str], None]) -> None:
        were = self._shards_on(WORKER)
        await asyncio.to_thread(end, WORKER)
        await _until(lambda: len(self._shards()) == SHARDS and not any(map(_is_shard, were)))
        await asyncio.to_thread(self._site.nodes.start, WORKER)

    async def _server(self) -> None:
        await asyncio.to_thread(self._site.server.stop, signal.SIGQUIT)
        await asyncio.to_thread(self._site.server.start)

    async def _network(self) -> None:
        cables = self._site.cables
        if self._random.random() < 0.5:
            await asyncio.to_thread(cables.tear, TO_WORKER)
            return
        await asyncio.to_thread(cables.hold, TO_WORKER)
        await asyncio.sleep(HELD)  # the length of the cut is a part of the fault
        await asyncio.to_thread(cables.mend, TO_WORKER)

    async def _network_of_database(self) -> None:
        cables, cut = self._site.cables, of_process(self._random.choice(self._shards()))
        if self._random.random() < 0.5:
            await asyncio.to_thread(cables.tear, TO_DATABASE, cut)
            return
        await asyncio.to_thread(cables.hold, TO_DATABASE, cut)
        await asyncio.sleep(HELD)  # the length of the cut is a part of the fault
        await asyncio.to_thread(cables.mend, TO_DATABASE)


def shards_of(raylet: int) -> list[int]:
    """The processes of the shards on a node of Ray."""
    try:
        children = Path(f"/proc/{raylet}/task/{raylet}/children").read_text("utf-8").split()
    except OSError:
        return []
    return [int(child) for child in children if _is_shard(int(child))]


def _is_shard(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"ray::Shard")
    except OSError:
        return False


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(BACK * 2):
        while not holds():  # noqa: ASYNC110 - other processes tell no event
            await asyncio.sleep(EVERY)
