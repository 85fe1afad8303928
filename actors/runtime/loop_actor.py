"""Pykka's actor on the asyncio loop: no thread, no task while idle, a bounded inbox, replies that can be awaited.

Only this folder uses pykka's underscore hooks ("for implementors of new actor types"). `ask`, `tell`, `stop`, `proxy`,
the `on_*` hooks and failures behave as pykka 4.5 documents; only the thread differs.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Coroutine
from types import CoroutineType
from typing import Any, ClassVar

import msgspec
import pykka

from seatkeeper.actors.runtime.futures import LoopFuture, running_loop
from seatkeeper.actors.runtime.inbox import Envelope, Inbox, answer_dead, call_depth_of

logger = logging.getLogger("pykka")

_lock = threading.Lock()


class StopFlag(msgspec.Struct, gc=False):
    """The part of threading.Event that pykka uses, in 32 bytes instead of 900."""

    stopped: bool = False
    event: threading.Event | None = None

    def is_set(self) -> bool:
        """Return whether the actor has stopped."""
        return self.stopped

    def set(self) -> None:
        """Mark the actor as stopped."""
        with _lock:
            self.stopped = True
            event = self.event
        if event is not None:
            event.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Block the thread until the actor has stopped; return False if the timeout passes first."""
        with _lock:
            if self.stopped:
                return True
            if self.event is None:
                self.event = threading.Event()
            event = self.event
        return event.wait(timeout)


class LoopActor(pykka.Actor):
    """A pykka actor that handles its messages on an asyncio loop, one at a time.

    It runs on the loop that runs where it is made, or else on `LoopActor.loop`. A coroutine that handles a message
    (`async def on_receive`, or an async method called by proxy) runs in a task of its own: the next message does not
    wait for it. If it returns a LoopFuture, the answer is the result of that future.
    """

    loop: ClassVar[asyncio.AbstractEventLoop | None] = None
    """The loop of actors that are made in a thread without a running loop."""

    inbox_bound: ClassVar[int] = 10_000
    """The maximum of messages that wait for one actor."""

    actor_inbox: Inbox

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        """Make an actor that `start` will run; raise RuntimeError if there is no loop for it."""
        super().__init__()
        self.actor_inbox.actor = self
        self.actor_inbox.bound = self.inbox_bound

    @staticmethod
    def _create_actor_inbox() -> Inbox:
        loop = home_loop()
        return Inbox(loop, call_depth_of(loop), LoopActor.inbox_bound)

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
            self.actor_inbox.actor = None  # breaks the reference cycle of actor and inbox

    def handle(self, envelope: Envelope[Any]) -> bool:
        """Handle one message as pykka's own loop does; return whether the next one may be handled."""
        try:
            message = envelope.message  # pykka's own are tuples
            response = self._handle_receive(message) if isinstance(message, tuple) else self.on_receive(message)
            if isinstance(response, CoroutineType):
                task = self.actor_inbox.loop.create_task(self._run(response, envelope))
                _tasks.add(task)
                task.add_done_callback(_tasks.discard)
            elif envelope.reply_to is not None:
                envelope.reply_to.set(response)
        except (Exception, asyncio.CancelledError):  # noqa: BLE001 - the sender gets it, or on_failure
            self._fail(envelope)
        except BaseException as error:  # noqa: BLE001 - pykka's rule: it stops all actors
            self._stop_all(envelope, error)
        if self.actor_stopped.is_set():
            self._end_if_stopped()
        return True

    async def _run(self, handling: Coroutine[Any, None, Any], envelope: Envelope[Any]) -> None:
        """Await the coroutine, and the LoopFuture that it may return, and answer with the result."""
        try:
            response = await handling
            if isinstance(response, LoopFuture):
                response = await response
            if envelope.reply_to is not None:
                envelope.reply_to.set(response)
        except (Exception, asyncio.CancelledError):  # noqa: BLE001 - the sender gets it, or on_failure
            self._fail(envelope)
            self._end_if_stopped()
        except GeneratorExit:  # the loop is gone
            raise
        except BaseException as error:  # noqa: BLE001 - pykka's rule: it stops all actors
            self._stop_all(envelope, error)
            self._end_if_stopped()

    def _stop_all(self, envelope: Envelope[Any], error: BaseException) -> None:
        logger.debug(f"{error!r} in {self}. Stopping all actors.")  # noqa: G004 - pykka's own words
        self._stop()
        answer_dead(envelope)
        pykka.ActorRegistry.stop_all(block=False)

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


def home_loop() -> asyncio.AbstractEventLoop:
    """Return the loop for an actor that is made here; raise RuntimeError if there is none."""
    loop = running_loop() or LoopActor.loop
    if loop is None:
        message = "no loop to run on: make the actor where a loop runs, or set LoopActor.loop"
        raise RuntimeError(message)
    return loop


_tasks: set[asyncio.Task[None]] = set()
