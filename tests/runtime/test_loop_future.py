"""LoopFuture is pykka's future, and one that can be awaited without blocking the loop."""

from __future__ import annotations

import asyncio

import pykka
import pytest

from seatkeeper.actors.runtime.futures import LoopFuture
from tests.event_loop import awaiting, turns
from tests.runtime.sample_actors import Echo, Recorder


async def test_get_on_the_thread_of_the_loop_raises_instead_of_hanging() -> None:
    future = Echo.start().ask(LoopFuture[str](), block=False)
    with pytest.raises(RuntimeError, match="await the future instead"):
        future.get()
    with pytest.raises(RuntimeError, match="await the future instead"):
        future.get(timeout=1)


async def test_a_blocking_ask_on_the_thread_of_the_loop_raises_instead_of_hanging() -> None:
    with pytest.raises(RuntimeError, match="await the future instead"):
        Echo.start().ask(LoopFuture[str]())


async def test_get_on_the_thread_of_the_loop_returns_what_is_there() -> None:
    assert Recorder.start().ask("a", block=False).get() == ["a"]


async def test_get_without_waiting_times_out_on_the_thread_of_the_loop() -> None:
    with pytest.raises(pykka.Timeout):
        Echo.start().ask(LoopFuture[str](), block=False).get(timeout=0)


async def test_get_works_in_another_thread() -> None:
    message = LoopFuture[str]()
    ref = Echo.start()
    answer = awaiting(asyncio.to_thread(ref.ask, message))
    await turns()
    message.set("result")
    assert await answer == "result"


async def test_get_times_out_in_another_thread() -> None:
    future = Echo.start().ask(LoopFuture[str](), block=False)
    with pytest.raises(pykka.Timeout):
        await asyncio.to_thread(future.get, timeout=0.001)


async def test_a_future_can_be_awaited_again_and_by_many() -> None:
    message = LoopFuture[str]()
    answers = [awaiting(message) for _ in range(3)]
    await turns()
    message.set("result")
    assert [await answer for answer in answers] == ["result"] * 3
    assert await message == "result"


async def test_a_cancelled_await_leaves_the_future_to_the_others() -> None:
    message = LoopFuture[str]()
    impatient, patient = awaiting(message), awaiting(message)
    await turns()
    impatient.cancel()
    message.set("result")
    assert await patient == "result"
    assert impatient.cancelled()


async def test_a_value_that_comes_from_another_thread_wakes_the_loop() -> None:
    message = LoopFuture[str]()
    answer = awaiting(message)
    await turns()
    asyncio.get_running_loop().set_debug(True)  # then the loop itself objects to a call that would not wake it
    await asyncio.to_thread(message.set, "result")
    assert await answer == "result"


async def test_futures_are_mapped_filtered_joined_and_reduced_on_the_loop() -> None:
    ref = Recorder.start()
    one, two, three = (ref.ask(number, block=False) for number in (1, 2, 3))
    assert await one.map(len) == 1
    assert await two.filter(lambda number: number > 1) == [2]
    assert await one.join(two) == [[1], [1, 2]]
    assert await three.reduce(lambda total, number: total + number, 10) == 16


async def test_a_mapped_future_waits_for_its_value_without_blocking_the_loop() -> None:
    message = LoopFuture[str]()
    mapped = awaiting(message.map(len))
    await turns(1_000)
    assert not mapped.done()
    message.set("four")
    assert await mapped == 4


async def test_a_result_that_comes_after_give_up_is_ignored() -> None:
    future: LoopFuture[int] = LoopFuture()
    future.give_up(TimeoutError("too late"))
    future.set(7)
    with pytest.raises(TimeoutError, match="too late"):
        await future
