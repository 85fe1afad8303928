"""The queries on views in memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

from seatkeeper.actors.aggregates.messages import Event, Refusal
from seatkeeper.actors.aggregates.timers import Timer
from seatkeeper.storage.kinds import Claim, Kinds
from seatkeeper.storage.projections.accounts import ACCOUNTS, AccountRow
from seatkeeper.storage.projections.api_keys import API_KEYS, ApiKeyRow
from seatkeeper.storage.projections.grants import GRANTS
from seatkeeper.storage.projections.invitations import INVITATIONS
from seatkeeper.storage.projections.members import MEMBERS, MemberRow, comparable_email, membership
from seatkeeper.storage.projections.plans import PLANS, PlanRow
from seatkeeper.storage.projections.timers import TIMERS, TimerRow, timer_of
from seatkeeper.storage.projections.view import Deleted, Row, View, ViewChange
from seatkeeper.storage.projections.webhooks import WEBHOOKS, WebhookRow
from seatkeeper.storage.queries import (
    EVERYTHING,
    MOST_DUE,
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
    name_key,
    shown,
    timer_item,
    timer_place,
)
from seatkeeper.storage.records import EventRow, read_event
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

    async def refusal_of(self, stream_id: str, events: Sequence[Event]) -> Refusal | None:
        """Return by which refusal the journal would not store these events now, None if it would."""
        claim = self._kinds.claim(stream_id, events)
        return None if claim is None or not self.is_taken(claim) else claim.unique.refusal(claim.value)

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
        rows = [(number, row) for number, row in enumerate(self._account_rows(), 1) if _account_fits(row, which)]
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
        return self._part(MEMBERS, account_id, member_id)

    async def members(self, account_id: str, which: MemberFilter, after: str | None, limit: int) -> list[Item] | None:
        """List the members of an account in the order of their ids; None if there is no such account."""
        if self._account(account_id) is None:
            return None
        members = sorted(self._member_rows(account_id), key=lambda row: row.member_id)
        rows = [row for row in members if row.member_id > (after or "") and which.matches(row)]
        return [Item(row.member_id, row.summary) for row in rows[:limit]]

    async def invitation(self, account_id: str, invitation_id: str) -> Found | None:
        """Find an invitation, with the version of the account."""
        return self._part(INVITATIONS, account_id, invitation_id)

    async def invitations(
        self, account_id: str, status: str | None, after: str | None, limit: int
    ) -> list[Item] | None:
        """List the invitations of an account in the order of their ids; None if there is no such account."""
        return self._parts(INVITATIONS, account_id, after, limit, lambda row: status is None or row[2] == status)

    async def grant(self, account_id: str, grant_id: str) -> Found | None:
        """Find a grant that is in force, with the version of the account."""
        return self._part(GRANTS, account_id, grant_id)

    async def grants(self, account_id: str, after: str | None, limit: int) -> list[Item] | None:
        """List the grants in force of an account in the order of their ids; None if there is no such account."""
        return self._parts(GRANTS, account_id, after, limit, lambda _row: True)

    def _part(self, view: View, account_id: str, part_id: str) -> Found | None:
        account, row = self._account(account_id), self.tables.get(view, {}).get((account_id, part_id))
        return Found(account.version, str(row[-1])) if row is not None and account is not None else None

    def _parts(
        self, view: View, account_id: str, after: str | None, limit: int, fits: Callable[[Row], bool]
    ) -> list[Item] | None:
        if self._account(account_id) is None:
            return None
        rows = sorted(
            (row for row in self.tables.get(view, {}).values() if row[0] == account_id), key=lambda row: str(row[1])
        )
        return [Item(str(row[1]), str(row[-1])) for row in rows if str(row[1]) > (after or "") and fits(row)][:limit]

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

    def _timer_rows(self) -> list[TimerRow]:
        return [TimerRow(*row) for row in self.tables.get(TIMERS, {}).values()]  # type: ignore[arg-type]

    async def timers(self, account_id: str, after: str | None, limit: int) -> list[Item] | None:
        """List the timers of an account, the earliest first; None if there is no such account."""
        if self._account(account_id) is None:
            return None
        rows = [row for row in self._timer_rows() if row.account_id == account_id]
        places = sorted((row.due_at, row.kind, row.subject, row) for row in rows)
        return [timer_item(row) for *place, row in places if tuple(place) > timer_place(after)][:limit]

    async def first_timer(self, account_id: str) -> TimerRow | None:
        """Find the earliest timer of an account."""
        rows = [row for row in self._timer_rows() if row.account_id == account_id]
        return min(rows, key=lambda row: (row.due_at, row.kind, row.subject), default=None)

    async def timers_after(self, after: Timer | None, limit: int) -> Sequence[Timer]:
        """List the timers of all accounts, the earliest first."""
        timers = map(timer_of, self._timer_rows())
        return sorted(timer for timer in timers if after is None or timer > after)[:limit]

    async def timers_due(self, now: str) -> int:
        """Count the timers that are due, up to a hundred thousand."""
        return min(MOST_DUE, sum(row.due_at <= now for row in self._timer_rows()))

    async def stream(self, stream_id: str, after: int, limit: int) -> list[StoredEvent]:
        """List the events of a stream after a version."""
        rows = [row for row in self.events if row.stream_id == stream_id and row.version > after]
        return [shown(row, self._kinds) for row in rows[:limit]]

    async def positions(self, stream_id: str, versions: Sequence[int]) -> Mapping[int, int]:
        """Return the positions of the events of a stream with these versions, by their versions."""
        rows = (row for row in self.events if row.stream_id == stream_id and row.version in set(versions))
        return {row.version: row.position for row in rows}

    async def past(self, stream_id: str, moment: Moment) -> Past | None:
        """Replay a stream up to a moment; None if it had not begun by then."""
        evolve = self._kinds.of_stream(stream_id).actor.evolve
        past = None
        state: object = None
        for row in self.events:
            if row.stream_id == stream_id and (row.position if isinstance(moment, int) else row.recorded_at) <= moment:  # type: ignore[operator]
                state = evolve(state, read_event(row, self._kinds))
                past = Past(state, row.version, row.position, row.recorded_at)
        return past

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


def _account_fits(row: AccountRow, which: AccountFilter) -> bool:
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
