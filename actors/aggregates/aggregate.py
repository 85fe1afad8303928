"""The actor of an aggregate: activate, decide, evolve, append, and answer after the commit."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar

import msgspec
import pykka

from seatkeeper.actors.aggregates.journal import IdempotencyKey, NotStored, OutcomeUnknown, Receipt, StreamDamaged
from seatkeeper.actors.aggregates.messages import NOTHING, Accepted, Command, Context, Decision, Event, Outcome, Refusal
from seatkeeper.actors.aggregates.pending import PendingAppend, Waiting
from seatkeeper.actors.runtime.futures import LoopFuture
from seatkeeper.actors.runtime.inbox import Envelope, Inbox
from seatkeeper.actors.runtime.loop_actor import LoopActor, StopFlag

if TYPE_CHECKING:
    from seatkeeper.actors.aggregates.directory import Directory

S = TypeVar("S")
AnyAggregate: TypeAlias = "AggregateActor[Any]"

logger = logging.getLogger(__name__)

EVENTS_A_SNAPSHOT = 100
"""A snapshot is due when more events than this, and more than the state has parts, came since the last one."""

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 10.0
"""Seconds that an aggregate pauses when it keeps failing; the first failing command in a row causes no pause."""


class CommandOptions(msgspec.Struct, frozen=True, gc=False):
    """What comes with a command from outside, and is handed on as it is."""

    expected_versions: frozenset[int] | None = None
    """One of these the aggregate must have; None for any."""
    key: IdempotencyKey | None = None
    """Writes the receipt of the outcome, if there is one."""
    context: Context | None = None
    """Who caused the command; it is stored with its events."""


NO_OPTIONS = CommandOptions()


class CommandMessage(msgspec.Struct, frozen=True, gc=False):
    """A command to an aggregate, with its options."""

    command: Command
    options: CommandOptions = NO_OPTIONS


class VersionMismatch(Refusal, frozen=True, gc=False):
    """Version mismatch: the current version is {current_version}. Read it again, then repeat the change."""

    current_version: int


Reply = LoopFuture[Outcome]


class AggregateFailed(Exception):
    """The aggregate raised an unexpected error; it starts again from the journal."""


class AggregateActor(LoopActor, Generic[S]):
    """One aggregate. Its state is only a cache of its stream, and is dropped whenever the two may differ.

    It does not wait for a commit: the next command sees the state that the previous one left. No answer that depends on
    an uncommitted event is given before the commit of that event.
    """

    kind: ClassVar[str]
    """The prefix of the stream ids: `<kind>-<id>`."""
    state_type: ClassVar[type[Any]]
    event_types: ClassVar[Sequence[type[Event]]]
    """All events of the kind; the first one begins a stream."""

    state: S | None = None
    version: int = 0
    position: int = 0
    snapshot_version: int = 0
    failures: int = 0
    retry_at: float = 0.0
    failure: Exception | None = None

    def __init__(self, stream_id: str, directory: Directory, *, fresh: bool) -> None:
        """Make the actor of a stream; a `fresh` stream has no events yet, so there is nothing to load."""
        # Not pykka's own, whose UUID and threading.Event are 1.3 KB more an actor.
        self.actor_urn = stream_id
        self.actor_inbox = Inbox(directory.loop, directory.call_depth, directory.inbox_bound)
        self.actor_inbox.actor = self
        self.actor_inbox.busy = False
        self.actor_stopped = StopFlag()  # type: ignore[assignment]
        self._directory = directory
        self._active = fresh
        self._last_append: PendingAppend | None = None

    @staticmethod
    def decide(state: Any, command: Command, /) -> Decision:
        """Decide on a command: events, nothing, or a refusal."""
        raise NotImplementedError

    @staticmethod
    def evolve(state: Any, event: Event, /) -> Any:
        """Apply one event to the state."""
        raise NotImplementedError

    @staticmethod
    def answer(state: Any, version: int, command: Command, /) -> object:
        """Answer an accepted command."""
        raise NotImplementedError

    @staticmethod
    def identity(state: Any, /) -> str:
        """Return the id of the aggregate."""
        raise NotImplementedError

    @staticmethod
    def stored_answer(state: Any, version: int, stored: Mapping[str, object], /) -> object:
        """Answer a stored answer's command from this state; None if its subject is not in it."""
        raise NotImplementedError

    @staticmethod
    def size(state: Any, /) -> int:  # noqa: ARG004 - the default, for an aggregate without parts
        """Count the parts of the state that a snapshot writes."""
        return 1

    @staticmethod
    def broken_rules(state: Any, event: Event, /) -> Sequence[str]:  # noqa: ARG004 - the default, without invariants
        """List the invariants that the state after this event breaks, for verification."""
        return ()

    @property
    def actor_ref(self) -> pykka.ActorRef[Any]:
        """A reference to the actor, made on demand: an actor without one is 250 bytes smaller and made 1 us faster."""
        return pykka.ActorRef(self)

    @property
    def idle(self) -> bool:
        """Return whether no message and no append is in progress, so that the actor can be passivated."""
        return self._last_append is None and not self.actor_inbox.busy and self.actor_inbox.empty()

    def handle(self, envelope: Envelope[object]) -> bool:
        """Handle a command; pykka handles any other message."""
        message = envelope.message
        if not isinstance(message, CommandMessage):
            return super().handle(envelope)
        reply: Reply = envelope.reply_to if isinstance(envelope.reply_to, LoopFuture) else LoopFuture()
        if not self._active:
            if self.failure is not None and self.actor_inbox.loop.time() < self.retry_at:
                reply.fail(self.failure)
                return True
            self.actor_inbox.put_back(envelope)
            self._directory.load(self)
            return False
        failure: Exception | None = None
        try:
            self._execute(message, reply)
        except NotStored as error:
            failure = error.with_traceback(None)
        except Exception as error:
            logger.exception("aggregate failed", extra={"stream_id": self.actor_urn})
            failure = AggregateFailed()
            self._back_off(error)
            self.reset()
        if failure is not None:  # outside the except block, so that later errors do not get this one as their context
            reply.fail(failure)
        if self.version == 0:
            self._passivate_if_empty()
        return True

    def _passivate_if_empty(self) -> None:
        """Passivate an aggregate that does not exist, so that it takes up no room in the directory."""
        if self._active and self._last_append is None and self.actor_inbox.empty():
            self._directory.passivate(self)

    def _execute(self, message: CommandMessage, reply: Reply) -> None:
        command, options = message.command, message.options
        expected, key = options.expected_versions, options.key
        decision = self.decide(self.state, command)
        mismatched = expected is not None and self.version not in expected
        if mismatched and (self.version or not isinstance(decision, Refusal)):
            decision = VersionMismatch(self.version)
        if isinstance(decision, Refusal):
            outcome: Outcome = decision
            events = NOTHING
        else:
            events = decision
            outcome = self._accept(command, events)
        if events or key is not None:
            self._append(events, None if key is None else key.receipt(outcome), options.context)
        if self._last_append is None:
            reply.set(outcome)
        else:
            self._last_append.replies.append(Waiting(reply, outcome, message))

    def _accept(self, command: Command, events: Sequence[Event]) -> Accepted:
        if events:
            self._directory.journal.check_capacity()
            self._replay(events)
        if self.state is None:
            message = f"{command!r} was accepted without a state"
            raise TypeError(message)
        self.failures = 0
        return Accepted(self.answer(self.state, self.version, command), self.version, self.position)

    def _replay(self, events: Sequence[Event]) -> None:
        for event in events:
            self.state = self.evolve(self.state, event)
        self.version += len(events)

    def _append(self, events: Sequence[Event], receipt: Receipt | None, context: Context | None) -> None:
        append = PendingAppend(self, self.version - len(events), events, receipt, context)
        try:
            self._directory.journal.append(append)
        except NotStored:
            if events:
                self.reset()
            raise
        append.before, self._last_append = self._last_append, append

    def append_finished(self, append: PendingAppend, position: int | None) -> None:
        """Be called by the append after its commit at this position, or (None) after its failure."""
        append.finished = True
        if position is not None:
            append.before = None  # it has finished too
        while self._last_append is not None and self._last_append.finished:
            self._last_append = self._last_append.before
        if position is not None:
            self.position = position
            if self.version - self.snapshot_version > EVENTS_A_SNAPSHOT:
                self._save_snapshot_if_due()
            elif self.version == 0:
                self._passivate_if_empty()
            return
        self.reset()
        if self.idle:
            self._directory.passivate(self)

    def refuse(self, refusal: Refusal, key: IdempotencyKey | None, reply: Reply) -> None:
        """Answer with a refusal of the journal, once it is stored under the key."""
        self._directory.store_refusal(refusal, key, reply)

    def decide_again(self, message: CommandMessage, reply: Reply) -> None:
        """Handle a command once more, on the state without what was refused."""
        self._directory.ask_again(type(self), self.actor_urn, Envelope(message, reply))

    def _save_snapshot_if_due(self) -> None:
        try:
            if self.state is not None and self.version - self.snapshot_version > self.size(self.state):
                self._directory.journal.save_snapshot(self.actor_urn, self.version, self.state)
                self.snapshot_version = self.version
        except Exception:  # a snapshot is only a cache: no answer may depend on it
            logger.exception("a snapshot was not saved", extra={"stream_id": self.actor_urn})

    def reset(self) -> None:
        """Drop the state; the next command activates the aggregate again, after its pending appends."""
        self._active = False
        self.state = None
        self.version = self.snapshot_version = 0

    def _back_off(self, error: Exception, pause: float = 0.0) -> None:
        """Note a failure: the first in a row is followed by `pause` seconds, each further one by twice as many."""
        if self.failures:
            pause = FIRST_PAUSE * 2 ** min(self.failures, 10)
        self.failure = error if isinstance(error, StreamDamaged | NotStored) else AggregateFailed()
        self.retry_at = self.actor_inbox.loop.time() + min(LONGEST_PAUSE, pause)
        self.failures += 1

    async def load(self) -> None:
        """Load the state from the journal, then handle the messages that waited for it."""
        try:
            while await self._load_page():
                pass
        except TimeoutError:
            self.reset()
            self._back_off(NotStored("the journal was not read in time"), pause=FIRST_PAUSE)
        except Exception as error:
            logger.exception("activation failed", extra={"stream_id": self.actor_urn})
            self.reset()
            self._back_off(error, pause=FIRST_PAUSE)
        else:
            self._active = True
            if self.version - self.snapshot_version > EVENTS_A_SNAPSHOT:  # the stored snapshot could not be used
                self._save_snapshot_if_due()
        self.actor_inbox.open()

    async def _load_page(self) -> bool:
        """Apply one page of the stream within the deadline; return whether more may follow."""
        async with asyncio.timeout(self._directory.load_deadline):
            await self._wait_for_appends()
            after = self.version
            history = await self._directory.journal.load(self.actor_urn, after)
        if self.version != after:
            return True  # the state was dropped meanwhile: start again
        if after == 0:
            self.state = history.state  # type: ignore[assignment]
            self.version = self.snapshot_version = history.version
        self._replay(history.events)
        self.position = history.position
        return history.more

    async def _wait_for_appends(self) -> None:
        """Wait for the appends from before the state was dropped."""
        while self._last_append is not None:
            finished: Reply = LoopFuture()
            self._last_append.replies.append(Waiting(finished, Accepted(None, 0, 0)))
            with contextlib.suppress(NotStored, OutcomeUnknown):
                await finished

    def on_stop(self) -> None:
        """Leave the directory when the actor is stopped through its ref."""
        self._directory.passivate(self)

    def end(self) -> None:
        """End the actor: messages through its ref raise ActorDeadError from now on."""
        self.actor_stopped.set()
        self.actor_inbox.actor = None
