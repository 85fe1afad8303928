"""The actor of an aggregate: activate, decide, evolve, append, and answer after the commit."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar

import msgspec
import pykka

from seatkeeper.actors.futures import LoopFuture
from seatkeeper.actors.journal import Append, IdempotencyKey, NotStored, OutcomeUnknown, Receipt, StreamDamaged
from seatkeeper.actors.messages import NOTHING, Command, Decision, Done, Event, Outcome, Refusal
from seatkeeper.actors.runtime import Envelope, Inbox, LoopActor, StopFlag

if TYPE_CHECKING:
    from seatkeeper.actors.directory import Directory

S = TypeVar("S")
AnyAggregate: TypeAlias = "AggregateActor[Any]"

logger = logging.getLogger(__name__)

EVENTS_A_SNAPSHOT = 100
"""A snapshot is due when more events than this, and more than the state has parts, came since the last one."""

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 10.0
"""Seconds for which an aggregate that keeps failing is left alone; a first failing command costs no time."""


class Instruction(msgspec.Struct, frozen=True, gc=False):
    """A command, the version that the aggregate must have (None: any), and the key that its outcome is kept under."""

    command: Command
    expected_version: int | None = None
    key: IdempotencyKey | None = None


class VersionMismatch(Refusal, frozen=True, gc=False):
    """The version is {current_version} and not the one that was expected."""

    current_version: int


Reply = LoopFuture[Outcome]


class AggregateFailed(Exception):
    """The aggregate raised something unforeseen; it starts again from the journal."""


class AggregateActor(LoopActor, Generic[S]):
    """One aggregate, alone: its state is only a cache of its stream, and is dropped whenever that is in doubt.

    It does not wait for a commit: the next command sees the state that the one before it left, and nothing that was
    decided on top of an uncommitted event is answered before that event is on the disk.
    """

    kind: ClassVar[str]

    state: S | None = None
    version: int = 0
    position: int = 0
    snapshot_version: int = 0
    failures: int = 0
    left_alone_until: float = 0.0
    failure: Exception | None = None

    def __init__(self, stream_id: str, directory: Directory, *, fresh: bool) -> None:
        """Make the actor of a stream; a `fresh` one is known to have no events yet and loads nothing."""
        # In place of pykka's own: a UUID and a threading.Event would be 1.3 KB more an actor.
        self.actor_urn = stream_id
        self.actor_inbox = Inbox(directory.loop, directory.nesting, directory.inbox_bound)
        self.actor_inbox.actor = self
        self.actor_inbox.busy = False
        self.actor_stopped = StopFlag()  # type: ignore[assignment]
        self._directory = directory
        self._active = fresh
        self._last_append: _Commitment | None = None

    @staticmethod
    def decide(state: Any, command: Command, /) -> Decision:
        """Say what follows from the command."""
        raise NotImplementedError

    @staticmethod
    def evolve(state: Any, event: Event, /) -> Any:
        """Carry one event into the state."""
        raise NotImplementedError

    @staticmethod
    def answer(state: Any, version: int, command: Command, /) -> object:
        """Say what the sender of an accepted command is told."""
        raise NotImplementedError

    @staticmethod
    def size(state: Any, /) -> int:
        """Count the parts of the state that a snapshot has to write."""
        raise NotImplementedError

    @property
    def actor_ref(self) -> pykka.ActorRef[Any]:
        """A reference to the actor, made when it is asked for: 250 bytes and 1 us less for the others."""
        return pykka.ActorRef(self)

    @property
    def idle(self) -> bool:
        """Tell whether nothing is under way here, so that the actor can be let go."""
        return self._last_append is None and not self.actor_inbox.busy and self.actor_inbox.empty()

    def handle(self, envelope: Envelope[object]) -> bool:
        """Carry out an instruction; any other message is pykka's."""
        instruction = envelope.message
        if not isinstance(instruction, Instruction):
            return super().handle(envelope)
        reply: Reply = envelope.reply_to if isinstance(envelope.reply_to, LoopFuture) else LoopFuture()
        if not self._active:
            if self.failure is not None and self.actor_inbox.loop.time() < self.left_alone_until:
                reply.fail(self.failure)
                return True
            self.actor_inbox.put_back(envelope)
            self._directory.load(self)
            return False
        failure: Exception | None = None
        try:
            self._execute(instruction, reply)
        except NotStored as error:
            failure = error.with_traceback(None)
        except Exception as error:
            logger.exception("aggregate failed", extra={"stream_id": self.actor_urn})
            failure = AggregateFailed()
            self._leave_alone(error)
            self.forget()
        if failure is not None:  # told behind the handling of the error, which would be the context of all that follows
            reply.fail(failure)
        if self.version == 0:
            self._leave_if_nothing()
        return True

    def _leave_if_nothing(self) -> None:
        """Leave if nothing has that name: it is not worth a place among the live ones."""
        if self._active and self._last_append is None and self.actor_inbox.empty():
            self._directory.dismiss(self)

    def _execute(self, instruction: Instruction, reply: Reply) -> None:
        command, expected, key = instruction.command, instruction.expected_version, instruction.key
        decision = self.decide(self.state, command)
        if expected is not None and expected != self.version and (self.version or not isinstance(decision, Refusal)):
            decision = VersionMismatch(self.version)
        if isinstance(decision, Refusal):
            outcome: Outcome = decision
            events = NOTHING
        else:
            events = decision
            outcome = self._accept(command, events)
        if events or key is not None:
            self._append(events, None if key is None else key.receipt(outcome))
        if self._last_append is None:
            reply.set(outcome)
        else:
            self._last_append.replies.append((reply, outcome))

    def _accept(self, command: Command, events: Sequence[Event]) -> Done:
        if events:
            self._directory.journal.admit()
            self._replay(events)
        if self.state is None:
            message = f"{command!r} was accepted by nobody"
            raise TypeError(message)
        self.failures = 0
        return Done(self.answer(self.state, self.version, command), self.version, self.position)

    def _replay(self, events: Sequence[Event]) -> None:
        for event in events:
            self.state = self.evolve(self.state, event)
        self.version += len(events)

    def _append(self, events: Sequence[Event], receipt: Receipt | None) -> None:
        append = _Commitment(self, self.version - len(events), events, receipt)
        try:
            self._directory.journal.append(append)
        except NotStored:
            if events:
                self.forget()
            raise
        self._last_append = append

    def settled(self, append: _Commitment, position: int | None) -> None:
        """Hear from the journal: the append is on the disk at this position, or (None) it is not."""
        if self._last_append is append:
            self._last_append = None
        if position is not None:
            self.position = position
            if self.version - self.snapshot_version > EVENTS_A_SNAPSHOT:
                self._save_snapshot_if_due()
            elif self.version == 0:
                self._leave_if_nothing()
            return
        self.forget()
        if self.idle:
            self._directory.dismiss(self)

    def _save_snapshot_if_due(self) -> None:
        try:
            if self.state is not None and self.version - self.snapshot_version > self.size(self.state):
                self._directory.journal.save_snapshot(self.actor_urn, self.version, self.state)
                self.snapshot_version = self.version
        except Exception:  # a snapshot is only a cache: nobody's answer may depend on it
            logger.exception("a snapshot was not saved", extra={"stream_id": self.actor_urn})

    def forget(self) -> None:
        """Drop the state; the next command activates the aggregate afresh, once nothing of it is under way."""
        self._active = False
        self.state = None
        self.version = self.snapshot_version = 0

    def _leave_alone(self, error: Exception, pause: float = 0.0) -> None:
        """Note a failure: `pause` seconds of peace follow the first in a row, and ever more each further one."""
        if self.failures:
            pause = FIRST_PAUSE * 2 ** min(self.failures, 10)
        self.failure = error if isinstance(error, StreamDamaged | NotStored) else AggregateFailed()
        self.left_alone_until = self.actor_inbox.loop.time() + min(LONGEST_PAUSE, pause)
        self.failures += 1

    async def load(self) -> None:
        """Bring the state back from the journal, then let the messages in that waited for it."""
        try:
            while await self._load_page():
                pass
        except TimeoutError:
            self.forget()
            self._leave_alone(NotStored("the journal was not read in time"), pause=FIRST_PAUSE)
        except Exception as error:
            logger.exception("activation failed", extra={"stream_id": self.actor_urn})
            self.forget()
            self._leave_alone(error, pause=FIRST_PAUSE)
        else:
            self._active = True
            if self.version - self.snapshot_version > EVENTS_A_SNAPSHOT:  # the last one was no good
                self._save_snapshot_if_due()
        self.actor_inbox.open()

    async def _load_page(self) -> bool:
        """Carry a page of the stream into the state; return whether there may be more, each within the deadline."""
        async with asyncio.timeout(self._directory.load_deadline):
            await self._end_of_what_is_under_way()
            after = self.version
            history = await self._directory.journal.load(self.actor_urn, after)
        if self.version != after:
            return True  # the state was dropped meanwhile: from the start
        if after == 0:
            self.state = history.state  # type: ignore[assignment]
            self.version = self.snapshot_version = history.version
        self._replay(history.events)
        self.position = history.position
        return history.more

    async def _end_of_what_is_under_way(self) -> None:
        """Wait, as any answer does, for the appends from before the state was dropped."""
        while self._last_append is not None:
            over: Reply = LoopFuture()
            self._last_append.replies.append((over, Done(None, 0, 0)))
            with contextlib.suppress(NotStored, OutcomeUnknown):
                await over

    def on_stop(self) -> None:
        """Leave the directory, if somebody stops the actor by its ref."""
        self._directory.dismiss(self)

    def dismiss(self) -> None:
        """End the actor: whoever still holds its ref hears that it is dead."""
        self.actor_stopped.set()
        self.actor_inbox.actor = None


class _Commitment(Append):
    """An append, with everybody who is answered once it is on the disk."""

    __slots__ = ("_actor", "replies")

    def __init__(self, actor: AnyAggregate, version: int, events: Sequence[Event], receipt: Receipt | None) -> None:
        super().__init__(actor.actor_urn, version, events, actor.state, receipt)
        self._actor = actor
        self.replies: list[tuple[Reply, Outcome]] = []

    def stream_position(self) -> int:
        return self._actor.position

    def committed(self, position: int) -> None:
        self._actor.settled(self, position)
        for reply, outcome in self.replies:
            if isinstance(outcome, Done):
                outcome.position = position
            reply.set(outcome)

    def failed(self, error: Exception) -> None:
        self._actor.settled(self, None)
        for reply, _ in self.replies:
            reply.fail(error)
