"""Errands: coroutines that are stepped by what they wait for, without a task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Generic, TypeVar

T = TypeVar("T")


class Errand(Generic[T]):
    """Runs a coroutine from the turn in which it begins, each further step in a turn of the loop of its own.

    A request in a task of its own, as aiohttp runs it, costs three turns of the loop and a future more. Nothing in such
    a coroutine may ask which task it runs in, so `asyncio.timeout` has no place there.
    """

    __slots__ = ("_coroutine", "_done")

    def __init__(
        self, coroutine: Coroutine[asyncio.Future[object], None, T], done: Callable[[T | None], object]
    ) -> None:
        """Run this, and hand over what it returns, None if it fails, which it should not."""
        self._coroutine = coroutine
        self._done = done

    def step(self, _: object = None) -> None:
        """Go on to the next wait, or to the end."""
        try:
            waits_for = self._coroutine.send(None)
        except StopIteration as result:
            self._done(result.value)
        except BaseException:
            self._done(None)
            raise
        else:
            waits_for._asyncio_future_blocking = False  # noqa: SLF001 - as a task says that it has understood
            waits_for.add_done_callback(self.step)
