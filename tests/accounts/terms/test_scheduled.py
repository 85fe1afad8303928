"""Changes of plan that wait for their day."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.limits.events import MemberThawed
from seatkeeper.actors.accounts.limits.numbers import balance_of
from seatkeeper.actors.accounts.members.events import MemberRemoved
from seatkeeper.actors.accounts.summaries import ScheduledChangeSummary, summarize
from seatkeeper.actors.accounts.terms.commands import ApplyScheduledChange, CancelScheduledChange
from seatkeeper.actors.accounts.terms.events import (
    GraceStarted,
    ScheduledChangeApplied,
    ScheduledChangeCancelled,
    ScheduledChangeRefused,
    ScheduledChangeSet,
    TrialEnded,
)
from seatkeeper.actors.accounts.values import Excess, PlanReason
from seatkeeper.actors.aggregates.messages import Event
from tests.accounts.ahead import (
    AFTER,
    ANOTHER_CHANGE,
    SOON,
    bought,
    frozen,
    on_the_day,
    on_trial,
    schedule,
    scheduled,
    team,
)
from tests.accounts.past import ADA, BOB, CHANGE, EVE, FREE, after, given, joined, opened, suspended

THREE = [*opened(user_limit=3), *team(BOB, EVE)]
APPLIED = ScheduledChangeApplied(CHANGE)
EARLY = "2026-11-30T08:59:59.999Z"


def test_a_change_is_scheduled() -> None:
    account = given(THREE).when(schedule("freeze", keep=(EVE,))).then(scheduled("freeze", keep=(EVE,)))
    assert summarize(account, 1).scheduled_change == ScheduledChangeSummary(FREE, SOON, "freeze", (EVE,))
    assert account.timers == [(SOON, "plan-changes", CHANGE)]
    other = ScheduledChangeSet(ANOTHER_CHANGE, FREE, SOON, None, None, ())
    replaced = given(THREE, scheduled("freeze")).when(schedule(change_id=ANOTHER_CHANGE)).then(other)
    assert replaced.scheduled_change is not None
    assert replaced.scheduled_change.change_id == ANOTHER_CHANGE


def test_to_schedule_the_same_again_changes_nothing() -> None:
    given(THREE, scheduled("freeze")).when(schedule("freeze", change_id=ANOTHER_CHANGE)).changes_nothing()


def test_the_limits_stay_until_the_day() -> None:
    """A downgrade at the end of what was paid for takes nothing away before (warp 7170)."""
    account = after(THREE, scheduled("freeze"))
    assert (balance_of(account).shown_limit, account.frozen) == (3, None)
    given(THREE, scheduled("freeze")).when(on_the_day(1, at=EARLY)).changes_nothing()


def test_a_scheduled_change_is_cancelled() -> None:
    cancelled = ScheduledChangeCancelled(CHANGE)
    account = given(opened(), scheduled()).when(CancelScheduledChange()).then(cancelled)
    assert (account.scheduled_change, account.timers) == (None, None)
    given(opened()).when(CancelScheduledChange()).changes_nothing()


@pytest.mark.parametrize("at", [SOON, AFTER])
def test_a_scheduled_change_comes(at: str) -> None:
    given(THREE, scheduled()).when(on_the_day(5, at=at)).then(APPLIED, bought(5))
    given(THREE, scheduled("freeze")).when(on_the_day(1, at=at)).then(
        APPLIED, *frozen(BOB, EVE), bought(1, excess="freeze")
    )


def test_a_scheduled_change_comes_with_a_grace() -> None:
    changed = bought(1, excess="grace", grace_seconds=604_800)
    given(THREE, scheduled("grace", 604_800)).when(on_the_day(1)).then(
        APPLIED, GraceStarted(CHANGE, AFTER, 3, 2, ()), changed
    )


def test_a_scheduled_change_on_its_day_ends_a_trial() -> None:
    given(on_trial(), scheduled()).when(on_the_day(5)).then(APPLIED, TrialEnded("converted"), bought(5))


def test_a_scheduled_change_to_more_thaws() -> None:
    past = opened(user_limit=1), joined(BOB), frozen(BOB), scheduled()
    given(*past).when(on_the_day(2)).then(APPLIED, bought(2), MemberThawed(BOB))


def test_a_scheduled_change_to_what_it_is_on_is_applied_and_changes_nothing_else() -> None:
    given(opened(), bought(5), scheduled()).when(on_the_day(5)).then(APPLIED)


@pytest.mark.parametrize("reason", ["plan-retired", "plan-not-found"])
def test_a_scheduled_change_to_a_retired_plan(reason: PlanReason) -> None:
    command = ApplyScheduledChange(CHANGE, None, reason, SOON)
    account = given(opened(), scheduled()).when(command).then(ScheduledChangeRefused(CHANGE, reason))
    assert (account.scheduled_change, account.timers) == (None, None)


def test_a_scheduled_change_that_does_not_fit() -> None:
    refused = ScheduledChangeRefused(CHANGE, "over-limit", Excess(members=2, seats=0))
    given(THREE, scheduled()).when(on_the_day(1)).then(refused)
    given(THREE, scheduled("refuse")).when(on_the_day(1)).then(refused)


def test_a_scheduled_change_of_a_suspended_account() -> None:
    refused = ScheduledChangeRefused(CHANGE, "account-suspended")
    given(THREE, scheduled(), suspended()).when(on_the_day(5)).then(refused)


def test_who_left_before_the_day_is_ignored() -> None:
    past = [*THREE, scheduled("freeze", keep=(EVE, BOB)), MemberRemoved(EVE)]
    given(past).when(on_the_day(2)).then(APPLIED, bought(2, excess="freeze"))


@pytest.mark.parametrize(
    "past",
    [[], [ScheduledChangeCancelled(CHANGE)], [ScheduledChangeSet(ANOTHER_CHANGE, FREE, SOON, None, None, ())]],
    ids=["twice", "cancelled", "replaced"],
)
def test_the_timer_of_another_change_is_nothing(past: list[Event]) -> None:
    before = [scheduled(), *past] if past else [scheduled(), APPLIED]
    given(opened(), before).when(on_the_day(5)).changes_nothing()
    assert after(opened()).members[ADA].name == "Ada"
