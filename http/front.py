"""The front of the service: everything between an open port and the door to the aggregates, wherever those are."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

from seatkeeper.actors.aggregates.door import Door
from seatkeeper.actors.aggregates.journal import Receipt
from seatkeeper.actors.processes.change_plan import ChangePlanCoordinator
from seatkeeper.actors.processes.sign_up import SignUpCoordinator
from seatkeeper.actors.runtime.inbox import Inbox
from seatkeeper.http.access import names
from seatkeeper.http.access.addresses import ClientAddresses
from seatkeeper.http.access.authentication import Authenticator
from seatkeeper.http.access.control import AccessControl
from seatkeeper.http.access.keyring import Keyring
from seatkeeper.http.access.limits.guesses import Guesses
from seatkeeper.http.access.limits.rates import Rates
from seatkeeper.http.access.origins import Origins
from seatkeeper.http.access.sessions import Sessions
from seatkeeper.http.access.start import Outside, StartRefused, admit_root_key, no_key, say_open
from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.api.service import Service
from seatkeeper.http.api.webhooks.service import WebhookService
from seatkeeper.http.console.history import History, Reader
from seatkeeper.http.console.mount import Inside, Mount
from seatkeeper.http.docs.pages import Pages
from seatkeeper.http.events_out.stream import EventStreams
from seatkeeper.http.events_out.webhooks.addresses import check_url
from seatkeeper.http.events_out.webhooks.worker import TOTAL as OUTGOING
from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.http.observability.process import show_process
from seatkeeper.http.observability.traces import PassingOn, Tracer
from seatkeeper.http.once import Once
from seatkeeper.http.openapi.document import document
from seatkeeper.http.server.connections import affordable
from seatkeeper.http.server.server import Limits, Server
from seatkeeper.http.settings import Settings, is_loopback
from seatkeeper.http.system import IdSource
from seatkeeper.storage.deliveries import Attempt, Deliveries
from seatkeeper.storage.journal_ids import JournalIdentity
from seatkeeper.storage.queries import Queries

logger = logging.getLogger("seatkeeper")


@dataclass(frozen=True)
class Behind:
    """What is behind a front: aggregates, and a database that is open by the time that the front starts."""

    name: str
    """What messages call the database."""
    door: Door
    queries: Queries
    deliveries: Deliveries
    ping: Callable[[str], Awaitable[Attempt | None]]
    find_receipt: Callable[[str], Awaitable[Receipt | None]]
    identity: Callable[[], JournalIdentity]
    unready_reason: Callable[[], str | None]
    on_commit: Callable[[Callable[[int], None]], None]
    """Has a function called with the position of each commit."""
    on_reopened: Callable[[Callable[[], Awaitable[None]]], None]
    """Has a function called when what is kept in memory may differ from the database."""
    tracer: Tracer = field(default_factory=PassingOn)
    move_clock: Callable[[str], Awaitable[None]] | None = None
    """Moves the clock of a sandbox."""
    twins_elsewhere: bool = False
    """Whether other processes may run a request with the same idempotency key."""


class Front:
    """The server and what it serves with."""

    def __init__(self, settings: Settings, metrics: Metrics, behind: Behind, now: Callable[[], str]) -> None:
        """Make the parts; nothing runs yet."""
        self._settings = settings
        self._metrics = metrics
        self._behind = behind
        self._now = now
        self._new_id = IdSource()
        self.stopping = asyncio.Event()
        """Set by whoever wants the front to stop."""
        self.keyring = Keyring(behind.queries, self._now)
        self.authenticator = Authenticator(self.keyring, Guesses(), now=self._now, on_failure=metrics.unauthenticated)
        self._access = self._access_control()
        self._figures = Reader(metrics, ROUTES, self.unready_reason)
        self._history = History(self._figures)

    def unready_reason(self) -> str | None:
        """Say why writes are not served, None if they are."""
        if self.stopping.is_set():
            return "The service is stopping."
        return self._behind.unready_reason()

    async def look_at_keys(self) -> None:
        """Make the root key if one is asked for; raise StartRefused rather than be open to other machines."""
        settings = self._settings
        if settings.root_key_file:
            outside = Outside(self._now, self._new_id)
            await admit_root_key(Path(settings.root_key_file), self.keyring, self._behind.door, outside)
        if not self.keyring.holds_keys and not is_loopback(settings.host):
            raise StartRefused(no_key(settings.host, self._behind.name))

    async def serve(
        self,
        announce: Callable[[str], None],
        until: Callable[[], Awaitable[None]],
        *,
        close: Callable[[], Awaitable[None]],
        versions: Mapping[str, str],
    ) -> None:
        """Serve until `until` returns, and announce the address; `close` ends beside the server what nobody needs."""
        sign_up = SignUpCoordinator.start(self._behind.door)
        change_plan = ChangePlanCoordinator.start(self._behind.door)
        try:
            streams = self._event_streams()
            service = self._service(cast("Inbox", sign_up.actor_inbox), cast("Inbox", change_plan.actor_inbox), streams)
            server = self._server(service)
            try:
                await streams.start()
                await self._begin_history()
                announce(await self._listen(server, versions))
                await until()
            finally:
                self.stopping.set()
                streams.stop()
                self._history.stop()
                await asyncio.gather(server.stop(), close())
        finally:
            await sign_up.stop(block=False)
            await change_plan.stop(block=False)

    async def _begin_history(self) -> None:
        if self._settings.console:
            self._figures.follow(await self._behind.queries.last_position())
            self._history.start()

    async def _listen(self, server: Server, versions: Mapping[str, str]) -> str:
        host = self._settings.host
        port = await server.start(host, self._settings.port, reuse_port=self._settings.reuse_port)
        tune_collector()
        address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        logger.info("started", extra={"address": address, "database": self._behind.name, **versions})
        if not self.keyring.holds_keys:
            say_open(host)
        return address

    def _event_streams(self) -> EventStreams:
        behind = self._behind
        streams = EventStreams(
            behind.queries,
            behind.identity,
            most=self._settings.stream_readers,
            write_deadline=self._settings.write_deadline,
            still_allowed=self.authenticator.still_valid,
        )
        self.keyring.on_change(lambda _key_id: streams.recheck())
        behind.on_commit(streams.tail.committed)
        behind.on_commit(self._figures.follow)
        behind.on_reopened(streams.look_again)
        gauge, counter = self._metrics.gauge, self._metrics.counter
        gauge("seatkeeper_stream_readers", "Clients that follow the journal.", lambda: len(streams))
        counter("seatkeeper_stream_readers_cut", "Those that were cut.", lambda: streams.cut)
        counter("seatkeeper_stream_frames", "Events that they were sent.", lambda: streams.frames)
        return streams

    def _service(self, sign_up: Inbox, change_plan: Inbox, streams: EventStreams) -> Service:
        settings, behind = self._settings, self._behind
        allow_http, allow_private = settings.webhook_http, settings.webhook_private_addresses
        url_problem = partial(check_url, allow_http=allow_http, allow_private=allow_private)
        return Service(
            directory=behind.door,
            sign_up=sign_up,
            change_plan=change_plan,
            queries=behind.queries,
            keyring=self.keyring,
            identity=behind.identity,
            streams=streams,
            webhooks=WebhookService(behind.deliveries, ping=behind.ping, url_problem=url_problem),
            find_receipt=behind.find_receipt,
            now=self._now,
            new_id=self._new_id,
            currency=settings.currency,
            unready_reason=self.unready_reason,
            metrics=self._metrics.whole,
            openapi=Once(partial(document, ROUTES)),
            move_clock=behind.move_clock,
        )

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
            access=self._access,
            find_receipt=service.find_receipt,
            find_refusal=service.queries.refusal_of,
            limits=limits,
            metrics=self._metrics,
            new_id=self._new_id,
            identity=service.identity,
            access_log=settings.access_log,
            twins_elsewhere=self._behind.twins_elsewhere,
            tracer=self._behind.tracer,
        )
        Pages(ROUTES).add_to(server.application)
        if settings.console:
            self._mount_console(server)
        self._watch(server)
        return server

    def _mount_console(self, server: Server) -> None:
        inside = Inside(
            endpoints=server.endpoints,
            access=self._access,
            authenticator=self.authenticator,
            sessions=Sessions(self.keyring, self.authenticator),
            problem=server.problem,
            body_deadline=self._settings.body_deadline,
            new_id=self._new_id,
            unready_reason=self.unready_reason,
            count=self._metrics.request,
            history=self._history,
            timers=self._behind.queries.timers_after,
            sandbox=self._settings.sandbox,
        )
        Mount(inside).add_to(server.application)

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
        gauge, counter = self._metrics.gauge, self._metrics.counter
        connections = server.connections
        show_process(self._metrics)
        counter("seatkeeper_loop_late_seconds", "Seconds by which looks at each second were late.", lambda: server.late)
        gauge("seatkeeper_requests_in_flight", "Requests under way.", lambda: server.in_flight)
        gauge("seatkeeper_connections", "Connections that are open.", lambda: len(connections))
        gauge("seatkeeper_api_keys", "API keys, ended ones included.", lambda: len(self.keyring))
        gauge("seatkeeper_ready", "1 when writes are served.", lambda: int(self.unready_reason() is None))
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
