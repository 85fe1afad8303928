"""A call of the API before it is sent, and its answer. The methods of the resources make calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypedDict, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from seatkeeper.http.client.errors import Problem

T = TypeVar("T")
G = TypeVar("G")

Query: TypeAlias = Mapping[str, str | int | bool | UnsetType]
Fields: TypeAlias = Mapping[str, object]


class ReadOptions(TypedDict, total=False):
    """What any call may come with.

    `request_id` is how the log of the service names the request, and `deadline` are the seconds for all attempts.
    """

    request_id: str
    deadline: float


class PageOptions(ReadOptions, total=False):
    """What any list may come with: how many are in a page (1 to 200), and the cursor of the page to begin with."""

    limit: int
    cursor: str


class WriteOptions(ReadOptions, total=False):
    """What any write may come with.

    It is refused with VersionMismatch unless the version is `if_version`. `idempotency_key` takes the place of the one
    that the client makes, and `on_behalf_of` names the customer's user for whom a backend acts.
    """

    if_version: int
    idempotency_key: str
    on_behalf_of: str


@dataclass(frozen=True)
class Call(Generic[T]):
    """One call: where it goes, what it takes, and the type of its answer."""

    method: str
    path: str
    answer: type[T]
    query: Query = field(default_factory=dict)
    body: Fields | None = None
    options: WriteOptions = field(default_factory=WriteOptions)
    repeated: bool = True
    """Whether it is sent again after a failure that may pass."""

    @property
    def writes(self) -> bool:
        """Tell whether it may change something."""
        return self.method != "GET"


@dataclass(frozen=True)
class Answer(Generic[T]):
    """An answer with all that came with it: `version` of the aggregate, `position` of its last event in the journal."""

    value: T
    status: int
    version: int | None
    position: int | None
    journal_id: str | None
    location: str | None
    replayed: bool
    """Whether the service had given this answer before, under the same key."""
    idempotency_key: str | None


class WouldStore(msgspec.Struct, frozen=True):
    """An event that a command would store."""

    type: str
    data: dict[str, object]


@dataclass(frozen=True)
class DryRun(Generic[T]):
    """What would come of a command: its answer and its events, or the problem, which is not raised."""

    accepted: bool
    status: int
    answer: T | None
    events: list[WouldStore]
    problem: Problem | None


@dataclass(frozen=True)
class Listing(Generic[G, T]):
    """A list that is read page by page: the call for one, what is in it, and what changes in the query for the next."""

    call: Call[G]
    items: Callable[[G], Iterable[T]]
    onward: Callable[[G, Query], Query | None]


@dataclass(frozen=True)
class Subscription:
    """What of the journal to follow, and after which position; without one, from now on."""

    query: Query
    after: int | UnsetType
    journal_id: str | UnsetType
    options: ReadOptions


def given(fields: Mapping[str, object]) -> dict[str, object]:
    """Leave out what was not given."""
    return {name: value for name, value in fields.items() if value is not UNSET}
