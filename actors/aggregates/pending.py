"""Pending appends: what an aggregate has passed to the journal, and the replies that wait for the commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from seatkeeper.actors.aggregates.journal import Append, DecideAgain, Receipt
from seatkeeper.actors.aggregates.messages import Accepted, Context, Event, Outcome, Refusal

if TYPE_CHECKING:
    from seatkeeper.actors.aggregates.aggregate import AnyAggregate, CommandMessage, Reply


class Waiting(NamedTuple):
    """A reply that waits for a commit, the outcome that it brings then, and the command that this answers."""

    reply: Reply
    outcome: Outcome
    message: CommandMessage | None = None


class PendingAppend(Append):
    """An append of an aggregate, and the replies to resolve after its commit; the first is that of its own command."""

    __slots__ = ("_actor", "before", "finished", "replies")

    def __init__(
        self,
        actor: AnyAggregate,
        version: int,
        events: Sequence[Event],
        receipt: Receipt | None,
        context: Context | None = None,
    ) -> None:
        """Hold these events with the state that the aggregate has now."""
        super().__init__(actor.actor_urn, version, events, actor.state, receipt, context)
        self._actor = actor
        self.before: PendingAppend | None = None
        """The append before it in its stream, which may still wait when this one is refused."""
        self.finished = False
        self.replies: list[Waiting] = []

    def stream_position(self) -> int:
        """Return the position of the last committed event of the stream, 0 if there is none."""
        return self._actor.position

    def committed(self, position: int) -> None:
        """Resolve the replies, in the order of their commands."""
        self._actor.append_finished(self, position)
        for reply, outcome, _ in self.replies:
            if isinstance(outcome, Accepted):
                outcome.position = position
            reply.set(outcome)

    def refused(self, refusal: Refusal) -> None:
        """Refuse the command of this append, and have those that were decided on top of it decided again."""
        self._actor.append_finished(self, None)
        own, *others = self.replies
        key = None if own.message is None else own.message.options.key
        self._actor.refuse(refusal, key, own.reply)
        self._decide_again(others)

    def failed(self, error: Exception) -> None:
        """Fail all replies with this error, or have their commands decided again."""
        self._actor.append_finished(self, None)
        if isinstance(error, DecideAgain):
            self._decide_again(self.replies)
            return
        for reply, _, _ in self.replies:
            reply.fail(error)

    def _decide_again(self, waiting: Sequence[Waiting]) -> None:
        for reply, outcome, message in waiting:
            if message is None:
                reply.set(outcome)
            else:
                self._actor.decide_again(message, reply)
