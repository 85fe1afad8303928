"""What is told: how much is used on the way up, and what goes beyond a limit and comes back."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.limits.events import LimitExceeded, LimitKept
from seatkeeper.actors.accounts.limits.numbers import UNBOUNDED, balance_of, may_take
from seatkeeper.actors.accounts.limits.refusals import NoSeatLeft, UserLimitReached
from seatkeeper.actors.accounts.members.commands import RemoveMember, TakeSeat
from seatkeeper.actors.accounts.members.events import MemberRemoved, SeatTaken
from seatkeeper.actors.accounts.summaries import summarize
from seatkeeper.actors.accounts.values import GrantId, MemberId, Overage, Percent, UsagePercent
from seatkeeper.actors.aggregates.messages import Event
from tests.accounts.ahead import DAN, bought, buy, frozen, grant, granted, in_grace, invite, invited, reached, team
from tests.accounts.past import ADA, BOB, EVE, add, after, given, joined, opened
from tests.accounts.profile.test_opening import OPEN

NINE = [MemberId(f"m{number}") for number in range(8)]  # with Ada nine members


@pytest.mark.parametrize(
    ("limit", "before", "percent"),
    [(5, 3, 80), (5, 4, 100), (2, 1, 100), (10, 8, None), (10, 7, 80), (1_000_000_000, 1, None), (4, 3, 100)],
)
def test_usage_is_told_on_the_way_up(limit: int, before: int, percent: UsagePercent | None) -> None:
    past = opened(user_limit=limit), *([team(*NINE[: before - 1])] if before > 1 else [])
    told = [] if percent is None else [reached(percent, before + 1, limit)]
    given(*past).when(invite()).then(invited(), *told)


def test_usage_of_seats_is_told_too() -> None:
    given(opened(total_seats=1)).when(TakeSeat(ADA)).then(SeatTaken(ADA), reached(100, 1, 1, "seats"))


def test_usage_is_told_again_after_it_went_down() -> None:
    past = opened(user_limit=2), joined(BOB), reached(100, 2, 2), MemberRemoved(BOB)
    given(*past).when(add(EVE)).then(*joined(EVE), reached(100, 2, 2))


def test_a_limit_that_shrinks_tells_no_usage() -> None:
    given(opened(user_limit=10), joined(BOB)).when(buy(2)).then(bought(2))
    assert [event.tag for event in given().when(OPEN).events] == ["account.opened", "member.added"]


@pytest.mark.parametrize(
    ("overage", "allowed"),
    [("refuse", 10), (None, 10), ("allow", UNBOUNDED), (Percent(25), 12), (Percent(9), 10), (Percent(300), 40)],
)
def test_what_may_be_taken(overage: Overage | None, allowed: int) -> None:
    assert may_take(10, overage) == allowed


def test_the_first_one_beyond_is_told() -> None:
    past = opened(), bought(2, 1, overage=Percent(150)), joined(BOB), SeatTaken(ADA)
    beyond = LimitExceeded("members", 2, 3), LimitExceeded("seats", 1, 2)
    account = given(*past).when(add(EVE, seated=True)).then(*joined(EVE, seated=True), *beyond)
    assert summarize(account, 1).members.limit == 2
    given(*past, joined(EVE, seated=True)).when(add(DAN)).then(*joined(DAN))


def test_an_overage_has_an_end() -> None:
    past = opened(), bought(2, 2, overage=Percent(50)), joined(BOB), joined(EVE, seated=True), SeatTaken(ADA)
    given(*past).when(add(DAN)).refuses(UserLimitReached(3))
    given(*past, SeatTaken(BOB)).when(add(DAN)).refuses(UserLimitReached(3))
    given(opened(), bought(2, 0, overage=Percent(50))).when(TakeSeat(ADA)).refuses(NoSeatLeft(0))


@pytest.mark.parametrize(
    ("past", "limit", "used"),
    [(RemoveMember(EVE), 2, 2), (grant(members=1), 3, 3), (buy(10, revision=2), 10, 3)],
    ids=["a removal", "a grant", "a plan"],
)
def test_the_way_back_is_told(past: RemoveMember, limit: int, used: int) -> None:
    before = opened(), bought(2, overage="allow"), team(BOB, EVE)
    outcome = given(*before).when(past)
    assert outcome.events[-1] == LimitKept("members", limit, used)


def test_a_limit_that_shrinks_below_what_is_used_is_exceeded() -> None:
    """Otherwise the way back would be told without it."""
    past = opened(), bought(3, overage="allow"), team(BOB, EVE)
    given(*past).when(grant(members=-1)).then(granted(members=-1), LimitExceeded("members", 2, 3))


def test_no_limit_is_exceeded_in_a_grace() -> None:
    """The limit in force is that of before, until the grace is over (warp 7170)."""
    account = after(opened(user_limit=3), team(BOB, EVE), in_grace(3), bought(1))
    balance = balance_of(account)
    assert (balance.used, balance.shown_limit, balance.limit) == (3, 3, 1)


def test_the_limit_that_is_shown_is_the_one_that_is_enforced() -> None:
    """Both come from the same numbers (Flagsmith 7862)."""
    history: list[Event] = [*opened(user_limit=1)]
    for change in (granted(members=1), *joined(BOB), granted(members=1, grant_id=GrantId("g2")), bought(2)):
        history.append(change)
        account = after(history)
        shown, balance = summarize(account, 1), balance_of(account)
        assert shown.members.limit == balance.limit
        free = balance.limit - shown.members.count
        decision = given(history).when(add(EVE))
        if free <= 0:
            decision.refuses(UserLimitReached(shown.members.limit))
        else:
            assert decision.events


def test_frozen_members_are_not_used() -> None:
    account = after(opened(user_limit=3), team(BOB, EVE), frozen(EVE))
    assert summarize(account, 1).members.count == 2
