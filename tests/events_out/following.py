"""Readers of a journal in memory, with clients that take what they are sent, or do not."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from seatkeeper.http.events_out.stream import EventStreams, Reader
from seatkeeper.http.server.routes import OPEN, Caller
from seatkeeper.http.server.streams import Client
from seatkeeper.storage.memory.journal import MemoryJournal
from seatkeeper.storage.queries import EVERYTHING, FeedFilter, StoredEvent
from tests.accounts.past import opened
from tests.storage.stores import Store, memory_store
from tests.wire import until

DEADLINE = 10.0
"""Seconds for a write, in the time of the sweeps."""

ids = re.compile(rb"^id: (\d+)$", re.MULTILINE).findall


class TakesAll(Client):
    """A client that keeps what it is sent; `hold` has it take nothing more until `release`."""

    def __init__(self) -> None:
        self.received = b""
        self.aborted = False
        self.closed = False
        self._taking = asyncio.Event()
        self._taking.set()

    @property
    def gone(self) -> bool:
        return self.closed

    def hold(self) -> None:
        """Take nothing more."""
        self._taking.clear()

    def release(self) -> None:
        """Take everything again."""
        self._taking.set()

    async def send(self, data: bytes) -> None:
        self.received += data
        await self._taking.wait()
        if self.aborted:
            raise ConnectionResetError

    def abort(self) -> None:
        self.aborted = self.closed = True
        self._taking.set()

    @property
    def events(self) -> list[int]:
        """The positions of the events that it has."""
        frames = self.received.split(b"\n\n")
        return [int(found) for frame in frames if b"\ndata:" in frame for found in ids(frame)]


@dataclass
class Following:
    """A journal, all who follow it, and how often it was read."""

    store: Store
    streams: EventStreams
    reads: list[tuple[int, int]] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    disallowed: set[str] = field(default_factory=set)
    failing: bool = False

    async def follow(
        self, after: int | None = None, wanted: FeedFilter = EVERYTHING, caller: Caller = OPEN
    ) -> TakesAll:
        """Follow with a client of its own, which has been sent something when this returns."""
        client = TakesAll()
        self.start(await self.streams.open(wanted, after, caller), client)
        await until(lambda: client.received != b"")
        return client

    def start(self, reader: Reader, client: TakesAll) -> asyncio.Task[None]:
        """Write to the client in a task."""

        async def write() -> None:
            with suppress(ConnectionError):
                await reader.write_to(client)
            client.closed = True

        self.tasks.append(asyncio.get_running_loop().create_task(write()))
        return self.tasks[-1]

    async def open_accounts(self, count: int) -> None:
        """Commit two events for each account."""
        for written in [self.store.account().append(opened()) for _ in range(count)]:
            await written

    def later(self, seconds: float) -> None:
        """Sweep as if so many seconds had passed."""
        self.streams.sweep(asyncio.get_running_loop().time() + seconds)


async def has(client: TakesAll, positions: Sequence[int]) -> None:
    """Wait until the client has these events, and see that it has no others."""
    await until(lambda: len(client.events) >= len(positions))
    assert client.events == list(positions)


@asynccontextmanager
async def following(*, most: int = 1_000) -> AsyncIterator[Following]:
    """Follow a journal in memory; all readers are ended at the end."""
    store = memory_store()
    journal = store.journal
    assert isinstance(journal, MemoryJournal)
    state = Following(
        store,
        EventStreams(
            store.queries,
            lambda: journal.identity,
            most=most,
            write_deadline=DEADLINE,
            still_allowed=lambda caller: caller.actor not in state.disallowed,
        ),
    )
    feed = store.queries.feed

    async def read(after: int, limit: int) -> list[StoredEvent]:
        state.reads.append((after, limit))
        if state.failing:
            raise OSError
        return await feed(after, limit)

    state.streams.tail.read = read
    journal.on_commit(state.streams.tail.committed)
    await state.streams.start()
    try:
        yield state
    finally:
        state.streams.stop()
        await asyncio.wait_for(asyncio.gather(*state.tasks), DEADLINE)
