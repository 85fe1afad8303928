"""LoopActor: coroutines that handle messages, failures and the end of an actor, without a thread or an idle task."""

from __future__ import annotations

import asyncio
import threading

import pykka
import pytest

from seatkeeper.actors.runtime.futures import LoopFuture
from seatkeeper.actors.runtime.inbox import Inbox
from seatkeeper.actors.runtime.loop_actor import LoopActor
from tests.event_loop import awaiting, turns
from tests.runtime.sample_actors import Echo, Recorder, Waiter


class Fragile(LoopActor):
    """Raises a message that is an exception, and sets a future when it has failed."""

    def __init__(self, failed: LoopFuture[str]) -> None:
        super().__init__()
        self.failed = failed

    def on_receive(self, message: object) -> str:
        if isinstance(message, BaseException):
            raise message
        return "still here"

    def on_failure(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        self.failed.set(str(error))


class Emergency(BaseException):
    """An error that pykka lets stop all actors."""


async def test_the_loop_goes_on_while_an_answer_is_awaited() -> None:
    message = LoopFuture[str]()
    answer = awaiting(Echo.start().ask(message, block=False))
    await turns(1_000)
    assert not answer.done()
    message.set("result")
    assert await answer == "result"


async def test_ten_thousand_idle_actors_hold_no_thread_and_no_task() -> None:
    threads, tasks = threading.active_count(), len(asyncio.all_tasks())
    refs = [Recorder.start() for _ in range(10_000)]
    for ref in refs:
        await ref.ask("work", block=False)
    assert threading.active_count() == threads
    assert len(asyncio.all_tasks()) == tasks


async def test_an_actor_holds_no_task_after_its_coroutine() -> None:
    tasks = len(asyncio.all_tasks())
    assert await Echo.start().ask("work", block=False) == "work"
    await turns()
    assert len(asyncio.all_tasks()) == tasks


async def test_the_next_message_does_not_wait_for_a_coroutine() -> None:
    ref, message = Waiter.start(), LoopFuture[str]()
    slow = awaiting(ref.ask(message, block=False))
    quick = LoopFuture[str]()
    quick.set("overtakes")
    assert await ref.ask(quick, block=False) == "overtakes"
    assert not slow.done()
    message.set("result")
    assert await slow == "result"


class Starter(LoopActor):
    """Records the order in which its coroutines begin."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[int] = []

    async def on_receive(self, message: int) -> list[int]:
        self.begun.append(message)
        await asyncio.sleep(0)
        return self.begun


async def test_coroutines_begin_in_the_order_of_their_messages() -> None:
    ref = Starter.start()
    for number in range(100):
        ref.tell(number)
    assert await ref.ask(100, block=False) == list(range(101))


async def test_a_failure_under_ask_is_the_answer_and_the_actor_goes_on() -> None:
    ref = Fragile.start(LoopFuture[str]())
    with pytest.raises(ValueError, match="broken"):
        await ref.ask(ValueError("broken"), block=False)
    assert await ref.ask("how are you", block=False) == "still here"


async def test_a_failure_under_tell_stops_the_actor_after_its_hook() -> None:
    failed = LoopFuture[str]()
    ref = Fragile.start(failed)
    ref.tell(ValueError("broken"))
    assert await failed == "broken"
    assert not ref.is_alive()


async def test_a_coroutine_that_fails_under_ask_answers_with_the_failure() -> None:
    ref, message = Waiter.start(), LoopFuture[str]()
    answer = awaiting(ref.ask(message, block=False))
    await turns()
    message.fail(ValueError("lost"))
    with pytest.raises(ValueError, match="lost"):
        await answer
    assert ref.is_alive()


async def test_a_coroutine_that_fails_under_tell_stops_the_actor() -> None:
    ref, message = Waiter.start(), LoopFuture[str]()
    ref.tell(message)
    await turns()
    message.fail(ValueError("lost"))
    await turns()
    assert not ref.is_alive()
    assert isinstance(ref.actor_inbox, Inbox)
    assert ref.actor_inbox.actor is None


async def test_a_coroutine_goes_on_after_the_actor_has_stopped() -> None:
    ref, message = Waiter.start(), LoopFuture[str]()
    answer = awaiting(ref.ask(message, block=False))
    await turns()
    assert await ref.stop(block=False)
    message.set("result")
    assert await answer == "result"


async def test_a_base_exception_stops_all_actors_and_its_sender_gets_actor_dead() -> None:
    ref, other = Fragile.start(LoopFuture[str]()), Recorder.start()
    with pytest.raises(pykka.ActorDeadError):
        await ref.ask(Emergency(), block=False)
    await turns()
    assert (ref.is_alive(), other.is_alive()) == (False, False)


async def test_a_base_exception_in_a_coroutine_stops_all_actors_and_its_sender_gets_actor_dead() -> None:
    ref, other, message = Waiter.start(), Recorder.start(), LoopFuture[str]()
    message.fail(Emergency())
    with pytest.raises(pykka.ActorDeadError):
        await ref.ask(message, block=False)
    await turns()
    assert (ref.is_alive(), other.is_alive()) == (False, False)


async def test_a_stopped_actor_refuses_messages() -> None:
    ref = Recorder.start()
    assert await ref.stop(block=False)
    with pytest.raises(pykka.ActorDeadError):
        await ref.ask("late", block=False)
    with pytest.raises(pykka.ActorDeadError):
        ref.tell("late")
    assert not await ref.stop(block=False)


async def test_messages_that_wait_when_the_actor_stops_get_actor_dead() -> None:
    class Stopping(LoopActor):
        def on_receive(self, message: str) -> object:
            self.stop()
            return self.actor_ref.ask(message, block=False)

    unanswered = await Stopping.start().ask("after the end", block=False)
    with pytest.raises(pykka.ActorDeadError):
        await unanswered


async def test_a_proxy_is_awaited_on_the_loop() -> None:
    recorder = Recorder.start().proxy()
    await recorder.on_receive("by proxy")
    assert await recorder.got == ["by proxy"]
