"""Deliveries in virtual time: a journal, endpoints that are functions, and a process that can be killed."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import NamedTuple, TypeAlias

import msgspec

from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.http.events_out.webhooks.deliveries import WebhookDeliveries
from seatkeeper.http.events_out.webhooks.feed import Feed
from seatkeeper.http.events_out.webhooks.messenger import Messenger
from seatkeeper.http.events_out.webhooks.sender import Answer
from seatkeeper.http.events_out.webhooks.target import Target
from seatkeeper.http.events_out.webhooks.worker import Tools
from seatkeeper.storage.deliveries import Attempt, Secret, Waiting
from seatkeeper.storage.queries import StoredEvent
from tests.events_out.webhooks.store import MemoryDeliveries
from tests.simulation.clock import BEGINNING, VirtualLoop, written

HOUR, DAY = 3600.0, 86400.0
OK, BROKEN = Answer(200), Answer(500)
URL = "https://hooks.example/in"


ONE = Target("one", URL, ("*",), "active", 1)


class Received(NamedTuple):
    """A message that an endpoint has answered with a 2xx, or not."""

    at: float
    url: str
    message_id: str
    position: int
    stream_id: str
    accepted: bool = False


Endpoint: TypeAlias = Callable[["Received"], Awaitable[Answer]]


async def takes_all(_: Received) -> Answer:
    """Answer at once that all is well."""
    await asyncio.sleep(0)
    return OK


@dataclass
class World:
    """What outlives a process: the journal, the store, what endpoints got. `endpoints` by URL; the others take all."""

    seed: int = 0
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    store: MemoryDeliveries = field(default_factory=MemoryDeliveries)
    events: list[StoredEvent] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)
    received: list[Received] = field(default_factory=list)
    disabled: list[tuple[str, str]] = field(default_factory=list)
    began: float = 0.0
    unreadable: bool = False

    def write(self, *streams: str, kind: str = "member.added") -> None:
        """Add an event to each of these streams."""
        for stream in streams:
            position = len(self.events) + 1
            self.versions[stream] += 1
            self.events.append(StoredEvent(position, stream, self.versions[stream], kind, written(0), "{}", None))

    def accepted(self, url: str = URL) -> list[int]:
        """The positions that an endpoint has taken, in order."""
        return [message.position for message in self.received if message.accepted and message.url == url]

    def run(self, story: Callable[[Process], Awaitable[None]], *targets: Target) -> None:
        """Run a process in which this happens, from its start to a kill: nothing of it runs on."""
        loop = VirtualLoop(self.began)
        asyncio.set_event_loop(loop)
        try:
            process = Process(self, loop)
            loop.run_until_complete(process.live(story, targets or (ONE,)))
        finally:
            self.began = loop.time() + 1.0
            while tasks := asyncio.all_tasks(loop):
                for task in tasks:
                    task.cancel()
                loop.run_until_complete(asyncio.wait(tasks))
            asyncio.set_event_loop(None)
            loop.close()


class Process:
    """One life of the service."""

    def __init__(self, world: World, loop: VirtualLoop) -> None:
        self.world = world
        self.dead = False
        random = Random(world.seed)
        self.feed = Feed(self._read)
        self._loop = loop
        self.deliveries = WebhookDeliveries(
            lambda workers: Tools(
                feed=self.feed,
                store=self,  # type: ignore[arg-type] # a worker needs four of its methods
                messenger=Messenger(self, self.now),
                message_id="journal_{}".format,
                clock=self.now,
                random=random.random,
                disable=self._disable,
                workers=workers,
            ),
            lambda: "ping",
        )
        self.targets: dict[str, Target] = {}

    def now(self) -> float:
        """Return the wall clock, in seconds."""
        return BEGINNING.timestamp() + self._loop.time()

    async def live(self, story: Callable[[Process], Awaitable[None]], targets: Sequence[Target]) -> None:
        """Start, and live through the story."""
        self.targets = {target.webhook_id: target for target in targets}
        self.feed.on_commit(len(self.world.events))
        self.deliveries.start(targets)
        try:
            await story(self)
        finally:
            self.dead = True

    async def _read(self, after: int, limit: int) -> Sequence[StoredEvent]:
        await asyncio.sleep(0.001)
        if self.world.unreadable:
            raise OSError("the disk does not answer")
        return self.world.events[after : after + limit]

    def write(self, *streams: str, kind: str = "member.added") -> None:
        """Commit an event of each of these streams."""
        self.world.write(*streams, kind=kind)
        self.feed.on_commit(len(self.world.events))

    def change(self, webhook_id: str = "one", **fields: str | tuple[str, ...]) -> None:
        """Commit a change of a webhook."""
        target = self.targets[webhook_id]
        self.targets[webhook_id] = msgspec.structs.replace(target, version=target.version + 1, **fields)
        self.deliveries.changed(self.targets[webhook_id])

    async def secrets(self, webhook_id: str) -> Sequence[Secret]:
        """Read the secrets."""
        return await self.world.store.secrets(webhook_id)

    async def progress(self, webhook_id: str) -> int:
        """Read the position."""
        return await self.world.store.progress(webhook_id)

    async def waiting(self, webhook_id: str) -> Sequence[Waiting]:
        """Read what waits."""
        return await self.world.store.waiting(webhook_id)

    async def record(
        self,
        webhook_id: str,
        *,
        position: int,
        attempts: Sequence[Attempt],
        waiting: Sequence[Waiting],
        done: Sequence[int],
    ) -> None:
        """Write; a kill may come before, or between the commit and its answer."""
        await asyncio.sleep(0.001)
        if self.dead:
            raise NotStored("the process is no more")
        await self.world.store.record(webhook_id, position=position, attempts=attempts, waiting=waiting, done=done)
        await asyncio.sleep(0.001)

    async def _disable(self, webhook_id: str, reason: str) -> None:
        await asyncio.sleep(0.001)
        if self.dead:
            raise NotStored("the process is no more")
        self.world.disabled.append((webhook_id, reason))
        self.change(webhook_id, status="disabled")

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Bring a message to an endpoint."""
        message = json.loads(body)
        event = message["data"]
        position, stream_id = event.get("position", 0), event.get("stream_id", "")
        received = Received(self.now() - BEGINNING.timestamp(), url, headers["webhook-id"], position, stream_id)
        answer = await self.world.endpoints.get(url, takes_all)(received)
        if not self.dead:
            self.world.received.append(received._replace(accepted=answer.accepted))
        return answer


def assert_in_order(world: World, url: str = URL) -> None:
    """See that each stream came in its order, repeats aside, and that a repeat has the id of the first."""
    first: dict[str, list[int]] = {}
    ids: dict[int, set[str]] = {}
    for message in world.received:
        if message.url == url:
            ids.setdefault(message.position, set()).add(message.message_id)
            stream = first.setdefault(message.stream_id, [])
            if message.accepted and message.position not in stream:
                stream.append(message.position)
    assert all(len(names) == 1 for names in ids.values())
    assert all(one < other for stream in first.values() for one, other in pairwise(stream))
