"""The composition root: what is made of what, in which order it starts, and how it ends."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from seatkeeper.actors.aggregates.aggregate import CommandOptions
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.messages import Context
from seatkeeper.actors.processes.change_plan import ChangePlanCoordinator
from seatkeeper.actors.processes.sign_up import SignUpCoordinator
from seatkeeper.actors.runtime.inbox import Inbox
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.commands import DefinePlan
from seatkeeper.actors.subscriptions.events import Package, PlanId
from seatkeeper.http.access import names
from seatkeeper.http.access.addresses import ClientAddresses
from seatkeeper.http.access.authentication import Authenticator
from seatkeeper.http.access.control import AccessControl
from seatkeeper.http.access.keyring import Keyring
from seatkeeper.http.access.limits.guesses import Guesses
from seatkeeper.http.access.limits.rates import Rates
from seatkeeper.http.access.origins import Origins
from seatkeeper.http.access.start import Outside, StartRefused, admit_root_key, no_key, say_open
from seatkeeper.http.access.upkeep import Upkeep
from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.api.service import Service
from seatkeeper.http.api.webhooks.service import WebhookService
from seatkeeper.http.events_out.stream import EventStreams
from seatkeeper.http.events_out.webhooks.addresses import check_url
from seatkeeper.http.events_out.webhooks.sender import HttpSender
from seatkeeper.http.events_out.webhooks.worker import TOTAL as OUTGOING
from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.http.openapi.document import document
from seatkeeper.http.outgoing import Outgoing
from seatkeeper.http.server.connections import affordable
from seatkeeper.http.server.server import Limits, Server
from seatkeeper.http.settings import Settings, is_loopback
from seatkeeper.http.system import Clock, IdSource
from seatkeeper.storage.engines import storage_in
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.projections.api_keys import API_KEYS
from seatkeeper.storage.queries import PlanFilter

logger = logging.getLogger("seatkeeper")

CLOSE_DEADLINE = 10.0
"""Seconds for the journal to write what waits and to close, after the last answer."""

LAST_RESORT = 2.0
"""Seconds after which a process whose storage hangs ends itself."""

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
        self._now = Clock()
        self._new_id = IdSource()
        self._stopping = asyncio.Event()
        self.storage = storage_in(
            settings.database,
            now=self._now,
            on_outcome_unknown=self._reset_actors,
            committed=self._metrics.commit,
            take_over=True,
        )
        self.journal, self.queries = self.storage.journal, self.storage.queries
        sender = HttpSender(allow_http=settings.webhook_http, allow_private=settings.webhook_private_addresses)
        self._outgoing = Outgoing(self.journal, self.queries, self.storage.deliveries, sender, self._new_id)
        self.directory = Directory(self.journal, max_live=settings.live_actors, inbox_bound=settings.inbox)
        self.keyring = Keyring(self.queries, self._now)
        self.journal.watch(API_KEYS, self.keyring.changed)
        self._upkeep = Upkeep(self.keyring, self.storage.save_key_uses)
        self.journal.on_reopened(self._upkeep.reload)
        self.authenticator = Authenticator(
            self.keyring, Guesses(), now=self._now, on_failure=self._metrics.unauthenticated
        )

    def _reset_actors(self) -> None:
        self.directory.reset_all()
        self.keyring.forget()

    def _unready_reason(self) -> str | None:
        if self._stopping.is_set():
            return "The service is stopping."
        return self.journal.unready_reason()

    async def run(self, announce: Callable[[str], None]) -> None:
        """Serve until SIGTERM or SIGINT, or until the journal has given up; announce the address once it is served."""
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, self._stopping.set)
        await self.journal.open()
        self.storage.start()
        try:
            await self._serve(announce)
        finally:
            await self.storage.stop()
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
            f"{self.storage.name} could not be closed within {CLOSE_DEADLINE:.0f} s:"
            " commands without an answer may be stored or not"
        )
        logger.critical(message)
        last_resort = threading.Timer(LAST_RESORT, os._exit, (1,))  # a statement that hangs would hold the process
        last_resort.daemon = True
        last_resort.start()
        raise DatabaseRefused(message)

    async def _serve(self, announce: Callable[[str], None]) -> None:
        await self._upkeep.start()
        sign_up, change_plan = SignUpCoordinator.start(self.directory), ChangePlanCoordinator.start(self.directory)
        try:
            await self._look_at_keys()
            await self.storage.deliveries.clean()
            if self._settings.starter_plans:
                await self._define_starter_plans()
            await self._outgoing.start(self.directory)
            streams = self._event_streams()
            service = self._service(cast("Inbox", sign_up.actor_inbox), cast("Inbox", change_plan.actor_inbox), streams)
            server = self._server(service)
            try:
                await streams.start()
                announce(await self._listen(server))
                await self._until_the_end()
            finally:
                self._stopping.set()
                streams.stop()
                await asyncio.gather(server.stop(), self._outgoing.stop())
                await self._outgoing.close()
        finally:
            await sign_up.stop(block=False)
            await change_plan.stop(block=False)
            await self._upkeep.stop()

    async def _look_at_keys(self) -> None:
        """Make the root key if one is asked for; raise StartRefused rather than be open to other machines."""
        settings = self._settings
        if settings.root_key_file:
            outside = Outside(self._now, self._new_id)
            await admit_root_key(Path(settings.root_key_file), self.keyring, self.directory, outside)
        if not self.keyring.holds_keys and not is_loopback(settings.host):
            raise StartRefused(no_key(settings.host, self.storage.name))

    async def _listen(self, server: Server) -> str:
        host = self._settings.host
        port = await server.start(host, self._settings.port, reuse_port=self._settings.reuse_port)
        tune_collector()
        address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        logger.info("started", extra={"address": address, "database": self.storage.name, **self.storage.versions})
        if not self.keyring.holds_keys:
            say_open(host)
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
        if await self.queries.plans(PlanFilter(), None, 1):
            return
        options = CommandOptions(context=Context("cli", self._new_id()))
        defining = [
            self.directory.ask(
                PlanActor, plan_id, DefinePlan(plan_id, name, kind, package, self._now()), options, fresh=True
            )
            for plan_id, name, kind, package in STARTER_PLANS
        ]  # in one turn, so in one commit: all of them or none
        for reply in defining:
            await reply

    def _event_streams(self) -> EventStreams:
        streams = EventStreams(
            self.queries,
            self.journal.identity.journal_id,
            most=self._settings.stream_readers,
            write_deadline=self._settings.write_deadline,
            still_allowed=self.authenticator.still_valid,
        )
        self.keyring.on_change(lambda _key_id: streams.recheck())
        self.journal.on_commit(streams.tail.committed)
        self.journal.on_reopened(streams.look_again)
        gauge, counter = self._metrics.gauge, self._metrics.counter
        gauge("seatkeeper_stream_readers", "Clients that follow the journal.", lambda: len(streams))
        counter("seatkeeper_stream_readers_cut", "Those that were cut.", lambda: streams.cut)
        counter("seatkeeper_stream_frames", "Events that they were sent.", lambda: streams.frames)
        return streams

    def _service(self, sign_up: Inbox, change_plan: Inbox, streams: EventStreams) -> Service:
        return Service(
            directory=self.directory,
            sign_up=sign_up,
            change_plan=change_plan,
            queries=self.queries,
            keyring=self.keyring,
            identity=self.journal.identity,
            streams=streams,
            webhooks=self._webhooks(),
            find_receipt=self.journal.receipt,
            now=self._now,
            new_id=self._new_id,
            currency=self._settings.currency,
            unready_reason=self._unready_reason,
            metrics=self._metrics.text,
            openapi=document(ROUTES),
        )

    def _webhooks(self) -> WebhookService:
        allow_http, allow_private = self._settings.webhook_http, self._settings.webhook_private_addresses
        url_problem = partial(check_url, allow_http=allow_http, allow_private=allow_private)
        return WebhookService(self.storage.deliveries, ping=self._outgoing.ping, url_problem=url_problem)

    def _server(self, service: Service) -> Server:
        settings = self._settings
        affordable(settings.connections + OUTGOING)  # asks for files for webhooks too, and leaves the others theirs
        connections = affordable(settings.connections)
        if connections < settings.connections:
            logger.warning("the limit of open files allows fewer connections", extra={"connections": connections})
        limits = Limits(
            connections=connections,
            in_flight=settings.in_flight,
            header_deadline=settings.header_deadline,
            body_deadline=settings.body_deadline,
            command_deadline=settings.command_deadline,
            write_deadline=settings.write_deadline,
            stop_deadline=settings.stop_deadline,
        )
        server = Server(
            ROUTES,
            service,
            access=self._access_control(),
            find_receipt=service.find_receipt,
            limits=limits,
            metrics=self._metrics,
            new_id=self._new_id,
            journal_id=service.identity.journal_id,
            access_log=settings.access_log,
        )
        self._watch(server)
        return server

    def _access_control(self) -> AccessControl:
        settings, metrics = self._settings, self._metrics
        return AccessControl(
            authenticator=self.authenticator,
            addresses=ClientAddresses(names.networks(settings.trusted_proxies)),
            origins=Origins(
                allowed_hosts=names.hosts(settings.allowed_hosts), cors_origins=names.origins(settings.cors_origins)
            ),
            rates=Rates(),
            on_rate_limited=metrics.rate_limited,
        )

    def _watch(self, server: Server) -> None:
        self._outgoing.show(self._metrics)
        gauge, counter = self._metrics.gauge, self._metrics.counter
        directory, journal, connections = self.directory, self.journal, server.connections
        gauge("seatkeeper_live_actors", "Aggregates in memory.", lambda: len(directory))
        gauge("seatkeeper_inbox_messages", "Messages that wait in inboxes.", directory.waiting)
        gauge("seatkeeper_journal_waiting", "Appends that wait for a commit.", lambda: len(journal))
        for shown in self.storage.gauges:
            gauge(*shown)
        gauge("seatkeeper_requests_in_flight", "Requests under way.", lambda: server.in_flight)
        gauge("seatkeeper_connections", "Connections that are open.", lambda: len(connections))
        gauge("seatkeeper_api_keys", "API keys, ended ones included.", lambda: len(self.keyring))
        gauge("seatkeeper_ready", "1 when writes are served.", lambda: int(self._unready_reason() is None))
        counter("seatkeeper_activations", "Actors that were activated.", lambda: directory.activations)
        counter("seatkeeper_passivations", "Idle actors that were passivated.", lambda: directory.passivations)
        counter("seatkeeper_batches_refused", "Batches surely not stored.", lambda: journal.refused)
        counter("seatkeeper_batches_failed", "Batches of unknown outcome.", lambda: journal.failed)
        counter("seatkeeper_reopenings", "Times the file was opened again.", lambda: journal.reopened)
        counter("seatkeeper_collections", "Collections of all but the youngest objects.", collections)
        counter("seatkeeper_connections_refused", "Connections beyond the bound.", lambda: connections.refused)
        counter("seatkeeper_connections_let_go", "Idle ones closed to make room.", lambda: connections.let_go)
        counter("seatkeeper_slow_headers", "Closed for a late first request.", lambda: connections.slow_headers)


def tune_collector() -> None:
    """Exclude what is here by now from collections, and have the others look at small portions: 2 to 4 ms each.

    The 64 requests of a batch are 3,000 objects. Collections of 4,000 find most batches half-way and cost 8 us a
    sign-up; those of 6,000 cost 4 us; those of 12,000 no less, and hold everybody for 10 to 16 ms. From Python 3.14 on,
    the second number is how slowly the older objects are gone through: there it is the usual one.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(6_000, 0 if sys.version_info < (3, 14) else 10, 50_000)


def collections() -> int:
    """Count how often Python's collector has looked at more than the youngest objects."""
    return sum(int(generation["collections"]) for generation in gc.get_stats()[1:])


def c_parser_missing() -> bool:
    """Tell whether aiohttp runs without its C parser, which is slow and has had most of the smuggling bugs."""
    return "aiohttp._http_parser" not in sys.modules
