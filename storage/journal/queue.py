"""The queue of the journal: appends and snapshots, encoded, in the order in which they came."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from seatkeeper.storage.journal.writes import QueuedWrite

FULL_BATCH = 128
"""Appends that are worth the 300 us of a commit, so that it waits for no more."""

QUIET_TURNS = 2
"""Turns of the loop without a new append after which a batch is written."""


class WriteQueue:
    """The writes that wait for a commit, and the waiting for them."""

    def __init__(self) -> None:
        """Start empty."""
        self._writes: deque[QueuedWrite] = deque()
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        """Count the writes."""
        return len(self._writes)

    def __iter__(self) -> Iterator[QueuedWrite]:
        """Go through the writes in their order."""
        return iter(self._writes)

    def add(self, write: QueuedWrite) -> None:
        """Add a write behind all others."""
        self._writes.append(write)
        self._wake.set()

    def take(self, count: int) -> list[QueuedWrite]:
        """Take the first writes out, at most this many."""
        return [self._writes.popleft() for _ in range(min(len(self._writes), count))]

    def take_all(self) -> Sequence[QueuedWrite]:
        """Take all writes out."""
        taken, self._writes = self._writes, deque()
        return taken

    def take_streams(self, streams: AbstractSet[str]) -> Sequence[QueuedWrite]:
        """Take the writes of these streams out."""
        taken = [write for write in self._writes if write.stream_id in streams]
        if taken:
            self._writes = deque(write for write in self._writes if write.stream_id not in streams)
        return taken

    def put_back(self, writes: Sequence[QueuedWrite]) -> None:
        """Put writes back before all others."""
        self._writes.extendleft(reversed(writes))

    def wake(self) -> None:
        """End the wait, also without a write."""
        self._wake.set()

    async def wait(self, seconds: float | None) -> bool:
        """Wait until a write comes or `wake` is called; return whether that came before `seconds` had passed."""
        self._wake.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return False
        return True

    async def gather(self) -> None:
        """Wait while turns of the loop bring more writes, and a few turns more.

        A request takes as many turns from its socket to this queue.
        """
        before = quiet = 0
        while quiet < QUIET_TURNS and len(self._writes) < FULL_BATCH:
            quiet = 0 if len(self._writes) > before else quiet + 1
            before = len(self._writes)
            await asyncio.sleep(0)
