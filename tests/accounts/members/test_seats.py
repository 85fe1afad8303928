"""Seats: licences that members may hold, as many as the package's total_seats."""

from __future__ import annotations

from seatkeeper.actors.accounts.limits.refusals import NoSeatLeft, UserLimitReached
from seatkeeper.actors.accounts.members.commands import FreeSeat, RemoveMember, TakeSeat
from seatkeeper.actors.accounts.members.events import MemberAdded, MemberRemoved, SeatFreed, SeatTaken
from seatkeeper.actors.accounts.members.refusals import EmailTaken, MemberNotFound
from tests.accounts.ahead import reached
from tests.accounts.past import ADA, BOB, EVE, LATER, UNKNOWN, add, given, joined, opened


def test_a_member_takes_a_seat() -> None:
    account = given(opened(total_seats=2), joined(BOB)).when(TakeSeat(BOB)).then(SeatTaken(BOB))
    assert account.members[BOB].seated
    assert account.seats_taken == 1


def test_the_last_seat_goes_to_one_member() -> None:
    past = (opened(total_seats=1), joined(BOB), SeatTaken(ADA))
    given(*past).when(TakeSeat(BOB)).refuses(NoSeatLeft(total_seats=1))


def test_a_package_without_seats_has_no_seat_left() -> None:
    given(opened(total_seats=0)).when(TakeSeat(ADA)).refuses(NoSeatLeft(total_seats=0))


def test_a_member_takes_one_seat() -> None:
    given(opened(total_seats=2), SeatTaken(ADA)).when(TakeSeat(ADA)).changes_nothing()


def test_the_holder_of_the_last_seat_may_take_it_again() -> None:
    given(opened(total_seats=1), SeatTaken(ADA)).when(TakeSeat(ADA)).changes_nothing()


def test_only_a_member_takes_a_seat() -> None:
    given(opened()).when(TakeSeat(UNKNOWN)).refuses(MemberNotFound())


def test_a_removed_member_takes_no_seat() -> None:
    given(opened(), joined(BOB), MemberRemoved(BOB)).when(TakeSeat(BOB)).refuses(MemberNotFound())


def test_a_seat_is_given_back() -> None:
    account = given(opened(), joined(BOB, seated=True)).when(FreeSeat(BOB)).then(SeatFreed(BOB))
    assert not account.members[BOB].seated
    assert account.seats_taken == 0


def test_a_seat_that_is_not_held_is_not_given_back() -> None:
    given(opened(), joined(BOB)).when(FreeSeat(BOB)).changes_nothing()


def test_only_a_member_gives_a_seat_back() -> None:
    given(opened()).when(FreeSeat(UNKNOWN)).refuses(MemberNotFound())


def test_a_seat_given_back_goes_to_another() -> None:
    past = (opened(total_seats=1), joined(BOB, seated=True), SeatFreed(BOB))
    given(*past).when(TakeSeat(ADA)).then(SeatTaken(ADA), reached(100, 1, 1, "seats"))


def test_the_seat_of_a_removed_member_is_free_without_an_event_of_its_own() -> None:
    past = (opened(total_seats=1), joined(BOB, seated=True))
    account = given(*past).when(RemoveMember(BOB)).then(MemberRemoved(BOB))
    assert account.seats_taken == 0


def test_the_seat_of_a_removed_member_goes_to_another() -> None:
    past = (opened(total_seats=1), joined(BOB, seated=True), MemberRemoved(BOB))
    given(*past).when(TakeSeat(ADA)).then(SeatTaken(ADA), reached(100, 1, 1, "seats"))


def test_a_new_member_may_take_a_seat_at_once() -> None:
    added = MemberAdded(BOB, "Bob", None, "member", LATER)
    given(opened(total_seats=2)).when(add(BOB, seated=True)).then(added, SeatTaken(BOB))


def test_a_new_member_with_a_seat_gets_both_or_neither() -> None:
    past = (opened(total_seats=1), SeatTaken(ADA))
    given(*past).when(add(BOB, seated=True)).refuses(NoSeatLeft(total_seats=1))


def test_a_member_without_a_seat_can_be_added_when_all_are_taken() -> None:
    given(opened(total_seats=1), SeatTaken(ADA)).when(add(BOB)).then(*joined(BOB))


def test_the_user_limit_is_checked_before_the_seats() -> None:
    past = (opened(total_seats=1, user_limit=1), SeatTaken(ADA))
    given(*past).when(add(BOB, seated=True)).refuses(UserLimitReached(user_limit=1))


def test_the_email_is_checked_before_the_seats() -> None:
    past = (opened(total_seats=0, email="ada@example.org"),)
    given(*past).when(add(EVE, email="ada@example.org", seated=True)).refuses(EmailTaken("ada@example.org"))
