"""Errands: coroutines that are stepped by what they wait for, without a task."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Generic, TypeVar

from seatkeeper.actors.aggregate import Reply
from seatkeeper.actors.futures import LoopFuture

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Errand(Generic[T]):
    """Runs a coroutine from the turn in which it begins, and goes on when what it waits for is there.

    For a LoopFuture that is the turn that settles it, for one of asyncio a turn of its own. A request in a task, as
    aiohttp runs it, costs three turns of the loop and a future more. Nothing in such a coroutine may ask which task it
    runs in: there is none, or that of whoever settled. So `asyncio.timeout` has no place there.
    """

    __slots__ = ("_coroutine", "_done")

    def __init__(
        self,
        coroutine: Coroutine[asyncio.Future[object] | Reply | None, None, T],
        done: Callable[[T | None], object],
    ) -> None:
        """Run this, and hand over what it returns; None if it fails, which it should not, and which is logged."""
        self._coroutine = coroutine
        self._done = done

    def step(self, _: object = None) -> None:
        """Go on to the next wait, or to the end."""
        try:
            waits_for = self._coroutine.send(None)
        except StopIteration as result:
            self._done(result.value)
        except (Exception, asyncio.CancelledError):  # not for whoever has settled what it waited for
            logger.exception("an errand failed")
            self._done(None)
        else:
            if waits_for is None:  # it lets others go first
                asyncio.get_running_loop().call_soon(self.step)
                return
            if not isinstance(waits_for, LoopFuture):
                waits_for._asyncio_future_blocking = False  # noqa: SLF001 - as a task says that it has understood
            waits_for.add_done_callback(self.step)
