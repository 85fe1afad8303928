"""Replies: an answer may be a future, a failure or a cancellation, and its callbacks may fail."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import pytest
from pykka import ActorRef

from seatkeeper.actors.runtime.futures import LoopFuture
from seatkeeper.actors.runtime.loop_actor import LoopActor
from tests.event_loop import turns
from tests.runtime.sample_actors import Echo, Waiter

A = TypeVar("A", bound=LoopActor)


def asked(ref: ActorRef[A], message: object) -> LoopFuture[object]:
    reply = ref.ask(message, block=False)
    assert isinstance(reply, LoopFuture)
    return reply


class Referring(LoopActor):
    """Answers with the reply of another question to itself, until there are no more to ask."""

    async def on_receive(self, message: tuple[ActorRef[LoopActor], int]) -> object:
        ref, rest = message
        return ref.ask((ref, rest - 1), block=False) if rest else "round"


async def test_an_answer_comes_back_through_five_thousand_futures() -> None:
    ref = Referring.start()
    assert await ref.ask((ref, 5_000), block=False) == "round"


async def test_a_future_as_an_answer_is_replaced_by_its_result() -> None:
    message = LoopFuture[str]()
    answer = Echo.start().ask(message, block=False)
    message.set("result")
    assert await answer == "result"


async def test_a_future_as_an_answer_is_replaced_by_its_failure() -> None:
    message = LoopFuture[str]()
    answer = Echo.start().ask(message, block=False)
    message.fail(ValueError("lost"))
    with pytest.raises(ValueError, match="lost"):
        await answer


async def test_a_mapped_future_as_an_answer_is_replaced_by_its_result() -> None:
    message: LoopFuture[str] = LoopFuture()
    message.set("four")
    assert await Echo.start().ask(message.map(len), block=False) == 4


async def test_a_callback_that_fails_affects_neither_the_other_callbacks_nor_the_actor() -> None:
    ref = Echo.start()
    message: LoopFuture[str] = LoopFuture()
    called: list[object] = []
    asked(ref, message).add_done_callback(lambda _: 1 / 0)
    message.add_done_callback(called.append)
    message.set("x")
    assert called == [message]
    assert await ref.ask("still here", block=False) == "still here"


async def test_a_cancelled_wait_inside_a_handler_is_its_answer_and_stops_no_actor() -> None:
    ref, other = Waiter.start(), Echo.start()
    cancelled: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    cancelled.cancel()
    answer = asked(ref, cancelled)
    await turns()
    assert answer.done()
    assert (ref.is_alive(), other.is_alive()) == (True, True)


async def test_a_wait_that_is_cancelled_later_is_answered_too() -> None:
    waited_for: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    answer = asked(Waiter.start(), waited_for)
    await turns()
    assert not answer.done()
    waited_for.cancel()
    await turns()
    assert answer.done()
