"""LoopActor keeps pykka's promises on the asyncio loop, and adds its own: no blocking, no thread, no task, a bound."""

from __future__ import annotations

import asyncio
import threading

import pykka
import pytest

from seatkeeper.actors.futures import LoopFuture
from seatkeeper.actors.runtime import Inbox, InboxFull, LoopActor
from tests.actors.players import Postman, Recorder, Waiter, awaiting, turns


class Fragile(LoopActor):
    """Fails with the message, and tells a future that it has failed."""

    def __init__(self, told: LoopFuture[str]) -> None:
        super().__init__()
        self.told = told

    def on_receive(self, message: object) -> str:
        if isinstance(message, Exception):
            raise message
        return "still here"

    def on_failure(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        self.told.set(str(error))


async def test_the_loop_goes_on_while_an_answer_is_awaited() -> None:
    letter = LoopFuture[str]()
    answer = awaiting(Postman.start().ask(letter, block=False))
    await turns(1_000)
    assert not answer.done()
    letter.set("here it is")
    assert await answer == "here it is"


class Talker(LoopActor):
    """Counts down by telling itself, and writes down when it begins and when it ends."""

    def __init__(self) -> None:
        super().__init__()
        self.diary: list[str] = []

    def on_receive(self, message: int) -> None:
        self.diary.append(f"begins {message}")
        for number in range(message):
            self.actor_ref.tell(number)
        self.diary.append(f"ends {message}")


async def test_messages_that_an_actor_sends_to_itself_wait_for_the_end_of_its_turn() -> None:
    talker = Talker.start().proxy()
    talker.on_receive(2)
    diary = await talker.diary
    assert diary == [f"{word} {number}" for number in (2, 0, 1, 0) for word in ("begins", "ends")]


async def test_messages_are_handled_in_the_order_in_which_they_were_sent() -> None:
    ref = Recorder.start()
    for number in range(1_000):
        ref.tell(number)
    assert await ref.ask("last", block=False) == [*range(1_000), "last"]


async def test_more_messages_than_a_turn_takes_keep_their_order() -> None:
    ref = Recorder.start()

    def send() -> None:
        for number in range(1_000):
            ref.tell(number)

    await asyncio.to_thread(send)
    assert await ref.ask("last", block=False) == [*range(1_000), "last"]


async def test_messages_from_twenty_threads_all_arrive_once_and_in_order() -> None:
    ref = Recorder.start()

    def send(sender: int) -> None:
        for number in range(200):
            ref.tell((sender, number))

    threads = [threading.Thread(target=send, args=(sender,)) for sender in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    got = (await ref.ask("last", block=False))[:-1]
    by_sender = [[number for who, number in got if who == sender] for sender in range(20)]
    assert by_sender == [list(range(200))] * 20


async def test_a_message_of_the_loop_does_not_overtake_one_that_a_thread_sent_before() -> None:
    ref = Recorder.start()
    thread = threading.Thread(target=ref.tell, args=("of the thread",))
    thread.start()
    thread.join()
    assert await ref.ask("of the loop", block=False) == ["of the thread", "of the loop"]


class Flooded(LoopActor):
    """Tells itself so much, and answers how often that was refused."""

    def on_receive(self, message: int) -> int:
        return sum(self._is_refused() for _ in range(message))

    def _is_refused(self) -> bool:
        try:
            self.actor_ref.tell(0)
        except InboxFull:
            return True
        return False


async def test_a_full_inbox_refuses_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoopActor, "inbox_bound", 5)
    assert await Flooded.start().ask(8, block=False) == 3


async def test_a_busy_actor_leaves_turns_to_the_loop() -> None:
    ref, turns_of_others = Flooded.start(), 0
    ref.tell(500)
    while not ref.actor_inbox.empty():
        await asyncio.sleep(0)
        turns_of_others += 1
    assert turns_of_others >= 500 // Inbox.TURN


class Quitter(Flooded):
    """Is flooded, and then told to stop."""

    def on_receive(self, message: int) -> int:
        refused = super().on_receive(message)
        if message:
            self.stop()
        return refused


async def test_an_order_to_stop_fits_into_a_full_inbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoopActor, "inbox_bound", 5)
    ref = Quitter.start()
    assert await ref.ask(8, block=False) == 3
    await turns()
    assert not ref.is_alive()


async def test_ten_thousand_idle_actors_hold_no_thread_and_no_task() -> None:
    threads, tasks = threading.active_count(), len(asyncio.all_tasks())
    refs = [Recorder.start() for _ in range(10_000)]
    for ref in refs:
        await ref.ask("work", block=False)
    assert threading.active_count() == threads
    assert len(asyncio.all_tasks()) == tasks


async def test_the_next_message_does_not_wait_for_a_coroutine() -> None:
    ref, letter = Waiter.start(), LoopFuture[str]()
    slow = awaiting(ref.ask(letter, block=False))
    quick = LoopFuture[str]()
    quick.set("overtakes")
    assert await ref.ask(quick, block=False) == "overtakes"
    assert not slow.done()
    letter.set("here it is")
    assert await slow == "here it is"


async def test_an_answer_that_is_a_future_is_answered_with_what_it_brings() -> None:
    letter = LoopFuture[str]()
    answer = Postman.start().ask(letter, block=False)
    letter.set("here it is")
    assert await answer == "here it is"


async def test_an_answer_that_is_a_future_is_answered_with_its_failure() -> None:
    letter = LoopFuture[str]()
    answer = Postman.start().ask(letter, block=False)
    letter.fail(ValueError("lost"))
    with pytest.raises(ValueError, match="lost"):
        await answer


async def test_a_failure_under_ask_is_the_answer_and_the_actor_goes_on() -> None:
    ref = Fragile.start(LoopFuture[str]())
    with pytest.raises(ValueError, match="broken"):
        await ref.ask(ValueError("broken"), block=False)
    assert await ref.ask("how are you", block=False) == "still here"


async def test_a_failure_under_tell_stops_the_actor_after_its_hook() -> None:
    told = LoopFuture[str]()
    ref = Fragile.start(told)
    ref.tell(ValueError("broken"))
    assert await told == "broken"
    assert not ref.is_alive()


async def test_a_coroutine_that_fails_after_waiting_answers_with_the_failure() -> None:
    ref, letter = Waiter.start(), LoopFuture[str]()
    answer = awaiting(ref.ask(letter, block=False))
    await turns()
    letter.fail(ValueError("lost"))
    with pytest.raises(ValueError, match="lost"):
        await answer
    assert ref.is_alive()


async def test_a_told_coroutine_that_fails_after_waiting_stops_the_actor() -> None:
    ref, letter = Waiter.start(), LoopFuture[str]()
    ref.tell(letter)
    await turns()
    letter.fail(ValueError("lost"))
    await turns()
    assert not ref.is_alive()
    assert isinstance(ref.actor_inbox, Inbox)
    assert ref.actor_inbox.actor is None


async def test_who_asks_a_stopped_actor_hears_that_it_is_dead() -> None:
    ref = Recorder.start()
    assert await ref.stop(block=False)
    with pytest.raises(pykka.ActorDeadError):
        await ref.ask("anyone?", block=False)
    with pytest.raises(pykka.ActorDeadError):
        ref.tell("anyone?")
    assert not await ref.stop(block=False)


async def test_who_waits_when_the_actor_stops_hears_that_it_is_dead() -> None:
    class Stopping(LoopActor):
        def on_receive(self, message: str) -> object:
            self.stop()
            return self.actor_ref.ask(message, block=False)

    unanswered = await Stopping.start().ask("after the end", block=False)
    with pytest.raises(pykka.ActorDeadError):
        await unanswered


class Link(LoopActor):
    """An actor that knows the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.next = self.actor_ref


class Relay(Link):
    """Tells the next one, until the message has gone so far as it should."""

    def on_receive(self, message: tuple[int, LoopFuture[str]]) -> None:
        rest, end = message
        if rest:
            self.next.tell((rest - 1, end))
        else:
            end.set("round")


class Chain(Link):
    """Asks the next one, and waits for its answer."""

    async def on_receive(self, rest: int) -> object:
        return await self.next.ask(rest - 1, block=False) if rest else "round"


def ring(kind: type[Link], size: int = 5_000) -> pykka.ActorRef[Link]:
    """Start so many links, each with the next one, the last with the first."""
    links = [kind.start() for _ in range(size)]
    for link, following in zip(links, [*links[1:], links[0]], strict=True):
        inbox = link.actor_inbox
        assert isinstance(inbox, Inbox)
        assert isinstance(inbox.actor, Link)
        inbox.actor.next = following
    return links[0]


async def test_a_message_goes_three_times_round_five_thousand_actors() -> None:
    end = LoopFuture[str]()
    ring(Relay).tell((15_000, end))
    assert await end == "round"


async def test_five_thousand_actors_wait_for_each_other() -> None:
    assert await ring(Chain).ask(4_999, block=False) == "round"


async def test_a_proxy_is_awaited_on_the_loop() -> None:
    recorder = Recorder.start().proxy()
    await recorder.on_receive("by proxy")
    assert await recorder.got == ["by proxy"]
