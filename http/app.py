"""The composition root: what is made of what, in which order it starts, and how it ends."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import cast

from aiohttp import web

from seatkeeper.actors.directory import Directory
from seatkeeper.actors.runtime import Inbox
from seatkeeper.actors.signup import SignupCoordinator
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.commands import DefinePlan
from seatkeeper.actors.subscriptions.events import Package, PlanId
from seatkeeper.http import outside
from seatkeeper.http.connections import ACCEPTS, Connections, affordable
from seatkeeper.http.edge import Edge
from seatkeeper.http.metrics import Metrics
from seatkeeper.http.openapi import document
from seatkeeper.http.requests import BODY_LIMIT
from seatkeeper.http.service import Service
from seatkeeper.http.settings import Settings
from seatkeeper.http.table import ROUTES
from seatkeeper.storage.database import DatabaseRefused
from seatkeeper.storage.journal import SqliteJournal
from seatkeeper.storage.queries import SqliteViews

logger = logging.getLogger("seatkeeper")

KEEP_ALIVE = 75.0
"""Seconds for which an idle connection is kept."""

DRAIN = 0.3
"""Seconds in which clients that are busy are answered before the connections are closed."""

GRACE = 2.0
"""Seconds after the stop deadline in which those who still wait are told that the outcome is unknown."""

CLOSE_DEADLINE = 10.0
"""Seconds for the journal to write what waits and to close, after the last answer."""

SWEEP_EVERY = 1.0
"""Seconds between two looks for commands that have waited too long."""

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
        self._now = outside.Clock()
        self._new_id = outside.IdSource()
        self._stopping = asyncio.Event()
        self.journal = SqliteJournal(
            settings.path, now=self._now, in_doubt=self._in_doubt, committed=self._metrics.commit
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
            await self._close()
        logger.info("stopped")

    async def _close(self) -> None:
        """Close the journal; raise DatabaseRefused when the storage hangs, so that the process ends all the same."""
        closing = asyncio.get_running_loop().create_task(self.journal.close())
        await asyncio.wait({closing}, timeout=CLOSE_DEADLINE)
        if closing.done():
            closing.result()
            return
        message = (
            f"{self._settings.path} could not be closed within {CLOSE_DEADLINE:.0f} s:"
            " commands without an answer may be stored or not"
        )
        logger.critical(message)
        last_resort = threading.Timer(GRACE, os._exit, (1,))  # a statement that hangs would hold the process for ever
        last_resort.daemon = True
        last_resort.start()
        raise DatabaseRefused(message)

    async def _serve(self, announce: Callable[[str], None]) -> None:
        signup = SignupCoordinator.start(self.directory)
        try:
            if self._settings.starter_plans:
                await self._define_starter_plans()
            edge = self._edge(cast("Inbox", signup.actor_inbox))
            house = self._connections(edge)
            runner = web.ServerRunner(house, shutdown_timeout=self._settings.stop_deadline + GRACE)
            await runner.setup()
            house.start()
            sweeping = asyncio.get_running_loop().create_task(_sweep(edge))
            try:
                announce(await self._listen(runner))
                await self._until_the_end()
            finally:
                self._stopping.set()
                edge.draining = True
                leaving = asyncio.get_running_loop().create_task(self._leave(edge))
                await self._drain(runner, house)
                await runner.cleanup()
                sweeping.cancel()
                leaving.cancel()
        finally:
            await signup.stop(block=False)

    async def _leave(self, edge: Edge) -> None:
        """Let what runs end in time, and then wait no longer for it."""
        await asyncio.sleep(self._settings.stop_deadline)
        logger.error("stopping without the outcome of what is under way", extra={"requests": edge.in_flight})
        while True:
            edge.abandon()
            await asyncio.sleep(GRACE / 10)

    async def _drain(self, runner: web.ServerRunner, house: Connections) -> None:
        """Take no new connections, and close each one with the answer to its next request; idle ones wait in vain."""
        for site in list(runner.sites):
            await site.stop()
        await house.emptied(DRAIN)

    def _connections(self, handler: Edge) -> Connections:
        settings, watch = self._settings, self._metrics.watch
        bound = affordable(settings.connections)
        if bound < settings.connections:
            logger.warning("the limit of open files allows fewer connections", extra={"connections": bound})
        house = Connections(
            handler,
            bound=bound,
            header_deadline=settings.header_deadline,
            write_deadline=settings.write_deadline,
            keep_alive=KEEP_ALIVE,
            body_limit=BODY_LIMIT,
            new_id=self._new_id,
        )
        watch("seatkeeper_connections", "Connections that are open.", lambda: len(house.open))
        watch("seatkeeper_connections_refused", "Connections beyond the bound.", lambda: house.refused, counter=True)
        watch("seatkeeper_connections_let_go", "Idle ones closed to make room.", lambda: house.let_go, counter=True)
        watch("seatkeeper_slow_headers", "Cut for late headers.", lambda: house.slow_headers, counter=True)
        watch("seatkeeper_slow_readers", "Cut for not reading.", lambda: house.slow_readers, counter=True)
        return house

    async def _listen(self, runner: web.ServerRunner) -> str:
        host = self._settings.host
        listener = socket.create_server(
            (host, self._settings.port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
        await web.SockSite(runner, listener, backlog=ACCEPTS).start()
        listener.listen(1024)  # more may wait in the kernel than asyncio accepts in one turn
        port = listener.getsockname()[1]
        gc.collect()
        gc.freeze()  # what is here by now stays, so no collection need look at it again
        # What survives one collection is looked at in the next, and then left alone, in portions of 3 ms at most. The
        # 64 requests of a batch are 2,000 objects: collections of as many find each batch half-way, and cost 4 us a
        # sign-up more; those of 10,000 cost 1 us less, but hold everybody for 10 ms. From 3.14 on, the second number is
        # how slowly the older objects are gone through: there it is the usual one.
        gc.set_threshold(4_000, 0 if sys.version_info < (3, 14) else 10, 50_000)
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
            self.directory.ask(PlanActor, plan_id, DefinePlan(plan_id, name, kind, package, self._now()), fresh=True)
            for plan_id, name, kind, package in STARTER_PLANS
        ]  # in one turn, so in one commit: all of them or none
        for reply in defining:
            await reply

    def _edge(self, signup: Inbox) -> Edge:
        settings = self._settings
        service = Service(
            directory=self.directory,
            signup=signup,
            views=SqliteViews(lambda: self.journal.readers),
            find_receipt=self.journal.receipt,
            now=self._now,
            new_id=self._new_id,
            currency=settings.currency,
            ready=self._unready,
            metrics=self._metrics.text,
            openapi=document(ROUTES),
        )
        edge = Edge(
            service,
            ROUTES,
            self._metrics,
            in_flight=settings.in_flight,
            command_deadline=settings.command_deadline,
            body_deadline=settings.body_deadline,
            access_log=settings.access_log,
            new_id=self._new_id,
        )
        self._watch(edge)
        return edge

    def _watch(self, edge: Edge) -> None:
        watch, directory = self._metrics.watch, self.directory
        watch("seatkeeper_live_actors", "Aggregates in memory.", lambda: len(directory))
        watch("seatkeeper_inbox_messages", "Messages that wait in inboxes.", directory.waiting)
        watch("seatkeeper_journal_waiting", "Appends that wait for a commit.", lambda: len(self.journal))
        watch("seatkeeper_requests_in_flight", "Requests under way.", lambda: edge.in_flight)
        watch("seatkeeper_activations", "Actors brought to life.", lambda: directory.activations, counter=True)
        watch("seatkeeper_passivations", "Idle actors let go.", lambda: directory.passivations, counter=True)
        watch("seatkeeper_batches_refused", "Batches surely not stored.", lambda: self.journal.refused, counter=True)
        watch("seatkeeper_batches_failed", "Batches of unknown outcome.", lambda: self.journal.failed, counter=True)
        watch("seatkeeper_reopenings", "Times the file was opened again.", lambda: self.journal.reopened, counter=True)
        watch("seatkeeper_collections", "Collections of all but the youngest objects.", collections, counter=True)
        watch("seatkeeper_ready", "1 when writes are served.", lambda: int(self._unready() is None))


async def _sweep(edge: Edge) -> None:
    while True:
        await asyncio.sleep(SWEEP_EVERY)
        edge.sweep()


def collections() -> int:
    """Count how often Python's collector has looked at more than the youngest objects."""
    return sum(int(generation["collections"]) for generation in gc.get_stats()[1:])


def c_parser_missing() -> bool:
    """Tell whether aiohttp runs without its C parser, which is slow and has had most of the smuggling bugs."""
    return "aiohttp._http_parser" not in sys.modules
