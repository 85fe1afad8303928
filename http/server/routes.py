"""Routes: one row for each call of the API, read by the application, the request reader and the OpenAPI document."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import msgspec

from seatkeeper.actors.aggregates.aggregate import NO_OPTIONS, CommandOptions
from seatkeeper.actors.aggregates.messages import Accepted, Refusal

B = TypeVar("B")
Q = TypeVar("Q")

ANY_KEY = "any"
"""The scope of a call that every key may make."""

BODY_LIMIT = 64 * 1024
"""Bytes of a request body, at most, of most calls."""

encode = msgspec.json.Encoder().encode


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body or a query without fields."""


class WriteQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of every write: with `dry_run`, it only says what would come of it."""

    dry_run: bool | msgspec.UnsetType = msgspec.UNSET


class Caller(msgspec.Struct, frozen=True):
    """Who calls: the actor as events name it, the id of the API key, if there is one, and what it may do.

    `traceparent` is the place in a trace from which it calls, if it names one.
    """

    actor: str
    key_id: str | None
    scopes: frozenset[str]
    traceparent: str | None = None


OPEN = Caller("open", None, frozenset({"admin"}))
"""Who calls a service that has no keys."""


class Call(msgspec.Struct, Generic[B, Q]):
    """A request, read and checked: the ids in its path, its query, its body, what comes with it, and who calls."""

    ids: Mapping[str, str]
    query: Q
    body: B
    options: CommandOptions = NO_OPTIONS
    caller: Caller = OPEN
    shown_once: str | None = None
    """A secret that the handler of a write has made, which only the first answer shows."""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """An answer: JSON, or text of another type, and what stands in its headers."""

    body: bytes
    status: int = 200
    version: int | None = None
    position: int | None = None
    location: str | None = None
    content_type: str = "application/json"
    live: bool = False
    """Whether it changes without its version, so that no client has it already."""


@dataclass(frozen=True, eq=False)
class Route:
    """One call of the API: what it takes, what it answers, and which rules it may be refused by.

    The handler of a write sends a command and returns what brings its outcome; that of a read returns an Answer. The
    refusals begin with those that say that an id of the path is not there, in the order of the ids.
    """

    method: str
    path: str
    handler: Callable[..., Awaitable[object]]
    answer: object
    status: int = 200
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] = Nothing
    refusals: tuple[type[Refusal], ...] = ()
    media_type: str = "application/json"
    scope: str | None = None
    """What an API key must allow; `any` where every key may, None for calls that need no key."""
    location: Callable[..., str] | None = None
    """Says where that can be read which was made, from the call and the value of its answer."""
    streams: bool = False
    """Whether its answer has no end (streams.py)."""
    patient: bool = False
    """Whether it may take longer than any command, so that no deadline ends the waiting for its outcome."""
    once: str = "secret"
    """The field of its answer that holds what only the first answer shows, if it shows such a thing."""
    shown: Callable[..., object] | None = None
    """Makes what is answered of the value of an accepted command, where that is not the value itself."""
    named: Callable[..., Mapping[str, str]] | None = None
    """Reads the ids that the body names, where the path has none."""
    body_limit: int = BODY_LIMIT
    """Bytes of a request body, at most."""
    bounded: bool = True
    """Whether it counts as one of the requests of which only so many may be under way."""
    foreseen: bool = True
    """Whether a dry run knows the answer: what another server answers, it does not."""
    sandbox: bool = False
    """Whether only a sandbox has what it is about."""

    @property
    def name(self) -> str:
        """Name the call: the handler's name, which is the operation id in the document."""
        return self.handler.__name__

    @property
    def summary(self) -> str:
        """Say in a sentence what it does: the first paragraph of the handler's docstring."""
        return (inspect.getdoc(self.handler) or "").partition("\n\n")[0]

    @property
    def description(self) -> str:
        """Say more, where there is more to say: what follows in it."""
        return (inspect.getdoc(self.handler) or "").partition("\n\n")[2].replace("\n", " ")

    @cached_property
    def writes(self) -> bool:
        """Tell whether it may change something."""
        return self.method != "GET"

    @property
    def parameters(self) -> type[msgspec.Struct]:
        """Return how its query string is read."""
        return WriteQuery if self.writes else self.query

    @cached_property
    def ids(self) -> Sequence[str]:
        """Name the ids in the path."""
        return re.findall(r"{(\w+)}", self.path)

    @cached_property
    def not_found(self) -> Mapping[str, type[Refusal]]:
        """Say by which refusal each id of the path is told not to be there."""
        return dict(zip(self.ids, self.refusals, strict=False))

    @property
    def body_optional(self) -> bool:
        """Tell whether the body may be left out: every field of it may."""
        return self.body is not None and not any(f.required for f in msgspec.structs.fields(self.body))

    def accepted(self, call: Call[B, Q], outcome: Accepted) -> Answer:
        """Answer a command that was accepted."""
        value = outcome.value
        body = b"" if value is None else encode(value if self.shown is None else self.shown(value))
        location = None if self.location is None else self.location(call, value)
        return Answer(body, self.status, outcome.version, outcome.position, location)

    def revealed(self, call: Call[B, Q], outcome: Accepted, answer: Answer) -> Answer:
        """Return the first answer, with the secret that is shown once; the receipt has `answer`, without it."""
        if call.shown_once is None or not isinstance(outcome.value, msgspec.Struct):
            return answer
        revealed = msgspec.structs.replace(outcome.value, **{self.once: call.shown_once})
        return msgspec.structs.replace(answer, body=encode(revealed))
