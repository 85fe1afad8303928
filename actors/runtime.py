"""Pykka's actor on the asyncio loop: no thread, no task while idle, an inbox with a bound, a reply to await.

The only file that touches pykka's underscore hooks ("for implementors of new actor types"). What `ask`, `tell`,
`stop`, `proxy`, the `on_*` hooks and failures mean is what pykka 4.5 documents; only where an actor runs is ours.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections import deque
from collections.abc import Coroutine, Generator
from functools import partial
from types import CoroutineType, coroutine
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import msgspec
import pykka
from pykka import messages
from pykka._envelope import Envelope as Envelope  # noqa: PLC0414 - handed on to aggregate.py

from seatkeeper.actors.futures import LoopFuture, running_loop

logger = logging.getLogger("pykka")

_lock = threading.Lock()


class InboxFull(Exception):
    """The actor has as many messages waiting as it may have: nothing was sent."""


class StopFlag(msgspec.Struct, gc=False):
    """What pykka needs of a threading.Event, in 32 bytes instead of 900."""

    stopped: bool = False
    event: threading.Event | None = None

    def is_set(self) -> bool:
        """Tell whether the actor has stopped."""
        return self.stopped

    def set(self) -> None:
        """Mark the actor as stopped."""
        with _lock:
            self.stopped = True
            event = self.event
        if event is not None:
            event.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait, in a thread that may block, until the actor has stopped."""
        with _lock:
            if self.stopped:
                return True
            if self.event is None:
                self.event = threading.Event()
            event = self.event
        return event.wait(timeout)


class Nesting(msgspec.Struct, gc=False):
    """How many actors of a loop handle a message inside each other's turn."""

    depth: int = 0


class Inbox:
    """The messages that wait for an actor, and its turns.

    A message to an idle actor is handled at once, in the turn of the sender, if that runs on the actor's loop.
    """

    __slots__ = ("_nesting", "_waiting", "actor", "bound", "busy", "loop")

    TURN: ClassVar[int] = 64
    """Messages handled before the loop gets its turn again."""

    DEPTH: ClassVar[int] = 16
    """Actors that may handle a message inside each other's turn; as many replies may be passed on inside of that."""

    def __init__(self, loop: asyncio.AbstractEventLoop, nesting: Nesting, bound: int) -> None:
        """Make an inbox that holds back its messages until `open`; all of a loop share a nesting."""
        self.loop = loop
        self._nesting = nesting
        self.bound = bound
        self.actor: LoopActor | None = None
        self.busy = True
        self._waiting: deque[Envelope[Any]] | None = None  # 600 bytes, so only while something waits

    def put(self, envelope: Envelope[Any]) -> None:
        """Take a message from any thread; InboxFull when `bound` are waiting, but an order to stop always fits."""
        if running_loop() is self.loop:
            self.put_here(envelope)
        else:
            self._wait(envelope)
            self.loop.call_soon_threadsafe(self.run)

    def put_here(self, envelope: Envelope[Any]) -> None:
        """Take a message from the loop that the actor runs on, as `put` does for a sender that may be elsewhere."""
        waiting = self._waiting
        if self.busy or waiting is not None or self._nesting.depth >= self.DEPTH:
            self._wait(envelope)
            if not self.busy:
                self.loop.call_soon(self.run)
            return
        self._handle(envelope)
        if self._waiting is not None:
            self.run()

    def ask_here(self, message: object) -> LoopFuture[Any]:
        """Send a message as `ref.ask(message, block=False)` does, on the loop that the actor runs on: 2 us less."""
        reply: LoopFuture[Any] = LoopFuture()
        reply.unseen = True
        envelope = Envelope(message, reply)
        self.put_here(envelope)
        reply.unseen = False
        return envelope.reply_to  # type: ignore[return-value] # this reply, or the one that it would have followed

    def _wait(self, envelope: Envelope[Any]) -> None:
        with _lock:
            if self._waiting is None:
                self._waiting = deque()
            elif len(self._waiting) >= self.bound and not isinstance(envelope.message, messages._ActorStop):  # noqa: SLF001
                message = f"{len(self._waiting)} messages are waiting"
                raise InboxFull(message)
            self._waiting.append(envelope)

    def get(self) -> Envelope[Any]:
        """Take the first message out; IndexError if there is none."""
        with _lock:
            if self._waiting is None:
                raise IndexError
            envelope = self._waiting.popleft()
            if not self._waiting:
                self._waiting = None
            return envelope

    def put_back(self, envelope: Envelope[Any]) -> None:
        """Let the message that was taken last wait again, before all others."""
        with _lock:
            if self._waiting is None:
                self._waiting = deque()
            self._waiting.appendleft(envelope)

    def empty(self) -> bool:
        """Tell whether no message waits."""
        return self._waiting is None

    def __len__(self) -> int:
        """Count the messages that wait."""
        waiting = self._waiting
        return 0 if waiting is None else len(waiting)

    def open(self) -> None:
        """Let the actor have its messages."""
        self.busy = False
        self.run()

    def run(self) -> None:
        """Give the actor a turn: what waits, in order, at most `TURN` messages."""
        for _ in range(self.TURN):
            if self.busy or self._waiting is None:
                return
            self._handle(self.get())
        if self._waiting is not None:
            self.loop.call_soon(self.run)

    def _handle(self, envelope: Envelope[Any]) -> None:
        self.busy = True
        nesting = self._nesting  # of the loop and not of the thread, which would be 1 us a sign-up more
        nesting.depth += 1
        try:
            if self.actor is None:
                _answer_dead(envelope)
                self.busy = False
            else:
                self.busy = not self.actor.handle(envelope)
        finally:
            nesting.depth -= 1


class LoopActor(pykka.Actor):
    """A pykka actor that runs on the asyncio loop, one message at a time, in turns of the loop.

    It runs on the loop that runs where it is made; elsewhere on `LoopActor.loop`. A coroutine that handles a message
    (`async def on_receive`, or an async method called by proxy) runs on its own: the next message does not wait for
    it. If it returns a LoopFuture, the answer is what that future brings. The first step of a coroutine may run in the
    task of the sender, so `asyncio.timeout` belongs behind its first wait.
    """

    loop: ClassVar[asyncio.AbstractEventLoop | None] = None
    """The loop of actors that are made in a thread where none runs."""

    inbox_bound: ClassVar[int] = 10_000
    """Messages that may wait for one actor."""

    actor_inbox: Inbox

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        """Make an actor that `start` will run; RuntimeError where there is no loop to run it on."""
        super().__init__()
        self.actor_inbox.actor = self
        self.actor_inbox.bound = self.inbox_bound

    @staticmethod
    def _create_actor_inbox() -> Inbox:
        loop = home_loop()
        return Inbox(loop, nesting_on(loop), LoopActor.inbox_bound)

    @staticmethod
    def _create_future() -> LoopFuture[Any]:
        return LoopFuture()

    def _start_actor_loop(self) -> None:
        loop = self.actor_inbox.loop
        if running_loop() is loop:
            self._begin()
        else:
            loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        self._actor_loop_setup()
        self._end_if_stopped()
        self.actor_inbox.open()

    def _end_if_stopped(self) -> None:
        if self.actor_stopped.is_set():
            self._actor_loop_teardown()
            self.actor_inbox.actor = None  # breaks the cycle of actor and inbox: nothing is left for the collector

    def handle(self, envelope: Envelope[Any]) -> bool:
        """Handle one message as pykka's own loop does; tell whether the next one may come."""
        try:
            message = envelope.message  # pykka's own are tuples
            response = self._handle_receive(message) if isinstance(message, tuple) else self.on_receive(message)
            if isinstance(response, CoroutineType):
                self._begin_coroutine(response, envelope)
            elif envelope.reply_to is not None:
                envelope.reply_to.set(response)
        except (Exception, asyncio.CancelledError):  # noqa: BLE001 - it is told to the sender or to on_failure
            self._fail(envelope)
        except BaseException as error:  # noqa: BLE001 - pykka's rule: it stops all actors
            logger.debug(f"{error!r} in {self}. Stopping all actors.")  # noqa: G004 - pykka's own words
            self._stop()
            _answer_dead(envelope)
            pykka.ActorRegistry.stop_all(block=False)
        if self.actor_stopped.is_set():
            self._end_if_stopped()
        return True

    def _fail(self, envelope: Envelope[Any]) -> None:
        if envelope.reply_to is not None:
            logger.info(f"Exception returned from {self} to caller:", exc_info=sys.exc_info())  # noqa: G004
            envelope.reply_to.set_exception()
            return
        self._handle_failure(*sys.exc_info())
        try:
            self.on_failure(*sys.exc_info())
        except Exception:  # noqa: BLE001 - pykka's rule: logged, and the actor stops
            self._handle_failure(*sys.exc_info())

    def _begin_coroutine(self, handling: Coroutine[Any, None, Any], envelope: Envelope[Any]) -> None:
        # The first step runs in this turn, and most need no other: a task costs 3 to 6 us, so only the rest gets one.
        try:
            waiter = handling.send(None)
        except StopIteration as result:
            self._reply(envelope, result.value)
        else:
            rest = self._rest(handling, waiter, envelope)
            task = self.actor_inbox.loop.create_task(rest)
            _tasks.add(task)
            task.add_done_callback(_tasks.discard)

    async def _rest(self, handling: Coroutine[Any, None, Any], waiter: object, envelope: Envelope[Any]) -> None:
        try:
            self._reply(envelope, await _resume(handling, waiter))
        except (Exception, asyncio.CancelledError):  # noqa: BLE001 - it is told to the sender or to on_failure
            self._fail(envelope)
            self._end_if_stopped()

    def _reply(self, envelope: Envelope[Any], response: object) -> None:
        reply_to = envelope.reply_to
        if reply_to is None:
            return
        if not isinstance(response, LoopFuture) or not isinstance(reply_to, LoopFuture):
            reply_to.set(response)
        elif response.hooked():
            self._begin_coroutine(_bring(response), envelope)
        elif reply_to.unseen:
            envelope.reply_to = response  # the sender gets it in place of one that would follow it: 3 us less
        else:
            response.add_done_callback(partial(_pass_on, self.actor_inbox.loop, reply_to))


async def _bring(response: LoopFuture[Any]) -> object:
    return await response


@coroutine
def _resume(handling: Coroutine[Any, None, Any], waiter: object) -> Generator[Any, None, Any]:
    yield waiter
    return (yield from handling)


def home_loop() -> asyncio.AbstractEventLoop:
    """Return the loop for an actor that is made here; RuntimeError if there is none."""
    loop = running_loop() or LoopActor.loop
    if loop is None:
        message = "no loop to run on: make the actor where a loop runs, or set LoopActor.loop"
        raise RuntimeError(message)
    return loop


def nesting_on(loop: asyncio.AbstractEventLoop) -> Nesting:
    """Return what the inboxes of this loop share."""
    nesting = _nestings.get(loop)
    if nesting is None:
        nesting = _nestings[loop] = Nesting()
    return nesting


def _pass_on(loop: asyncio.AbstractEventLoop, reply_to: LoopFuture[Any], answered: LoopFuture[Any]) -> None:
    if _depth.now >= Inbox.DEPTH:  # who waits may itself be waited for, and so on: the stack ends at 300 of them
        loop.call_soon_threadsafe(_pass_on, loop, reply_to, answered)
        return
    _depth.now += 1
    try:
        reply_to.follow(answered)
    finally:
        _depth.now -= 1


def _answer_dead(envelope: Envelope[Any]) -> None:
    if envelope.reply_to is None:
        return
    if isinstance(envelope.message, messages._ActorStop):  # noqa: SLF001
        envelope.reply_to.set(None)
    else:
        error = pykka.ActorDeadError("the actor stopped before handling the message")
        envelope.reply_to.set_exception((type(error), error, None))


class _Depth(threading.local):
    """How many futures are settled inside each other in this thread, whichever loop it has."""

    now = 0


_depth = _Depth()
_nestings: WeakKeyDictionary[asyncio.AbstractEventLoop, Nesting] = WeakKeyDictionary()
_tasks: set[asyncio.Task[None]] = set()
