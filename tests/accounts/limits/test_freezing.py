"""What does not fit: who is frozen, who loses a seat, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from seatkeeper.actors.accounts.limits.events import LimitExceeded
from seatkeeper.actors.accounts.limits.numbers import balance_of
from seatkeeper.actors.accounts.limits.refusals import MemberFrozen
from seatkeeper.actors.accounts.members.commands import ChangeMember, RemoveMember, TakeSeat
from seatkeeper.actors.accounts.members.events import MemberAdded, MemberRemoved, MemberRenamed, MemberRoleChanged
from seatkeeper.actors.accounts.members.refusals import LastAdmin
from seatkeeper.actors.accounts.members.summaries import summarize_member
from seatkeeper.actors.accounts.values import MemberId
from seatkeeper.actors.aggregates.messages import Command, Event
from tests.accounts.ahead import (
    DAN,
    GUEST,
    OTHER,
    ZOE,
    bought,
    buy,
    frozen,
    grant,
    granted,
    invited,
    revoked,
    withdrawn,
)
from tests.accounts.ahead import team as joined_team
from tests.accounts.past import ADA, BOB, EVE, LATER, after, given, joined, opened

TEAM = joined_team(BOB, EVE, DAN)
SEATED = joined(BOB, seated=True), joined(EVE, seated=True), joined(DAN, seated=True)


def test_invitations_go_first() -> None:
    past = opened(user_limit=4), joined(BOB), invited(), invited(OTHER, "other@example.org")
    given(*past).when(buy(3, excess="freeze")).then(revoked(OTHER), bought(3, excess="freeze"))
    given(*past).when(buy(1, excess="freeze")).then(
        revoked(OTHER), revoked(GUEST), *frozen(BOB), bought(1, excess="freeze")
    )


def test_seated_invitations_go_first() -> None:
    seated = invited(seated=True), invited(OTHER, "other@example.org"), joined(BOB, seated=True)
    past = opened(total_seats=2), *seated
    given(*past).when(buy(10, 1, excess="freeze")).then(revoked(GUEST), bought(10, 1, excess="freeze"))
    given(*past).when(buy(10, 0, excess="freeze")).then(revoked(GUEST), *withdrawn(BOB), bought(10, 0, excess="freeze"))


@pytest.mark.parametrize(
    ("keep", "who"),
    [((), [EVE, DAN]), ((DAN,), [BOB, EVE]), ((DAN, EVE), [ADA, BOB])],
    ids=["the latest", "but for one", "also the admin who signed up"],
)
def test_the_latest_joined_are_frozen(keep: tuple[MemberId, ...], who: list[MemberId]) -> None:
    past = opened(), MemberAdded(BOB, "Bob", None, "member", LATER), joined(EVE, role="admin"), joined(DAN)
    change = buy(2, excess="freeze", keep=keep)
    given(*past).when(change).then(*frozen(*who), bought(2, excess="freeze"))


def test_a_list_of_who_stays_that_is_too_long() -> None:
    change = buy(2, excess="freeze", keep=(EVE, BOB, DAN))
    given(opened(), TEAM).when(change).then(*frozen(EVE, DAN), bought(2, excess="freeze"))


def test_the_last_admin_is_never_frozen() -> None:
    """Also where the limit is 0, and beyond it."""
    past = opened(user_limit=3), joined_team(BOB, EVE), bought(3, excess="freeze")
    exceeded = LimitExceeded("members", 0, 1)
    account = given(*past).when(grant(members=-3)).then(*frozen(BOB, EVE), granted(members=-3), exceeded)
    assert (account.count, account.admins) == (1, 1)


def test_the_earliest_of_several_admins_stays() -> None:
    past = opened(), joined(BOB, role="admin"), joined(EVE, role="admin")
    account = given(*past).when(buy(1, excess="freeze")).then(*frozen(BOB, EVE), bought(1, excess="freeze"))
    assert account.admins == 1


def test_an_admin_to_keep_stays_in_place_of_another() -> None:
    past = opened(), joined(BOB, role="admin")
    given(*past).when(buy(1, excess="freeze", keep=(BOB,))).then(*frozen(ADA), bought(1, excess="freeze"))


@pytest.mark.parametrize(("keep", "who"), [((), [EVE, DAN]), ((DAN,), [BOB, EVE])])
def test_the_latest_joined_lose_their_seats(keep: tuple[MemberId, ...], who: list[MemberId]) -> None:
    change = buy(10, 1, excess="freeze", keep=keep)
    account = given(opened(total_seats=3), *SEATED).when(change).then(*withdrawn(*who), bought(10, 1, excess="freeze"))
    assert list(account.owed_seats or ()) == who


def test_a_frozen_member_is_owed_the_seat() -> None:
    past = opened(total_seats=3), *SEATED
    account = (
        given(*past).when(buy(3, 3, excess="freeze")).then(*withdrawn(DAN), *frozen(DAN), bought(3, 3, excess="freeze"))
    )
    summary = summarize_member(account, DAN)
    assert (summary.status, summary.seated, list(account.owed_seats or ())) == ("frozen", False, [DAN])


def test_what_is_frozen_frees_seats_before_any_is_withdrawn() -> None:
    past = opened(total_seats=3), *SEATED
    given(*past).when(buy(3, 2, excess="freeze")).then(*withdrawn(DAN), *frozen(DAN), bought(3, 2, excess="freeze"))


@pytest.mark.parametrize(
    ("command", "event"),
    [
        (RemoveMember(EVE), MemberRemoved(EVE)),
        (ChangeMember(EVE, name="Eva"), MemberRenamed(EVE, "Eva")),
        (ChangeMember(EVE, role="admin"), MemberRoleChanged(EVE, "admin")),
    ],
    ids=["removed", "renamed", "promoted"],
)
def test_a_frozen_member_is_kept_and_changed(command: Command, event: Event) -> None:
    past = opened(user_limit=1), joined_team(BOB, EVE), frozen(BOB, EVE)
    account = given(*past).when(command).then(event)
    assert (account.count, account.admins) == (1, 1)


def test_a_frozen_member_takes_no_seat() -> None:
    given(opened(user_limit=1), joined(BOB), frozen(BOB)).when(TakeSeat(BOB)).refuses(MemberFrozen())


@pytest.mark.parametrize("command", [RemoveMember(ADA), ChangeMember(ADA, role="member")])
def test_a_frozen_admin_is_no_admin(command: Command) -> None:
    past = opened(user_limit=1), joined(BOB, role="admin"), frozen(BOB)
    given(*past).when(command).refuses(LastAdmin())


def test_a_frozen_admin_may_go() -> None:
    past = opened(user_limit=1), joined(BOB, role="admin"), frozen(BOB)
    given(*past).when(RemoveMember(BOB)).then(MemberRemoved(BOB))


@pytest.mark.parametrize("past", [[], [*joined(ZOE)]])
def test_nothing_is_lost_by_a_freeze(past: Sequence[Event]) -> None:
    """What is frozen keeps its name, address, ids and role."""
    before = after(opened(), joined(BOB, email="bob@example.org", role="admin", seated=True), past)
    since = after(
        opened(), joined(BOB, email="bob@example.org", role="admin", seated=True), past, withdrawn(BOB), frozen(BOB)
    )
    assert since.emails == before.emails
    before.members[BOB].seated = False
    assert since.members == before.members


def test_a_frozen_member_counts_nowhere() -> None:
    balance = balance_of(after(opened(), joined(BOB, seated=True), withdrawn(BOB), frozen(BOB)))
    assert (balance.count, balance.taken) == (1, 0)
