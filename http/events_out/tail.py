"""The tail of the journal: the newest events, read once for all who follow, each written once as bytes."""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Sequence
from operator import attrgetter
from typing import NamedTuple

from seatkeeper.storage.queries import EVERYTHING, FeedFilter, StoredEvent

logger = logging.getLogger("seatkeeper.events_out")

PAGE = 500
"""Events that are read from the journal at a time."""

MOST_EVENTS = 10_000
"""Events in the tail, at most; who falls behind it while live is cut."""

MOST_BYTES = 8 * 1024 * 1024
"""Bytes of the events in the tail, at most, but for the newest page."""

MOST_SELECTIONS = 16
"""Filters for which what they let through of a page is kept, while it is the newest one."""

PAUSE_A_READER = 0.0001
"""Seconds between two reads for each who follows: handing a page on costs 10 us a reader, so a tenth of the time."""

RETRY_AFTER = 1.0
"""Seconds after which the journal is read again when that failed."""


class Frame(NamedTuple):
    """An event, and its bytes on the wire."""

    event: StoredEvent
    data: bytes


class Page:
    """Some events that follow each other without gaps, of which each reader takes what it wants."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        """Hold these, which are at least one."""
        self.first = frames[0].event.position
        self.last = frames[-1].event.position
        self.size = sum(len(frame.data) for frame in frames)
        self._frames = frames
        self._by_stream: dict[str, list[Frame]] | None = None
        self._selected: dict[FeedFilter, tuple[bytes, int]] = {}

    def __len__(self) -> int:
        """Count the events."""
        return len(self._frames)

    def select(self, wanted: FeedFilter, after: int) -> tuple[bytes, int]:
        """Return the bytes of the events after a position that the filter lets through, and their number."""
        if after >= self.first:
            return _join([frame for frame in self._candidates(wanted) if frame.event.position > after], wanted)
        found = self._selected.get(wanted)
        if found is None:
            found = _join(self._candidates(wanted), wanted)
            if wanted.stream_id is None and len(self._selected) < MOST_SELECTIONS:
                self._selected[wanted] = found
        return found

    def _candidates(self, wanted: FeedFilter) -> Sequence[Frame]:
        """Find the events of one stream without a look at the others, which a thousand readers would each take."""
        if wanted.stream_id is None:
            return self._frames
        if self._by_stream is None:
            self._by_stream = {}
            for frame in self._frames:
                self._by_stream.setdefault(frame.event.stream_id, []).append(frame)
        return self._by_stream.get(wanted.stream_id, ())

    def forget_selections(self) -> None:
        """Keep nothing but the events: a newer page has come, and nearly everybody has taken this one."""
        self._selected.clear()
        self._by_stream = None


def _join(frames: Sequence[Frame], wanted: FeedFilter) -> tuple[bytes, int]:
    found = [frame.data for frame in frames if wanted is EVERYTHING or wanted.matches(frame.event)]
    return b"".join(found), len(found)


_last = attrgetter("last")


class Tail:
    """The newest pages of the journal, while anybody follows; `position` is that of the newest event in it.

    `reads` counts the queries, `on_news` is called when there is a new page, and `on_failure` when the journal could
    not be read.
    """

    def __init__(
        self,
        read: Callable[[int, int], Awaitable[Sequence[StoredEvent]]],
        frame: Callable[[StoredEvent], bytes],
        *,
        on_news: Callable[[], None],
        on_failure: Callable[[], None],
    ) -> None:
        """Read events with `read`, and write each with `frame`."""
        self.read = read
        self._frame = frame
        self._on_news = on_news
        self._on_failure = on_failure
        self._pages: list[Page] = []
        self._events = 0
        self._bytes = 0
        self._committed = asyncio.Event()
        self._followers = 0
        self.newest = 0
        self.position = 0
        self.reads = 0

    def committed(self, position: int) -> None:
        """Note the position of the last event in the journal."""
        self.newest = position
        if self._followers:
            self._committed.set()

    @property
    def start(self) -> int:
        """The position after which the tail has every event."""
        return self._pages[0].first - 1 if self._pages else self.position

    def reaches(self, position: int) -> bool:
        """Tell whether who has everything up to a position can follow from here; the first only has to be close."""
        if not self._followers:
            return position >= self.newest - PAGE
        return position >= self.start

    def follow(self, position: int) -> None:
        """Count one more who follows, after a position that the tail reaches."""
        if not self._followers:
            self._clear()
            self.position = min(position, self.newest)
        self._followers += 1
        if self.newest > self.position:
            self._committed.set()

    def leave(self) -> None:
        """Count one less."""
        self._followers -= 1
        if not self._followers:
            self._clear()

    def _clear(self) -> None:
        self._pages.clear()
        self._events = self._bytes = 0

    def after(self, position: int) -> Page | None:
        """Return the page with the next event after a position, None if there is none yet."""
        index = bisect_right(self._pages, position, key=_last)
        return self._pages[index] if index < len(self._pages) else None

    async def run(self) -> None:
        """Read what is committed, until this is cancelled."""
        while True:
            await self._committed.wait()
            self._committed.clear()
            try:
                while self._followers and self.position < self.newest:
                    if not await self._read_page():
                        break
                    await asyncio.sleep(PAUSE_A_READER * self._followers)
            except Exception:
                logger.exception("the journal could not be read for those who follow it")
                self._on_failure()
                await asyncio.sleep(RETRY_AFTER)

    async def _read_page(self) -> bool:
        """Read the next page; return whether there was one."""
        self.reads += 1
        after = self.position
        events = await self.read(after, PAGE)
        if not events:
            return False
        if after != self.position:  # everybody has left meanwhile, and somebody has come
            return True
        page = Page([Frame(event, self._frame(event)) for event in events])
        if self._pages:
            self._pages[-1].forget_selections()
        self._pages.append(page)
        self.position = page.last
        self._events += len(page)
        self._bytes += page.size
        while len(self._pages) > 1 and (self._events > MOST_EVENTS or self._bytes > MOST_BYTES):
            oldest = self._pages.pop(0)
            self._events -= len(oldest)
            self._bytes -= oldest.size
        self._on_news()
        return True
