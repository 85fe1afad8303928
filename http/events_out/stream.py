"""The journal as server-sent events: a reader catches up from the journal, and then follows its tail."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from seatkeeper.http.events_out.frames import frame
from seatkeeper.http.events_out.tail import PAGE, Tail
from seatkeeper.http.server.problems import OVERLOADED, ProblemError
from seatkeeper.http.server.routes import Caller
from seatkeeper.http.server.streams import Client
from seatkeeper.storage.journal_ids import JournalIdentity
from seatkeeper.storage.queries import FeedFilter, FeedPage, Queries

logger = logging.getLogger("seatkeeper.events_out")

QUIET = 15.0
"""Seconds without an event after which a comment is sent."""

READING = 2
"""Readers that are read a page from the journal at the same time; the other queries have to get on too."""

CATCHING_UP = 64
"""Readers that hold a page from the journal at the same time."""

SWEEP_EVERY = 1.0
"""Seconds between two looks at the readers."""

RETRY = (1_000, 3_000)
"""Milliseconds after which a client comes back: not all in the same moment."""


class EventStreams:
    """All who follow the journal; the counters are for the metrics."""

    def __init__(
        self,
        queries: Queries,
        identity: Callable[[], JournalIdentity],
        *,
        most: int,
        write_deadline: float,
        still_allowed: Callable[[Caller], bool] = lambda _caller: True,
    ) -> None:
        """Let at most `most` follow, and cut who takes longer than so many seconds for what it is sent."""
        self.tail = Tail(queries.feed, frame, on_news=self._wake_all, on_failure=self._end_all)
        self.queries = queries
        self.identity = identity
        self.reading = asyncio.Semaphore(READING)
        self.catching_up = asyncio.Semaphore(CATCHING_UP)
        self._most = most
        self._deadline = write_deadline
        self._still_allowed = still_allowed
        self._readers: set[Reader] = set()
        self._running: list[asyncio.Task[None]] = []
        self._stopping = False
        self.frames = 0
        self.cut = 0

    def __len__(self) -> int:
        """Count the readers."""
        return len(self._readers)

    async def look_again(self) -> None:
        """Ask where the journal ends, which a commit of unknown outcome leaves open."""
        self.tail.committed(await self.queries.last_position())

    async def start(self) -> None:
        """Begin to follow the journal."""
        await self.look_again()
        loop = asyncio.get_running_loop()
        self._running += [loop.create_task(self.tail.run()), loop.create_task(self._sweep_for_ever())]

    def stop(self) -> None:
        """End all readers at once, and take no more."""
        self._stopping = True
        self._end_all()
        for task in self._running:
            task.cancel()

    async def open(self, wanted: FeedFilter, after: int | None, caller: Caller) -> Reader:
        """Prepare a reader after a position, None for what comes from now on.

        Raise ProblemError when there are too many, and what reading the journal raises.
        """
        if self._stopping or len(self._readers) >= self._most:
            raise ProblemError(OVERLOADED)
        newest = self.tail.newest
        reader = Reader(self, wanted, newest if after is None else min(after, newest), caller)
        if not self.tail.reaches(reader.position):
            await reader.read_page()
        return reader

    def enter(self, reader: Reader) -> bool:
        """Count a reader; return whether it may go on, for others may have come first."""
        if self._stopping or len(self._readers) >= self._most:
            return False
        self._readers.add(reader)
        return True

    def leave(self, reader: Reader) -> None:
        """Count it no more."""
        self._readers.discard(reader)

    def _wake_all(self) -> None:
        for reader in self._readers:
            reader.news.set()

    def _end_all(self) -> None:
        for reader in list(self._readers):
            reader.end()

    def recheck(self) -> None:
        """Cut those whose API key does not allow it any more."""
        for reader in list(self._readers):
            if not self._still_allowed(reader.caller):
                self.cut_off(reader, "its API key does not allow it any more")

    def cut_off(self, reader: Reader, reason: str) -> None:
        """Close the connection of a reader."""
        if not reader.ended:
            self.cut += 1
            fields = {"reason": reason, "actor": reader.caller.actor, "position": reader.position}
            logger.info("a reader of the stream was cut", extra=fields)
        reader.abort()

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_EVERY)
            self.sweep(time.monotonic())

    def sweep(self, now: float) -> None:
        """Cut who is slow by this time of `time.monotonic` or not allowed any more, and have comments sent."""
        self.recheck()
        journal_id = self.identity().journal_id
        for reader in list(self._readers):
            if reader.gone or reader.journal_id != journal_id:  # it comes back, and is told the new one
                reader.end()
            elif reader.sending and now - reader.since > self._deadline:
                self.cut_off(reader, "it is slow")
            elif now - reader.since >= QUIET:
                reader.comment_due = True
                reader.news.set()


class Reader:
    """One who follows, from its first event to its end; `since` is when it was last sent something."""

    def __init__(self, streams: EventStreams, wanted: FeedFilter, position: int, caller: Caller) -> None:
        """Follow after this position."""
        self._streams = streams
        self._wanted = wanted
        self._client: Client | None = None
        self._page: FeedPage | None = None
        self.position = position
        self.caller = caller
        self.journal_id = streams.identity().journal_id
        self.headers: Mapping[str, str] = {"Seatkeeper-Journal": self.journal_id}
        self.news = asyncio.Event()
        self.sending = False
        self.ended = False
        self.comment_due = False
        self.since = time.monotonic()

    @property
    def gone(self) -> bool:
        """Tell whether the client has closed its connection."""
        return self._client is not None and self._client.gone

    def end(self) -> None:
        """End after what is being sent, or at once if that takes its time."""
        if self.sending:
            self.abort()
        self.ended = True
        self.news.set()

    def abort(self) -> None:
        """Close the connection, with all that the client has not taken."""
        self.ended = True
        if self._client is not None:
            self._client.abort()
        self.news.set()

    async def write_to(self, client: Client) -> None:
        """Write events to the client until either ends it; raise ConnectionError."""
        self._client = client
        if not self._streams.enter(self):
            return
        try:
            earliest, latest = RETRY
            await self._send(b"retry: %d\n\n" % (earliest + len(self._streams) * 7 % (latest - earliest)), 0)
            while not self.ended:
                if self._page is None and self._streams.tail.reaches(self.position):
                    await self._follow()
                else:
                    await self._catch_up()
        except ConnectionError:
            raise
        except Exception:
            logger.exception("a reader of the stream was ended", extra={"position": self.position})
        finally:
            self._streams.leave(self)

    async def _catch_up(self) -> None:
        async with self._streams.catching_up:
            page = self._page or await self.read_page()
            self._page = None
            data = b"".join(map(frame, page.events))
            if data:
                await self._send(data, len(page.events))
            self.position = page.last_position
        await self._comment()

    async def read_page(self) -> FeedPage:
        """Read the next page from the journal."""
        async with self._streams.reading:
            self._page = await self._streams.queries.feed_page(self.position, PAGE, self._wanted)
        return self._page

    async def _follow(self) -> None:
        tail = self._streams.tail
        tail.follow(self.position)
        try:
            while not self.ended:
                self.news.clear()
                if self.position < tail.start:
                    self._streams.cut_off(self, "it fell behind")
                    return
                page = tail.after(self.position)
                if page is None:
                    await self._comment()
                    await self.news.wait()
                    continue
                data, count = page.select(self._wanted, self.position)
                if data:
                    await self._send(data, count)
                self.position = page.last
        finally:
            tail.leave()

    async def _comment(self) -> None:
        """Send a comment if it is time, with the position, so that a client does not read again what is not for it."""
        if self.comment_due and not self.ended:
            await self._send(b": \nid: %d\n\n" % self.position, 0)

    async def _send(self, data: bytes, count: int) -> None:
        if self._client is None or self.ended:
            return
        self.comment_due = False
        self.since = time.monotonic()
        self.sending = True
        try:
            await self._client.send(data)
        finally:
            self.sending = False
        self._streams.frames += count
