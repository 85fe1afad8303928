"""The queries that every engine answers, for what the API lists and finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol, TypeAlias

import msgspec

from seatkeeper.actors.aggregates.messages import Event, Refusal
from seatkeeper.actors.aggregates.timers import Timer
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.projections.api_keys import ApiKeyRow
from seatkeeper.storage.projections.members import MemberRow
from seatkeeper.storage.projections.timers import TimerRow, summarize
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


class FeedFilter(NamedTuple):
    """Which events of the feed are wanted: of these types, of this stream, caused by this actor; None for any."""

    types: frozenset[str] | None = None
    stream_id: str | None = None
    actor: str | None = None

    def matches(self, event: StoredEvent) -> bool:
        """Tell whether an event is wanted."""
        return (
            (self.types is None or event.type in self.types)
            and (self.stream_id is None or event.stream_id == self.stream_id)
            and (self.actor is None or (event.context or "").startswith(context_of(self.actor)))
        )


EVERYTHING = FeedFilter()

Moment: TypeAlias = int | str
"""A position of the journal, or a time: RFC 3339, UTC, milliseconds."""


class Past(NamedTuple):
    """The state of an aggregate as of a moment, which is the caller's own, and the last event in it."""

    state: object
    version: int
    position: int
    recorded_at: str


class FeedPage(NamedTuple):
    """Some events, and the position up to which there are no others that are wanted: go on after it."""

    events: Sequence[StoredEvent]
    last_position: int


def context_of(actor: str) -> str:
    """Return how the context of an event begins that this actor has caused: the actor is its first field."""
    return f'{{"actor":{to_json(actor)}'


def shown(row: EventRow, kinds: Kinds) -> StoredEvent:
    """Return the event of a row as readers get it."""
    hidden = kinds.hidden.get(row.type)
    if hidden is None:
        return StoredEvent(*row[:6], row.context)
    fields = msgspec.json.decode(row.data, type=dict[str, msgspec.Raw])
    kept = {name: value for name, value in fields.items() if name not in hidden}
    return StoredEvent(*row[:5], to_json(kept), row.context)


Sort: TypeAlias = Literal["created_at", "-created_at", "account_name"]
"""The order of a list of accounts; a name is compared case-folded, and then the order of their opening counts."""


class PlanFilter(NamedTuple):
    """Which plans to list; None is any."""

    status: str | None = None
    external_id: str | None = None


class AccountFilter(NamedTuple):
    """Which accounts to list; None is any. `part` is a part of the name, in any case."""

    plan_id: str | None = None
    status: str | None = None
    external_id: str | None = None
    part: str | None = None
    members_free_at_most: int | None = None
    seats_free_at_most: int | None = None


class Place(NamedTuple):
    """The place of an account in a list: its number, and its case-folded name where the list is sorted by name."""

    number: int
    name: str = ""


class MemberFilter(NamedTuple):
    """Which members of an account to list; None is any. `part` is a part of the name or the e-mail address."""

    role: str | None = None
    seated: bool | None = None
    status: str | None = None
    part: str | None = None

    def matches(self, row: MemberRow) -> bool:
        """Tell whether a member is wanted."""
        part = (self.part or "").casefold()
        return (
            self.role in {None, row.role}
            and self.seated in {None, bool(row.seated)}
            and self.status in {None, row.status}
            and (part in row.name or part in (row.email or ""))
        )


MOST_DUE = 100_000
"""Timers that are counted."""


def timer_item(row: TimerRow) -> Item:
    """Return a timer as an item of the list of its account."""
    return Item(f"{row.due_at} {row.kind} {row.subject}", to_json(summarize(row)))


def timer_place(after: str | None) -> tuple[str, str, str]:
    """Return the time, the kind and the subject that the key of an item holds."""
    due_at, _, rest = (after or "").partition(" ")
    kind, _, subject = rest.partition(" ")
    return due_at, kind, subject


def name_key(number: int, name: str) -> str:
    """Return the key of an account in a list that is sorted by name."""
    return f"{number}:{name}"


class Queries(Protocol):
    """The queries. A list takes a limit, and the key of the last item of the page before, or None."""

    async def plan(self, plan_id: str) -> Found | None:
        """Find a plan."""

    async def plans(self, which: PlanFilter, after: int | None, limit: int) -> list[Item]:
        """List plans, oldest first."""

    async def account(self, account_id: str) -> Found | None:
        """Find an account."""

    async def accounts(self, which: AccountFilter, sort: Sort, after: Place | None, limit: int) -> list[Item]:
        """List accounts in this order."""

    async def member(self, account_id: str, member_id: str) -> Found | None:
        """Find a member, with the version of the account."""

    async def members(self, account_id: str, which: MemberFilter, after: str | None, limit: int) -> list[Item] | None:
        """List the members of an account in the order of their ids; None if there is no such account."""

    async def invitation(self, account_id: str, invitation_id: str) -> Found | None:
        """Find an invitation, with the version of the account."""

    async def invitations(
        self, account_id: str, status: str | None, after: str | None, limit: int
    ) -> list[Item] | None:
        """List the invitations of an account in the order of their ids; None if there is no such account."""

    async def grant(self, account_id: str, grant_id: str) -> Found | None:
        """Find a grant that is in force, with the version of the account."""

    async def grants(self, account_id: str, after: str | None, limit: int) -> list[Item] | None:
        """List the grants in force of an account in the order of their ids; None if there is no such account."""

    async def api_key(self, key_id: str) -> Found | None:
        """Find an API key."""

    async def api_keys(self, after: int | None, limit: int) -> list[Item]:
        """List API keys, oldest first."""

    async def all_keys(self) -> Sequence[ApiKeyRow]:
        """Return the rows of all API keys."""

    async def key_uses(self) -> Mapping[str, str]:
        """Return when each API key was last used, as far as that is stored."""

    async def memberships_by_email(self, email: str, after: str | None, limit: int) -> list[Item]:
        """List in which accounts somebody with this e-mail address is, in the order of the accounts' ids."""

    async def memberships_by_external_id(self, external_id: str, after: str | None, limit: int) -> list[Item]:
        """List in which accounts somebody with this external id is, in the order of the accounts' ids."""

    async def webhook(self, webhook_id: str) -> Found | None:
        """Find a webhook that was not deleted."""

    async def webhooks(self, after: int | None, limit: int) -> list[Item]:
        """List the webhooks that were not deleted, oldest first."""

    async def timers(self, account_id: str, after: str | None, limit: int) -> list[Item] | None:
        """List the timers of an account, the earliest first; None if there is no such account."""

    async def first_timer(self, account_id: str) -> TimerRow | None:
        """Find the earliest timer of an account."""

    async def timers_after(self, after: Timer | None, limit: int) -> Sequence[Timer]:
        """List the timers of all accounts, the earliest first."""

    async def timers_due(self, now: str) -> int:
        """Count the timers that are due, up to a hundred thousand."""

    async def stream(self, stream_id: str, after: int, limit: int) -> list[StoredEvent]:
        """List the events of a stream after a version."""

    async def positions(self, stream_id: str, versions: Sequence[int]) -> Mapping[int, int]:
        """Return the positions of the events of a stream with these versions, by their versions."""

    async def past(self, stream_id: str, moment: Moment) -> Past | None:
        """Replay a stream up to a moment; None if it had not begun by then."""

    async def feed(self, after: int, limit: int) -> list[StoredEvent]:
        """List the events of the journal after a position, in the order of the commits."""

    async def feed_page(self, after: int, limit: int, wanted: FeedFilter = EVERYTHING) -> FeedPage:
        """List what is wanted of the journal after a position, with a bounded look at what is not.

        So a page may hold few events, or none, before the end of the journal: the position that it gives moves on.
        """

    async def refusal_of(self, stream_id: str, events: Sequence[Event]) -> Refusal | None:
        """Return by which refusal the journal would not store these events now, None if it would."""

    async def last_position(self) -> int:
        """Return the position of the newest event, 0 if there is none."""
