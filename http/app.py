"""The composition root: what is made of what, in which order it starts, and how it ends."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable

from aiohttp import web
from pykka import ActorRef

from seatkeeper.actors.directory import Directory
from seatkeeper.actors.signup import SignupCoordinator
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.commands import DefinePlan
from seatkeeper.actors.subscriptions.events import Package, PlanId
from seatkeeper.http import operations, outside
from seatkeeper.http.edge import Edge
from seatkeeper.http.metrics import Metrics
from seatkeeper.http.openapi import document
from seatkeeper.http.routes import BODY_LIMIT, unmatched
from seatkeeper.http.service import Service
from seatkeeper.http.settings import Settings
from seatkeeper.http.table import ROUTES
from seatkeeper.storage.journal import SqliteJournal
from seatkeeper.storage.queries import SqliteViews

logger = logging.getLogger("seatkeeper")

KEEP_ALIVE = 75.0
"""Seconds for which an idle connection is kept."""

DRAIN = 0.3
"""Seconds in which clients that are busy are answered before the connections are closed."""

STARTER_PLANS = (
    (PlanId("00000000-0000-7000-8000-000000000001"), "Free", "free", Package(1, 3)),
    (PlanId("00000000-0000-7000-8000-000000000002"), "Team", "team", Package(10, 25)),
    (PlanId("00000000-0000-7000-8000-000000000003"), "Business", "business", Package(100, 250)),
)


class App:
    """The service, from its file to its port."""

    def __init__(self, settings: Settings) -> None:
        """Make the parts; nothing runs yet."""
        self._settings = settings
        self._metrics = Metrics()
        self._new_id = outside.IdSource()
        self._edge = Edge(
            self._metrics, in_flight=settings.in_flight, access_log=settings.access_log, new_id=self._new_id
        )
        self._stopping = asyncio.Event()
        self.journal = SqliteJournal(
            settings.path, now=outside.now, in_doubt=self._in_doubt, committed=self._metrics.commit
        )
        self.directory = Directory(self.journal, max_live=settings.live_actors, inbox_bound=settings.inbox)

    def _in_doubt(self) -> None:
        self.directory.forget_all()

    def _unready(self) -> str | None:
        if self._stopping.is_set():
            return "The service is stopping."
        return self.journal.trouble()

    async def run(self, announce: Callable[[str], None]) -> None:
        """Serve until SIGTERM or SIGINT, or until the journal has given up; announce the address once it is served."""
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, self._stopping.set)
        await self.journal.open()
        try:
            await self._serve(announce)
        finally:
            await self.journal.close()
        logger.info("stopped")

    async def _serve(self, announce: Callable[[str], None]) -> None:
        signup = SignupCoordinator.start(self.directory)
        try:
            if self._settings.starter_plans:
                await self._define_starter_plans()
            runner = web.AppRunner(
                self._application(signup),
                access_log=None,
                keepalive_timeout=KEEP_ALIVE,
                shutdown_timeout=self._settings.stop_deadline,
            )
            await runner.setup()
            try:
                announce(await self._listen(runner))
                await self._until_the_end()
            finally:
                self._stopping.set()
                await self._drain(runner)
                await runner.cleanup()
        finally:
            await signup.stop(block=False)

    async def _drain(self, runner: web.AppRunner) -> None:
        """Take no new connections, and close each one with the answer to its next request; idle ones wait in vain."""
        self._edge.draining = True
        for site in list(runner.sites):
            await site.stop()
        deadline = asyncio.get_running_loop().time() + DRAIN
        while runner.server is not None and runner.server.connections:
            if asyncio.get_running_loop().time() >= deadline:
                return
            await asyncio.sleep(0.01)

    async def _listen(self, runner: web.AppRunner) -> str:
        host = self._settings.host
        listener = socket.create_server(
            (host, self._settings.port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024
        )
        await web.SockSite(runner, listener).start()
        port = listener.getsockname()[1]
        gc.collect()
        gc.freeze()  # what is here by now stays, so no collection need look at it again
        gc.set_threshold(10_000, 50, 1_000)
        address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        logger.info("started", extra={"address": address, "database": str(self._settings.path)})
        return address

    async def _until_the_end(self) -> None:
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({stopping, self.journal.writing}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if self.journal.writing.done():
            logger.critical("the journal has given up")
        else:
            logger.info("stopping", extra={"live_actors": len(self.directory), "waiting": len(self.journal)})

    async def _define_starter_plans(self) -> None:
        if await SqliteViews(lambda: self.journal.readers).last_position() > 0:
            return
        defining = [
            self.directory.ask(PlanActor, plan_id, DefinePlan(plan_id, name, kind, package, outside.now()), fresh=True)
            for plan_id, name, kind, package in STARTER_PLANS
        ]  # in one turn, so in one commit: all of them or none
        for reply in defining:
            await reply

    def _application(self, signup: ActorRef[SignupCoordinator]) -> web.Application:
        settings = self._settings
        edge = self._edge
        self._watch(edge)
        service = Service(
            directory=self.directory,
            signup=signup,
            views=SqliteViews(lambda: self.journal.readers),
            now=outside.now,
            new_id=self._new_id,
            currency=settings.currency,
            body_deadline=settings.body_deadline,
            ready=self._unready,
            metrics=self._metrics.text,
            openapi=document(ROUTES),
        )
        application = web.Application(client_max_size=BODY_LIMIT)
        for route in ROUTES:
            bounded = route not in operations.ROUTES
            handler = edge.guard(route.method, route.path, route.bind(service), bounded=bounded)
            application.router.add_route(route.method, route.path, handler)
            if route.method == "GET":
                application.router.add_route("HEAD", route.path, handler)
        application.router.add_route("*", "/{path:.*}", edge.guard("OTHER", "unmatched", unmatched(ROUTES)))
        return application

    def _watch(self, edge: Edge) -> None:
        watch, directory = self._metrics.watch, self.directory
        watch("seatkeeper_live_actors", "Aggregates in memory.", lambda: len(directory))
        watch("seatkeeper_inbox_messages", "Messages that wait in inboxes.", directory.waiting)
        watch("seatkeeper_journal_waiting", "Appends that wait for a commit.", lambda: len(self.journal))
        watch("seatkeeper_requests_in_flight", "Requests under way.", lambda: edge.in_flight)
        watch("seatkeeper_activations", "Actors brought to life.", lambda: directory.activations, counter=True)
        watch("seatkeeper_passivations", "Idle actors let go.", lambda: directory.passivations, counter=True)
        watch("seatkeeper_ready", "1 when writes are served.", lambda: int(self._unready() is None))


def c_parser_missing() -> bool:
    """Tell whether aiohttp runs without its C parser, which is slow and has had most of the smuggling bugs."""
    return "aiohttp._http_parser" not in sys.modules
