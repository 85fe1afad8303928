"""Each number is explained by what made it, and each way to one more leads to one more."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.grants.commands import MakeGrant
from seatkeeper.actors.accounts.invitations.commands import RevokeInvitation
from seatkeeper.actors.accounts.limits.explanation import Because, Room, WayToOneMore, explain
from seatkeeper.actors.accounts.limits.numbers import balance_of
from seatkeeper.actors.accounts.members.commands import FreeSeat, RemoveMember
from seatkeeper.actors.accounts.members.events import SeatTaken
from seatkeeper.actors.accounts.terms.commands import ChangeTerms
from seatkeeper.actors.accounts.values import ChangeId, GrantId, InvitationId, MemberId, Percent, PlanId, Terms
from seatkeeper.actors.aggregates.messages import Command, Event, Refusal
from tests.accounts.ahead import DAN, GIFT, SOON, bought, frozen, granted, in_grace, invited, team, withdrawn
from tests.accounts.past import ACCOUNT, ADA, BOB, EVE, FREE, LATER, TEAM, after, joined, opened


def test_the_limits_of_a_new_account_come_from_its_plan() -> None:
    explained = explain(after(opened(total_seats=2, user_limit=10)))
    plan = Because("plan", 10, 1, plan_id=TEAM, revision=1)
    assert explained.members == Room(limit=10, used=1, held=0, frozen=0, free=9, because=(plan,), ways=())
    assert explained.seats.because == (Because("plan", 2, 1, plan_id=TEAM, revision=1),)
    assert explained.version == 2


def test_each_grant_is_named_with_its_event() -> None:
    account = after(opened(), bought(5), granted(members=2, expires_at=SOON), granted(seats=1, grant_id=GrantId("g2")))
    explained = explain(account)
    assert explained.members.because == (
        Because("plan", 5, 3, plan_id=FREE, revision=1),
        Because("grant", 2, 4, grant_id=GIFT, reason="a gift", ends_at=SOON),
    )
    assert explained.seats.because[1:] == (Because("grant", 1, 5, grant_id=GrantId("g2"), reason="a gift"),)


def test_an_overage_is_named_and_has_no_number_where_it_has_no_end() -> None:
    percent = explain(after(opened(), bought(5, overage=Percent(40)))).members
    assert (percent.limit, percent.free, percent.because[-1].amount) == (5, 6, 2)
    unbounded = explain(after(opened(), bought(5, overage="allow"))).members
    assert (unbounded.limit, unbounded.free, unbounded.because[-1].amount) == (5, None, None)


def test_a_grace_is_named() -> None:
    room = explain(after(opened(user_limit=3), team(BOB, EVE), in_grace(3), bought(1))).members
    assert (room.limit, room.free) == (3, 0)
    assert room.because[-1] == Because("grace", 2, 5, ends_at=SOON)


def test_what_is_held_and_frozen_is_shown() -> None:
    past = (
        opened(user_limit=3, total_seats=1),
        joined(BOB, seated=True),
        withdrawn(BOB),
        frozen(BOB),
        invited(seated=True),
    )
    explained = explain(after(*past))
    assert (explained.members.used, explained.members.held, explained.members.frozen) == (1, 1, 1)
    assert (explained.seats.used, explained.seats.held, explained.seats.frozen) == (0, 1, 1)


@pytest.mark.parametrize(
    "past",
    [
        [*opened(user_limit=1)],
        [*opened(user_limit=2), invited()],
        [*opened(user_limit=2), *joined(BOB)],
        [*opened(user_limit=2), *team(BOB, EVE, DAN), *frozen(EVE, DAN)],
        [*opened(user_limit=3), *team(BOB, EVE), in_grace(3), bought(1)],
        [*opened(total_seats=3), *joined(BOB, seated=True), SeatTaken(ADA), in_grace(10, 3), bought(10, 1)],
        [*opened(), bought(2, overage=Percent(50)), *team(BOB, EVE)],
        [*opened(), bought(2), granted(members=-5)],
        [*opened(), bought(5), granted(members=2), *team(*[MemberId(f"m{number}") for number in range(6)])],
    ],
    ids=["full", "held", "two", "frozen", "grace", "grace of seats", "overage", "below zero", "grant"],
)
def test_each_way_leads_to_one_more_member(past: list[Event]) -> None:
    account = after(past)
    ways = explain(account).members.ways
    assert ways
    for way in ways:
        assert (explain(taken(past, way)).members.free or 0) >= 1, way
    for way in ways:
        if way.command == "make-grant" and isinstance(way.members, int) and not isinstance(way.seats, int):
            less = WayToOneMore("make-grant", members=way.members - 1)
            assert explain(taken(past, less)).members.free == 0, "fewer would do"


@pytest.mark.parametrize(
    "past",
    [
        [*opened(total_seats=0)],
        [*opened(total_seats=1), invited(seated=True)],
        [*opened(total_seats=1), SeatTaken(ADA)],
        [*opened(total_seats=2), *joined(BOB, seated=True), *joined(EVE, seated=True), *withdrawn(EVE), bought(10, 1)],
        [
            *opened(),
            bought(10, 2, overage=Percent(50)),
            *(SeatTaken(ADA), *joined(BOB, seated=True)),
            *joined(EVE, seated=True),
        ],
    ],
    ids=["none", "held", "taken", "owed", "overage"],
)
def test_each_way_leads_to_one_more_seat(past: list[Event]) -> None:
    ways = explain(after(past)).seats.ways
    assert ways
    for way in ways:
        assert (explain(taken(past, way)).seats.free or 0) >= 1, way


def test_a_seat_that_is_owed_to_a_frozen_member_is_free() -> None:
    """Who is frozen holds no seat, so nobody waits for the one that is free."""
    past = *opened(total_seats=3), *joined(BOB, seated=True), *withdrawn(BOB), *frozen(BOB), bought(1, 1)
    seats = explain(after(*past)).seats
    assert (seats.frozen, seats.free, seats.ways) == (1, 1, ())


def test_an_invitation_whose_end_thaws_somebody_is_no_way_to_a_seat() -> None:
    """The seat would be theirs again."""
    past = *opened(total_seats=2), *joined(BOB, seated=True), invited(seated=True), *withdrawn(BOB), *frozen(BOB)
    ways = explain(after(*past, bought(2, 1))).seats.ways
    assert [way.command for way in ways] == ["make-grant", "change-plan"]


def taken(past: list[Event], way: WayToOneMore) -> Account:
    """Go this way."""
    account = after(past)
    members, seats = (count if isinstance(count, int) else 0 for count in (way.members, way.seats))
    balance = balance_of(account)
    package = Terms(PlanId("other"), 1, seats or account.total_seats, members or max(account.user_limit, balance.used))
    commands: dict[str, Command] = {
        "revoke-invitation": RevokeInvitation(way.invitation_id or InvitationId("")),
        "remove-member": RemoveMember(way.member_id or MemberId("")),
        "free-seat": FreeSeat(way.member_id or MemberId("")),
        "make-grant": MakeGrant(GrantId("way"), seats, members, "a way", LATER),
        "change-plan": ChangeTerms(package, ChangeId("way"), LATER),
    }
    decision = ACCOUNT.decide(account, commands[way.command])
    assert not isinstance(decision, Refusal), decision
    return after(past, decision)


def test_the_way_of_an_invitation_is_the_latest() -> None:
    other = invited(InvitationId("i2"), "other@example.org")
    ways = explain(after(opened(user_limit=3), invited(), other)).members.ways
    assert ways[0] == WayToOneMore("revoke-invitation", invitation_id=InvitationId("i2"))
