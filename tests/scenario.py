"""Given past events, when a command comes, then these events follow, or a refusal, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from types import ModuleType
from typing import Generic, TypeVar

import msgspec

from seatkeeper.actors.aggregates.messages import Command, Decision, Event, Refusal

S = TypeVar("S")
T = TypeVar("T")
Past = Event | Sequence[Event]


class Aggregate(Generic[S]):
    """The pure half of an aggregate: how it decides and how it evolves."""

    def __init__(self, decide: Callable[[S | None, Command], Decision], evolve: Callable[[S | None, Event], S]) -> None:
        self._decide = decide
        self.evolve = evolve

    def given(self, *past: Past) -> Given[S]:
        """Begin a scenario with what has happened so far."""
        return Given(self, flat(past))

    def after(self, *past: Past) -> S:
        """Return the state that these events lead to."""
        state = self.replay(flat(past))
        assert state is not None, "nothing has happened"
        return state

    def replay(self, events: Iterable[Event]) -> S | None:
        """Return the state that these events lead to; None when there are none."""
        state: S | None = None
        for event in events:
            state = self.evolve(state, event)
        return state

    def decide(self, state: S | None, command: Command) -> Decision:
        """Decide, and check that this has not changed the state."""
        before = msgspec.json.encode(state)
        decision = self._decide(state, command)
        assert msgspec.json.encode(state) == before, f"{command} has changed the state"
        return decision


class Given(Generic[S]):
    """The past of an aggregate."""

    def __init__(self, aggregate: Aggregate[S], past: Sequence[Event]) -> None:
        self._aggregate = aggregate
        self._past = past

    def when(self, command: Command) -> Outcome[S]:
        """Send the command to the aggregate."""
        decision = self._aggregate.decide(self._aggregate.replay(self._past), command)
        return Outcome(self._aggregate, self._past, decision)


class Outcome(Generic[S]):
    """What the aggregate decided."""

    def __init__(self, aggregate: Aggregate[S], past: Sequence[Event], decision: Decision) -> None:
        self._aggregate = aggregate
        self._past = past
        self._decision = decision

    @property
    def events(self) -> Sequence[Event]:
        """What has happened, for a test that is about some of it."""
        assert not isinstance(self._decision, Refusal), self._decision
        return self._decision

    def then(self, *events: Event) -> S:
        """Expect these events and no others; return the state that they lead to."""
        assert events, "use changes_nothing() instead"
        assert not isinstance(self._decision, Refusal), self._decision
        assert list(self._decision) == list(events)
        return self._aggregate.after(self._past, events)

    def refuses(self, refusal: Refusal) -> None:
        """Expect this refusal, with these fields."""
        assert self._decision == refusal

    def changes_nothing(self) -> None:
        """Expect a success without events."""
        assert not isinstance(self._decision, Refusal), self._decision
        assert list(self._decision) == []


def flat(past: Iterable[Past]) -> list[Event]:
    """Put single events and sequences of events into one list."""
    return [event for some in past for event in ([some] if isinstance(some, Event) else some)]


def kinds(module: ModuleType, base: type[T]) -> list[type[T]]:
    """List the subclasses of `base` that a module defines, in its order."""
    return list(_kinds(module, base))


def _kinds(module: ModuleType, base: type[T]) -> Iterator[type[T]]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__:
            yield value
