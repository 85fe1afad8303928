"""Commands that wait for something else before their outcome is known."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.journal import OutcomeUnknown
from seatkeeper.actors.aggregates.messages import Outcome
from seatkeeper.actors.runtime.futures import LoopFuture


class Later:
    """Carries such commands out, each in a task, and holds a reference to them meanwhile."""

    def __init__(self) -> None:
        """Begin without any."""
        self._running: set[asyncio.Task[None]] = set()

    def __call__(self, work: Coroutine[object, object, Outcome]) -> Reply:
        """Carry out a command that waits for something else first; its reply brings what the work returns or raises."""
        reply: Reply = LoopFuture()
        task = asyncio.get_running_loop().create_task(_resolve(reply, work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return reply


async def _resolve(reply: Reply, work: Coroutine[object, object, Outcome]) -> None:
    try:
        outcome = await work
    except asyncio.CancelledError:
        reply.fail(OutcomeUnknown("the service ended meanwhile"))
        raise
    except Exception as error:  # noqa: BLE001 - it is reported to who waits for the reply
        reply.fail(error)
    else:
        reply.set(outcome)
