"""Kinds of aggregates for the storage: how their events are read, and which views follow from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import msgspec

from seatkeeper.actors.aggregates.aggregate import AnyAggregate
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.storage.projections.view import Unique, View, ViewChange

K = TypeVar("K")
T = TypeVar("T")

Upcaster = Callable[[str | bytes], Event]
"""Reads the stored JSON of an old form of an event as an event of today; raises msgspec.DecodeError."""


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of aggregate: its actor, its views, and the old forms of its events by their tags."""

    actor: type[AnyAggregate]
    views: Sequence[View] = ()
    upcasters: Mapping[str, Upcaster] = field(default_factory=dict)


class Claim(NamedTuple):
    """A value that an append claims for its aggregate, of which no other may have it."""

    view: View
    unique: Unique
    owner: str
    value: str


class Kinds:
    """All kinds that a journal stores."""

    def __init__(self, *kinds: Kind) -> None:
        """Register these.

        Raise ValueError when two have the same name, state type, event or table, or when a name has a hyphen, which
        ends the name in the id of a stream.
        """
        for kind in kinds:
            if "-" in kind.actor.kind:
                message = f"the name {kind.actor.kind} has a hyphen"
                raise ValueError(message)
        self._kinds = kinds
        self._by_name = _unique((kind.actor.kind, kind) for kind in kinds)
        self._views_by_state = _unique((kind.actor.state_type, kind.views) for kind in kinds)
        self._unique = {
            kind.actor.kind: (view, view.unique) for kind in kinds for view in kind.views if view.unique is not None
        }
        self._state_decoders = {kind.actor.kind: msgspec.json.Decoder(kind.actor.state_type) for kind in kinds}
        self.event_types: Mapping[str, type[Event]] = _unique(
            (event_type.tag, event_type) for kind in kinds for event_type in kind.actor.event_types
        )
        """The events that are written today, by their tags."""
        self.hidden: Mapping[str, frozenset[str]] = {
            tag: event_type.hidden for tag, event_type in self.event_types.items() if event_type.hidden
        }
        """The fields that no reader gets, by the tag of their event."""
        old = [item for kind in kinds for item in kind.upcasters.items()]
        today = [(tag, msgspec.json.Decoder(event_type).decode) for tag, event_type in self.event_types.items()]
        self._decoders: Mapping[str, Upcaster] = _unique([*today, *old])
        self.views: Sequence[View] = list(_unique((view.table, view) for kind in kinds for view in kind.views).values())

    def __iter__(self) -> Iterator[Kind]:
        """Go through the kinds in the order of their registration."""
        return iter(self._kinds)

    @property
    def known_types(self) -> Sequence[str]:
        """The tags of all events that can be read, of today and of old."""
        return list(self._decoders)

    def of_stream(self, stream_id: str) -> Kind:
        """Find the kind of a stream; raise KeyError."""
        return self._by_name[stream_id.partition("-")[0]]

    def decode_event(self, tag: str, data: str | bytes) -> Event:
        """Decode an event of any known form; raise KeyError or msgspec.DecodeError."""
        return self._decoders[tag](data)

    def decode_state(self, stream_id: str, data: str) -> object:
        """Decode the state of a snapshot; raise KeyError or msgspec.DecodeError."""
        return self._state_decoders[stream_id.partition("-")[0]].decode(data)

    def claim(self, stream_id: str, events: Sequence[Event]) -> Claim | None:
        """Return what these events of a stream claim, None if nothing."""
        kind, _, owner = stream_id.partition("-")
        view, unique = self._unique.get(kind, (None, None))
        if view is None or unique is None or (value := unique.claim(events)) is None:
            return None
        return Claim(view, unique, owner, value)

    def project(self, state: object, version: int, events: Sequence[Event]) -> list[ViewChange]:
        """Make the view rows that these events change, from the state that they led to; raise TypeError."""
        views = self._views_by_state.get(type(state))
        if views is None:
            message = f"{type(state).__name__} is the state of no registered kind"
            raise TypeError(message)
        types = {type(event) for event in events}
        return [
            (view, row)
            for view in views
            if view.about is None or not view.about.isdisjoint(types)
            for row in view.changes(state, version, events)
        ]


def _unique(items: Iterable[tuple[K, T]]) -> dict[K, T]:
    """Make a mapping; raise ValueError when a key comes twice."""
    found: dict[K, T] = {}
    for key, value in items:
        if key in found:
            message = f"{key} is registered twice"
            raise ValueError(message)
        found[key] = value
    return found
