"""The process of an edge: the service's own door and lanes, and what it reads for itself."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

import pykka

from seatkeeper.actors.access.actor import ApiKeyActor
from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown
from seatkeeper.actors.processes.change_plan import ChangePlanCoordinator
from seatkeeper.actors.processes.sign_up import SignUpCoordinator
from seatkeeper.actors.runtime.inbox import Inbox
from seatkeeper.http.access.keyring import Keyring
from seatkeeper.http.access.upkeep import Upkeep
from seatkeeper.http.api.service import Service
from seatkeeper.http.api.webhooks.service import WebhookService, not_sent
from seatkeeper.http.cluster.door import ClusterDoor
from seatkeeper.http.cluster.following import Follower
from seatkeeper.http.events_out.stream import EventStreams
from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.http.once import Once
from seatkeeper.http.server.idempotency import IdempotentRequests
from seatkeeper.http.server.routes import Answer
from seatkeeper.storage.errors import QueryTooSlow, TooManyQueries
from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.sql.pieces import Row, Value
from seatkeeper.storage.sql.receipts import receipt_loader
from seatkeeper.storage.sqlite.deliveries import SqliteDeliveries
from seatkeeper.storage.sqlite.journal import SqliteJournal
from seatkeeper.storage.sqlite.reading.queries import SqliteQueries
from tests.simulation.disk import Mount
from tests.simulation.requests import Requests
from tests.simulation.shards.conductor import Process
from tests.simulation.shards.engine import IDENTITY, load
from tests.simulation.shards.network import Link
from tests.simulation.shards.owner import PACE
from tests.simulation.shards.server import Connection, ConnectionLost

if TYPE_CHECKING:
    from tests.simulation.shards.cluster import Cluster

Work = Callable[[Requests], Coroutine[None, None, Answer]]
"""What is done of a request."""

START_DEADLINE = 60.0


class EdgeProcess(Process):
    """A process without aggregates."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        super().__init__(cluster.conductor, name)
        self.mount = Mount(cluster.server, self.random, PACE, self.kill)
        self.links = [Link(self, cluster.network, number) for number in range(cluster.shape.shards)]
        self.serving = False
        self.clients: dict[asyncio.Future[Answer], None] = {}
        """The requests that are not answered yet, in the loop of the clients."""
        self._connection = Connection(self, cluster.server, self.mount)
        self._coordinators: Sequence[pykka.ActorRef[Any]] = ()
        self.hear(lambda: self.loop.create_task(self._run()))

    def kill(self) -> None:
        self.mount.gone = True
        super().kill()

    def bury(self) -> None:
        self.mount.gone = True
        super().bury()
        for coordinator in self._coordinators:
            pykka.ActorRegistry.unregister(coordinator)

    async def _run(self) -> None:
        try:
            await self._start()
        except (TimeoutError, NotStored, OutcomeUnknown, TooManyQueries, QueryTooSlow, sqlite3.Error):
            self.kill()

    async def _start(self) -> None:
        self.readers = self._connection.readers(count=4, bound=1_000, deadline=5.0)
        self._loaders = self._connection.readers(count=1, bound=10_000, deadline=5.0)
        queries = SqliteQueries(lambda: self.readers)
        self.keyring = Keyring(queries, self.now)
        self._follower = Follower(queries, lambda _position: None, self.keyring.forget)
        self.door = ClusterDoor(self.links, self._follower.heard, self.name)
        upkeep = Upkeep(self.keyring, _save_nothing)
        self._follower.watch(frozenset(event.tag for event in ApiKeyActor.event_types), self.keyring.load)
        self.door.before_answer(ApiKeyActor.kind, upkeep.reload)
        self._tasks = [self.watched(self.door.watch())]
        await self.door.wait_until_up(START_DEADLINE)
        self._follower.know(await queries.last_position())
        self._tasks.append(self.watched(self._follower.run()))
        await upkeep.start()
        self._coordinators = [SignUpCoordinator.start(self.door), ChangePlanCoordinator.start(self.door)]
        service = self._service(queries, *(cast("Inbox", ref.actor_inbox) for ref in self._coordinators))
        idempotent = IdempotentRequests(service.find_receipt, twins_elsewhere=True)
        self.requests = Requests(service, idempotent, self.new_id)
        self.serving = True

    def _service(self, queries: SqliteQueries, sign_up: Inbox, change_plan: Inbox) -> Service:
        deliveries = SqliteDeliveries(cast("SqliteJournal", self), now=self.now)
        return Service(
            directory=self.door,
            sign_up=sign_up,
            change_plan=change_plan,
            queries=queries,
            identity=lambda: IDENTITY,
            streams=EventStreams(queries, lambda: IDENTITY, most=1, write_deadline=1.0),
            webhooks=WebhookService(deliveries, ping=not_sent, url_problem=lambda _url: None),
            keyring=self.keyring,
            find_receipt=receipt_loader(self._load).find,
            now=self.now,
            new_id=self.new_id,
            currency="EUR",
            unready_reason=self.door.unready_reason,
            metrics=Metrics().whole,
            openapi=Once(bytes),
        )

    async def _load(self, sql: str, values: Iterable[Value]) -> list[Row]:
        return await load(self._loaders, sql, values)

    async def write_aside(self, statements: Sequence[Statement]) -> None:
        """Run statements that no shard owns."""
        try:
            await self._connection.ask(lambda: self._connection.server.transact(statements))
        except ConnectionLost as error:
            raise OutcomeUnknown(str(error)) from error

    def receive(self, work: Work, answer: Callable[[Answer | Exception], None]) -> None:
        """Take a request, and answer it."""

        async def run() -> None:
            try:
                result: Answer | Exception = await work(self.requests)
            except Exception as error:  # noqa: BLE001 - it is answered as the service answers it
                result = error
            answer(result)

        self.watched(run())

    def is_at_rest(self) -> bool:
        """Tell whether it serves, and nothing runs in it."""
        return self.serving and self.door.unready_reason() is None and not len(self.requests.idempotent)


async def _save_nothing(_uses: Sequence[tuple[str, str]]) -> None:
    """Save no uses: nobody authenticates here."""
