"""The actors, and the ways to wait, that several tests share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from seatkeeper.actors.futures import LoopFuture
from seatkeeper.actors.runtime import LoopActor

T = TypeVar("T")


class Recorder(LoopActor):
    """Answers with all that it has got so far."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[object] = []

    def on_receive(self, message: object) -> list[object]:
        self.got.append(message)
        return list(self.got)


class Postman(LoopActor):
    """Lets each message wait until its letter comes, and answers with it."""

    async def on_receive(self, message: LoopFuture[str] | str) -> object:
        return message


class Waiter(LoopActor):
    """Waits for each message inside its own coroutine."""

    async def on_receive(self, message: Awaitable[object]) -> object:
        return await message


async def turns(count: int = 20) -> None:
    """Let the loop do whatever is ready."""
    for _ in range(count):
        await asyncio.sleep(0)


def awaiting(future: Awaitable[T]) -> asyncio.Future[T]:
    """Await it in a task."""
    return asyncio.ensure_future(future)
