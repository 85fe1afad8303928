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
from seatkeeper.http.access.upkeep import Upkeep
from seatkeeper.http.events_out.webhooks.sender import HttpSender
from seatkeeper.http.front import Behind, Front
from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.http.observability.owners import show_owner
from seatkeeper.http.outgoing import Outgoing
from seatkeeper.http.server.connections import refuse_used_port
from seatkeeper.http.settings import Settings
from seatkeeper.http.starter_plans import define_starter_plans
from seatkeeper.http.system import Clock, IdSource
from seatkeeper.storage.engines import storage_in
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.projections.api_keys import API_KEYS

logger = logging.getLogger("seatkeeper")

CLOSE_DEADLINE = 10.0
"""Seconds for the journal to write what waits and to close, after the last answer."""

LAST_RESORT = 2.0
"""Seconds after which a process whose storage hangs ends itself."""


class App:
    """The service, from its file to its port."""

    def __init__(self, settings: Settings) -> None:
        """Make the parts; nothing runs yet."""
        self._settings = settings
        self._metrics = Metrics()
        self._now = Clock()
        self._new_id = IdSource()
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
        behind = Behind(
            name=self.storage.name,
            door=self.directory,
            queries=self.queries,
            deliveries=self.storage.deliveries,
            ping=self._outgoing.ping,
            find_receipt=self.journal.receipt,
            identity=lambda: self.journal.identity,
            unready_reason=self.journal.unready_reason,
            on_commit=self.journal.on_commit,
            on_reopened=self.journal.on_reopened,
        )
        self.front = Front(settings, self._metrics, behind)
        self.keyring, self.authenticator = self.front.keyring, self.front.authenticator
        self.journal.watch(API_KEYS, self.keyring.changed)
        self._upkeep = Upkeep(self.keyring, self.storage.save_key_uses)
        self.journal.on_reopened(self._upkeep.reload)

    def _reset_actors(self) -> None:
        self.directory.reset_all()
        self.keyring.forget()

    async def run(self, announce: Callable[[str], None]) -> None:
        """Serve until SIGTERM or SIGINT, or until the journal has given up; announce the address once it is served."""
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, self.front.stopping.set)
        if not self._settings.reuse_port:
            refuse_used_port(self._settings.host, self._settings.port)  # before another process is fenced off in vain
        if not await self._is_open():
            return
        self.storage.start()
        try:
            await self._serve(announce)
        finally:
            await self.storage.stop()
            await self._close()
        logger.info("stopped")

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

    async def _serve(self, announce: Callable[[str], None]) -> None:
        await self._upkeep.start()
        try:
            await self.front.look_at_keys()
            await self.storage.deliveries.clean()
            if self._settings.starter_plans:
                await define_starter_plans(self.queries, self.directory, self._now, self._new_id)
            await self._outgoing.start(self.directory)
            self._watch()
            try:
                await self.front.serve(
                    announce, self._until_the_end, close=self._outgoing.stop, versions=self.storage.versions
                )
            finally:
                await self._outgoing.close()
        finally:
            await self._upkeep.stop()

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
        show_owner(self._metrics, self.directory, self.journal)
        for shown in self.storage.gauges:
            self._metrics.gauge(*shown)


def c_parser_missing() -> bool:
    """Tell whether aiohttp runs without its C parser, which is slow and has had most of the smuggling bugs."""
    return "aiohttp._http_parser" not in sys.modules
