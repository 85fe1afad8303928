"""Roles: admin, member or viewer; an account always has at least one admin."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.members.commands import ChangeMember, RemoveMember
from seatkeeper.actors.accounts.members.events import (
    MemberAdded,
    MemberEmailChanged,
    MemberRemoved,
    MemberRenamed,
    MemberRoleChanged,
)
from seatkeeper.actors.accounts.members.refusals import EmailTaken, LastAdmin, MemberNotFound
from seatkeeper.actors.accounts.values import Role
from tests.accounts.past import ADA, BOB, EVE, LATER, UNKNOWN, add, given, joined, opened


@pytest.mark.parametrize("role", ["admin", "member", "viewer"])
def test_a_new_member_has_the_role_of_the_command(role: Role) -> None:
    given(opened()).when(add(BOB, role=role)).then(MemberAdded(BOB, "Bob", None, role, LATER))


@pytest.mark.parametrize("role", ["admin", "viewer"])
def test_a_member_gets_another_role(role: Role) -> None:
    account = given(opened(), joined(BOB)).when(ChangeMember(BOB, role=role)).then(MemberRoleChanged(BOB, role))
    assert account.members[BOB].role == role


def test_a_member_who_has_this_role_already_keeps_it() -> None:
    given(opened(), joined(BOB)).when(ChangeMember(BOB, role="member")).changes_nothing()


def test_only_a_member_gets_a_role() -> None:
    given(opened()).when(ChangeMember(UNKNOWN, role="admin")).refuses(MemberNotFound())


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_the_last_admin_stays_admin(role: Role) -> None:
    given(opened(), joined(BOB)).when(ChangeMember(ADA, role=role)).refuses(LastAdmin())


def test_the_last_admin_may_be_made_admin() -> None:
    given(opened()).when(ChangeMember(ADA, role="admin")).changes_nothing()


def test_the_last_admin_is_not_removed() -> None:
    given(opened(), joined(BOB)).when(RemoveMember(ADA)).refuses(LastAdmin())


def test_the_only_member_is_not_removed() -> None:
    given(opened()).when(RemoveMember(ADA)).refuses(LastAdmin())


def test_one_of_two_admins_steps_down() -> None:
    past = (opened(), joined(BOB, role="admin"))
    given(*past).when(ChangeMember(ADA, role="viewer")).then(MemberRoleChanged(ADA, "viewer"))


def test_one_of_two_admins_is_removed() -> None:
    given(opened(), joined(BOB, role="admin")).when(RemoveMember(ADA)).then(MemberRemoved(ADA))


def test_an_admin_who_was_promoted_counts() -> None:
    past = (opened(), joined(BOB), MemberRoleChanged(BOB, "admin"))
    given(*past).when(RemoveMember(ADA)).then(MemberRemoved(ADA))


def test_when_one_of_two_admins_has_stepped_down_the_other_stays() -> None:
    past = (opened(), joined(BOB, role="admin"), MemberRoleChanged(ADA, "member"))
    given(*past).when(ChangeMember(BOB, role="member")).refuses(LastAdmin())


def test_when_one_of_two_admins_was_removed_the_other_stays() -> None:
    past = (opened(), joined(BOB, role="admin"), MemberRemoved(ADA))
    given(*past).when(RemoveMember(BOB)).refuses(LastAdmin())


def test_one_admin_among_many_members_is_still_the_last() -> None:
    past = (opened(), joined(BOB), joined(EVE, role="viewer"))
    given(*past).when(RemoveMember(ADA)).refuses(LastAdmin())


def test_the_last_admin_may_change_name_and_email() -> None:
    command = ChangeMember(ADA, name="Ada L.", email="ada@example.org")
    given(opened()).when(command).then(MemberRenamed(ADA, "Ada L."), MemberEmailChanged(ADA, "ada@example.org"))


def test_a_change_of_everything_is_one_event_for_each_thing() -> None:
    command = ChangeMember(BOB, name="Rob", email="rob@example.org", role="admin")
    given(opened(), joined(BOB)).when(command).then(
        MemberRenamed(BOB, "Rob"), MemberEmailChanged(BOB, "rob@example.org"), MemberRoleChanged(BOB, "admin")
    )


def test_a_change_is_an_event_only_for_what_differs() -> None:
    past = (opened(), joined(BOB, email="bob@example.org"))
    command = ChangeMember(BOB, name="Bob", email="bob@example.org", role="viewer")
    given(*past).when(command).then(MemberRoleChanged(BOB, "viewer"))


def test_a_change_that_is_refused_in_part_is_refused_as_a_whole() -> None:
    given(opened()).when(ChangeMember(ADA, name="Ada L.", role="member")).refuses(LastAdmin())
    past = (opened(email="ada@example.org"), joined(BOB))
    command = ChangeMember(BOB, name="Rob", email="ada@example.org")
    given(*past).when(command).refuses(EmailTaken("ada@example.org"))
