"""Commands as clients send them: what is common to all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from seatkeeper.actors.accounts.profile.events import AccountOpened
from seatkeeper.actors.accounts.terms.events import PlanChanged
from seatkeeper.actors.accounts.values import Terms
from seatkeeper.actors.aggregates.messages import Command, Event, Outcome
from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.server.routes import Answer, Route
from tests.simulation.steps import Step

Body = dict[str, object]

_ROUTES: Mapping[tuple[str, str], Route] = {(route.method, route.path): route for route in ROUTES}


def route_of(method: str, path: str) -> Route:
    """Find a route in the service's own table."""
    return _ROUTES[method, path]


class CommandType(NamedTuple):
    """A command that clients send: its route, and the command that the aggregate gets.

    `makes` is the kind of the aggregate that it makes, if it makes one.
    """

    route: Route
    asked: Callable[[Sent, Asked], Command]
    makes: str = ""


class Asked(NamedTuple):
    """What a command meets: the state, the events that it has led to, if any, and the time of the edge."""

    state: object
    events: Sequence[Event]
    at: str


class Tried(NamedTuple):
    """A dry run: the id of its request, its time by the clock of the edge, and what it told."""

    request_id: str
    at: str
    outcome: Outcome


@dataclass(eq=False)
class Sent:
    """A command that a client has sent, and what the client knows of it."""

    name: str
    step: Step
    type: CommandType
    ids: Mapping[str, str]
    body: Body
    expected: int | None
    key: str | None
    since: Mapping[str, int]
    """The streams that it may be refused by, with their versions when it was sent first."""
    began: int = 0
    """The last position of the journal when it was sent first."""
    answer: Answer | None = None
    until: int | None = None
    """The last position of the journal when the answer came."""
    outcome_unknown: bool = False
    """Whether it may have been carried out although no answer came."""
    copied: bool = False
    """Whether its message came twice to a shard: then one answer does not speak for both."""
    receipt_seen: bool = False
    attempts: list[str] = field(default_factory=list)
    times: dict[str, str] = field(default_factory=dict)
    """The requests that were handled, by their ids, and when that was by the clock of the edge."""
    secrets: list[str] = field(default_factory=list)
    """What the edge made and shows once."""
    tries: list[Tried] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.step.kind

    @property
    def route(self) -> Route:
        return self.type.route

    @property
    def path(self) -> str:
        return self.route.path.format_map(self.ids)

    @property
    def raw(self) -> bytes:
        return msgspec.json.encode(self.body) if self.body else b""

    def stream(self, answer: Answer) -> str:
        """Name the stream that an accepted command went to."""
        if self.kind in {"sign up", "create key", "create webhook"}:
            return f"{self.type.makes}-{(answer.location or '').rpartition('/')[2]}"
        return next(iter(self.since))


def asked(sent: Sent, state: object, events: Sequence[Event], at: str = "") -> Command:
    """Return the command that an aggregate got; ids and secrets, which the service adds, are taken from the events."""
    return sent.type.asked(sent, Asked(state, events, at))


def terms_in(event: AccountOpened | PlanChanged) -> Terms:
    """Return the terms that an account gets by an event."""
    overage = "refuse" if isinstance(event.overage, msgspec.UnsetType) else event.overage
    return Terms(event.plan_id, event.revision, event.total_seats, event.user_limit, overage)


def plain(command: type[Command]) -> Callable[[Sent, Asked], Command]:
    """Say how the command is made of the ids in the path and the fields of the body."""
    names = command.__struct_fields__

    def make(sent: Sent, _asked: Asked) -> Command:
        ids = {name: value for name, value in sent.ids.items() if name in names}
        return msgspec.convert({**ids, **sent.body}, command)

    return make
