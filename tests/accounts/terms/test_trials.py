"""Trials: how they begin, are extended, and end in each of three ways."""

from __future__ import annotations

import msgspec
import pytest

from seatkeeper.actors.accounts.profile.events import AccountSuspended
from seatkeeper.actors.accounts.summaries import summarize
from seatkeeper.actors.accounts.terms.commands import ChangeTrial, ConvertTrial, EndTrial, EndTrialOnPlan
from seatkeeper.actors.accounts.terms.events import GraceStarted, TrialChanged, TrialEnded
from seatkeeper.actors.accounts.values import MoveTo, PlanReason, Terms, Then, TrialTerms
from seatkeeper.actors.aggregates.messages import Command
from tests.accounts.ahead import AFTER, SOON, bought, frozen, on_trial, scheduled, team
from tests.accounts.past import BOB, ENGINES, EVE, FREE, LATER, TEAM, after, given, opened, suspended
from tests.accounts.profile.test_opening import OPEN

THEN_FREE = MoveTo(FREE)
CONVERTED = TrialEnded("converted")


def on_plan(user_limit: int = 5, at: str = SOON) -> EndTrialOnPlan:
    return EndTrialOnPlan(FREE, Terms(FREE, 1, 2, user_limit), None, at)


def test_a_sign_up_starts_the_trial() -> None:
    trial = TrialTerms(SOON, "suspend")
    account = after(given().when(msgspec.structs.replace(OPEN, trial=trial)).events)
    assert summarize(account, 2).trial == trial
    assert account.timers == [(SOON, "trial-ends", account.account_id)]


def test_a_sign_up_without_a_trial_has_no_timer() -> None:
    account = after(given().when(OPEN).events)
    assert (account.trial, account.timers) == (None, None)


@pytest.mark.parametrize("then", ["suspend", "continue", THEN_FREE])
def test_a_trial_is_extended(then: Then) -> None:
    account = given(on_trial(then)).when(ChangeTrial(AFTER)).then(TrialChanged(AFTER, then))
    assert account.timers is not None
    assert account.timers[0] == (AFTER, "trial-ends", ENGINES)
    given(on_trial(then)).when(ChangeTrial(SOON)).changes_nothing()


def test_a_trial_is_started() -> None:
    given(opened()).when(ChangeTrial(SOON)).then(TrialChanged(SOON, "suspend"))


def test_a_trial_is_converted() -> None:
    account = given(on_trial()).when(ConvertTrial()).then(CONVERTED)
    assert (account.trial, account.timers) == (None, None)
    given(opened()).when(ConvertTrial()).changes_nothing()


def test_a_trial_ends_in_a_suspension() -> None:
    account = given(on_trial()).when(EndTrial(SOON)).then(TrialEnded("suspended"), AccountSuspended("trial-ended"))
    assert (account.status, account.trial) == ("suspended", None)


def test_a_trial_ends_and_the_account_goes_on() -> None:
    account = given(on_trial("continue")).when(EndTrial(SOON)).then(TrialEnded("continued"))
    assert account.status == "active"


def test_a_trial_ends_on_a_plan() -> None:
    """With the policy of the account; nobody is there to be refused, so `refuse` freezes."""
    moved = TrialEnded("moved")
    given(on_trial(THEN_FREE)).when(on_plan()).then(moved, bought(5))
    past = on_trial(THEN_FREE), team(BOB, EVE)
    given(*past).when(on_plan(1)).then(moved, *frozen(BOB, EVE), bought(1))


def test_a_trial_ends_on_a_plan_with_a_grace_where_that_is_the_policy() -> None:
    past = opened(), bought(10, excess="grace", grace_seconds=604_800), TrialChanged(SOON, MoveTo(TEAM)), team(BOB, EVE)
    command = EndTrialOnPlan(TEAM, Terms(TEAM, 1, 2, 1), None, SOON)
    events = given(*past).when(command).events
    assert events[:2] == [TrialEnded("moved"), GraceStarted(ENGINES, AFTER, 10, 2, ())]


def test_a_trial_that_ends_on_its_own_plan_is_just_over() -> None:
    past = opened(), bought(5), TrialChanged(SOON, THEN_FREE)
    given(*past).when(on_plan()).then(TrialEnded("moved"))


def test_the_end_of_a_trial_leaves_a_scheduled_change() -> None:
    account = given(on_trial(THEN_FREE), scheduled()).when(on_plan()).then(TrialEnded("moved"), bought(5))
    assert account.scheduled_change is not None


@pytest.mark.parametrize("reason", ["plan-retired", "plan-not-found"])
def test_a_trial_ends_on_a_plan_that_is_gone(reason: PlanReason) -> None:
    command = EndTrialOnPlan(FREE, None, reason, SOON)
    given(on_trial(THEN_FREE)).when(command).then(TrialEnded("suspended", reason), AccountSuspended(reason))


@pytest.mark.parametrize(
    ("then", "command", "ended"),
    [
        ("suspend", EndTrial(SOON), TrialEnded("suspended")),
        ("continue", EndTrial(SOON), TrialEnded("continued")),
        (THEN_FREE, on_plan(), TrialEnded("suspended", "account-suspended")),
    ],
    ids=["suspend", "continue", "plan"],
)
def test_the_trial_of_a_suspended_account_ends(then: Then, command: Command, ended: TrialEnded) -> None:
    given(on_trial(then), suspended()).when(command).then(ended)


@pytest.mark.parametrize(
    ("then", "command"),
    [
        ("suspend", EndTrial(LATER)),
        (THEN_FREE, on_plan(at=LATER)),
        (THEN_FREE, EndTrial(SOON)),
        ("suspend", on_plan()),
        (MoveTo(TEAM), on_plan()),
    ],
    ids=["early", "early on a plan", "a plan is to be asked", "no plan is wanted", "another plan is wanted"],
)
def test_an_early_timer_of_a_trial_is_nothing(then: Then, command: Command) -> None:
    given(on_trial(then)).when(command).changes_nothing()
    given(on_trial(then), CONVERTED).when(EndTrial(SOON)).changes_nothing()
    given(on_trial(then), CONVERTED).when(on_plan()).changes_nothing()
