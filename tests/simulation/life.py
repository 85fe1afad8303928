"""One life of the service, from its start on the disk to a crash or to its end, without HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import NamedTuple, cast
from unittest.mock import patch

import pykka

from seatkeeper.actors import aggregate
from seatkeeper.actors.accounts import account as accounts
from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.directory import Directory
from seatkeeper.actors.messages import Outcome, Refusal
from seatkeeper.actors.runtime import Inbox
from seatkeeper.actors.signup import SignupCoordinator
from seatkeeper.actors.subscriptions import plan as plans
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.http.problems import Refused, refusal_body, status_of
from seatkeeper.http.receipts import KeyOfCall, Repeats, refused
from seatkeeper.http.requests import Reader
from seatkeeper.http.routes import Answer, Call, Nothing
from seatkeeper.http.service import Service
from seatkeeper.http.table import ROUTES
from seatkeeper.storage import database
from seatkeeper.storage import journal as journals
from seatkeeper.storage.database import DatabaseRefused
from seatkeeper.storage.journal import JournalLimits, SqliteJournal
from seatkeeper.storage.queries import SqliteViews
from tests.simulation.clock import VirtualLoop, written
from tests.simulation.commands import Sent, route_of
from tests.simulation.disk import LONGEST_QUERY, Disk, Mount, NoLock

EVENTS_A_SNAPSHOT = 5
READERS = {route: Reader(route, 1.0) for route in ROUTES}


class House(NamedTuple):
    """How the service of a run is set up: tight bounds are met often."""

    max_live: int
    inbox: int
    waiting: int
    batch: int
    pace: float  # seconds of a commit, in the mean

    @classmethod
    def drawn(cls, random: Random) -> House:
        return cls(
            max_live=random.choice([2, 3, 5, 1_000]),
            inbox=random.choice([1, 3, 1_000]),
            waiting=random.choice([2, 8, 10_000]),
            batch=random.choice([1, 2, 500]),
            pace=random.choice([0.0005, 0.002, 0.01]),
        )


class Life:
    """The service on its own loop; a crash stops that loop between two steps, and nothing of it is seen again."""

    def __init__(self, disk: Disk, house: House, seed: str, began: float) -> None:
        self.loop = VirtualLoop(began)
        self.dead = False
        self.broken: Exception | None = None
        self.failures: list[str] = []
        self.requests: set[asyncio.Task[Answer]] = set()
        self._random = Random(seed)
        self._ids = 0
        self._stamp = self._random.randrange(16**8)
        self._clock = self._random.choice([0.0, 0.0, 3600.0, -3600.0])
        self._mount = Mount(disk, self._random, house.pace, self.crash)
        self._house = house
        self._ending = False
        self._coordinator: pykka.ActorRef[SignupCoordinator] | None = None
        self.loop.set_exception_handler(self._note_failure)

    def _note_failure(self, _loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        if not self.dead:
            self.failures.append(f"{context.get('message')}: {context.get('exception')!r}")

    def _now(self) -> str:
        return written(self.loop.time() + self._clock)

    def _new_id(self) -> str:
        self._ids += 1
        return f"01ab0000-{self._ids:04x}-7000-8000-0000{self._stamp:08x}"

    def crash(self) -> None:
        """Be gone with the end of this step."""
        self.dead = self._mount.gone = True
        self.loop.stop()

    def run(self, work: Callable[[], Coroutine[None, None, None]]) -> bool:
        """Live until the work is done or until a crash; tell whether it was done."""
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
        mount = self._mount
        with (
            patch.object(database, "open_writer", mount.open_writer),
            patch.object(database, "open_readers", mount.open_readers),
            patch.object(journals, "Lock", NoLock),
            patch.object(AccountActor, "evolve", staticmethod(self._stumbling(accounts.evolve))),
            patch.object(PlanActor, "evolve", staticmethod(self._stumbling(plans.evolve))),
            patch.object(aggregate, "EVENTS_A_SNAPSHOT", EVENTS_A_SNAPSHOT),
        ):
            yield

    def _stumbling(self, evolve: Callable[..., object]) -> Callable[..., object]:
        """Let an actor fail after it has changed its state and before anybody knows."""
        disk = self._mount.disk

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
        house = self._house
        limits = JournalLimits(waiting=house.waiting, batch=house.batch)
        self.journal = SqliteJournal(Path("simulated"), now=self._now, in_doubt=self._in_doubt, limits=limits)
        self.directory = Directory(self.journal, max_live=house.max_live, inbox_bound=house.inbox)
        try:
            await self.journal.open()
        except DatabaseRefused:
            self.crash()
            return
        self.journal.writing.add_done_callback(self._given_up)
        self._coordinator = SignupCoordinator.start(self.directory)
        self.service = self._service(cast("Inbox", self._coordinator.actor_inbox))
        self.repeats = Repeats(self.service.find_receipt)
        await work()
        self._ending = True
        await self.journal.close()

    def _given_up(self, writing: asyncio.Task[None]) -> None:
        """End, as the process does, when the journal has given up."""
        if self._ending or self.dead:
            return
        error = None if writing.cancelled() else writing.exception()
        if not isinstance(error, DatabaseRefused):
            self.failures.append(f"the journal ended with {error!r}")
        self.crash()

    def _in_doubt(self) -> None:
        self.directory.forget_all()

    def _service(self, signup: Inbox) -> Service:
        return Service(
            directory=self.directory,
            signup=signup,
            views=SqliteViews(lambda: self.journal.readers),
            find_receipt=self.journal.receipt,
            now=self._now,
            new_id=self._new_id,
            currency="EUR",
            ready=self.journal.trouble,
            metrics=bytes,
            openapi=b"",
        )

    def _end(self) -> None:
        """Drop everything; what the tasks still do on their way out is seen by nobody, for the disk is gone too."""
        self.dead = self._mount.gone = True
        if self._coordinator is not None:
            pykka.ActorRegistry.unregister(self._coordinator)
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        for _ in range(10):
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()
        self.loop.close()

    def send(self, sent: Sent) -> asyncio.Task[Answer]:
        """Send a command: what became of a request is carried on also when nobody waits for it any more."""
        request = self.loop.create_task(self._carry_out(sent))
        self.requests.add(request)
        request.add_done_callback(self._ended)
        return request

    def _ended(self, request: asyncio.Task[Answer]) -> None:
        self.requests.discard(request)
        if not request.cancelled():
            request.exception()  # it is told to whoever waits

    async def _carry_out(self, sent: Sent) -> Answer:
        """Do what the edge does with a request that was read."""
        route, raw, reader = sent.route, sent.raw, READERS[sent.route]
        body = None if reader._decoder is None else reader._decoder.decode(raw or b"{}")
        request_id = self._new_id()
        call: Call[object, object] = Call(sent.ids, Nothing(), body, sent.expected)

        def answered(outcome: Outcome) -> Answer:
            if isinstance(outcome, Refusal):
                return refused(outcome, sent.path, request_id)
            return route.accepted(call, outcome)

        async def run() -> Answer:
            handler = cast("Callable[[Service, Call[object, object]], Awaitable[Outcome]]", route.handler)
            return answered(await handler(self.service, call))

        if sent.key is None:
            return await run()
        fingerprint = reader.fingerprint(call, raw)
        call.key = KeyOfCall(sent.key, fingerprint, answered)
        answer, _ = await self.repeats.once(sent.key, fingerprint, run)
        return answer

    async def read(self, path: str, query: object = None, **ids: str) -> Answer:
        """Ask a query."""
        route = route_of("GET", path)
        handler = cast("Callable[[Service, Call[None, object]], Awaitable[Answer]]", route.handler)
        try:
            return await handler(self.service, Call(ids, query or Nothing(), None))
        except Refused as error:
            return Answer(refusal_body(error.refusal, path, ""), status_of(error.refusal))

    def overfull(self) -> str | None:
        """Name a bound that is not kept at this moment."""
        house, live = self._house, self.directory._live.values()
        waiting = sum(other.append is not None for other in self.journal._queue)
        if len(live) > house.max_live:
            return f"{len(live)} live actors of {house.max_live}"
        # A batch that is tried again in halves waits beside those that were let in meanwhile.
        bound = house.waiting + (min(house.waiting, house.batch) if self._mount.disk.damaged else 0)
        if waiting > bound:
            return f"{waiting} appends wait of {bound}"
        if self.directory.waiting() > len(self.directory._loading) * (house.inbox + 1):
            return (
                f"{self.directory.waiting()} messages wait in {len(self.directory._loading)} inboxes of {house.inbox}"
            )
        return None

    async def settle(self) -> None:
        """Wait until nothing is under way, then see that nothing was left behind."""
        while self._busy():  # noqa: ASYNC110 - nobody tells when a service is idle; a virtual moment costs nothing
            await asyncio.sleep(0.01)
        await asyncio.sleep(2 * LONGEST_QUERY)  # what was given up may still run
        left = {
            "keys under way": len(self.repeats),
            "activations": len(self.directory._loading),
            "busy actors": sum(not actor.idle for actor in self.directory._live.values()),
            "queries": self.journal.readers.waiting + self.journal._database.loaders.waiting,
            "live actors above the bound": max(0, len(self.directory) - self._house.max_live),
            "tasks": len(asyncio.all_tasks()) - 2,
        }
        self.failures += [f"{count} {what} are left when all is settled" for what, count in left.items() if count]

    def _busy(self) -> bool:
        journal = self.journal
        return bool(self.requests or len(journal) or not journal.ready() or journal._busy_since is not None)
