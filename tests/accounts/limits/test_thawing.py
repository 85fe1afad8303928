"""What comes back: whatever makes room thaws, in the same append, and nobody new takes that room first."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.grants.commands import WithdrawGrant
from seatkeeper.actors.accounts.grants.events import GrantEnded
from seatkeeper.actors.accounts.invitations.commands import RevokeInvitation
from seatkeeper.actors.accounts.limits.events import MemberThawed, SeatReturned
from seatkeeper.actors.accounts.limits.refusals import UserLimitReached
from seatkeeper.actors.accounts.members.commands import FreeSeat, RemoveMember, TakeSeat
from seatkeeper.actors.accounts.members.events import MemberRemoved, SeatFreed, SeatTaken
from seatkeeper.actors.accounts.values import GrantId, Percent
from seatkeeper.actors.aggregates.messages import Command, Event
from tests.accounts.ahead import (
    DAN,
    GUEST,
    OTHER,
    SOON,
    bought,
    buy,
    expire,
    expired,
    frozen,
    grant,
    granted,
    invite,
    invited,
    reached,
    revoked,
    team,
    withdrawn,
)
from tests.accounts.past import ADA, BOB, EVE, add, given, joined, opened

NEGATIVE = GrantId("g2")
FULL = [
    *opened(user_limit=4),
    *team(BOB, EVE, DAN),
    *frozen(EVE, DAN),
    granted(members=-1, grant_id=NEGATIVE),
    invited(),
]
"""Ada, Bob and an invitation have the three slots; Eve and Dan are frozen."""


@pytest.mark.parametrize(
    ("command", "event"),
    [
        (RemoveMember(BOB), MemberRemoved(BOB)),
        (RevokeInvitation(GUEST), revoked()),
        (expire(), expired()),
        (grant(members=1), granted(members=1)),
        (WithdrawGrant(NEGATIVE, SOON), GrantEnded(NEGATIVE, "withdrawn")),
        (buy(5), bought(5)),
        (buy(4, overage=Percent(34)), bought(4, overage=Percent(34))),
    ],
    ids=["removal", "revocation", "expiry", "a grant", "the end of a negative grant", "a larger plan", "overage"],
)
def test_whatever_makes_room_thaws(command: Command, event: Event) -> None:
    outcome = given(FULL).when(command)
    told = [event, MemberThawed(EVE)]
    assert list(outcome.events)[:2] == told
    assert MemberThawed(DAN) not in outcome.events


def test_exactly_what_was_frozen_comes_back() -> None:
    past = opened(user_limit=4), team(BOB, EVE, DAN), frozen(EVE, DAN), bought(2)
    thawed = MemberThawed(EVE), MemberThawed(DAN)
    account = given(*past).when(buy(10, revision=2)).then(bought(10, revision=2), *thawed)
    assert (account.count, account.frozen) == (4, None)


@pytest.mark.parametrize(
    ("command", "events"),
    [
        (RemoveMember(ADA), [MemberRemoved(ADA)]),
        (FreeSeat(ADA), [SeatFreed(ADA)]),
        (grant(seats=1), [granted(seats=1)]),
        (buy(10, 2, revision=2), [bought(10, 2, revision=2)]),
    ],
    ids=["removal", "a freed seat", "a grant", "a larger plan"],
)
def test_whatever_frees_a_seat_returns_one(command: Command, events: list[Event]) -> None:
    members = joined(BOB, seated=True, role="admin"), joined(EVE, seated=True)
    past = opened(total_seats=3), SeatTaken(ADA), *members, withdrawn(BOB, EVE), bought(10, 1)
    outcome = given(*past).when(command)
    assert list(outcome.events)[:2] == [*events, SeatReturned(BOB)]
    assert SeatReturned(EVE) not in outcome.events


def test_a_claim_is_given_up() -> None:
    past = opened(total_seats=1), joined(BOB, seated=True), withdrawn(BOB), bought(10, 0)
    account = given(*past).when(FreeSeat(BOB)).then(SeatFreed(BOB))
    assert (account.owed_seats, account.seats_taken) == (None, 0)
    given(*past, SeatFreed(BOB)).when(buy(10, 1, revision=2)).then(bought(10, 1, revision=2))


def test_a_thawed_member_has_the_seat_again() -> None:
    past = opened(total_seats=1), joined(BOB, seated=True), withdrawn(BOB), frozen(BOB), bought(1, 1)
    account = (
        given(*past).when(buy(10, 2, revision=2)).then(bought(10, 2, revision=2), MemberThawed(BOB), SeatReturned(BOB))
    )
    assert account.members[BOB].seated


def test_a_seat_that_is_owed_to_a_frozen_member_does_not_lie_idle() -> None:
    """Others may have it meanwhile; it is returned when the member is thawed and a seat is free."""
    past = opened(total_seats=1), joined(BOB, seated=True), withdrawn(BOB), frozen(BOB), bought(1, 1)
    given(*past).when(TakeSeat(ADA)).then(SeatTaken(ADA), reached(100, 1, 1, "seats"))


@pytest.mark.parametrize("command", [add(DAN), invite(OTHER, "other@example.org")])
def test_nobody_new_takes_the_room_of_a_frozen_one(command: Command) -> None:
    """After a downgrade nobody is forgotten beyond the limit (rdyrct 29, caido 2173)."""
    past = opened(user_limit=3), team(BOB, EVE), frozen(EVE), bought(2)
    given(*past).when(command).refuses(UserLimitReached(2))
    given(*past, MemberRemoved(BOB), MemberThawed(EVE)).when(command).refuses(UserLimitReached(2))


def test_who_is_removed_is_not_thawed() -> None:
    past = opened(user_limit=2), team(BOB, EVE), frozen(EVE)
    given(*past).when(RemoveMember(EVE)).then(MemberRemoved(EVE))
