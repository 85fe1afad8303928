"""The queries that every engine answers, for what the API lists and finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.projections.api_keys import ApiKeyRow
from seatkeeper.storage.records import EventRow, to_json


class Found(NamedTuple):
    """A summary as JSON, with the version of its aggregate."""

    version: int
    summary: str


class Item(NamedTuple):
    """A summary as JSON, with the key that the next page starts after."""

    key: str | int
    summary: str


class StoredEvent(NamedTuple):
    """An event as readers get it: `data` is JSON, without what is hidden, and `context` too; old events have none."""

    position: int
    stream_id: str
    version: int
    type: str
    recorded_at: str
    data: str
    context: str | None


def shown(row: EventRow, kinds: Kinds) -> StoredEvent:
    """Return the event of a row as readers get it."""
    hidden = kinds.hidden.get(row.type)
    if hidden is None:
        return StoredEvent(*row[:6], row.context)
    fields = msgspec.json.decode(row.data, type=dict[str, msgspec.Raw])
    kept = {name: value for name, value in fields.items() if name not in hidden}
    return StoredEvent(*row[:5], to_json(kept), row.context)


class Queries(Protocol):
    """The queries. A list takes a limit, and the key of the last item of the page before, or None."""

    async def plan(self, plan_id: str) -> Found | None:
        """Find a plan."""

    async def plans(self, status: str | None, after: int | None, limit: int) -> list[Item]:
        """List plans, oldest first."""

    async def account(self, account_id: str) -> Found | None:
        """Find an account."""

    async def accounts(
        self, plan_id: str | None, status: str | None, name: str | None, before: int | None, limit: int
    ) -> list[Item]:
        """List accounts, newest first; `name` is a part of the name and ignores case."""

    async def member(self, account_id: str, member_id: str) -> Found | None:
        """Find a member, with the version of the account."""

    async def members(self, account_id: str, after: str | None, limit: int) -> list[Item] | None:
        """List the members of an account in the order of their ids; None if there is no such account."""

    async def api_key(self, key_id: str) -> Found | None:
        """Find an API key."""

    async def api_keys(self, after: int | None, limit: int) -> list[Item]:
        """List API keys, oldest first."""

    async def all_keys(self) -> Sequence[ApiKeyRow]:
        """Return the rows of all API keys."""

    async def key_uses(self) -> Mapping[str, str]:
        """Return when each API key was last used, as far as that is stored."""

    async def stream(self, stream_id: str, after: int, limit: int) -> list[StoredEvent]:
        """List the events of a stream after a version."""

    async def feed(self, after: int, limit: int) -> list[StoredEvent]:
        """List the events of the journal after a position, in the order of the commits."""

    async def last_position(self) -> int:
        """Return the position of the newest event, 0 if there is none."""
