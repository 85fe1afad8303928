"""The queries on views in memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

from seatkeeper.storage.kinds import Claim, Kinds
from seatkeeper.storage.projections.accounts import ACCOUNTS, AccountRow
from seatkeeper.storage.projections.api_keys import API_KEYS, ApiKeyRow
from seatkeeper.storage.projections.members import MEMBERS, STATUS, MemberRow, comparable_email, membership
from seatkeeper.storage.projections.plans import PLANS, PlanRow
from seatkeeper.storage.projections.view import Deleted, Row, View, ViewChange
from seatkeeper.storage.projections.webhooks import WEBHOOKS, WebhookRow
from seatkeeper.storage.queries import (
    EVERYTHING,
    AccountFilter,
    FeedFilter,
    FeedPage,
    Found,
    Item,
    MemberFilter,
    Place,
    PlanFilter,
    Sort,
    StoredEvent,
    name_key,
    shown,
)
from seatkeeper.storage.records import EventRow
from seatkeeper.storage.registry import KINDS


class MemoryQueries:
    """Views in dictionaries, with the same answers as SqliteQueries."""

    def __init__(self, kinds: Kinds = KINDS) -> None:
        """Start empty, for these kinds."""
        self._kinds = kinds
        self.events: list[EventRow] = []
        self.tables: dict[View, dict[Row, Row]] = {}

    def put(self, change: ViewChange) -> None:
        """Apply a change to its table."""
        view, row = change
        table = self.tables.setdefault(view, {})
        if isinstance(row, Deleted):
            table.pop(row.key, None)
        else:
            table[row[: view.key_columns]] = row

    def is_taken(self, claim: Claim) -> bool:
        """Return whether another aggregate has the claimed value."""
        column = claim.view.columns.index(claim.unique.column)
        rows = self.tables.get(claim.view, {}).values()
        return any(row[column] == claim.value and row[0] != claim.owner for row in rows)

    def _plan_rows(self) -> list[PlanRow]:
        return [PlanRow(*row) for row in self.tables.get(PLANS, {}).values()]  # type: ignore[arg-type]

    def _account_rows(self) -> list[AccountRow]:
        return [AccountRow(*row) for row in self.tables.get(ACCOUNTS, {}).values()]  # type: ignore[arg-type]

    def _member_rows(self, account_id: str) -> list[MemberRow]:
        rows = [row for key, row in self.tables.get(MEMBERS, {}).items() if key[0] == account_id]
        return [MemberRow(*row) for row in rows]  # type: ignore[arg-type]

    async def plan(self, plan_id: str) -> Found | None:
        """Find a plan."""
        return next((Found(row.version, row.summary) for row in self._plan_rows() if row.plan_id == plan_id), None)

    async def plans(self, which: PlanFilter, after: int | None, limit: int) -> list[Item]:
        """List plans, oldest first."""
        found = [
            Item(number, row.summary)
            for number, row in enumerate(self._plan_rows(), 1)
            if number > (after or 0)
            and which.status in {None, row.status}
            and which.external_id in {None, row.external_id}
        ]
        return found[:limit]

    async def account(self, account_id: str) -> Found | None:
        """Find an account."""
        row = self._account(account_id)
        return None if row is None else Found(row.version, row.summary)

    def _account(self, account_id: str) -> AccountRow | None:
        row = self.tables.get(ACCOUNTS, {}).get((account_id,))
        return None if row is None else AccountRow(*row)  # type: ignore[arg-type]

    async def accounts(self, which: AccountFilter, sort: Sort, after: Place | None, limit: int) -> list[Item]:
        """List accounts in this order."""
        rows = [(number, row) for number, row in enumerate(self._account_rows(), 1) if _fits(row, which)]
        if sort == "account_name":
            rows.sort(key=lambda numbered: (numbered[1].name, numbered[0]))
            rows = [(n, row) for n, row in rows if after is None or (row.name, n) > (after.name, after.number)]
            return [Item(name_key(number, row.name), row.summary) for number, row in rows[:limit]]
        if sort == "-created_at":
            rows = [(n, row) for n, row in reversed(rows) if after is None or n < after.number]
        else:
            rows = [(n, row) for n, row in rows if after is None or n > after.number]
        return [Item(number, row.summary) for number, row in rows[:limit]]

    async def member(self, account_id: str, member_id: str) -> Found | None:
        """Find a member, with the version of the account."""
        account = self._account(account_id)
        rows = [row for row in self._member_rows(account_id) if row.member_id == member_id]
        return Found(account.version, rows[0].summary) if rows and account else None

    async def members(self, account_id: str, which: MemberFilter, after: str | None, limit: int) -> list[Item] | None:
        """List the members of an account in the order of their ids; None if there is no such account."""
        if self._account(account_id) is None:
            return None
        part = (which.part or "").casefold()
        rows = [
            row
            for row in sorted(self._member_rows(account_id), key=lambda row: row.member_id)
            if row.member_id > (after or "")
            and which.role in {None, row.role}
            and which.seated in {None, bool(row.seated)}
            and which.status in {None, STATUS}
            and (part in row.name or part in (row.email or ""))
        ]
        return [Item(row.member_id, row.summary) for row in rows[:limit]]

    async def memberships_by_email(self, email: str, after: str | None, limit: int) -> list[Item]:
        """List in which accounts somebody with this e-mail address is, in the order of the accounts' ids."""
        return self._memberships(lambda row: row.email == comparable_email(email), after, limit)

    async def memberships_by_external_id(self, external_id: str, after: str | None, limit: int) -> list[Item]:
        """List in which accounts somebody with this external id is, in the order of the accounts' ids."""
        return self._memberships(lambda row: row.external_id == external_id, after, limit)

    def _memberships(self, fits: Callable[[MemberRow], bool], after: str | None, limit: int) -> list[Item]:
        found: list[Item] = []
        for key in sorted(self.tables.get(MEMBERS, {})):
            row = MemberRow(*self.tables[MEMBERS][key])  # type: ignore[arg-type]
            account, place = self._account(row.account_id), f"{row.account_id}:{row.member_id}"
            if account is not None and place > (after or "") and fits(row):
                found.append(Item(place, membership(account.summary, row.summary)))
        return found[:limit]

    async def api_key(self, key_id: str) -> Found | None:
        """Find an API key."""
        found = (row for row in await self.all_keys() if row.key_id == key_id)
        return next((Found(row.version, row.summary) for row in found), None)

    async def api_keys(self, after: int | None, limit: int) -> list[Item]:
        """List API keys, oldest first."""
        rows = enumerate(await self.all_keys(), 1)
        return [Item(number, row.summary) for number, row in rows if number > (after or 0)][:limit]

    async def all_keys(self) -> Sequence[ApiKeyRow]:
        """Return the rows of all API keys."""
        return [ApiKeyRow(*row) for row in self.tables.get(API_KEYS, {}).values()]  # type: ignore[arg-type]

    async def key_uses(self) -> Mapping[str, str]:
        """Return nothing: uses are not stored here."""
        return {}

    def _webhook_rows(self) -> list[tuple[int, WebhookRow]]:
        rows = [WebhookRow(*row) for row in self.tables.get(WEBHOOKS, {}).values()]  # type: ignore[arg-type]
        return [(number, row) for number, row in enumerate(rows, 1) if row.status != "deleted"]

    async def webhook(self, webhook_id: str) -> Found | None:
        """Find a webhook that was not deleted."""
        rows = [row for _, row in self._webhook_rows() if row.webhook_id == webhook_id]
        return Found(rows[0].version, rows[0].summary) if rows else None

    async def webhooks(self, after: int | None, limit: int) -> list[Item]:
        """List the webhooks that were not deleted, oldest first."""
        return [Item(number, row.summary) for number, row in self._webhook_rows() if number > (after or 0)][:limit]

    async def stream(self, stream_id: str, after: int, limit: int) -> list[StoredEvent]:
        """List the events of a stream after a version."""
        rows = [row for row in self.events if row.stream_id == stream_id and row.version > after]
        return [shown(row, self._kinds) for row in rows[:limit]]

    async def feed(self, after: int, limit: int) -> list[StoredEvent]:
        """List the events of the journal after a position, in the order of the commits."""
        return [shown(row, self._kinds) for row in self.events[after : after + limit]]

    async def feed_page(self, after: int, limit: int, wanted: FeedFilter = EVERYTHING) -> FeedPage:
        """List what is wanted of the journal after a position."""
        rows = (shown(row, self._kinds) for row in self.events[after:])
        found = list(itertools.islice(filter(wanted.matches, rows), limit))
        return FeedPage(found, found[-1].position if len(found) == limit else len(self.events))

    async def last_position(self) -> int:
        """Return the position of the newest event, 0 if there is none."""
        return len(self.events)


def _fits(row: AccountRow, which: AccountFilter) -> bool:
    """Tell whether a list shows this account."""
    part = (which.part or "").casefold()
    return (
        which.plan_id in {None, row.plan_id}
        and which.status in {None, row.status}
        and which.external_id in {None, row.external_id}
        and part in row.name
        and (which.members_free_at_most is None or row.members_free <= which.members_free_at_most)
        and (which.seats_free_at_most is None or row.seats_free <= which.seats_free_at_most)
    )
