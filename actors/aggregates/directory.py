"""The directory: the only way to an aggregate. It activates actors on demand and passivates idle ones."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property

from seatkeeper.actors.aggregates.aggregate import NO_OPTIONS, AnyAggregate, CommandMessage, CommandOptions, Reply
from seatkeeper.actors.aggregates.journal import Append, IdempotencyKey, Journal, NotStored
from seatkeeper.actors.aggregates.messages import NOTHING, Command, Refusal, Wake
from seatkeeper.actors.runtime.futures import LoopFuture
from seatkeeper.actors.runtime.inbox import CallDepth, Envelope, InboxFull, call_depth_of


class DirectoryFull(NotStored):
    """The maximum of live actors is reached and none is idle: try again in a moment."""


def _no_clock() -> str:
    """Be before any time, so that nothing is ever due."""
    return ""


class Directory:
    """Live actors by stream, at most `max_live`. It passivates the least recently used first, never one with work."""

    TRIES = 64
    """Busy actors to skip, the least recently used first, before an activation is refused."""

    def __init__(
        self,
        journal: Journal,
        *,
        now: Callable[[], str] = _no_clock,
        max_live: int = 100_000,
        inbox_bound: int = 1_000,
        load_deadline: float = 10.0,
    ) -> None:
        """Serve the aggregates of this journal, whose timers follow this clock; `load_deadline` is in seconds."""
        self.journal = journal
        self.max_live = max_live
        self.inbox_bound = inbox_bound
        self.load_deadline = load_deadline
        self.now = now
        self.fired = 0
        """Timers that have changed something."""
        self.activations = 0
        self.passivations = 0
        self._live: OrderedDict[str, AnyAggregate] = OrderedDict()
        self._loading: dict[asyncio.Task[None], AnyAggregate] = {}

    @cached_property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that all aggregates run on: the loop of the first command."""
        return asyncio.get_running_loop()

    @cached_property
    def call_depth(self) -> CallDepth:
        """The call depth that all inboxes of that loop share."""
        return call_depth_of(self.loop)

    def __len__(self) -> int:
        """Count the live actors."""
        return len(self._live)

    def waiting(self) -> int:
        """Count the messages in all inboxes; messages wait only while their actor loads."""
        return sum(len(actor.actor_inbox) for actor in self._loading.values())

    def ask(
        self,
        actor_class: type[AnyAggregate],
        aggregate_id: str,
        command: Command,
        options: CommandOptions = NO_OPTIONS,
        *,
        fresh: bool = False,
    ) -> Reply:
        """Send the command to the aggregate; `fresh` means that its id is new, so that nothing is stored of it.

        The outcome is stored under the key of the options, if there is one. The reply brings Accepted or a Refusal, or
        raises NotStored, OutcomeUnknown, StreamDamaged or AggregateFailed.
        Raises InboxFull or DirectoryFull at once when there is no room.
        """
        stream_id = f"{actor_class.kind}-{aggregate_id}"
        actor = self._live.get(stream_id)
        if actor is None:
            if fresh and options.dry_run:  # it needs nobody's room, and nobody else finds it
                actor = actor_class(stream_id, self, fresh=True)
            else:
                actor = self._start(actor_class, stream_id, fresh=fresh)
        else:
            self._live.move_to_end(stream_id)
        return actor.actor_inbox.ask(CommandMessage(command, options))

    def wake(self, actor_class: type[AnyAggregate], aggregate_id: str) -> Reply:
        """Have the aggregate do what is due, as `ask` would; the reply brings when the next of its timers is due.

        One that is activated for it is the first to be passivated: many timers at once leave to others what they use.
        """
        stream_id = f"{actor_class.kind}-{aggregate_id}"
        actor = self._live.get(stream_id)
        if actor is None:
            actor = self._start(actor_class, stream_id, fresh=False)
            self._live.move_to_end(stream_id, last=False)
        return actor.actor_inbox.ask(CommandMessage(Wake()))

    def ask_again(self, actor_class: type[AnyAggregate], stream_id: str, envelope: Envelope[CommandMessage]) -> None:
        """Send a command again whose append was not stored; its reply brings what that of `ask` brings or raises."""
        try:
            actor = self._live.get(stream_id) or self._start(actor_class, stream_id, fresh=False)
            actor.actor_inbox.put(envelope)
        except (DirectoryFull, InboxFull) as error:
            if isinstance(envelope.reply_to, LoopFuture):
                envelope.reply_to.fail(error)

    def store_refusal(self, refusal: Refusal, key: IdempotencyKey | None, reply: Reply | None = None) -> Reply:
        """Store a refusal that no aggregate has decided under the key of its command; the reply brings the refusal."""
        reply = LoopFuture() if reply is None else reply
        if key is None:
            reply.set(refusal)
            return reply
        try:
            self.journal.append(_RefusalReceipt(refusal, key, reply))
        except NotStored as error:
            reply.fail(error)
        return reply

    def _start(self, actor_class: type[AnyAggregate], stream_id: str, *, fresh: bool) -> AnyAggregate:
        if len(self._live) >= self.max_live:
            self._make_room()
        actor = actor_class(stream_id, self, fresh=fresh)
        self._live[stream_id] = actor
        self.activations += 1
        return actor

    def _make_room(self) -> None:
        for _ in range(self.TRIES):
            stream_id, actor = next(iter(self._live.items()))
            if actor.idle:
                self.passivate(actor)
                self.passivations += 1
                return
            self._live.move_to_end(stream_id)
        raise DirectoryFull

    def passivate(self, actor: AnyAggregate) -> None:
        """Drop a live actor; the next command activates its stream again."""
        self._live.pop(actor.actor_urn, None)
        actor.end()

    def reset_all(self) -> None:
        """Drop every state, because memory may differ from the journal."""
        for actor in list(self._live.values()):
            actor.reset()
            if actor.idle:
                self.passivate(actor)

    def load(self, actor: AnyAggregate) -> None:
        """Start a task in which the actor loads its state, and hold a reference until it ends."""
        task = self.loop.create_task(actor.load())
        self._loading[task] = actor
        task.add_done_callback(self._loading.pop)


class _RefusalReceipt(Append):
    """The receipt of a refusal, without events and without a stream."""

    __slots__ = ("_refusal", "_reply")

    def __init__(self, refusal: Refusal, key: IdempotencyKey, reply: Reply) -> None:
        super().__init__("", 0, NOTHING, None, key.receipt(refusal))
        self._refusal = refusal
        self._reply = reply

    def committed(self, position: int) -> None:  # noqa: ARG002 - a refusal has no position
        self._reply.set(self._refusal)

    def failed(self, error: Exception) -> None:
        self._reply.fail(error)
