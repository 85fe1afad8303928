"""The journal and its views in memory: the twin of the SQLite one, for tests and simulations."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from seatkeeper.actors.journal import Append, History, JournalFull, NotStored, Receipt
from seatkeeper.storage import records, streams
from seatkeeper.storage.receipts import ReceiptRow, read_receipt, receipt_row
from seatkeeper.storage.records import EventRow, SnapshotRow
from seatkeeper.storage.views import AccountRow, Found, Item, PlanRow, StoredEvent, ViewRow, project


class MemoryViews:
    """Views in dictionaries, with the answers of the SQL ones."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.events: list[EventRow] = []
        self._plans: dict[str, PlanRow] = {}
        self._accounts: dict[str, AccountRow] = {}
        self._members: dict[str, dict[str, str]] = {}

    def put(self, row: ViewRow) -> None:
        """Carry a row into its table."""
        if isinstance(row, PlanRow):
            self._plans[row.plan_id] = row
        elif isinstance(row, AccountRow):
            self._accounts[row.account_id] = row
        elif row.summary is None:
            self._members.get(row.account_id, {}).pop(row.member_id, None)
        else:
            self._members.setdefault(row.account_id, {})[row.member_id] = row.summary

    async def plan(self, plan_id: str) -> Found | None:
        """Find a plan."""
        row = self._plans.get(plan_id)
        return None if row is None else Found(row.version, row.summary)

    async def plans(self, status: str | None, after: int | None, limit: int) -> list[Item]:
        """List plans, oldest first."""
        rows = enumerate(self._plans.values(), 1)
        found = [Item(n, row.summary) for n, row in rows if n > (after or 0) and status in (None, row.status)]
        return found[:limit]

    async def account(self, account_id: str) -> Found | None:
        """Find an account."""
        row = self._accounts.get(account_id)
        return None if row is None else Found(row.version, row.summary)

    async def accounts(
        self, plan_id: str | None, status: str | None, name: str | None, before: int | None, limit: int
    ) -> list[Item]:
        """List accounts, newest first; `name` is part of the name, in any case."""
        part = "" if name is None else name.casefold()
        rows = [
            Item(number, row.summary)
            for number, row in enumerate(self._accounts.values(), 1)
            if plan_id in (None, row.plan_id) and status in (None, row.status) and part in row.name
        ]
        return [item for item in reversed(rows) if before is None or int(item.key) < before][:limit]

    async def member(self, account_id: str, member_id: str) -> Found | None:
        """Find a member, with the version of the account."""
        summary = self._members.get(account_id, {}).get(member_id)
        return None if summary is None else Found(self._accounts[account_id].version, summary)

    async def members(self, account_id: str, after: str | None, limit: int) -> list[Item] | None:
        """List the members of an account in the order of their ids; None if there is no such account."""
        if account_id not in self._accounts:
            return None
        members = sorted(self._members.get(account_id, {}).items())
        return [Item(key, summary) for key, summary in members if key > (after or "")][:limit]

    async def stream(self, stream_id: str, after: int, limit: int) -> list[StoredEvent]:
        """List the events of a stream behind a version."""
        rows = [row for row in self.events if row.stream_id == stream_id and row.version > after]
        return [StoredEvent(*row[:-1]) for row in rows[:limit]]

    async def feed(self, after: int, limit: int) -> list[StoredEvent]:
        """List the events of the journal behind a position, in the order of the commits."""
        return [StoredEvent(*row[:-1]) for row in self.events[after : after + limit]]

    async def last_position(self) -> int:
        """Return the position of the newest event, 0 if there is none."""
        return len(self.events)


class MemoryJournal:
    """A journal whose commit is one turn of the loop later: whatever came in the same turn shares it."""

    def __init__(self, *, now: Callable[[], str], waiting: int = 10_000) -> None:
        """Begin empty; at most `waiting` appends wait for their commit."""
        self.views = MemoryViews()
        self._now = now
        self._bound = waiting
        self._queue: list[tuple[Append, list[EventRow], list[ViewRow], str]] = []
        self._receipts: dict[str, ReceiptRow] = {}
        self._snapshots: dict[str, SnapshotRow] = {}
        self._streams: dict[str, list[EventRow]] = {}

    def admit(self) -> None:
        """Raise JournalFull if an append would not be taken now."""
        if len(self._queue) >= self._bound:
            raise JournalFull

    def append(self, append: Append) -> None:
        """Take the append into the queue, in order; raise NotStored if its events or its views cannot be written."""
        self.admit()
        now, version = self._now(), append.version
        try:
            rows = [
                EventRow(0, *records.event_columns(append.stream_id, version + count, event, now))
                for count, event in enumerate(append.events, 1)
            ]
            views = project(append.state, version + len(rows), append.events) if rows else []
        except (TypeError, ValueError, OverflowError) as error:
            message = f"events of {append.stream_id} cannot be written: {error}"
            raise NotStored(message) from error
        if not self._queue:
            asyncio.get_running_loop().call_soon(self._commit)
        self._queue.append((append, rows, views, now))

    def _commit(self) -> None:
        queue, self._queue = self._queue, []
        settled: list[tuple[Append, int | None]] = []
        for append, rows, views, now in queue:
            gap = rows and append.version != len(self._streams.get(append.stream_id, ()))
            if gap or (append.receipt is not None and append.receipt.key in self._receipts):
                settled.append((append, None))
                continue
            for row in rows:
                event = row._replace(position=len(self.views.events) + 1)
                self.views.events.append(event)
                self._streams.setdefault(append.stream_id, []).append(event)
            for view in views:
                self.views.put(view)
            stored = self._streams.get(append.stream_id)
            position = stored[-1].position if stored else 0
            if append.receipt is not None:
                self._receipts[append.receipt.key] = receipt_row(append.receipt, position, now)
            settled.append((append, position))
        for append, last in settled:
            if last is None:
                append.failed(NotStored("the stream has another version, or the key a receipt"))
            else:
                append.committed(last)

    def save_snapshot(self, stream_id: str, version: int, state: object) -> None:
        """Keep the state as of `version`."""
        self._snapshots[stream_id] = records.snapshot_row(stream_id, version, state)

    async def receipt(self, key: str) -> Receipt | None:
        """Find what is stored under an idempotency key."""
        await asyncio.sleep(0)
        row = self._receipts.get(key)
        return None if row is None else read_receipt(row)

    async def load(self, stream_id: str, after: int = 0) -> History:
        """Read a page of what is stored of a stream."""
        await asyncio.sleep(0)
        rows = self._streams.get(stream_id, [])
        state, version = (None, after) if after else self._snapshot(stream_id, len(rows))
        page = rows[version : version + streams.PAGE]
        more = len(rows) > version + len(page)
        position = rows[version + len(page) - 1].position if rows else 0
        return History(state, version, [records.read_event(row) for row in page], position, more=more)

    def _snapshot(self, stream_id: str, last_version: int) -> tuple[object, int]:
        snapshot = self._snapshots.get(stream_id)
        if snapshot is None or snapshot.version > last_version:
            return None, 0
        state = records.read_snapshot(snapshot)
        return state, 0 if state is None else snapshot.version
