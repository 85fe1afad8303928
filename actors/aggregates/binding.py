"""What a kind of aggregate binds to its actor: its name, its types, and its pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from seatkeeper.actors.aggregates.messages import Command, Decision, Event


class Binding:
    """The pure part of an aggregate, as its actor, the journal and its verification call it."""

    kind: ClassVar[str]
    """The prefix of the stream ids: `<kind>-<id>`."""
    state_type: ClassVar[type[Any]]
    event_types: ClassVar[Sequence[type[Event]]]
    """All events of the kind; the first one begins a stream."""

    @staticmethod
    def decide(state: Any, command: Command, /) -> Decision:
        """Decide on a command: events, nothing, or a refusal."""
        raise NotImplementedError

    @staticmethod
    def evolve(state: Any, event: Event, /) -> Any:
        """Apply one event to the state."""
        raise NotImplementedError

    @staticmethod
    def answer(state: Any, version: int, command: Command, events: Sequence[Event], /) -> object:
        """Answer an accepted command, from the state after its events."""
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
        """Count what a snapshot of the state costs, in events that are replayed."""
        return 1

    @staticmethod
    def broken_rules(state: Any, event: Event, /) -> Sequence[str]:  # noqa: ARG004 - the default, without invariants
        """List the invariants that the state after this event breaks, for verification."""
        return ()

    @staticmethod
    def complete(state: Any, version: int, /) -> None:
        """Fill in, in place, what the snapshot of an older release lacks; the default lacks nothing."""

    @staticmethod
    def same(snapshot: Any, replayed: Any, /) -> bool:
        """Whether the state of a snapshot is the one that a replay leads to, as far as the snapshot can know it."""
        return bool(snapshot == replayed)

    @staticmethod
    def next_due(state: Any, /) -> str | None:  # noqa: ARG004 - the default, for an aggregate without timers
        """Say when the earliest timer of this state is due."""
        return None

    @staticmethod
    def due(state: Any, now: str, /) -> Command | None:  # noqa: ARG004 - the default, for an aggregate without timers
        """Make the command of the earliest timer; None if it is not due, or if another aggregate is asked first."""
        return None
