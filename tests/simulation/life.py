"""One life of the service, from its start on the disk to a crash or to its end, without HTTP."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import pykka

from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown
from seatkeeper.actors.aggregates.timers import A_SECOND
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
from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.http.once import Once
from seatkeeper.http.server.idempotency import IdempotentRequests
from seatkeeper.http.server.routes import Answer
from seatkeeper.http.timing import Timing
from seatkeeper.storage.errors import DatabaseRefused, QueryTooSlow, TooManyQueries
from seatkeeper.storage.journal.limits import JournalLimits
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.projections.api_keys import API_KEYS
from seatkeeper.storage.sqlite import database, engine, recovery
from seatkeeper.storage.sqlite.deliveries import SqliteDeliveries
from seatkeeper.storage.sqlite.journal import SqliteJournal
from seatkeeper.storage.sqlite.reading.queries import SqliteQueries
from tests.simulation.bounds import Setup, overfull, wait_until_idle, works, wrong_key
from tests.simulation.clock import BEGINNING, VirtualLoop
from tests.simulation.disk import Disk, Mount
from tests.simulation.identity import NoLock, keep_identity
from tests.simulation.receiver import Receiver, SimulatedSender
from tests.simulation.requests import Requests, pretended
from tests.simulation.sending import Sent
from tests.simulation.timing import coordinators_of


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
        return self.mount.disk.clock.tell(self.loop.time() + self._clock)

    def leap(self, seconds: float) -> None:
        """Let the clock on the wall go forwards."""
        self.mount.disk.clock.move(seconds)

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
                *pretended(self._kinds, mount.disk, self.loop.time),
            ):
                patches.enter_context(patch.object(target, name, replacement))
            yield

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

    def _make_parts(self) -> None:
        """Make what a process makes before it opens its journal."""
        setup = self.setup
        limits = JournalLimits(waiting=setup.waiting, batch=setup.batch)
        self.journal = SqliteJournal(
            Path("simulated"),
            now=self.now,
            on_outcome_unknown=self._on_outcome_unknown,
            limits=limits,
            kinds=self._kinds,
        )
        self.directory = Directory(self.journal, now=self.now, max_live=setup.max_live, inbox_bound=setup.inbox)
        self.timing = Timing(
            self.directory,
            self.journal,
            SqliteQueries(lambda: self.journal.readers),
            new_id=self._new_id,
            a_second=A_SECOND,
        )
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

    async def _live(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        self._make_parts()
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
            self.timing.start(self.directory)
        except (NotStored, OutcomeUnknown, TooManyQueries, QueryTooSlow, sqlite3.Error):
            self.crash()
            return
        self._coordinators = [SignUpCoordinator.start(self.directory), ChangePlanCoordinator.start(self.directory)]
        self.service = self._service(*(cast("Inbox", ref.actor_inbox) for ref in self._coordinators))
        self.idempotent = IdempotentRequests(self.service.find_receipt)
        self._requests = Requests(self.service, self.idempotent, self._new_id)
        await work()
        self._ending = True
        await self.outgoing.stop()
        await self.timing.stop()
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
        queries = SqliteQueries(lambda: self.journal.readers)
        return Service(
            directory=self.directory,
            sign_up=sign_up,
            change_plan=change_plan,
            queries=queries,
            identity=lambda: self.journal.identity,
            streams=EventStreams(queries, lambda: self.journal.identity, most=1, write_deadline=1.0),
            webhooks=WebhookService(self._store, ping=not_sent, url_problem=lambda _url: None),
            keyring=self.keyring,
            find_receipt=self.journal.receipt,
            now=self.now,
            new_id=self._new_id,
            currency="EUR",
            unready_reason=self.journal.unready_reason,
            metrics=Metrics().whole,
            openapi=Once(bytes),
        )

    def _end(self) -> None:
        """Cancel all tasks; what they still do has no effect, because the disk is gone too."""
        self.dead = self.mount.gone = True
        for coordinator in (*self._coordinators, *coordinators_of(self.timing if hasattr(self, "timing") else None)):
            pykka.ActorRegistry.unregister(coordinator)
        self.loop.end()

    def send(self, sent: Sent) -> asyncio.Task[Answer]:
        """Send a command; the request runs to its end also when its client has left."""
        return self._sent(self._requests.carry_out(sent))

    def try_out(self, sent: Sent) -> asyncio.Task[Answer]:
        """Send a command that is only to say what would come of it."""
        return self._sent(self._requests.try_out(sent))

    def _sent(self, work: Coroutine[object, object, Answer]) -> asyncio.Task[Answer]:
        request = self.loop.create_task(work)
        self.requests.add(request)
        request.add_done_callback(self._ended)
        return request

    def _ended(self, request: asyncio.Task[Answer]) -> None:
        self.requests.discard(request)
        if not request.cancelled():
            request.exception()  # its client gets it too

    async def read(self, path: str, query: object = None, **ids: str) -> Answer:
        """Ask a query."""
        return await self._requests.read(path, query, **ids)

    def overfull(self) -> str | None:
        """Name a bound that does not hold now."""
        return overfull(self.setup, self.directory, self.journal, halves=bool(self.mount.disk.damaged))

    def works(self, key_id: str) -> bool:
        """Tell whether the keyring lets a key in now."""
        return works(self.keyring, key_id, self.now())

    def wrong_key(self, rows: Iterable[tuple[str, str, int, str]]) -> str | None:
        """Name a key that the keyring knows otherwise than these rows."""
        return wrong_key(self.keyring, rows)

    async def wait_until_idle(self) -> None:
        """Wait until nothing runs, then check that nothing is left."""
        await wait_until_idle(self)

    def calm(self) -> None:
        """Let nothing go wrong from now on: that is for the disk alone."""
