"""The inbox of an actor: a bounded queue of messages, and the actor's turns on the loop."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

import msgspec
import pykka
from pykka import messages
from pykka._envelope import Envelope as Envelope  # noqa: PLC0414 - loop_actor.py and aggregate.py import it from here

from seatkeeper.actors.runtime.futures import LoopFuture, running_loop

if TYPE_CHECKING:
    from seatkeeper.actors.runtime.loop_actor import LoopActor

_lock = threading.Lock()


class InboxFull(Exception):
    """The inbox of the actor is full: the message was not sent."""


class CallDepth(msgspec.Struct, gc=False):
    """How many actors of a loop are handling a message inside each other's turn."""

    depth: int = 0


class Inbox:
    """The messages that wait for an actor, and its turns.

    A message to an idle actor is handled at once, in the turn of the sender, if the sender runs on the same loop: 3 to
    6 us less than a turn of its own.
    """

    __slots__ = ("_call_depth", "_waiting", "actor", "bound", "busy", "loop")

    TURN: ClassVar[int] = 64
    """Messages to handle before other callbacks of the loop run."""

    DEPTH: ClassVar[int] = 16
    """The maximum call depth; beyond it a message waits for a turn of its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop, call_depth: CallDepth, bound: int) -> None:
        """Make a closed inbox: messages wait until `open`. All inboxes of a loop share the call depth."""
        self.loop = loop
        self._call_depth = call_depth
        self.bound = bound
        self.actor: LoopActor | None = None
        self.busy = True
        self._waiting: deque[Envelope[Any]] | None = None  # 600 bytes, so only while something waits

    def put(self, envelope: Envelope[Any]) -> None:
        """Take a message from any thread; raise InboxFull when `bound` are waiting, but never for a stop message."""
        if running_loop() is self.loop:
            self._put_on_loop(envelope)
        else:
            self._wait(envelope)
            self.loop.call_soon_threadsafe(self.run)

    def ask(self, message: object) -> LoopFuture[Any]:
        """Do what `ref.ask(message, block=False)` does, but only on the loop that the actor runs on."""
        reply: LoopFuture[Any] = LoopFuture()
        self._put_on_loop(Envelope(message, reply))
        return reply

    def _put_on_loop(self, envelope: Envelope[Any]) -> None:
        waiting = self._waiting
        if self.busy or waiting is not None or self._call_depth.depth >= self.DEPTH:
            self._wait(envelope)
            if not self.busy:
                self.loop.call_soon(self.run)
            return
        self._handle(envelope)
        if self._waiting is not None:
            self.run()

    def _wait(self, envelope: Envelope[Any]) -> None:
        with _lock:
            if self._waiting is None:
                self._waiting = deque()
            elif len(self._waiting) >= self.bound and not isinstance(envelope.message, messages._ActorStop):  # noqa: SLF001
                message = f"{len(self._waiting)} messages are waiting"
                raise InboxFull(message)
            self._waiting.append(envelope)

    def get(self) -> Envelope[Any]:
        """Remove and return the first message; raise IndexError if there is none."""
        with _lock:
            if self._waiting is None:
                raise IndexError
            envelope = self._waiting.popleft()
            if not self._waiting:
                self._waiting = None
            return envelope

    def put_back(self, envelope: Envelope[Any]) -> None:
        """Put a message back as the first one."""
        with _lock:
            if self._waiting is None:
                self._waiting = deque()
            self._waiting.appendleft(envelope)

    def empty(self) -> bool:
        """Return whether no message waits."""
        return self._waiting is None

    def __len__(self) -> int:
        """Count the messages that wait."""
        waiting = self._waiting
        return 0 if waiting is None else len(waiting)

    def open(self) -> None:
        """Start to handle messages."""
        self.busy = False
        self.run()

    def run(self) -> None:
        """Handle what waits, in order, at most `TURN` messages."""
        for _ in range(self.TURN):
            if self.busy or self._waiting is None:
                return
            self._handle(self.get())
        if self._waiting is not None:
            self.loop.call_soon(self.run)

    def _handle(self, envelope: Envelope[Any]) -> None:
        self.busy = True
        call_depth = self._call_depth  # not a threading.local, which costs 1 us more a sign-up
        call_depth.depth += 1
        try:
            if self.actor is None:
                answer_dead(envelope)
                self.busy = False
            else:
                self.busy = not self.actor.handle(envelope)
        finally:
            call_depth.depth -= 1


def call_depth_of(loop: asyncio.AbstractEventLoop) -> CallDepth:
    """Return the call depth that the inboxes of this loop share."""
    call_depth = _call_depths.get(loop)
    if call_depth is None:
        call_depth = _call_depths[loop] = CallDepth()
    return call_depth


def answer_dead(envelope: Envelope[Any]) -> None:
    """Answer a message to a dead actor: a stop message has succeeded, any other gets ActorDeadError."""
    if envelope.reply_to is None:
        return
    if isinstance(envelope.message, messages._ActorStop):  # noqa: SLF001
        envelope.reply_to.set(None)
    else:
        error = pykka.ActorDeadError("the actor stopped before handling the message")
        envelope.reply_to.set_exception((type(error), error, None))


_call_depths: WeakKeyDictionary[asyncio.AbstractEventLoop, CallDepth] = WeakKeyDictionary()
