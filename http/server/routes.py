"""Routes: one row for each call of the API, read by the application, the request reader and the OpenAPI document."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import msgspec

from seatkeeper.actors.aggregates.journal import IdempotencyKey
from seatkeeper.actors.aggregates.messages import Accepted, Outcome, Refusal

B = TypeVar("B")
Q = TypeVar("Q")

encode = msgspec.json.Encoder().encode


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body or a query without fields."""


class Call(msgspec.Struct, Generic[B, Q]):
    """A request, read and checked: the ids in its path, its query, its body, the versions it expects, and its key."""

    ids: Mapping[str, str]
    query: Q
    body: B
    expected_versions: frozenset[int] | None = None
    """One of these the aggregate must have; None for any, an empty set for none that it can have."""
    key: IdempotencyKey | None = None


class Answer(msgspec.Struct, frozen=True, gc=False):
    """An answer: JSON, or text of another type, and what stands in its headers."""

    body: bytes
    status: int = 200
    version: int | None = None
    position: int | None = None
    location: str | None = None
    content_type: str = "application/json"


@dataclass(frozen=True, eq=False)
class Route:
    """One call of the API: what it takes, what it answers, and which rules it may be refused by.

    The handler of a write sends a command and returns what brings its outcome; that of a read returns an Answer. The
    refusals begin with those that say that an id of the path is not there, in the order of the ids.
    """

    method: str
    path: str
    handler: Callable[..., Awaitable[Answer]] | Callable[..., Awaitable[Outcome]]
    answer: object
    status: int = 200
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] = Nothing
    refusals: tuple[type[Refusal], ...] = ()
    media_type: str = "application/json"
    location: Callable[..., str] | None = None
    """Says where that can be read which was made, from the call and the value of its answer."""
    bounded: bool = True
    """Whether it counts as one of the requests of which only so many may be under way."""

    @property
    def name(self) -> str:
        """Name the call: the handler's name, which is the operation id in the document."""
        return self.handler.__name__

    @property
    def summary(self) -> str:
        """Say in a sentence what it does: the handler's docstring."""
        return inspect.getdoc(self.handler) or ""

    @cached_property
    def writes(self) -> bool:
        """Tell whether it may change something."""
        return self.method != "GET"

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
        body = b"" if value is None else encode(value)
        location = None if self.location is None else self.location(call, value)
        return Answer(body, self.status, outcome.version, outcome.position, location)
