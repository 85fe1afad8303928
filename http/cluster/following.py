"""Following a journal that other processes write: its end is asked for several times a second."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from seatkeeper.storage.queries import FeedFilter, Queries

logger = logging.getLogger(__name__)

EVERY = 0.2
"""Seconds between two looks: a revoked key works on other edges no longer than this, and a read."""

PAGE = 200


class Follower:
    """Tells of positions, each once and in their order."""

    def __init__(self, queries: Queries, tell: Callable[[int], None], lost: Callable[[], None] = lambda: None) -> None:
        """Call `tell` with the position of the last event when it has grown, and `lost` when a look has failed."""
        self._queries = queries
        self._tell = tell
        self._lost = lost
        self._watched: list[tuple[FeedFilter, Callable[[], Awaitable[None]]]] = []
        self._seen = 0
        self.position = 0

    def watch(self, types: frozenset[str], changed: Callable[[], Awaitable[None]]) -> None:
        """Await this after events of these types."""
        self._watched.append((FeedFilter(types=types), changed))

    def know(self, position: int) -> None:
        """Learn the position of an event from elsewhere, without telling of it."""
        self.position = max(self.position, position)

    def heard(self, position: int) -> None:
        """Learn the position of an event from elsewhere, and tell of it."""
        if position > self.position:
            self.position = position
            self._tell(position)

    async def run(self) -> None:
        """Look until this is cancelled."""
        self._seen = max(self._seen, self.position)
        failed = False
        while True:
            try:
                await self.look()
                for _, changed in self._watched if failed else ():
                    await changed()
            except Exception as error:  # of any kind: the next look comes soon
                if not failed:
                    logger.exception("the journal could not be followed", extra={"reason": repr(error)})
                failed = True
                self._lost()
            else:
                failed = False
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Ask for the end of the journal, and tell of what is new."""
        position = await self._queries.last_position()
        for wanted, changed in self._watched if position > self._seen else ():
            after = self._seen
            while after < position:
                page = await self._queries.feed_page(after, PAGE, wanted)
                if page.events:
                    await changed()
                    break
                after = page.last_position
        self._seen = max(self._seen, position)
        self.heard(position)
