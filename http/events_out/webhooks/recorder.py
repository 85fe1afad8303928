"""What came of the deliveries, on its way to the store: in batches, one transaction each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from seatkeeper.http.events_out.webhooks.backlog import Backlog, Entry
from seatkeeper.http.events_out.webhooks.schedule import written
from seatkeeper.storage.deliveries import Attempt, Deliveries, Waiting

logger = logging.getLogger(__name__)

BATCH = 500
"""Attempts that are stored at once, without waiting for more."""

BATCH_EVERY = 0.1
"""Seconds in which the attempts of a batch come together, with up to five workers: fifty writes a second in all."""

POSITION_EVERY = 5.0
"""Seconds between two writes of a position alone: a crash only has to read those events again."""

MOST_UNRECORDED = 2_000
"""Attempts that may wait for the store; then no more messages are sent."""

AGAIN_AFTER = 1.0
"""Seconds until a write that failed is tried again."""


class Recorder:
    """Stores the progress of one webhook. `closed` ends it, after a last write."""

    def __init__(
        self,
        webhook_id: str,
        store: Deliveries,
        backlog: Backlog,
        *,
        room: Callable[[], None],
        workers: Callable[[], int],
    ) -> None:
        """Call `room` after each write; the more workers there are, the longer are the batches of each."""
        self._webhook_id = webhook_id
        self._store = store
        self._backlog = backlog
        self._room = room
        self._workers = workers
        self._attempts: list[Attempt] = []
        self._position = backlog.position
        self._moved = asyncio.Event()
        self._work = asyncio.Event()
        self._full = asyncio.Event()
        self._closing = False

    @property
    def is_full(self) -> bool:
        """Whether too much waits for the store."""
        return len(self._attempts) >= MOST_UNRECORDED

    def add(self, attempt: Attempt) -> None:
        """Store this attempt with the next batch."""
        self._attempts.append(attempt)
        self.move()
        self._work.set()
        if len(self._attempts) >= BATCH:
            self._full.set()

    def move(self) -> None:
        """Store the position some time."""
        self._moved.set()

    async def run(self) -> None:
        """Write batches until `close`."""
        while not self._closing:
            await self._moved.wait()
            await _within(POSITION_EVERY, self._work)
            if self._work.is_set():
                await _within(BATCH_EVERY * max(1, self._workers() / 5), self._full)
            await self.write()

    def close(self) -> None:
        """Write what there is, then end."""
        self._closing = True
        for event in (self._moved, self._work, self._full):
            event.set()

    async def write(self) -> None:
        """Store everything there is; try again until it is stored."""
        if not self._closing:
            for event in (self._moved, self._work, self._full):
                event.clear()
        if not self._attempts and not self._backlog.has_changes and self._position == self._backlog.position:
            return
        attempts, self._attempts = self._attempts, []
        position, entries, done = self._backlog.changes()
        waiting = [_row(entry) for entry in entries]
        told = False
        while True:
            try:
                await self._store.record(
                    self._webhook_id, position=position, attempts=attempts, waiting=waiting, done=done
                )
                break
            except Exception:  # of any kind, and told: what was sent is then sent again
                if not told:
                    logger.exception("the progress of a webhook was not stored", extra={"webhook_id": self._webhook_id})
                if self._closing:
                    return
                told = True
                await asyncio.sleep(AGAIN_AFTER)
        self._position = position
        self._room()


def _row(entry: Entry) -> Waiting:
    return Waiting(entry.position, entry.stream_id, entry.attempts, written(entry.first_at), written(entry.next_at))


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Wait for the event, so long at most."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
