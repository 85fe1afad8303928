"""The composition root: what is made of what, in which order it starts, and how it ends."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable

from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.http.access.start import StartRefused, no_key
from seatkeeper.http.access.upkeep import Upkeep
from seatkeeper.http.events_out.webhooks.sender import HttpSender
from seatkeeper.http.front import Behind, Front
from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.http.observability.owners import show_owner
from seatkeeper.http.observability.traces import Tracer, follow_commits, tracer_for
from seatkeeper.http.outgoing import Outgoing
from seatkeeper.http.sandbox import begin_sandbox, refuse_other_kind
from seatkeeper.http.server.connections import refuse_used_port
from seatkeeper.http.settings import Settings, is_loopback
from seatkeeper.http.starter_plans import define_starter_plans
from seatkeeper.http.system import Clock, IdSource, SandboxClock
from seatkeeper.http.timing import Timing
from seatkeeper.storage.engines import is_address, may_hold_keys, storage_in
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.projections.api_keys import API_KEYS

logger = logging.getLogger("seatkeeper")

CLOSE_DEADLINE = 10.0
"""Seconds for the journal to write what waits and to close, after the last answer."""

LAST_RESORT = 2.0
"""Seconds after which a process whose storage hangs ends itself."""


class App:
    """The service, from its file to its port."""

    def __init__(self, settings: Settings, tracer: Tracer | None = None) -> None:
        """Make the parts; nothing runs yet. Without a tracer, the settings and the environment say which one it is."""
        self._settings = settings
        self._tracer = tracer_for(os.environ, wanted=settings.traces) if tracer is None else tracer
        self._metrics = Metrics()
        self._sandbox = SandboxClock() if settings.sandbox else None
        self._now = self._sandbox or Clock()
        self._new_id = IdSource()
        self.storage = storage_in(
            settings.database,
            now=self._now,
            on_outcome_unknown=self._reset_actors,
            committed=self._metrics.commit,
            take_over=True,
            standby=settings.standby,
        )
        self.journal, self.queries = self.storage.journal, self.storage.queries
        self._outgoing = self._make_outgoing()
        self.directory = Directory(
            self.journal, now=self._now, max_live=settings.live_actors, inbox_bound=settings.inbox
        )
        self._timing = Timing(
            self.directory, self.journal, self.queries, new_id=self._new_id, a_second=settings.timers_a_second
        )
        behind = Behind(
            name=self.storage.name,
            door=self._tracer.door(self.directory),
            queries=self.queries,
            deliveries=self.storage.deliveries,
            ping=self._outgoing.ping,
            find_receipt=self.journal.receipt,
            identity=lambda: self.journal.identity,
            unready_reason=self.journal.unready_reason,
            on_commit=self.journal.on_commit,
            on_reopened=self.journal.on_reopened,
            tracer=self._tracer,
            move_clock=None if self._sandbox is None else self._move_clock,
        )
        self.front = Front(settings, self._metrics, behind, self._now)
        self.keyring, self.authenticator = self.front.keyring, self.front.authenticator
        self.journal.watch(API_KEYS, self.keyring.changed)
        follow_commits(self._tracer, self.journal, "postgresql" if is_address(settings.database) else "sqlite")
        self._upkeep = Upkeep(self.keyring, self.storage.save_key_uses)
        self.journal.on_reopened(self._upkeep.reload)

    def _make_outgoing(self) -> Outgoing:
        settings = self._settings
        sender = HttpSender(allow_http=settings.webhook_http, allow_private=settings.webhook_private_addresses)
        traced = self._tracer.sender(sender)
        return Outgoing(self.journal, self.queries, self.storage.deliveries, traced, self._new_id)

    def _reset_actors(self) -> None:
        self.directory.reset_all()
        self.keyring.forget()

    async def run(self, announce: Callable[[str], None]) -> None:
        """Serve until SIGTERM or SIGINT, or until the journal has given up; announce the address once it is served."""
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, self.front.stopping.set)
        await self._look_for_keys()
        if not self._settings.reuse_port:
            refuse_used_port(self._settings.host, self._settings.port)  # before another process is fenced off in vain
        refuse_other_kind(self.storage.name, await self.storage.first_event(), sandbox=self._settings.sandbox)
        if not await self._is_open():
            return
        self.storage.start()
        try:
            await self._serve(announce)
        finally:
            await self.storage.stop()
            await self._close()
            self._tracer.close()
        logger.info("stopped")

    async def _look_for_keys(self) -> None:
        """Raise StartRefused if the service may not be open as it would be: before a file is made, or one is fenced."""
        settings = self._settings
        closed = settings.root_key_file or is_loopback(settings.host)
        if not (closed or await may_hold_keys(settings.database)):
            raise StartRefused(no_key(settings.host, self.storage.name))

    async def _is_open(self) -> bool:
        """Open the journal; return False if the service was asked to stop before that."""
        opening = asyncio.ensure_future(self.journal.open())
        stopping = asyncio.ensure_future(self.front.stopping.wait())
        await asyncio.wait({opening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not opening.done():
            opening.cancel()
            await asyncio.wait({opening})
        if opening.cancelled():
            return False
        opening.result()
        return True

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

    async def _move_clock(self, end: str) -> None:
        if self._sandbox is not None:
            await self._timing.move_clock(end, self._sandbox.move)

    async def _finish_move(self, end: str) -> None:
        """Go the rest of a move of the clock that a crash has cut off, before anybody is served."""
        moving = asyncio.ensure_future(self._move_clock(end))
        stopping = asyncio.ensure_future(self.front.stopping.wait())
        await asyncio.wait({moving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not moving.done():  # the service is to stop: the next one goes on from here
            moving.cancel()
            await asyncio.wait({moving})
            return
        if (error := moving.exception()) is not None:
            logger.warning("the clock was moved on before all was done", extra={"reason": repr(error)})
        if self._sandbox is not None:
            self._sandbox.move(end)

    async def _serve(self, announce: Callable[[str], None]) -> None:
        left_at = None
        if self._sandbox is not None:
            left_at = await begin_sandbox(self.directory, self.queries, self._sandbox)
        await self._upkeep.start()
        try:
            await self.front.look_at_keys()
            await self.storage.deliveries.clean()
            if self._settings.starter_plans:
                await define_starter_plans(self.queries, self.directory, self._now, self._new_id)
            await self._outgoing.start(self.directory)
            self._timing.start(self.directory)
            self._watch()
            try:
                if left_at is not None:
                    await self._finish_move(left_at)
                await self.front.serve(
                    announce, self._until_the_end, close=self._stop_beside, versions=self.storage.versions
                )
            finally:
                await self._outgoing.close()
        finally:
            await self._upkeep.stop()

    async def _stop_beside(self) -> None:
        """Stop what works beside the server."""
        await asyncio.gather(self._outgoing.stop(), self._timing.stop())

    async def _until_the_end(self) -> None:
        stopping = asyncio.ensure_future(self.front.stopping.wait())
        await asyncio.wait({stopping, self.journal.writing}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if self.journal.writing.done():
            logger.critical("the journal has given up")
        else:
            logger.info("stopping", extra={"live_actors": len(self.directory), "waiting": len(self.journal)})

    def _watch(self) -> None:
        self._outgoing.show(self._metrics)
        self._timing.show(self._metrics)
        show_owner(self._metrics, self.directory, self.journal)
        for shown in self.storage.gauges:
            self._metrics.gauge(*shown)


def c_parser_missing() -> bool:
    """Tell whether aiohttp runs without its C parser, which is slow and has had most of the smuggling bugs."""
    return "aiohttp._http_parser" not in sys.modules
