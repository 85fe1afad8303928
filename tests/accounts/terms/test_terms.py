"""Terms: an account changes its plan if its members and taken seats fit into the new package."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.limits.refusals import NoSeatLeft, OverLimit, UserLimitReached
from seatkeeper.actors.accounts.members.events import MemberRemoved, SeatFreed, SeatTaken
from seatkeeper.actors.accounts.terms.events import PlanChanged
from seatkeeper.actors.accounts.values import Excess
from tests.accounts.ahead import reached
from tests.accounts.past import ADA, BOB, EVE, FREE, TEAM, add, given, joined, opened, terms

THREE_MEMBERS = (opened(), joined(BOB, seated=True), joined(EVE, seated=True))  # three members, two of them seated


def test_an_account_moves_to_another_plan() -> None:
    account = given(opened()).when(terms(total_seats=1, user_limit=3)).then(PlanChanged(FREE, 1, 1, 3))
    assert (account.plan_id, account.total_seats, account.user_limit) == (FREE, 1, 3)


def test_an_account_moves_to_a_newer_revision_of_its_plan() -> None:
    command = terms(plan_id=TEAM, revision=2, total_seats=5, user_limit=20)
    account = given(opened()).when(command).then(PlanChanged(TEAM, 2, 5, 20))
    assert account.revision == 2


def test_the_same_revision_of_another_plan_is_a_change() -> None:
    command = terms(plan_id=FREE, revision=1, total_seats=2, user_limit=10)
    given(opened()).when(command).then(PlanChanged(FREE, 1, 2, 10))


@pytest.mark.parametrize(
    ("user_limit", "total_seats", "excess"),
    [
        (2, 2, Excess(members=1, seats=0)),
        (3, 1, Excess(members=0, seats=1)),
        (1, 0, Excess(members=2, seats=2)),
        (1, 100, Excess(members=2, seats=0)),
    ],
    ids=["members", "seats", "both", "seats do not count for members"],
)
def test_a_package_that_is_too_small_is_refused_with_the_excess(
    user_limit: int, total_seats: int, excess: Excess
) -> None:
    given(*THREE_MEMBERS).when(terms(user_limit=user_limit, total_seats=total_seats)).refuses(OverLimit(excess))


def test_a_package_that_just_fits_is_taken() -> None:
    given(*THREE_MEMBERS).when(terms(user_limit=3, total_seats=2)).then(PlanChanged(FREE, 1, 2, 3))


def test_freed_seats_and_removed_members_need_no_room() -> None:
    given(*THREE_MEMBERS, SeatFreed(EVE), MemberRemoved(BOB)).when(terms(user_limit=2, total_seats=0)).then(
        PlanChanged(FREE, 1, 0, 2)
    )


def test_a_smaller_package_holds_from_then_on() -> None:
    past = (opened(total_seats=9, user_limit=9), SeatTaken(ADA), PlanChanged(FREE, 1, 1, 2), joined(BOB))
    given(*past).when(add(EVE)).refuses(UserLimitReached(user_limit=2))


def test_the_seats_of_a_smaller_package_hold_from_then_on() -> None:
    past = (opened(total_seats=9), SeatTaken(ADA), PlanChanged(FREE, 1, 1, 9))
    given(*past).when(add(BOB, seated=True)).refuses(NoSeatLeft(total_seats=1))


def test_a_larger_package_makes_room() -> None:
    past = (opened(user_limit=1), PlanChanged(FREE, 1, 1, 2))
    given(*past).when(add(BOB)).then(*joined(BOB), reached(100, 2, 2))
