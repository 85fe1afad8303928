"""The one door to every aggregate: it finds the live actor, or brings it to life, and lets idle ones go."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from functools import cached_property

from seatkeeper.actors.aggregate import AnyAggregate, Instruction, Reply
from seatkeeper.actors.futures import LoopFuture
from seatkeeper.actors.journal import Append, IdempotencyKey, Journal, NotStored
from seatkeeper.actors.messages import NOTHING, Command, Refusal
from seatkeeper.actors.runtime import Nesting, nesting_on


class DirectoryFull(NotStored):
    """Every live actor is at work, and there may be no more of them: try again in a moment."""


class Directory:
    """Live actors by stream, at most `max_live`; the least recently used go first, never one with work."""

    TRIES = 64
    """Busy actors that are passed over, oldest first, before a newcomer is refused."""

    def __init__(
        self, journal: Journal, *, max_live: int = 100_000, inbox_bound: int = 1_000, load_deadline: float = 10.0
    ) -> None:
        """Serve the aggregates of this journal; `load_deadline` is in seconds."""
        self.journal = journal
        self.max_live = max_live
        self.inbox_bound = inbox_bound
        self.load_deadline = load_deadline
        self.activations = 0
        self.passivations = 0
        self._live: OrderedDict[str, AnyAggregate] = OrderedDict()
        self._loading: dict[asyncio.Task[None], AnyAggregate] = {}

    @cached_property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that all aggregates run on: the one of the first command."""
        return asyncio.get_running_loop()

    @cached_property
    def nesting(self) -> Nesting:
        """What their inboxes share with all others on that loop."""
        return nesting_on(self.loop)

    def __len__(self) -> int:
        """Count the live actors."""
        return len(self._live)

    def waiting(self) -> int:
        """Count the messages in all inboxes: they wait while their actor is loaded, so only those are looked at."""
        return sum(len(actor.actor_inbox) for actor in self._loading.values())

    def ask(  # noqa: PLR0913 - a command, and all that it may come with
        self,
        actor_class: type[AnyAggregate],
        aggregate_id: str,
        command: Command,
        expected_version: int | None = None,
        key: IdempotencyKey | None = None,
        *,
        fresh: bool = False,
    ) -> Reply:
        """Send the command to the aggregate; `fresh` says that its id was made just now: nothing is stored of it.

        What comes of it is kept under the key, if there is one. The reply brings Done or a Refusal, or raises
        NotStored, OutcomeUnknown, StreamDamaged or AggregateFailed.
        Raises InboxFull or DirectoryFull at once when there is no room.
        """
        stream_id = f"{actor_class.kind}-{aggregate_id}"
        actor = self._live.get(stream_id)
        if actor is None:
            actor = self._start(actor_class, stream_id, fresh=fresh)
        else:
            self._live.move_to_end(stream_id)
        return actor.actor_inbox.ask_here(Instruction(command, expected_version, key))

    def keep(self, refusal: Refusal, key: IdempotencyKey | None) -> Reply:
        """Keep a refusal under the key of a command that reached no aggregate which could; the reply brings it."""
        reply: Reply = LoopFuture()
        if key is None:
            reply.set(refusal)
        else:
            self.journal.append(_Verdict(refusal, key, reply))
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
                self.dismiss(actor)
                self.passivations += 1
                return
            self._live.move_to_end(stream_id)
        raise DirectoryFull

    def dismiss(self, actor: AnyAggregate) -> None:
        """Let a live actor go; its stream is activated again by the next command."""
        self._live.pop(actor.actor_urn, None)
        actor.dismiss()

    def forget_all(self) -> None:
        """Drop every state: what is in memory is in doubt, and only the journal is not."""
        for actor in list(self._live.values()):
            actor.forget()
            if actor.idle:
                self.dismiss(actor)

    def load(self, actor: AnyAggregate) -> None:
        """Have the actor load its state, and hold on to the task until it is done."""
        task = self.loop.create_task(actor.load())
        self._loading[task] = actor
        task.add_done_callback(self._loading.pop)


class _Verdict(Append):
    """A receipt of no stream."""

    __slots__ = ("_refusal", "_reply")

    def __init__(self, refusal: Refusal, key: IdempotencyKey, reply: Reply) -> None:
        super().__init__("", 0, NOTHING, None, key.receipt(refusal))
        self._refusal = refusal
        self._reply = reply

    def committed(self, position: int) -> None:  # noqa: ARG002 - a refusal has none
        self._reply.set(self._refusal)

    def failed(self, error: Exception) -> None:
        self._reply.fail(error)
