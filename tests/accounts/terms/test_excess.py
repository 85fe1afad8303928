"""A change of plan that is too small: refused, with a freeze, or with a grace."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.limits.events import LimitExceeded, UsageReached
from seatkeeper.actors.accounts.limits.explanation import explain
from seatkeeper.actors.accounts.limits.numbers import balance_of
from seatkeeper.actors.accounts.limits.refusals import GraceRunning, NoSeatLeft, OverLimit
from seatkeeper.actors.accounts.members.commands import RemoveMember, TakeSeat
from seatkeeper.actors.accounts.members.events import MemberRemoved, SeatTaken
from seatkeeper.actors.accounts.members.refusals import MemberNotFound
from seatkeeper.actors.accounts.summaries import GraceSummary, summarize
from seatkeeper.actors.accounts.terms.commands import EndGrace
from seatkeeper.actors.accounts.terms.events import GraceEnded, GraceStarted, ScheduledChangeCancelled, TrialEnded
from seatkeeper.actors.accounts.values import Excess, ExcessPolicy, Policy
from tests.accounts.ahead import (
    AFTER,
    ANOTHER_CHANGE,
    SOON,
    ZOE,
    bought,
    buy,
    frozen,
    grant,
    granted,
    in_grace,
    invited,
    on_trial,
    reached,
    schedule,
    scheduled,
    team,
)
from tests.accounts.past import ADA, BOB, CHANGE, EVE, TEAM, UNKNOWN, add, after, given, joined, opened, terms

WEEK = 604_800
THREE = [*opened(user_limit=3), *team(BOB, EVE)]
GRACE = [*THREE, in_grace(3), bought(1, excess="grace", grace_seconds=WEEK)]
"""Until SOON, three may be where the plan has a slot for one."""


def test_what_is_held_counts_as_too_much() -> None:
    excess = Excess(members=2, seats=1)
    past = opened(), joined(BOB, seated=True), invited(seated=True)
    given(*past).when(buy(1, 1)).refuses(OverLimit(excess))
    given(*past).when(buy(1, 1, excess="refuse")).refuses(OverLimit(excess))


def test_a_change_freezes_what_does_not_fit() -> None:
    """Nobody stays beyond the limit unseen (rdyrct 29, caido 2173)."""
    account = given(THREE).when(buy(1, excess="freeze")).then(*frozen(BOB, EVE), bought(1, excess="freeze"))
    assert balance_of(account).fits


def test_a_grace_goes_on_with_the_limits_of_before() -> None:
    """What was paid for is not taken away at once (warp 7170)."""
    started = GraceStarted(CHANGE, SOON, 3, 2, (EVE,))
    changed = bought(1, 0, excess="grace", grace_seconds=WEEK)
    command = buy(1, 0, excess="grace", grace_seconds=WEEK, keep=(EVE,))
    account = given(THREE).when(command).then(started, changed)
    shown = summarize(account, 1)
    assert (shown.members.limit, shown.seats.total, shown.grace) == (3, 2, GraceSummary(SOON))


@pytest.mark.parametrize("command", [buy(1, excess="freeze", keep=(UNKNOWN,)), schedule(keep=(UNKNOWN,))])
def test_who_stays_must_be_known(command: object) -> None:
    given(THREE).when(command).refuses(MemberNotFound())  # type: ignore[arg-type]


def test_a_change_of_plan_ends_a_trial() -> None:
    account = given(on_trial()).when(buy(5)).then(TrialEnded("converted"), bought(5))
    assert (account.trial, account.timers) == (None, None)


def test_a_change_cancels_what_was_scheduled() -> None:
    account = given(opened(), scheduled()).when(buy(5)).then(ScheduledChangeCancelled(CHANGE), bought(5))
    assert (account.scheduled_change, account.timers) == (None, None)


def test_the_terms_that_it_is_on_change_nothing() -> None:
    same = terms(plan_id=TEAM, revision=1)
    given(opened()).when(same).changes_nothing()
    given(on_trial()).when(same).then(TrialEnded("converted"))
    given(opened(), scheduled()).when(same).then(ScheduledChangeCancelled(CHANGE))


def test_the_same_terms_with_another_policy_are_a_change() -> None:
    changed = bought(5, excess="freeze")
    account = given(opened(), bought(5)).when(buy(5, excess="freeze")).then(changed)
    assert account.policy == Policy("freeze")
    given(opened(), changed).when(buy(5, excess="freeze")).changes_nothing()


def test_a_change_that_names_no_excess_leaves_the_policy() -> None:
    account = after(opened(), bought(5, excess="grace", grace_seconds=WEEK), bought(6))
    assert account.policy == Policy("grace", WEEK)


@pytest.mark.parametrize("excess", ["freeze", "grace", "refuse"])
def test_a_change_that_fits_needs_no_excess(excess: ExcessPolicy) -> None:
    given(THREE).when(buy(3, excess=excess)).then(bought(3, excess=excess))


def test_nobody_joins_in_a_grace() -> None:
    given(GRACE).when(add(ADA)).refuses(GraceRunning(SOON))


def test_a_seat_in_a_grace() -> None:
    """The limits of before go on: what is shown and what is enforced are the same."""
    past = *opened(total_seats=2, user_limit=3), *team(BOB, EVE), in_grace(3, 2), bought(1, 1), SeatTaken(ADA)
    account = given(past).when(TakeSeat(BOB)).then(SeatTaken(BOB), UsageReached("seats", 100, 2, 2))
    assert (explain(account).seats.limit, explain(account).seats.free) == (2, 0)
    given([*past, SeatTaken(BOB)]).when(TakeSeat(EVE)).refuses(NoSeatLeft(2))


def test_a_grace_ends_early() -> None:
    past = [*GRACE, MemberRemoved(BOB)]
    account = given(past).when(RemoveMember(EVE)).then(MemberRemoved(EVE), GraceEnded(CHANGE, "fits"))
    assert (account.grace, account.timers) == (None, None)
    given(GRACE).when(grant(members=2)).then(granted(members=2), GraceEnded(CHANGE, "fits"))
    given(GRACE).when(RemoveMember(BOB)).then(MemberRemoved(BOB))


def test_a_grace_ends_and_freezes() -> None:
    past = [*THREE, in_grace(3, keep=(EVE, UNKNOWN)), bought(2)]
    account = given(past).when(EndGrace(CHANGE, SOON)).then(*frozen(BOB), GraceEnded(CHANGE, "over"))
    assert (balance_of(account).fits, account.grace) == (True, None)


@pytest.mark.parametrize("command", [EndGrace(CHANGE, "2026-11-30T08:59:59.999Z"), EndGrace(ANOTHER_CHANGE, AFTER)])
def test_an_early_timer_of_a_grace_is_nothing(command: EndGrace) -> None:
    given(GRACE).when(command).changes_nothing()
    given(GRACE, GraceEnded(CHANGE, "fits")).when(EndGrace(CHANGE, SOON)).changes_nothing()


def test_a_grace_follows_a_grace() -> None:
    command = buy(2, excess="grace", grace_seconds=2 * WEEK, change_id=ANOTHER_CHANGE, revision=2)
    started = GraceStarted(ANOTHER_CHANGE, AFTER, 3, 2, ())
    changed = bought(2, excess="grace", grace_seconds=2 * WEEK, revision=2)
    account = given(GRACE).when(command).then(started, changed)
    assert balance_of(account).shown_limit == 3
    assert account.timers is not None
    assert account.timers[0] == (AFTER, "grace-ends", ANOTHER_CHANGE)


def test_another_change_replaces_a_grace() -> None:
    replaced = GraceEnded(CHANGE, "replaced")
    given(GRACE).when(buy(2, excess="freeze", revision=2)).then(
        *frozen(EVE), bought(2, excess="freeze", revision=2), replaced
    )
    given(GRACE).when(buy(3, revision=2)).then(bought(3, revision=2), replaced)
    given(GRACE).when(buy(2, revision=2)).refuses(OverLimit(Excess(members=1, seats=0)))


def test_the_end_of_a_grace_under_an_overage_tells_what_is_beyond() -> None:
    given(GRACE).when(buy(1, overage="allow", revision=2)).then(
        bought(1, overage="allow", revision=2), GraceEnded(CHANGE, "replaced"), LimitExceeded("members", 1, 3)
    )


def test_usage_is_of_the_limit_in_force() -> None:
    past = opened(total_seats=5, user_limit=3), team(BOB, EVE), in_grace(3, 5), bought(1, 4)
    seats = SeatTaken(ADA), SeatTaken(BOB)
    given(*past, *seats).when(TakeSeat(EVE)).then(SeatTaken(EVE))
    more = *past, *seats, SeatTaken(EVE), joined(ZOE)
    given(*more).when(TakeSeat(ZOE)).then(SeatTaken(ZOE), reached(80, 4, 5, "seats"))
