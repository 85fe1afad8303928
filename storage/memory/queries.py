"""The queries on views in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seatkeeper.storage.kinds import Claim, Kinds
from seatkeeper.storage.projections.accounts import ACCOUNTS, AccountRow
from seatkeeper.storage.projections.api_keys import API_KEYS, ApiKeyRow
from seatkeeper.storage.projections.members import MEMBERS, MemberRow
from seatkeeper.storage.projections.plans import PLANS, PlanRow
from seatkeeper.storage.projections.view import Deleted, Row, View, ViewChange
from seatkeeper.storage.queries import Found, Item, StoredEvent, shown
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

    async def plans(self, status: str | None, after: int | None, limit: int) -> list[Item]:
        """List plans, oldest first."""
        rows = enumerate(self._plan_rows(), 1)
        found = [Item(n, row.summary) for n, row in rows if n > (after or 0) and status in (None, row.status)]
        return found[:limit]

    async def account(self, account_id: str) -> Found | None:
        """Find an account."""
        row = self._account(account_id)
        return None if row is None else Found(row.version, row.summary)

    def _account(self, account_id: str) -> AccountRow | None:
        row = self.tables.get(ACCOUNTS, {}).get((account_id,))
        return None if row is None else AccountRow(*row)  # type: ignore[arg-type]

    async def accounts(
        self, plan_id: str | None, status: str | None, name: str | None, before: int | None, limit: int
    ) -> list[Item]:
        """List accounts, newest first; `name` is a part of the name and ignores case."""
        part = "" if name is None else name.casefold()
        rows = [
            Item(number, row.summary)
            for number, row in enumerate(self._account_rows(), 1)
            if plan_id in (None, row.plan_id) and status in (None, row.status) and part in row.name
        ]
        return [item for item in reversed(rows) if before is None or int(item.key) < before][:limit]

    async def member(self, account_id: str, member_id: str) -> Found | None:
        """Find a member, with the version of the account."""
        account = self._account(account_id)
        rows = [row for row in self._member_rows(account_id) if row.member_id == member_id]
        return Found(account.version, rows[0].summary) if rows and account else None

    async def members(self, account_id: str, after: str | None, limit: int) -> list[Item] | None:
        """List the members of an account in the order of their ids; None if there is no such account."""
        if self._account(account_id) is None:
            return None
        rows = sorted(self._member_rows(account_id))
        return [Item(row.member_id, row.summary) for row in rows if row.member_id > (after or "")][:limit]

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

    async def stream(self, stream_id: str, after: int, limit: int) -> list[StoredEvent]:
        """List the events of a stream after a version."""
        rows = [row for row in self.events if row.stream_id == stream_id and row.version > after]
        return [shown(row, self._kinds) for row in rows[:limit]]

    async def feed(self, after: int, limit: int) -> list[StoredEvent]:
        """List the events of the journal after a position, in the order of the commits."""
        return [shown(row, self._kinds) for row in self.events[after : after + limit]]

    async def last_position(self) -> int:
        """Return the position of the newest event, 0 if there is none."""
        return len(self.events)
