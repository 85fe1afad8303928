"""Routes: one table for the router, the types of requests and answers, and the OpenAPI document."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar
from urllib.parse import unquote

import msgspec

from seatkeeper.actors.journal import IdempotencyKey
from seatkeeper.actors.messages import Done, Outcome, Refusal
from seatkeeper.http.problems import MethodNotAllowed, NothingThere

B = TypeVar("B")
Q = TypeVar("Q")

encode = msgspec.json.Encoder().encode


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body or a query without fields."""


class Call(msgspec.Struct, Generic[B, Q]):
    """A request, read and checked: the ids in its path, its query, its body, the version it expects, and its key."""

    ids: Mapping[str, str]
    query: Q
    body: B
    expected_version: int | None = None
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

    The handler of a write sends a command and returns what brings its outcome; that of a read returns an Answer.
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

    @property
    def body_optional(self) -> bool:
        """Tell whether the body may be left out: every field of it may."""
        return self.body is not None and not any(f.required for f in msgspec.structs.fields(self.body))

    def accepted(self, call: Call[B, Q], done: Done) -> Answer:
        """Answer a command that was accepted."""
        value = done.value
        body = b"" if value is None else encode(value)
        location = None if self.location is None else self.location(call, value)
        return Answer(body, self.status, done.version, done.position, location)


T = TypeVar("T")


class _Step(Generic[T]):
    """Where a path has led so far, and where it can lead from there."""

    def __init__(self) -> None:
        self.fixed: dict[str, _Step[T]] = {}
        self.any_id: _Step[T] | None = None
        self.targets: dict[str, tuple[T, Sequence[str]]] = {}


class Router(Generic[T]):
    """Finds what a path leads to. An id may be any segment; whoever reads the request judges it."""

    def __init__(self, targets: Mapping[tuple[str, str], T]) -> None:
        """Lead each method and path, in which ids stand in braces, to its target."""
        self._whole = {place: target for place, target in targets.items() if "{" not in place[1]}
        self._start: _Step[T] = _Step()
        for (method, path), target in targets.items():
            step = self._start
            for segment in path.split("/")[1:]:
                if segment.startswith("{"):
                    step.any_id = step.any_id or _Step()
                    step = step.any_id
                else:
                    step = step.fixed.setdefault(segment, _Step())
            step.targets[method] = target, re.findall(r"{(\w+)}", path)

    def find(self, method: str, path: str) -> tuple[T, Mapping[str, str]]:
        """Find the target of a raw path, and the ids in it; raise NothingThere or MethodNotAllowed."""
        whole = self._whole.get((method, path))
        if whole is not None:
            return whole, {}
        step, values = self._start, []
        for segment in path.split("/")[1:]:
            if segment in step.fixed:
                step = step.fixed[segment]
            elif step.any_id is not None:
                step = step.any_id
                values.append(unquote(segment) if "%" in segment else segment)
            else:
                raise NothingThere
        if not step.targets:
            raise NothingThere
        if method not in step.targets:
            raise MethodNotAllowed(step.targets)
        target, names = step.targets[method]
        return target, dict(zip(names, values, strict=True))
