"""Views: query rows that follow from events, and the queries that read them.

The rows are written in the transaction of their events, so whoever heard of a command reads what it did. A summary is
kept as the JSON that the API answers, and is handed out as it lies there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeAlias

from seatkeeper.actors.accounts import summaries
from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.events import MemberId
from seatkeeper.actors.messages import Event
from seatkeeper.actors.subscriptions import plan as plans
from seatkeeper.actors.subscriptions.plan import Plan
from seatkeeper.storage.records import to_json


class PlanRow(NamedTuple):
    """A row of the table `plans`."""

    plan_id: str
    status: str
    version: int
    summary: str


class AccountRow(NamedTuple):
    """A row of the table `accounts`."""

    account_id: str
    plan_id: str
    status: str
    name: str
    version: int
    summary: str


class MemberRow(NamedTuple):
    """A row of the table `members`; without a summary the member is gone."""

    account_id: str
    member_id: str
    summary: str | None


ViewRow: TypeAlias = PlanRow | AccountRow | MemberRow


def project(state: object, version: int, events: Sequence[Event]) -> list[ViewRow]:
    """Make the rows that these events leave different, from the state that they led to."""
    if isinstance(state, Plan):
        summary = plans.summarize(state, version)
        return [PlanRow(state.plan_id, summary.status, version, to_json(summary))]
    if not isinstance(state, Account):
        message = f"{state!r} has no view"
        raise TypeError(message)
    rows: list[ViewRow] = [account_row(state, version)]
    told: set[MemberId] = set()
    for event in events:
        member_id: MemberId | None = getattr(event, "member_id", None)
        if member_id is not None and member_id not in told:
            told.add(member_id)
            rows.append(member_row(state, member_id))
    return rows


def account_row(account: Account, version: int) -> AccountRow:
    """Make the row of an account."""
    summary = to_json(summaries.summarize(account, version))
    name = account.account_name.casefold()
    return AccountRow(account.account_id, account.plan_id, account.status, name, version, summary)


def member_row(account: Account, member_id: MemberId) -> MemberRow:
    """Make the row of a member, or the mark that there is none."""
    gone = member_id not in account.members
    summary = None if gone else to_json(summaries.summarize_member(account, member_id))
    return MemberRow(account.account_id, member_id, summary)


class Found(NamedTuple):
    """A summary as JSON, with the version of its aggregate."""

    version: int
    summary: str


class Item(NamedTuple):
    """A summary as JSON, with the key that the next page goes on from."""

    key: str | int
    summary: str


class StoredEvent(NamedTuple):
    """An event as it lies in the journal; `data` is JSON."""

    position: int
    stream_id: str
    version: int
    type: str
    recorded_at: str
    data: str


class Views(Protocol):
    """The queries. Lists take the key of the last item that was seen, or None, and a limit."""

    async def plan(self, plan_id: str) -> Found | None:
        """Find a plan."""

    async def plans(self, status: str | None, after: int | None, limit: int) -> list[Item]:
        """List plans, oldest first."""

    async def account(self, account_id: str) -> Found | None:
        """Find an account."""

    async def accounts(
        self, plan_id: str | None, status: str | None, name: str | None, before: int | None, limit: int
    ) -> list[Item]:
        """List accounts, newest first; `name` is part of the name, in any case."""

    async def member(self, account_id: str, member_id: str) -> Found | None:
        """Find a member, with the version of the account."""

    async def members(self, account_id: str, after: str | None, limit: int) -> list[Item] | None:
        """List the members of an account in the order of their ids; None if there is no such account."""

    async def stream(self, stream_id: str, after: int, limit: int) -> list[StoredEvent]:
        """List the events of a stream behind a version."""

    async def feed(self, after: int, limit: int) -> list[StoredEvent]:
        """List the events of the journal behind a position, in the order of the commits."""

    async def last_position(self) -> int:
        """Return the position of the newest event, 0 if there is none."""
