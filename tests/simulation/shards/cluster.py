"""A cluster: shards with an edge each or fewer, and what places and restarts them, which is Ray in the service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import NamedTuple, cast
from unittest.mock import patch

from seatkeeper.actors.aggregates.journal import OutcomeUnknown
from seatkeeper.http import outgoing
from seatkeeper.http.cluster import door, following, shard
from seatkeeper.http.observability import logs
from seatkeeper.http.server.routes import Answer
from seatkeeper.storage.errors import StorageDown
from tests.simulation.bounds import overfull, wrong_key
from tests.simulation.clock import BEGINNING
from tests.simulation.faults import Fault
from tests.simulation.receiver import SimulatedSender
from tests.simulation.requests import pretended
from tests.simulation.sending import Sent
from tests.simulation.shards.conductor import Conductor, Process
from tests.simulation.shards.edge import EdgeProcess, Work
from tests.simulation.shards.network import Network, lose_calls
from tests.simulation.shards.owner import Owner, SharedStorage
from tests.simulation.shards.server import Server
from tests.simulation.webhooks import at_rest
from tests.simulation.world import Broken, World

PACE = 0.0002
"""Seconds from a client to its edge, in the mean."""


LOOK = 0.6
"""Seconds between two looks of an edge at a shard, and at the journal: more than in the service, as they cost most."""

REST = 1.5
"""Seconds for which nothing may run before a cluster counts as idle."""


LONGEST_REST = 600.0
"""Seconds after which it has to be idle: what is late comes within 60, and an owner without its shard ends in two."""


class Shape(NamedTuple):
    """How many there are of what."""

    shards: int
    edges: int

    @classmethod
    def drawn(cls, random: Random) -> Shape:
        shards = random.choice([1, 2, 2, 3, 4])
        return cls(shards, random.choice([1, 2, shards]))


class Cluster:
    """What the clients of a run have in place of one process."""

    dead = False

    def __init__(self, world: World) -> None:
        script = world.script
        self.setup, self.kinds = script.setup, script.repertoire.kinds
        self.shape = Shape.drawn(Random(f"{script.seed} shape"))
        self.server = cast("Server", world.disk)
        self.conductor = Conductor(str(script.seed), self.server.clock)
        self.network = Network(script.faults, world.note, self._copied)
        self._world = world
        self._random = Random(f"{script.seed} cluster")
        self._clients = Process(self.conductor, "clients")
        self.loop = self._clients.loop
        self._requests: set[asyncio.Task[Answer]] = set()
        self._made = 0
        self._owners: list[Owner] = []
        self._edges: list[EdgeProcess] = []

    def run(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Run until the work is done."""
        conductor = self.conductor
        conductor.on_death = self._restart
        with self._pretending():
            try:
                self._owners = [self._new_owner(number) for number in range(self.shape.shards)]
                self._edges = [self._new_edge() for _ in range(self.shape.edges)]
                main = self._clients.watched(self._live(work))
                conductor.run(main.done)
                main.result()
            finally:
                conductor.end()

    async def _live(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        while not all(edge.serving for edge in self._edges):  # noqa: ASYNC110 - virtual time costs nothing
            await asyncio.sleep(0.05)
        await work()

    @contextmanager
    def _pretending(self) -> Iterator[None]:
        def current() -> Process:
            assert self.conductor.current is not None
            return self.conductor.current

        def owner() -> Owner:
            return cast("Owner", current())

        def seconds() -> float:
            return self.conductor.now

        moment = SimpleNamespace(monotonic=seconds, time=lambda: BEGINNING.timestamp() + seconds())
        with ExitStack() as patches:
            for target, name, replacement in (
                (shard, "PostgresqlStorage", lambda *address, **parts: SharedStorage(owner(), *address, **parts)),
                (shard, "Clock", lambda: current().now),
                (shard, "IdSource", lambda: current().new_id),
                (shard, "HttpSender", self._sender),
                (shard, "tune_collector", lambda: None),
                (door, "PROBE_EVERY", LOOK),
                (following, "EVERY", LOOK),
                (logs, "set_up", lambda _level, _form: None),
                *((module, "time", moment) for module in (shard, outgoing)),
                (outgoing, "random", Random(self._random.random())),
                *pretended(self.kinds, self.server, seconds),
            ):
                patches.enter_context(patch.object(target, name, replacement))
            yield

    def _sender(self, *, allow_http: bool, allow_private: bool) -> SimulatedSender:
        assert not allow_http
        assert not allow_private
        process = self.conductor.current
        return SimulatedSender(self._world.receiver, lambda: process is None or process.dead)

    def _name(self, what: str) -> str:
        self._made += 1
        return f"{what} as process {self._made}"

    def _new_edge(self) -> EdgeProcess:
        edge = EdgeProcess(self, self._name("edge"))
        for link, owner in zip(edge.links, self._owners, strict=True):
            link.owner = owner
        return edge

    def _new_owner(self, number: int) -> Owner:
        owner = Owner(self, number, self._name(f"shard {number}"))
        for edge in self._edges:
            self.conductor.later(self._random.random(), partial(self._point, edge, owner))
        return owner

    def _point(self, edge: EdgeProcess, owner: Owner) -> None:
        """Let an edge hear of a new owner, unless a newer one has come by now."""
        if self._owners[owner.number] is owner:
            edge.links[owner.number].owner = owner

    def _restart(self, process: Process) -> None:
        """Tell who waits for a process that it has ended, and start the next one."""
        self._note(f"{process.name} ends")
        soon = 0.1 + 2 * self._random.random()
        if isinstance(process, EdgeProcess):
            for answer in list(process.clients):
                self.conductor.later(0.001, partial(self._clients.hear, _take, answer, _CUT))
            self.conductor.later(soon, lambda: self._replace_edge(process))
        elif isinstance(process, Owner):
            lose_calls(process, lambda: self._random.random() / 2)
            self.conductor.later(soon, lambda: self._replace(process))

    def owner_of(self, number: int) -> Owner:
        """Tell which process has a shard now."""
        return self._owners[number]

    def _replace_edge(self, edge: EdgeProcess) -> None:
        self._edges[self._edges.index(edge)] = self._new_edge()

    def _replace(self, owner: Owner) -> None:
        """Start a successor, also beside an owner that is frozen."""
        if owner.dead or owner.frozen:
            self.usurp(owner)

    def usurp(self, owner: Owner) -> None:
        """Start a successor, whatever the owner does."""
        if self._owners[owner.number] is owner:
            self._note(f"{owner.name} gets a successor")
            self._world.tally["successors"] += 1
            self._world.tally["zombies"] += not owner.dead
            self._owners[owner.number] = self._new_owner(owner.number)
            lose_calls(owner, lambda: 10 * self._random.random())

    def freeze(self, process: Process, seconds: float) -> None:
        """Let a process stop after this step, and go on later; a successor of a shard may come meanwhile."""
        self._note(f"{process.name} is frozen")
        process.freeze()
        self.conductor.later(seconds, lambda: self._thaw(process))
        if isinstance(process, Owner):
            self.conductor.later(0.3 + self._random.random(), lambda: self._replace(process))

    def _thaw(self, process: Process) -> None:
        process.frozen = False
        if not process.dead:
            self._note(f"{process.name} goes on")

    def strike_edge(self, fault: Fault) -> None:
        """Kill or freeze an edge."""
        edge = self._edges[int(fault.chance * len(self._edges))]
        if fault.kind == "kill edge":
            edge.kill()
        elif not (edge.dead or edge.frozen):
            self.freeze(edge, 20 * fault.chance**2)

    def _note(self, text: str) -> None:
        self._world.note(text)

    def watched(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        return self._clients.watched(work)

    def send(self, sent: Sent) -> asyncio.Task[Answer]:
        return self._sent(lambda requests: requests.carry_out(sent))

    def try_out(self, sent: Sent) -> asyncio.Task[Answer]:
        return self._sent(lambda requests: requests.try_out(sent))

    def _sent(self, work: Work) -> asyncio.Task[Answer]:
        request = self.loop.create_task(self._request(work))
        self._requests.add(request)
        request.add_done_callback(self._ended)
        return request

    def _ended(self, request: asyncio.Task[Answer]) -> None:
        self._requests.discard(request)
        if not request.cancelled():
            request.exception()  # its client gets it too

    async def read(self, path: str, query: object = None, **ids: str) -> Answer:
        return await self._request(lambda requests: requests.read(path, query, **ids))

    async def _request(self, work: Work) -> Answer:
        """Send a request to any edge."""
        edge, there = self._random.choice(self._edges), self._random.expovariate(1 / PACE)
        if edge.dead or not edge.serving:
            await asyncio.sleep(there)
            raise StorageDown("the connection is refused")
        answer: asyncio.Future[Answer] = self.loop.create_future()
        edge.clients[answer] = None
        answer.add_done_callback(lambda _: edge.clients.pop(answer, None))

        def leave(result: Answer | Exception) -> None:
            self.conductor.later(there, lambda: self._clients.hear(_take, answer, result))

        self.conductor.later(there, lambda: edge.hear(edge.receive, work, leave))
        return await answer

    def overfull(self) -> str | None:
        for owner in self._owners:
            if "storage" in owner.__dict__:
                beyond = overfull(self.setup, owner.shard._directory, owner.storage.journal, halves=True)
                if beyond is not None:
                    return beyond
        return None

    def works(self, _key_id: str) -> bool:
        """Tell nothing: the answer may have come from another edge than that which has revoked the key."""
        return False

    def wrong_key(self, rows: Iterable[tuple[str, str, int, str]]) -> str | None:
        known = list(rows)
        found = (wrong_key(edge.keyring, known) for edge in self._edges)
        return next((wrong for wrong in found if wrong is not None), None)

    def _copied(self, keys: AbstractSet[str]) -> None:
        for sent in self._world.sent:
            sent.copied |= sent.key in keys

    def now(self) -> str:
        return self._clients.now()

    def leap(self, seconds: float) -> None:
        self.conductor.clock.move(seconds)

    def calm(self) -> None:
        self.network.faults.clear()

    async def wait_until_idle(self) -> None:
        until = self.loop.time() + LONGEST_REST
        while True:
            await asyncio.sleep(0.05)
            if self._is_at_rest():
                await asyncio.sleep(REST)
                if self._is_at_rest() and self._delivers_nothing():
                    break
            if self.loop.time() > until - LONGEST_REST / 2:
                self.server.repair()  # nobody commits any more
            if self.loop.time() > until:
                raise Broken("I6", f"the cluster does not come to rest, with {len(self.conductor.processes)} processes")
        self.conductor.failures += [
            f"{owner.name} has {count} {what} left when nothing runs"
            for owner in self._owners
            for what, count in (
                ("activations", len(owner.shard._directory._loading)),
                ("busy actors", sum(not actor.idle for actor in owner.shard._directory._live.values())),
                ("commands under keys", len(owner.shard._running)),
            )
            if count
        ]

    def _is_at_rest(self) -> bool:
        expected: Sequence[Owner | EdgeProcess] = (*self._owners, *self._edges)
        alone = len(self.conductor.processes) == len(expected) + 1  # with the clients
        return (
            alone
            and not self._requests
            and not self.network.coming
            and all(process.is_at_rest() and not process.frozen for process in expected)
        )

    def _delivers_nothing(self) -> bool:
        outgoing_ = self._owners[0].shard._outgoing
        return outgoing_ is not None and at_rest(outgoing_._deliveries)


_CUT = OutcomeUnknown("the connection was lost")


def _take(answer: asyncio.Future[Answer], result: Answer | Exception) -> None:
    if answer.done():
        return
    if isinstance(result, Exception):
        answer.set_exception(result)
    else:
        answer.set_result(result)
