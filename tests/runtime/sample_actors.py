"""The actors that several tests share."""

from __future__ import annotations

from collections.abc import Awaitable

from seatkeeper.actors.runtime.loop_actor import LoopActor


class Recorder(LoopActor):
    """Answers with all messages so far."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[object] = []

    def on_receive(self, message: object) -> list[object]:
        self.got.append(message)
        return list(self.got)


class Echo(LoopActor):
    """Returns each message from a coroutine; the answer to a future is its result."""

    async def on_receive(self, message: object) -> object:
        return message


class Waiter(LoopActor):
    """Awaits each message inside its own coroutine."""

    async def on_receive(self, message: Awaitable[object]) -> object:
        return await message
