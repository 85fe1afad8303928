"""One life of the service, from its start on the disk to a crash or to its end, without HTTP."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import msgspec
import pykka

from seatkeeper.actors.aggregates import aggregate
from seatkeeper.actors.aggregates.aggregate import CommandOptions
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown
from seatkeeper.actors.aggregates.messages import Outcome, Refusal
from seatkeeper.actors.processes.change_plan import ChangePlanCoordinator
from seatkeeper.actors.processes.sign_up import SignUpCoordinator
from seatkeeper.actors.runtime.inbox import Inbox
from seatkeeper.http import outgoing
from seatkeeper.http.access.keyring import Keyring
from seatkeeper.http.access.upkeep import Upkeep
from seatkeeper.http.api.service import Service
from seatkeeper.http.api.webhooks.service import WebhookService, not_sent
from seatkeeper.http.events_out.stream import EventStreams
from seatkeeper.http.events_out.webhooks.sender import HttpSender
from seatkeeper.http.server.idempotency import IdempotentRequests, RequestKey
from seatkeeper.http.server.problems import Refused, refusal_body, status_of
from seatkeeper.http.server.requests import RequestReader
from seatkeeper.http.server.responses import refusal_answer
from seatkeeper.http.server.routes import Answer, Call, Caller, Nothing, Route
from seatkeeper.storage.errors import DatabaseRefused, QueryTooSlow, TooManyQueries
from seatkeeper.storage.journal.limits import JournalLimits
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.projections.api_keys import API_KEYS
from seatkeeper.storage.sqlite import database, engine, recovery
from seatkeeper.storage.sqlite.deliveries import SqliteDeliveries
from seatkeeper.storage.sqlite.journal import SqliteJournal
from seatkeeper.storage.sqlite.reading.queries import SqliteQueries
from tests.simulation.bounds import Setup
from tests.simulation.clock import BEGINNING, VirtualLoop, written
from tests.simulation.commands import Sent, route_of
from tests.simulation.disk import Disk, Mount
from tests.simulation.identity import NoLock, keep_identity
from tests.simulation.receiver import Receiver, SimulatedSender

EVENTS_A_SNAPSHOT = 5


@cache
def reader_of(route: Route) -> RequestReader:
    """Make the reader of the requests of a route."""
    return RequestReader(route, 1.0)


OPERATOR = Caller("key:operator", "operator", frozenset({"admin"}))
"""Who sends the commands: with a key that may do everything, since the first key closes the service."""


async def _save_nothing(_uses: Sequence[tuple[str, str]]) -> None:
    """Save no uses: nobody authenticates here."""


class Life:
    """The service on its own loop, which a crash stops between two steps for good."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a life is made of
        self, disk: Disk, receiver: Receiver, setup: Setup, kinds: Kinds, seed: str, began: float
    ) -> None:
        self.loop = VirtualLoop(began)
        self.dead = False
        self.broken: Exception | None = None
        self.failures: list[str] = []
        self.requests: set[asyncio.Task[Answer]] = set()
        self._random = Random(seed)
        self._ids = 0
        self._stamp = self._random.randrange(16**8)
        self._clock = self._random.choice([0.0, 0.0, 3600.0, -3600.0])
        self._sender = SimulatedSender(receiver, lambda: self.dead)
        self.mount = Mount(disk, self._random, setup.pace, self.crash)
        self.setup = setup
        self._kinds = kinds
        self._ending = False
        self._coordinators: Sequence[pykka.ActorRef[Any]] = ()
        self.loop.set_exception_handler(self._note_failure)

    def _note_failure(self, _loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        if not self.dead:
            self.failures.append(f"{context.get('message')}: {context.get('exception')!r}")

    def now(self) -> str:
        return written(self.loop.time() + self._clock)

    def _new_id(self) -> str:
        self._ids += 1
        return f"01ab0000-{self._ids:04x}-7000-8000-0000{self._stamp:08x}"

    def crash(self) -> None:
        """End with this step."""
        self.dead = self.mount.gone = True
        self.loop.stop()

    def run(self, work: Callable[[], Coroutine[None, None, None]]) -> bool:
        """Live until the work is done or until a crash; return whether it was done."""
        with self._pretending():
            main = self.loop.create_task(self._live(work))
            main.add_done_callback(lambda _: self.loop.stop())
            try:
                self.loop.run_forever()
                if self.broken is not None:
                    raise self.broken
                if not self.dead:
                    main.result()
                return not self.dead
            finally:
                self._end()

    @contextmanager
    def _pretending(self) -> Iterator[None]:
        mount, ahead = self.mount, BEGINNING.timestamp() + self._clock
        with ExitStack() as patches:
            for target, name, replacement in (
                (database, "open_writer", mount.open_writer),
                (database, "open_readers", mount.open_readers),
                (engine, "Lock", NoLock),
                (outgoing, "time", SimpleNamespace(time=lambda: ahead + self.loop.time())),
                (outgoing, "random", Random(self._random.random())),
                (recovery, "renew_identity", keep_identity),
                (recovery, "record_identity", lambda _path, _lock: None),
                (aggregate, "EVENTS_A_SNAPSHOT", EVENTS_A_SNAPSHOT),
                *((kind.actor, "evolve", staticmethod(self._stumbling(kind.actor.evolve))) for kind in self._kinds),
            ):
                patches.enter_context(patch.object(target, name, replacement))
            yield

    def _stumbling(self, evolve: Callable[..., object]) -> Callable[..., object]:
        """Let an actor fail after it has changed its state and before it has appended."""
        disk = self.mount.disk

        def evolve_and_stumble(state: object, event: object) -> object:
            after = evolve(state, event)
            disk.stumble()
            return after

        return evolve_and_stumble

    def watched(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Do something beside the rest; what it raises ends the run."""
        task = self.loop.create_task(work)
        task.add_done_callback(self._look_at)
        return task

    def _look_at(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self.broken = self.broken or error
            self.loop.stop()

    async def _live(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        setup = self.setup
        limits = JournalLimits(waiting=setup.waiting, batch=setup.batch)
        self.journal = SqliteJournal(
            Path("simulated"),
            now=self.now,
            on_outcome_unknown=self._on_outcome_unknown,
            limits=limits,
            kinds=self._kinds,
        )
        self.directory = Directory(self.journal, max_live=setup.max_live, inbox_bound=setup.inbox)
        self.keyring = Keyring(SqliteQueries(lambda: self.journal.readers), self.now)
        self.upkeep = Upkeep(self.keyring, _save_nothing)
        self._store = SqliteDeliveries(self.journal, now=self.now)
        self.outgoing = outgoing.Outgoing(
            self.journal,
            SqliteQueries(lambda: self.journal.readers),
            self._store,
            cast("HttpSender", self._sender),
            self._new_id,
        )
        self.journal.watch(API_KEYS, self.keyring.changed)
        self.journal.on_reopened(self.upkeep.reload)
        try:
            await self.journal.open()
        except DatabaseRefused:
            self.crash()
            return
        self.journal.writing.add_done_callback(self._given_up)
        try:
            await self.upkeep.start()
            await self._store.clean()
            await self.outgoing.start(self.directory)
        except (NotStored, OutcomeUnknown, TooManyQueries, QueryTooSlow, sqlite3.Error):
            self.crash()
            return
        self._coordinators = [SignUpCoordinator.start(self.directory), ChangePlanCoordinator.start(self.directory)]
        self.service = self._service(*(cast("Inbox", ref.actor_inbox) for ref in self._coordinators))
        self.idempotent = IdempotentRequests(self.service.find_receipt)
        await work()
        self._ending = True
        await self.outgoing.stop()
        await self.upkeep.stop()
        await self.journal.close()

    def _given_up(self, writing: asyncio.Task[None]) -> None:
        """End, as the process does, when the journal has given up."""
        if self._ending or self.dead:
            return
        error = None if writing.cancelled() else writing.exception()
        if not isinstance(error, DatabaseRefused):
            self.failures.append(f"the journal ended with {error!r}")
        self.crash()

    def _on_outcome_unknown(self) -> None:
        self.directory.reset_all()
        self.keyring.forget()

    def _service(self, sign_up: Inbox, change_plan: Inbox) -> Service:
        queries, identity = SqliteQueries(lambda: self.journal.readers), self.journal.identity
        return Service(
            directory=self.directory,
            sign_up=sign_up,
            change_plan=change_plan,
            queries=queries,
            identity=identity,
            streams=EventStreams(queries, identity.journal_id, most=1, write_deadline=1.0),
            webhooks=WebhookService(self._store, ping=not_sent, url_problem=lambda _url: None),
            keyring=self.keyring,
            find_receipt=self.journal.receipt,
            now=self.now,
            new_id=self._new_id,
            currency="EUR",
            unready_reason=self.journal.unready_reason,
            metrics=bytes,
            openapi=b"",
        )

    def _end(self) -> None:
        """Cancel all tasks; what they still do has no effect, because the disk is gone too."""
        self.dead = self.mount.gone = True
        for coordinator in self._coordinators:
            pykka.ActorRegistry.unregister(coordinator)
        for _ in range(10):
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()
        self.loop.close()

    def send(self, sent: Sent) -> asyncio.Task[Answer]:
        """Send a command; the request runs to its end also when its client has left."""
        request = self.loop.create_task(self._carry_out(sent))
        self.requests.add(request)
        request.add_done_callback(self._ended)
        return request

    def _ended(self, request: asyncio.Task[Answer]) -> None:
        self.requests.discard(request)
        if not request.cancelled():
            request.exception()  # its client gets it too

    async def _carry_out(self, sent: Sent) -> Answer:
        """Handle a request as a command endpoint does, after it was read."""
        route, raw, reader = sent.route, sent.raw, reader_of(sent.route)
        body = None if reader._decoder is None else reader._decoder.decode(raw or b"{}")
        request_id = self._new_id()
        expected = None if sent.expected is None else frozenset({sent.expected})
        call: Call[object, object] = Call(sent.ids, Nothing(), body, CommandOptions(expected), OPERATOR)

        def write(outcome: Outcome) -> Answer:
            if isinstance(outcome, Refusal):
                return refusal_answer(outcome, sent.path, request_id)
            return route.accepted(call, outcome)

        handler = cast("Callable[[Service, Call[object, object]], Awaitable[Outcome]]", route.handler)
        if sent.key is None:
            return write(await handler(self.service, call))
        key = RequestKey(sent.key, reader.fingerprint(call, raw), write)
        keyed = msgspec.structs.replace(call, options=msgspec.structs.replace(call.options, key=key))

        async def run() -> Answer:
            return key.answer(await handler(self.service, keyed))

        answer, _ = await self.idempotent.run_once(key.key, key.fingerprint, run)
        return answer

    async def read(self, path: str, query: object = None, **ids: str) -> Answer:
        """Ask a query."""
        route = route_of("GET", path)
        handler = cast("Callable[[Service, Call[None, object]], Awaitable[Answer]]", route.handler)
        try:
            return await handler(self.service, Call(ids, query or route.query(), None))
        except Refused as error:
            return Answer(refusal_body(error.refusal, path, ""), status_of(type(error.refusal)))
