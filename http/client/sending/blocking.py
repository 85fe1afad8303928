"""The connection of the blocking client: that of the other one, on an event loop on a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Coroutine, Iterator
from concurrent.futures import CancelledError
from typing import TypeVar

from seatkeeper.http.client.errors import NoAnswer
from seatkeeper.http.client.sending.connection import Connection

T = TypeVar("T")

CLOSING = 10.0
"""Seconds that the end of the loop may take."""


class BlockingConnection:
    """Runs what the other connection does, and waits for it. Any thread may use it."""

    def __init__(self, awaited: Connection) -> None:
        """Run this one."""
        self.awaited = awaited
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._changing = threading.Lock()
        """Held to give the loop something to do and to end it: what it is given after its end would never be done."""

    def open(self) -> None:
        """Start the loop, and prepare to send; raise RuntimeError if it is open."""
        with self._changing:
            if self._loop is not None:
                raise RuntimeError("the client is open")
            self._loop = asyncio.new_event_loop()
            arguments = (self._loop, self.awaited)
            self._thread = threading.Thread(target=_serve, args=arguments, name="seatkeeper-client", daemon=True)
            self._thread.start()
        self.run(self.awaited.open())

    def close(self) -> None:
        """Close all connections, and end the loop; who still waits for an answer gets NoAnswer."""
        with self._changing:
            loop, self._loop = self._loop, None
            if loop is not None:
                loop.call_soon_threadsafe(loop.stop)
        if loop is not None and self._thread is not None:
            self._thread.join(CLOSING)

    def run(self, coroutine: Coroutine[object, object, T]) -> T:
        """Run a coroutine on the loop, and return what it returns; an interrupt ends it."""
        with self._changing:
            if self._loop is None:
                coroutine.close()
                raise RuntimeError("the client is not open: use it as a context manager")
            running = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return running.result()
        except CancelledError:
            raise NoAnswer("the client was closed before there was an answer", None) from None
        except BaseException:
            running.cancel()
            raise

    def iterate(self, items: AsyncGenerator[T, None]) -> Iterator[T]:
        """Yield the items of a generator, and close it at the end, or when nobody wants more."""
        try:
            while True:
                try:
                    item = self.run(_next(items))
                except StopAsyncIteration:
                    return
                yield item
        finally:
            self._close_soon(items)

    def _close_soon(self, items: AsyncGenerator[T, None]) -> None:
        """Have a generator closed, unless the loop has ended, which closes all of them.

        Nobody waits for it: the collector may come here on the thread of the loop itself.
        """
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it ends in this moment
                loop.call_soon_threadsafe(lambda: loop.create_task(_close(items)))


def _serve(loop: asyncio.AbstractEventLoop, awaited: Connection) -> None:
    """Run the loop until it is stopped."""
    loop.run_forever()
    loop.run_until_complete(_finish(awaited))
    loop.close()


async def _finish(awaited: Connection) -> None:
    """Close all connections, and end what still runs: other threads may wait for it."""
    await awaited.close()
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()


async def _close(items: AsyncGenerator[T, None]) -> None:
    await items.aclose()


async def _next(items: AsyncGenerator[T, None]) -> T:
    return await anext(items)
