"""Timers as every engine stores them: with the event that asks for one, until the one that ends it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.evolution import evolve
from seatkeeper.actors.accounts.grants.events import GrantEnded, GrantMade
from seatkeeper.actors.accounts.invitations.events import (
    InvitationAccepted,
    InvitationExpired,
    InvitationMade,
    InvitationRenewed,
    InvitationRevoked,
)
from seatkeeper.actors.accounts.profile.events import AccountClosed, AccountSuspended
from seatkeeper.actors.accounts.terms.events import (
    GraceEnded,
    GraceStarted,
    ScheduledChangeApplied,
    ScheduledChangeCancelled,
    ScheduledChangeSet,
    TrialChanged,
    TrialEnded,
)
from seatkeeper.actors.accounts.values import ChangeId, GrantId, InvitationId, MoveTo
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.actors.aggregates.timers import Timer
from seatkeeper.storage.projections import timers
from seatkeeper.storage.projections.view import Deleted
from tests.accounts.past import AT, EVE, FREE, called, opened
from tests.scenario import flat
from tests.storage.stores import Store, account_id

ACCOUNT = account_id(1)
FIRST, SECOND, THIRD = (f"2026-12-0{day}T12:00:00.000Z" for day in (1, 2, 3))
ONE, TWO = InvitationId("01900000-0000-7000-8000-0000000001d1"), InvitationId("01900000-0000-7000-8000-0000000001d2")
GRANT, CHANGE, OTHER = GrantId("grant"), ChangeId("change"), ChangeId("other")


def trial(ends_at: str, then: str | MoveTo = "suspend") -> Event:
    return TrialChanged(ends_at, then)  # type: ignore[arg-type] # one of the words


def invited(invitation_id: InvitationId, expires_at: str) -> Event:
    return InvitationMade(
        invitation_id,
        f"{invitation_id}@example.com",
        "member",
        seated=False,
        token_hash="hash",
        expires_at=expires_at,
        created_at=AT,
    )


def granted(expires_at: str | None) -> Event:
    return GrantMade(GRANT, 1, 2, "a gift", expires_at, AT)


def scheduled(effective_at: str, change_id: ChangeId = CHANGE) -> Event:
    return ScheduledChangeSet(change_id, FREE, effective_at, "freeze", None, ())


def grace(ends_at: str) -> Event:
    return GraceStarted("change", ends_at, 10, 10, ())


ALL = [trial(FIRST), invited(ONE, SECOND), invited(TWO, THIRD), granted(SECOND), scheduled(THIRD), grace(SECOND)]

HISTORIES: dict[str, Sequence[Event]] = {
    "nothing": [],
    "a trial": [trial(FIRST)],
    "a trial that was extended": [trial(FIRST), trial(SECOND, MoveTo(FREE))],
    "a trial that has ended": [trial(FIRST), TrialEnded("converted")],
    "an invitation": [invited(ONE, FIRST)],
    "an invitation that was renewed": [invited(ONE, FIRST), InvitationRenewed(ONE, "hash", SECOND)],
    "an invitation that was taken": [invited(ONE, FIRST), InvitationAccepted(ONE, EVE)],
    "an invitation that was revoked": [invited(ONE, FIRST), invited(TWO, SECOND), InvitationRevoked(ONE)],
    "an invitation that has expired": [invited(ONE, FIRST), InvitationExpired(ONE)],
    "one that has expired and was renewed": [
        *(invited(ONE, FIRST), InvitationExpired(ONE), InvitationRenewed(ONE, "hash", THIRD)),
    ],
    "a grant": [granted(FIRST)],
    "a grant without an end": [granted(None)],
    "a grant that has ended": [granted(FIRST), GrantEnded(GRANT, "withdrawn")],
    "a change of plan": [scheduled(FIRST)],
    "a change that took the place of another": [scheduled(FIRST), scheduled(SECOND, OTHER)],
    "a change that was cancelled": [scheduled(FIRST), ScheduledChangeCancelled(CHANGE)],
    "a change that has come, with a grace": [scheduled(FIRST), ScheduledChangeApplied(CHANGE), grace(SECOND)],
    "a grace that is over": [grace(FIRST), GraceEnded("change", "over")],
    "everything": ALL,
    "everything of a suspended account": [*ALL, AccountSuspended(None)],
    "an end": [*ALL, AccountClosed(None)],
}


def ids(due: Sequence[Timer]) -> list[str]:
    return [timer.aggregate_id for timer in due]


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_what_events_change_leads_to_what_the_state_wants(history: Sequence[Event]) -> None:
    account: Account | None = None
    table: dict[tuple[object, ...], timers.TimerRow] = {}
    for event in flat([opened(account_id=ACCOUNT), history]):
        account = evolve(account, event)
        for row in timers.changes(account, 0, [event]):
            if isinstance(row, Deleted):
                table.pop(row.key, None)
            else:
                table[row[: timers.TIMERS.key_columns]] = row
        assert sorted(table.values()) == sorted(timers.rows(account, 0))


def test_a_sign_up_without_a_trial_changes_no_timer() -> None:
    events = flat([opened()])
    account = evolve(evolve(None, events[0]), events[1])
    assert timers.changes(account, 0, events) == []


async def test_a_timer_is_stored_with_its_event_and_removed_with_the_one_that_ends_it(store: Store) -> None:
    account = store.account(1)
    await account.append(opened(account_id=ACCOUNT), trial(FIRST))
    assert await store.queries.timers_after(None, 10) == [Timer(FIRST, ACCOUNT, "trial-ends", ACCOUNT)]
    await account.append(trial(SECOND))
    assert await store.queries.timers_after(None, 10) == [Timer(SECOND, ACCOUNT, "trial-ends", ACCOUNT)]
    await account.append(TrialEnded("converted"))
    assert await store.queries.timers_after(None, 10) == []


async def test_a_timer_is_not_stored_when_its_event_is_not(store: Store) -> None:
    await store.account(2).append(opened(account_id=account_id(2)), called("crm-1"))
    account = store.account(1)
    await account.append(opened(account_id=ACCOUNT))
    await account.append(called("crm-1"), trial(FIRST)).outcome()
    assert await store.queries.timers_after(None, 10) == []


async def test_the_end_of_an_account_removes_all_its_timers_and_no_others(store: Store) -> None:
    for number in (1, 2):
        await store.account(number).append(opened(account_id=account_id(number)), *ALL)
    assert len(await store.queries.timers_after(None, 100)) == 12
    account = store.account(3)
    await account.append(opened(account_id=account_id(3)), *ALL)
    await account.append(AccountClosed(None))
    assert set(ids(await store.queries.timers_after(None, 100))) == {account_id(1), account_id(2)}


async def test_they_are_listed_the_earliest_first(store: Store) -> None:
    for number, due_at in enumerate((SECOND, THIRD, FIRST), 1):
        await store.account(number).append(opened(account_id=account_id(number)), trial(due_at))
    assert ids(await store.queries.timers_after(None, 10)) == [account_id(3), account_id(1), account_id(2)]


async def test_a_page_begins_after_the_last_timer_of_the_one_before(store: Store) -> None:
    for number in range(1, 8):
        await store.account(number).append(opened(account_id=account_id(number)), trial(FIRST), granted(FIRST))
    found: list[Timer] = []
    while page := await store.queries.timers_after(found[-1] if found else None, 4):
        found += page
    assert found == sorted(found)
    assert len(found) == len(set(found)) == 14


async def test_only_those_that_are_due_are_counted(store: Store) -> None:
    for number, due_at in enumerate((FIRST, SECOND, THIRD), 1):
        await store.account(number).append(opened(account_id=account_id(number)), trial(due_at))
    assert await store.queries.timers_due(SECOND) == 2
    assert await store.queries.timers_due(AT) == 0


async def test_those_of_an_account_are_listed_for_clients(store: Store) -> None:
    await store.account(1).append(opened(account_id=ACCOUNT), *ALL)
    items = await store.queries.timers(ACCOUNT, None, 100)
    assert items is not None
    assert [json.loads(item.summary) for item in items] == [
        {"timer_id": ACCOUNT, "kind": "trial-ends", "due_at": FIRST, "subject": ACCOUNT},
        {"timer_id": "change", "kind": "grace-ends", "due_at": SECOND, "subject": ACCOUNT},
        {"timer_id": GRANT, "kind": "grant-expires", "due_at": SECOND, "subject": GRANT},
        {"timer_id": ONE, "kind": "invitation-expires", "due_at": SECOND, "subject": ONE},
        {"timer_id": TWO, "kind": "invitation-expires", "due_at": THIRD, "subject": TWO},
        {"timer_id": CHANGE, "kind": "plan-changes", "due_at": THIRD, "subject": FREE},
    ]
    rest = await store.queries.timers(ACCOUNT, str(items[2].key), 2)
    assert rest == items[3:5]


async def test_an_account_without_timers_has_an_empty_list_and_none_has_no_list(store: Store) -> None:
    await store.account(1).append(opened(account_id=ACCOUNT))
    assert await store.queries.timers(ACCOUNT, None, 10) == []
    assert await store.queries.timers(account_id(2), None, 10) is None


async def test_the_first_timer_names_the_plan_that_is_asked(store: Store) -> None:
    await store.account(1).append(opened(account_id=ACCOUNT), trial(SECOND, MoveTo(FREE)), invited(ONE, THIRD))
    assert await store.queries.first_timer(ACCOUNT) == timers.TimerRow(
        ACCOUNT, "trial-ends", ACCOUNT, ACCOUNT, SECOND, FREE
    )
    assert await store.queries.first_timer(account_id(2)) is None
