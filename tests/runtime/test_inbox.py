"""The inbox: messages keep their order, a full one refuses, and a busy actor leaves turns to the loop."""

from __future__ import annotations

import asyncio
import threading

import pykka
import pytest

from seatkeeper.actors.runtime.futures import LoopFuture
from seatkeeper.actors.runtime.inbox import Inbox, InboxFull
from seatkeeper.actors.runtime.loop_actor import LoopActor
from tests.event_loop import turns
from tests.runtime.sample_actors import Recorder


class Countdown(LoopActor):
    """Counts down by messages to itself, and logs when each begins and ends."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[str] = []

    def on_receive(self, message: int) -> None:
        self.log.append(f"begin {message}")
        for number in range(message):
            self.actor_ref.tell(number)
        self.log.append(f"end {message}")


async def test_messages_that_an_actor_sends_to_itself_wait_for_the_end_of_its_turn() -> None:
    countdown = Countdown.start().proxy()
    countdown.on_receive(2)
    log = await countdown.log
    assert log == [f"{word} {number}" for number in (2, 0, 1, 0) for word in ("begin", "end")]


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
    by_sender = [[number for sent_by, number in got if sent_by == sender] for sender in range(20)]
    assert by_sender == [list(range(200))] * 20


async def test_a_message_from_the_loop_does_not_overtake_one_that_a_thread_sent_before() -> None:
    ref = Recorder.start()
    thread = threading.Thread(target=ref.tell, args=("from the thread",))
    thread.start()
    thread.join()
    assert await ref.ask("from the loop", block=False) == ["from the thread", "from the loop"]


class Flooded(LoopActor):
    """Sends itself this many messages, and answers how many were refused."""

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


async def test_a_subclass_has_its_own_bound() -> None:
    class Small(LoopActor):
        inbox_bound = 3

    inbox = Small.start().actor_inbox
    assert isinstance(inbox, Inbox)
    assert inbox.bound == 3


async def test_a_busy_actor_leaves_turns_to_the_loop() -> None:
    ref, turns_of_others = Flooded.start(), 0
    ref.tell(500)
    while not ref.actor_inbox.empty():
        await asyncio.sleep(0)
        turns_of_others += 1
    assert turns_of_others >= 500 // Inbox.TURN


class StoppingFlooded(Flooded):
    """Floods its inbox, then stops itself."""

    def on_receive(self, message: int) -> int:
        refused = super().on_receive(message)
        if message:
            self.stop()
        return refused


async def test_a_stop_message_fits_into_a_full_inbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoopActor, "inbox_bound", 5)
    ref = StoppingFlooded.start()
    assert await ref.ask(8, block=False) == 3
    await turns()
    assert not ref.is_alive()


class Link(LoopActor):
    """An actor that knows the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.next = self.actor_ref


class Relay(Link):
    """Sends the message on to the next one, until it has gone as far as it should."""

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
    """Start actors of which each knows the next one, and the last one the first."""
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
