"""All webhooks: a worker for each that is active, as long as it is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

import msgspec

from seatkeeper.http.events_out.webhooks.message import ping_body
from seatkeeper.http.events_out.webhooks.messenger import keys_of
from seatkeeper.http.events_out.webhooks.schedule import written
from seatkeeper.http.events_out.webhooks.target import Target
from seatkeeper.http.events_out.webhooks.worker import (
    AGAIN_AFTER,
    GRACE,
    Tools,
    Worker,
)
from seatkeeper.storage.deliveries import Attempt

logger = logging.getLogger(__name__)

STOP_DEADLINE = GRACE + 3.0
"""Seconds for all workers to end and to store their progress."""


class WebhookDeliveries:
    """Starts and ends the workers as webhooks change."""

    def __init__(self, tools: Callable[[Callable[[], int]], Tools], ping_id: Callable[[], str]) -> None:
        """Make the tools with the function that counts the workers."""
        self._tools = tools(lambda: max(1, len(self._workers)))
        self._ping_id = ping_id
        self._targets: dict[str, Target] = {}
        self._workers: dict[str, Worker] = {}
        self._changed: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = False
        self._started = False

    def start(self, targets: Iterable[Target]) -> None:
        """Begin with these webhooks; changes that were told before win over them."""
        self._started = True
        self.refresh(targets)
        for webhook_id in self._targets:
            if webhook_id not in self._tasks:
                self._supervise(webhook_id)

    def refresh(self, targets: Iterable[Target]) -> None:
        """Take in all webhooks that there are, as changes may have come without being told."""
        for target in targets:
            known = self._targets.get(target.webhook_id)
            if known is None or known.version < target.version:
                self.changed(target)

    def known(self) -> set[str]:
        """Name the webhooks that are not deleted."""
        return set(self._targets)

    def forget(self, webhook_ids: Iterable[str]) -> None:
        """Learn that these are deleted, which nobody told."""
        for webhook_id in webhook_ids:
            target = self._targets.get(webhook_id)
            if target is not None:
                self.changed(msgspec.structs.replace(target, status="deleted"))

    def changed(self, target: Target) -> None:
        """Learn of a change; nothing is sent any more as the webhook was before."""
        webhook_id = target.webhook_id
        if target.status == "deleted":
            self._targets.pop(webhook_id, None)
        else:
            self._targets[webhook_id] = target
        worker = self._workers.get(webhook_id)
        if worker is not None:
            worker.halt()
        event = self._changed.get(webhook_id)
        if event is not None:
            event.set()
        elif self._started and not self._stopping and webhook_id in self._targets:
            self._supervise(webhook_id)

    def _supervise(self, webhook_id: str) -> None:
        self._changed[webhook_id] = asyncio.Event()
        self._tasks[webhook_id] = asyncio.ensure_future(self._keep(webhook_id))

    async def _keep(self, webhook_id: str) -> None:
        """Have a worker deliver to the webhook, a new one after each change, until the webhook is deleted."""
        anew, changed = False, self._changed[webhook_id]
        while not self._stopping and (target := self._targets.get(webhook_id)) is not None:
            changed.clear()
            wait = None
            if target.status == "active":
                worker = self._workers[webhook_id] = Worker(target, self._tools, anew=anew)
                try:
                    await worker.run()
                except Exception:  # of any kind: it begins again where its progress was stored
                    logger.exception("the worker of a webhook failed", extra={"webhook_id": webhook_id})
                    wait = AGAIN_AFTER
                finally:
                    del self._workers[webhook_id]
            try:
                async with asyncio.timeout(wait):
                    await changed.wait()
            except TimeoutError:
                anew = False
            else:
                anew = True
        del self._changed[webhook_id], self._tasks[webhook_id]
        if webhook_id in self._targets and not self._stopping:
            self._supervise(webhook_id)

    async def ping(self, webhook_id: str) -> Attempt | None:
        """Send a message of type `webhook.ping` now, also where nothing else is sent; None without such a webhook."""
        target = self._targets.get(webhook_id)
        if target is None:
            return None
        keys = keys_of(await self._tools.store.secrets(webhook_id))
        body = ping_body(webhook_id, written(self._tools.clock()))
        return (await self._tools.messenger.send(target.url, keys, self._ping_id(), body)).attempt(0, 1)

    async def stop(self) -> None:
        """End all workers, and store how far they came, within the deadline."""
        self._stopping = True
        for worker in self._workers.values():
            worker.halt()
        for event in self._changed.values():
            event.set()
        tasks = set(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STOP_DEADLINE)
            for task in late:
                task.cancel()
            if late:
                logger.warning("some webhooks were not ended in time", extra={"webhooks": len(late)})
                await asyncio.wait(late, timeout=STOP_DEADLINE)
        self._tools.feed.close()

    def waiting(self) -> int:
        """Count the events that wait after a failure, or behind one."""
        return sum(len(worker.backlog.waiting) for worker in self._workers.values())

    def behind(self) -> dict[str, int]:
        """Tell for each active webhook how many events of the journal are after its position."""
        committed = self._tools.feed.committed
        return {webhook_id: max(0, committed - worker.backlog.position) for webhook_id, worker in self._workers.items()}

    def outcomes(self) -> dict[str, int]:
        """Count the attempts by what came of them."""
        return dict(self._tools.outcomes)
