"""The committed journal as the workers read it: those that are at its end share each page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from seatkeeper.storage.queries import StoredEvent

PAGE = 500
"""Events of a page."""

GATHER = 0.01
"""Seconds after a commit in which others may come, so that a hundred workers are not woken for each."""

Read: TypeAlias = Callable[[int, int], Awaitable[Sequence[StoredEvent]]]
"""Read the events after a position, so many at most."""


class Feed:
    """Reads pages, and wakes the workers after commits."""

    def __init__(self, read: Read) -> None:
        """Read with this function."""
        self._read = read
        self._pages: dict[int, asyncio.Task[Sequence[StoredEvent]]] = {}
        self._listeners: dict[Callable[[], None], None] = {}  # they are called in the order in which they came
        self._waking: asyncio.TimerHandle | None = None
        self.committed = 0

    def on_commit(self, position: int) -> None:
        """Learn of a commit; the journal calls this."""
        self.committed = max(self.committed, position)
        if self._waking is None and self._listeners:
            self._waking = asyncio.get_running_loop().call_later(GATHER, self._wake)

    def _wake(self) -> None:
        self._waking = None
        for listener in list(self._listeners):
            listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call this after commits."""
        self._listeners[listener] = None

    def forget(self, listener: Callable[[], None]) -> None:
        """Stop calling it."""
        self._listeners.pop(listener, None)

    async def page(self, after: int) -> Sequence[StoredEvent]:
        """Return the events after a position; who asks for the same at the same time shares the answer."""
        page = self._pages.get(after)
        if page is None:
            page = self._pages[after] = asyncio.ensure_future(self._read_page(after))
            page.add_done_callback(lambda done: self._forget_page(after, done))
        return await asyncio.shield(page)

    async def _read_page(self, after: int) -> Sequence[StoredEvent]:
        return await self._read(after, PAGE)

    def _forget_page(self, after: int, page: asyncio.Task[Sequence[StoredEvent]]) -> None:
        del self._pages[after]
        if not page.cancelled():
            page.exception()  # nobody may be left who waits for it

    async def event(self, position: int) -> StoredEvent:
        """Return one event."""
        return (await self._read(position - 1, 1))[0]

    def close(self) -> None:
        """Wake nobody any more."""
        if self._waking is not None:
            self._waking.cancel()
        self._listeners.clear()
