"""The queries in SQL, as far as the engines with tables share it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import cast

from seatkeeper.actors.aggregates.messages import Event, Refusal
from seatkeeper.actors.aggregates.timers import Timer
from seatkeeper.storage.errors import EventDamaged
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.projections.api_keys import ApiKeyRow
from seatkeeper.storage.projections.members import comparable_email, membership
from seatkeeper.storage.projections.timers import TimerRow
from seatkeeper.storage.queries import (
    EVERYTHING,
    AccountFilter,
    FeedFilter,
    FeedPage,
    Found,
    Item,
    MemberFilter,
    Moment,
    Past,
    Place,
    PlanFilter,
    Sort,
    StoredEvent,
    shown,
    timer_item,
)
from seatkeeper.storage.records import EventRow, event_checksum
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sql import feed, timers
from seatkeeper.storage.sql.lookups import RowLoader
from seatkeeper.storage.sql.past import read_past
from seatkeeper.storage.sql.pieces import Row, Sql, Value, concatenated, joined, where

_API_KEYS = f"SELECT number, {', '.join(ApiKeyRow._fields)} FROM api_keys WHERE number > ? ORDER BY number LIMIT ?"  # noqa: S608 - our own columns
_USES = "SELECT key_id, last_used_at FROM key_uses WHERE key_id > ? ORDER BY key_id LIMIT ?"
_PAGE = 1_000


class SqlQueries(ABC):
    """The queries of a database with tables; an engine adds how it runs SQL, and the SQL that is its own."""

    def __init__(self, kinds: Kinds = KINDS) -> None:
        """Query what was stored of these kinds."""
        self._kinds = kinds
        self._plans = self._loader("SELECT plan_id, version, summary FROM plans", "plan_id")
        self._accounts = self._loader("SELECT account_id, version, summary FROM accounts", "account_id")

    @abstractmethod
    async def _fetch(self, sql: str, *values: Value) -> list[Row]:
        """Run a query with the values of its marks; raise TooManyQueries, QueryTooSlow or StorageDown."""

    @abstractmethod
    def _among(self, column: str, keys: Sequence[str]) -> Sql:
        """Write the term for rows with one of these keys."""

    @abstractmethod
    def _contains(self, column: str, part: str) -> Sql:
        """Write the term for rows whose column has this part."""

    @abstractmethod
    def _members_with_accounts(self, column: str) -> str:
        """Write the source of members `m`, found by a column, with their accounts `a`."""

    def _loader(self, select: str, key: str) -> RowLoader[Found]:
        async def query(keys: Sequence[str]) -> Sequence[Row]:
            return await self._run(concatenated(select, where([self._among(key, keys)])))

        return RowLoader(query, _found)

    async def _run(self, sql: Sql) -> list[Row]:
        return await self._fetch(sql.text, *sql.values)

    async def plan(self, plan_id: str) -> Found | None:
        """Find a plan."""
        return await self._plans.find(plan_id)

    async def plans(self, which: PlanFilter, after: int | None, limit: int) -> list[Item]:
        """List plans, oldest first."""
        given = [Sql("number > ?", [after or 0])]
        given += [Sql("status = ?", [which.status])] if which.status is not None else []
        given += [Sql("external_id = ?", [which.external_id])] if which.external_id is not None else []
        return await self._items("SELECT number, summary FROM plans", given, "number", limit)

    async def _items(self, select: str, given: Sequence[Sql], order: str, limit: int) -> list[Item]:
        sql = concatenated(select, where(given), "ORDER BY", order, Sql("LIMIT ?", [limit]))
        return [Item(*row) for row in await self._run(sql)]  # type: ignore[arg-type]

    async def account(self, account_id: str) -> Found | None:
        """Find an account."""
        return await self._accounts.find(account_id)

    @abstractmethod
    async def accounts(self, which: AccountFilter, sort: Sort, after: Place | None, limit: int) -> list[Item]:
        """List accounts in this order."""

    async def member(self, account_id: str, member_id: str) -> Found | None:
        """Find a member, with the version of the account."""
        return await self._part("members", "member_id", account_id, member_id)

    async def _part(self, table: str, key: str, account_id: str, part_id: str) -> Found | None:
        """Find a part of an account, with the version of the account."""
        sql = (
            f"SELECT {key}, accounts.version, part.summary FROM {table} AS part JOIN accounts USING (account_id)"  # noqa: S608 - our own names
            f" WHERE account_id = ? AND {key} = ?"
        )
        rows = await self._fetch(sql, account_id, part_id)
        return _found(rows[0]) if rows else None

    async def members(self, account_id: str, which: MemberFilter, after: str | None, limit: int) -> list[Item] | None:
        """List the members of an account in the order of their ids; None if there is no such account."""
        given = [Sql("account_id = ? AND member_id > ?", [account_id, after or ""])]
        given += [Sql("role = ?", [which.role])] if which.role is not None else []
        given += [Sql("seated = ?", [int(which.seated)])] if which.seated is not None else []
        given += [Sql("status = ?", [which.status])] if which.status is not None else []
        if which.part:
            part = which.part.casefold()
            given.append(
                concatenated("(", joined(" OR ", [self._contains("name", part), self._contains("email", part)]), ")")
            )
        return await self._parts("members", "member_id", account_id, given, limit)

    async def _parts(
        self, table: str, key: str, account_id: str, given: Sequence[Sql], limit: int
    ) -> list[Item] | None:
        """List parts of an account in the order of their ids; None if there is no such account."""
        items = await self._items(f"SELECT {key}, summary FROM {table}", given, key, limit)  # noqa: S608 - our own names
        if not items and await self.account(account_id) is None:
            return None
        return items

    async def invitation(self, account_id: str, invitation_id: str) -> Found | None:
        """Find an invitation, with the version of the account."""
        return await self._part("invitations", "invitation_id", account_id, invitation_id)

    async def invitations(
        self, account_id: str, status: str | None, after: str | None, limit: int
    ) -> list[Item] | None:
        """List the invitations of an account in the order of their ids; None if there is no such account."""
        given = [Sql("account_id = ? AND invitation_id > ?", [account_id, after or ""])]
        given += [Sql("status = ?", [status])] if status is not None else []
        return await self._parts("invitations", "invitation_id", account_id, given, limit)

    async def grant(self, account_id: str, grant_id: str) -> Found | None:
        """Find a grant that is in force, with the version of the account."""
        return await self._part("grants", "grant_id", account_id, grant_id)

    async def grants(self, account_id: str, after: str | None, limit: int) -> list[Item] | None:
        """List the grants in force of an account in the order of their ids; None if there is no such account."""
        given = [Sql("account_id = ? AND grant_id > ?", [account_id, after or ""])]
        return await self._parts("grants", "grant_id", account_id, given, limit)

    async def memberships_by_email(self, email: str, after: str | None, limit: int) -> list[Item]:
        """List in which accounts somebody with this e-mail address is, in the order of the accounts' ids."""
        return await self._memberships("email", comparable_email(email), after, limit)

    async def memberships_by_external_id(self, external_id: str, after: str | None, limit: int) -> list[Item]:
        """List in which accounts somebody with this external id is, in the order of the accounts' ids."""
        return await self._memberships("external_id", external_id, after, limit)

    async def _memberships(self, column: str, value: str, after: str | None, limit: int) -> list[Item]:
        account_id, _, member_id = (after or ":").partition(":")
        sql = concatenated(
            "SELECT m.account_id, m.member_id, a.summary, m.summary FROM",
            self._members_with_accounts(column),
            Sql(f"WHERE m.{column} = ? AND (m.account_id, m.member_id) > (?, ?)", [value, account_id, member_id]),
            "ORDER BY m.account_id, m.member_id",
            Sql("LIMIT ?", [limit]),
        )
        rows: Sequence[tuple[str, ...]] = await self._run(sql)  # type: ignore[assignment]
        return [Item(f"{row[0]}:{row[1]}", membership(row[2], row[3])) for row in rows]

    async def api_key(self, key_id: str) -> Found | None:
        """Find an API key."""
        rows = await self._fetch("SELECT key_id, version, summary FROM api_keys WHERE key_id = ?", key_id)
        return _found(rows[0]) if rows else None

    async def api_keys(self, after: int | None, limit: int) -> list[Item]:
        """List API keys, oldest first."""
        sql = "SELECT number, summary FROM api_keys WHERE number > ? ORDER BY number LIMIT ?"
        return [Item(*row) for row in await self._fetch(sql, after or 0, limit)]  # type: ignore[arg-type]

    async def all_keys(self) -> Sequence[ApiKeyRow]:
        """Return the rows of all API keys."""
        return [ApiKeyRow(*row[1:]) for row in await self._all(_API_KEYS, 0)]  # type: ignore[arg-type]

    async def key_uses(self) -> Mapping[str, str]:
        """Return when each API key was last used, as far as that is stored."""
        return dict(cast("list[tuple[str, str]]", await self._all(_USES, "")))

    async def _all(self, sql: str, after: Value) -> Sequence[Row]:
        """Fetch all rows page by page; the first column is the key that a page starts after."""
        rows: list[Row] = []
        while page := await self._fetch(sql, after, _PAGE):
            rows += page
            after = page[-1][0]
        return rows

    async def webhook(self, webhook_id: str) -> Found | None:
        """Find a webhook that was not deleted."""
        sql = "SELECT webhook_id, version, summary FROM webhooks WHERE webhook_id = ? AND status <> 'deleted'"
        rows = await self._fetch(sql, webhook_id)
        return _found(rows[0]) if rows else None

    async def webhooks(self, after: int | None, limit: int) -> list[Item]:
        """List the webhooks that were not deleted, oldest first."""
        sql = "SELECT number, summary FROM webhooks WHERE status <> 'deleted' AND number > ? ORDER BY number LIMIT ?"
        return [Item(*row) for row in await self._fetch(sql, after or 0, limit)]  # type: ignore[arg-type]

    async def timers(self, account_id: str, after: str | None, limit: int) -> list[Item] | None:
        """List the timers of an account, the earliest first; None if there is no such account."""
        items = [timer_item(row) for row in await timers.of_account(self._fetch, account_id, after, limit)]
        return None if not items and await self.account(account_id) is None else items

    async def first_timer(self, account_id: str) -> TimerRow | None:
        """Find the earliest timer of an account."""
        rows = await timers.of_account(self._fetch, account_id, None, 1)
        return rows[0] if rows else None

    async def timers_after(self, after: Timer | None, limit: int) -> Sequence[Timer]:
        """List the timers of all accounts, the earliest first."""
        return await timers.after(self._fetch, after, limit)

    async def timers_due(self, now: str) -> int:
        """Count the timers that are due, up to a hundred thousand."""
        return await timers.count_due(self._fetch, now)

    async def stream(self, stream_id: str, after: int, limit: int) -> list[StoredEvent]:
        """List the events of a stream after a version; raise EventDamaged."""
        sql = f"{feed.EVENT} WHERE stream_id = ? AND version > ? ORDER BY version LIMIT ?"
        return [self._checked(row) for row in await self._fetch(sql, stream_id, after, limit)]

    async def positions(self, stream_id: str, versions: Sequence[int]) -> Mapping[int, int]:
        """Return the positions of the events of a stream with these versions, by their versions."""
        found: dict[int, int] = {}
        for some in (versions[start : start + _PAGE] for start in range(0, len(versions), _PAGE)):
            marks = ", ".join("?" * len(some))
            sql = f"SELECT version, position FROM events WHERE stream_id = ? AND version IN ({marks})"  # noqa: S608 - our own marks
            found.update(cast("list[tuple[int, int]]", await self._fetch(sql, stream_id, *some)))
        return found

    async def past(self, stream_id: str, moment: Moment) -> Past | None:
        """Replay a stream up to a moment, None if it had not begun by then; raise EventDamaged."""
        return await read_past(lambda sql, values: self._fetch(sql, *values), stream_id, moment, self._kinds)

    async def feed(self, after: int, limit: int) -> list[StoredEvent]:
        """List the events of the journal after a position, in the order of the commits; raise EventDamaged."""
        sql = f"{feed.EVENT} WHERE position > ? ORDER BY position LIMIT ?"
        events = [self._checked(row) for row in await self._fetch(sql, after, limit)]
        for position, event in enumerate(events, after + 1):
            if event.position != position:
                message = f"there is no event at position {position}"
                raise EventDamaged(message)
        return events

    async def feed_page(self, after: int, limit: int, wanted: FeedFilter = EVERYTHING) -> FeedPage:
        """List what is wanted of the journal after a position, looking at so much at most; raise EventDamaged."""
        if wanted == EVERYTHING:
            events = await self.feed(after, limit)
            return FeedPage(events, events[-1].position if events else min(after, await self.last_position()))
        if wanted.stream_id is None:
            return await self._feed_of_blocks(after, limit, wanted)
        ((version, end),) = cast("list[tuple[int, int]]", await self._fetch(feed.IN_STREAM, wanted.stream_id, after))
        events = await self._events(feed.page_of_stream(wanted, version, end, limit))
        return FeedPage(events, events[-1].position if len(events) == limit else end)

    async def _feed_of_blocks(self, after: int, limit: int, wanted: FeedFilter) -> FeedPage:
        end = await self.last_position()
        blocks = [block for (block,) in cast("list[tuple[int]]", await self._run(feed.blocks(wanted, after)))]
        events: list[StoredEvent] = []
        last = end
        for first, last in feed.runs(blocks):
            query = feed.page(wanted, max(after, first - 1), min(last, end), limit - len(events))
            events += await self._events(query)
            if len(events) == limit:
                return FeedPage(events, events[-1].position)
        return FeedPage(events, end if len(blocks) < feed.BLOCKS else min(last, end))

    async def _events(self, sql: Sql) -> list[StoredEvent]:
        return [self._checked(row) for row in await self._run(sql)]

    async def refusal_of(self, stream_id: str, events: Sequence[Event]) -> Refusal | None:
        """Return by which refusal the journal would not store these events now, None if it would."""
        claim = self._kinds.claim(stream_id, events)
        if claim is None:
            return None
        table, column, key = claim.view.table, claim.unique.column, claim.view.columns[0]
        sql = f"SELECT {key} FROM {table} WHERE {column} = ? AND {key} <> ?"  # noqa: S608 - our own names
        taken = await self._fetch(sql, claim.value, claim.owner)
        return claim.unique.refusal(claim.value) if taken else None

    async def last_position(self) -> int:
        """Return the position of the newest event, 0 if there is none."""
        for row in await self._fetch("SELECT coalesce(max(position), 0) FROM events"):
            return cast("int", row[0])
        return 0

    def _checked(self, row: Row) -> StoredEvent:
        """Check the checksum of a row, in 0.4 ms for a thousand events, and return its event without what is hidden."""
        event = EventRow(*row)  # type: ignore[arg-type] # STRICT columns
        if event.checksum != event_checksum(event):
            message = f"event {event.position} of the journal does not match its checksum"
            raise EventDamaged(message)
        return shown(event, self._kinds)


def _found(row: Row) -> Found:
    return Found(*row[1:])  # type: ignore[arg-type]
