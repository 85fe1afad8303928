"""The deliveries of webhooks, put together: what they are made of, and what they follow."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from seatkeeper.actors.aggregates.aggregate import CommandOptions
from seatkeeper.actors.aggregates.door import Door
from seatkeeper.actors.aggregates.messages import Context
from seatkeeper.actors.notifications.actor import WebhookActor
from seatkeeper.actors.notifications.commands import DisableWebhook
from seatkeeper.http.events_out.webhooks.deliveries import WebhookDeliveries
from seatkeeper.http.events_out.webhooks.feed import Feed
from seatkeeper.http.events_out.webhooks.message import message_ids
from seatkeeper.http.events_out.webhooks.messenger import Messenger
from seatkeeper.http.events_out.webhooks.sender import ClosingSender
from seatkeeper.http.events_out.webhooks.target import Target, read_target
from seatkeeper.http.events_out.webhooks.worker import Reason, Tools
from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.storage.deliveries import Attempt, Deliveries
from seatkeeper.storage.journal.batching import BatchingJournal
from seatkeeper.storage.projections.view import Deleted, Row
from seatkeeper.storage.projections.webhooks import WEBHOOKS, WebhookRow
from seatkeeper.storage.queries import Queries

logger = logging.getLogger(__name__)

PAGE = 200
"""Webhooks that are read at once."""

PAUSE = 1.0
"""Seconds between two tries to read them again."""


class Outgoing:
    """Delivers the events of a journal; it starts after the journal and is stopped before it."""

    def __init__(
        self,
        journal: BatchingJournal,
        queries: Queries,
        store: Deliveries,
        sender: ClosingSender,
        new_id: Callable[[], str],
    ) -> None:
        """Make the parts; nothing is sent yet."""
        self._journal = journal
        self._queries = queries
        self._store = store
        self._sender = sender
        self._new_id = new_id
        self._feed = Feed(queries.feed)
        self._trying: asyncio.Task[None] | None = None

    async def start(self, directory: Door) -> None:
        """Begin to deliver; webhooks that are given up are disabled by a command through this directory."""

        def disable(webhook_id: str, reason: Reason) -> Awaitable[object]:
            options = CommandOptions(context=Context("timer", self._new_id()))
            return directory.ask(WebhookActor, webhook_id, DisableWebhook(reason), options)

        def tools(workers: Callable[[], int]) -> Tools:
            return Tools(
                feed=self._feed,
                store=self._store,
                messenger=Messenger(self._sender, time.time),
                message_id=message_ids(
                    lambda: self._journal.identity.journal_id, lambda: self._journal.identity.earlier
                ),
                clock=time.time,
                random=random.random,
                disable=disable,
                workers=workers,
            )

        self._deliveries = WebhookDeliveries(tools, lambda: f"ping_{self._new_id()}")
        self._journal.watch(WEBHOOKS, self._changed)
        self._journal.on_commit(self._feed.on_commit)
        self._journal.on_reopened(self._reload)
        self._feed.on_commit(await self._queries.last_position())
        self._deliveries.start([target async for target in self._targets()])

    async def _targets(self) -> AsyncIterator[Target]:
        after: int | None = None
        while page := await self._queries.webhooks(after, PAGE):
            for item in page:
                yield read_target(item.summary)
            after = int(page[-1].key)

    def _changed(self, row: Row | Deleted) -> None:
        if not isinstance(row, Deleted):
            self._deliveries.changed(read_target(WebhookRow(*row).summary))  # type: ignore[arg-type] # a row of the view

    async def _reload(self) -> None:
        """Read the webhooks after the file was opened again; where that fails, go on trying beside the journal."""
        if not await self._was_read() and (self._trying is None or self._trying.done()):
            self._trying = asyncio.get_running_loop().create_task(self._try_again())

    async def _try_again(self) -> None:
        while True:
            await asyncio.sleep(PAUSE)
            if await self._was_read():
                return

    async def _was_read(self) -> bool:
        try:
            await self._read_again()
        except Exception:  # of any kind: the journal has to go on
            logger.exception("the webhooks could not be read")
            return False
        return True

    async def _read_again(self) -> None:
        before = self._deliveries.known()
        targets = [target async for target in self._targets()]
        self._deliveries.refresh(targets)
        self._deliveries.forget(before - {target.webhook_id for target in targets})

    def ping(self, webhook_id: str) -> Awaitable[Attempt | None]:
        """Send a message that only tries the endpoint."""
        return self._deliveries.ping(webhook_id)

    async def stop(self) -> None:
        """End the deliveries, and store how far they came."""
        if self._trying is not None:
            self._trying.cancel()
        await self._deliveries.stop()

    async def close(self) -> None:
        """Close the connections, once nobody pings any more."""
        await self._sender.close()

    def show(self, metrics: Metrics) -> None:
        """Show how the deliveries are doing."""
        counts, behind = self._deliveries.outcomes, self._deliveries.behind
        metrics.counters("seatkeeper_webhook_deliveries", "Attempts, by what came of them.", "outcome", counts)
        metrics.gauge("seatkeeper_webhooks_waiting", "Events that wait after a failure.", self._deliveries.waiting)
        metrics.gauges("seatkeeper_webhook_behind_events", "Events that it has not got.", "webhook", behind)
