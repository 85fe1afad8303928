"""Member slots: every member takes one, and there are as many as the user_limit of the package."""

from __future__ import annotations

from seatkeeper.actors.accounts.limits.refusals import UserLimitReached
from seatkeeper.actors.accounts.members.commands import ChangeMember, RemoveMember
from seatkeeper.actors.accounts.members.events import MemberAdded, MemberRemoved, MemberRenamed, SeatFreed
from seatkeeper.actors.accounts.members.refusals import MemberNotFound
from tests.accounts.ahead import reached
from tests.accounts.past import BOB, EVE, LATER, UNKNOWN, add, after, given, joined, opened


def test_a_new_member_takes_a_slot_and_no_seat() -> None:
    account = given(opened()).when(add(BOB)).then(MemberAdded(BOB, "Bob", None, "member", LATER))
    assert not account.members[BOB].seated


def test_a_new_member_may_take_the_last_slot() -> None:
    given(opened(user_limit=2)).when(add(BOB)).then(*joined(BOB), reached(100, 2, 2))


def test_there_are_as_many_slots_as_the_user_limit() -> None:
    given(opened(user_limit=2), joined(BOB)).when(add(EVE)).refuses(UserLimitReached(user_limit=2))


def test_the_first_member_takes_a_slot_like_any_other() -> None:
    given(opened(user_limit=1)).when(add(BOB)).refuses(UserLimitReached(user_limit=1))


def test_the_slot_of_a_removed_member_is_free() -> None:
    past = opened(user_limit=2), joined(BOB), MemberRemoved(BOB)
    given(*past).when(add(EVE)).then(*joined(EVE), reached(100, 2, 2))


def test_a_member_without_a_seat_still_has_a_slot() -> None:
    past = (opened(user_limit=2), joined(BOB, seated=True), SeatFreed(BOB))
    given(*past).when(add(EVE)).refuses(UserLimitReached(user_limit=2))


def test_a_member_is_removed() -> None:
    account = given(opened(), joined(BOB)).when(RemoveMember(BOB)).then(MemberRemoved(BOB))
    assert BOB not in account.members


def test_a_member_is_removed_once() -> None:
    given(opened(), joined(BOB), MemberRemoved(BOB)).when(RemoveMember(BOB)).refuses(MemberNotFound())


def test_only_a_member_is_removed() -> None:
    given(opened()).when(RemoveMember(UNKNOWN)).refuses(MemberNotFound())


def test_a_member_gets_another_name() -> None:
    account = given(opened(), joined(BOB)).when(ChangeMember(BOB, name="Rob")).then(MemberRenamed(BOB, "Rob"))
    assert account.members[BOB].name == "Rob"


def test_a_member_who_has_this_name_already_is_not_renamed() -> None:
    given(opened(), joined(BOB)).when(ChangeMember(BOB, name="Bob")).changes_nothing()


def test_two_members_may_have_the_same_name() -> None:
    given(opened(), joined(BOB)).when(ChangeMember(BOB, name="Ada")).then(MemberRenamed(BOB, "Ada"))


def test_a_change_that_names_nothing_changes_nothing() -> None:
    given(opened(), joined(BOB)).when(ChangeMember(BOB)).changes_nothing()


def test_only_a_member_is_changed() -> None:
    given(opened()).when(ChangeMember(UNKNOWN, name="Rob")).refuses(MemberNotFound())


def test_members_stay_in_the_order_in_which_they_joined() -> None:
    assert list(after(opened(), joined(EVE), joined(BOB)).members)[1:] == [EVE, BOB]
