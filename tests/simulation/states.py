"""What the actors of all registered kinds do, behind one name each: evolve, decide, answer."""

from __future__ import annotations

from collections.abc import Sequence

from seatkeeper.actors.aggregates.aggregate import AnyAggregate
from seatkeeper.actors.aggregates.messages import Command, Decision, Event
from seatkeeper.storage.kinds import Kinds


class States:
    """The pure functions of the actors, as they were before a run replaced any."""

    def __init__(self, kinds: Kinds) -> None:
        self.kinds = kinds
        self._evolve = {event: kind.actor.evolve for kind in kinds for event in kind.actor.event_types}
        self._by_state = {kind.actor.state_type: kind.actor for kind in kinds}
        self._by_package = {_package(kind.actor): kind.actor for kind in kinds}

    def evolve(self, state: object, event: Event) -> object:
        """Apply an event to the state, in place."""
        return self._evolve[type(event)](state, event)

    def replayed(self, events: Sequence[Event]) -> object:
        """Return the state after these events; None if there are none."""
        state: object = None
        for event in events:
            state = self.evolve(state, event)
        return state

    def decide(self, state: object, command: Command) -> Decision:
        """Decide as the actor in the package of the command does; a state of another kind is none to it."""
        actor = self._by_package[_package(type(command))]
        return actor.decide(state if isinstance(state, actor.state_type) else None, command)

    def answer(self, state: object, version: int, command: Command, events: Sequence[Event]) -> object:
        """Return the answer of the actor."""
        return self._by_state[type(state)].answer(state, version, command, events)

    def broken_rules(self, state: object, event: Event) -> Sequence[str]:
        """Name the rules that the state after this event breaks."""
        return self._by_state[type(state)].broken_rules(state, event)


def _package(member: type[AnyAggregate | Command]) -> str:
    """Name the context: `seatkeeper.actors.accounts` for all rooms of accounts."""
    return ".".join(member.__module__.split(".")[:3])
