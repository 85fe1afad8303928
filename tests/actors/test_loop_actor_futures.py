"""What an answer may be made of, and what may happen on its way back."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from pykka import ActorRef

from seatkeeper.actors.futures import LoopFuture
from seatkeeper.actors.runtime import LoopActor


async def turns(count: int = 50) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


A = TypeVar("A", bound=LoopActor)


def asked(ref: ActorRef[A], message: object) -> LoopFuture[object]:
    reply = ref.ask(message, block=False)
    assert isinstance(reply, LoopFuture)
    return reply


class Referring(LoopActor):
    async def on_receive(self, message: tuple[ActorRef[LoopActor], int]) -> object:
        ref, rest = message
        return ref.ask((ref, rest - 1), block=False) if rest else "round"


class Returning(LoopActor):
    async def on_receive(self, message: object) -> object:
        return message


class Waiting(LoopActor):
    async def on_receive(self, message: asyncio.Future[object]) -> object:
        return await message


async def test_an_answer_comes_back_through_five_thousand_futures() -> None:
    ref = Referring.start()
    answer = ref.ask((ref, 5_000), block=False)
    await turns(20_000)
    assert answer.get(timeout=0) == "round"


async def test_an_answer_that_is_a_mapped_future_is_what_it_brings() -> None:
    letter: LoopFuture[str] = LoopFuture()
    letter.set("four")
    assert await Returning.start().ask(letter.map(len), block=False) == 4


async def test_a_callback_that_fails_harms_neither_the_others_nor_the_actor() -> None:
    ref = Returning.start()
    letter: LoopFuture[str] = LoopFuture()
    heard: list[object] = []
    asked(ref, letter).add_done_callback(lambda _: 1 / 0)
    letter.add_done_callback(heard.append)
    letter.set("x")
    assert heard == [letter]
    assert await ref.ask("still here", block=False) == "still here"


async def test_a_cancelled_wait_inside_a_handler_is_its_answer_and_stops_nobody() -> None:
    ref, other = Waiting.start(), Returning.start()
    cancelled: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    cancelled.cancel()
    answer = asked(ref, cancelled)
    await turns()
    assert answer.done()
    assert other.is_alive()


async def test_a_wait_that_is_cancelled_later_is_answered_too() -> None:
    waited_for: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    answer = asked(Waiting.start(), waited_for)
    await turns()
    waited_for.cancel()
    await turns()
    assert answer.done()


async def test_a_subclass_has_its_own_bound() -> None:
    class Small(LoopActor):
        inbox_bound = 3

    assert Small.start().actor_inbox.bound == 3  # type: ignore[attr-defined]
