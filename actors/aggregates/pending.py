"""Pending appends: what an aggregate has passed to the journal, and the replies that wait for the commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seatkeeper.actors.aggregates.journal import Append, Receipt
from seatkeeper.actors.aggregates.messages import Accepted, Event, Outcome

if TYPE_CHECKING:
    from seatkeeper.actors.aggregates.aggregate import AnyAggregate, Reply


class PendingAppend(Append):
    """An append of an aggregate, and the replies to resolve after its commit."""

    __slots__ = ("_actor", "replies")

    def __init__(self, actor: AnyAggregate, version: int, events: Sequence[Event], receipt: Receipt | None) -> None:
        """Hold these events with the state that the aggregate has now."""
        super().__init__(actor.actor_urn, version, events, actor.state, receipt)
        self._actor = actor
        self.replies: list[tuple[Reply, Outcome]] = []

    def stream_position(self) -> int:
        """Return the position of the last committed event of the stream, 0 if there is none."""
        return self._actor.position

    def committed(self, position: int) -> None:
        """Resolve the replies, in the order of their commands."""
        self._actor.append_finished(self, position)
        for reply, outcome in self.replies:
            if isinstance(outcome, Accepted):
                outcome.position = position
            reply.set(outcome)

    def failed(self, error: Exception) -> None:
        """Fail all replies with this error."""
        self._actor.append_finished(self, None)
        for reply, _ in self.replies:
            reply.fail(error)
