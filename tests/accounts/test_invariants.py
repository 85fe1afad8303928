"""Invariants: what `verify` finds in a stream that no decision could have made."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.invariants import broken_rules, unsettled
from seatkeeper.actors.accounts.invitations.events import InvitationAccepted
from seatkeeper.actors.accounts.limits.events import MemberFrozen
from seatkeeper.actors.accounts.members.events import SeatTaken
from seatkeeper.actors.aggregates.messages import Event
from tests.accounts.ahead import GUEST, bought, frozen, granted, in_grace, invited, team, withdrawn
from tests.accounts.past import ADA, BOB, EVE, after, closed, joined, opened


@pytest.mark.parametrize(
    ("past", "event", "rule"),
    [
        (opened(user_limit=1), joined(BOB)[0], "2 members of 1"),
        (opened(user_limit=1), invited(), "1 members and 1 invitations of 1"),
        ([*opened(total_seats=0)], SeatTaken(ADA), "1 seats taken of 0"),
        ([*opened(total_seats=1), invited(seated=True)], SeatTaken(ADA), "1 seats taken and 1 held of 1"),
        (opened(), MemberFrozen(ADA), "no admin"),
        ([*opened(), *joined(BOB, seated=True)], MemberFrozen(BOB), "a frozen member with a seat"),
        (
            [*opened(), invited()],
            joined(BOB, email="GUEST@example.org")[0],
            "an invitation to the address of a member",
        ),
        ([*opened(user_limit=3), *team(BOB, EVE)], bought(2), "3 members of 2"),
        ([*opened(user_limit=2), *joined(BOB)], granted(members=-2), "2 members of 0"),
    ],
)
def test_a_broken_rule_is_found(past: list[Event], event: Event, rule: str) -> None:
    assert broken_rules(after(past, event), event) == [rule]


@pytest.mark.parametrize(
    ("past", "event"),
    [
        ([*opened(user_limit=2), *joined(BOB), in_grace(2)], bought(1)),
        ([*opened(user_limit=1)], granted(members=-1)),
        ([*opened(user_limit=2), invited()], InvitationAccepted(GUEST, BOB)),
        ([*opened(user_limit=2), *joined(BOB), in_grace(2), bought(1)], closed()),
    ],
    ids=["grace", "the last admin", "acceptance", "closed in a grace"],
)
def test_what_may_be_is_not_found(past: list[Event], event: Event) -> None:
    assert broken_rules(after(past, event), event) == []


@pytest.mark.parametrize(
    ("past", "owed"),
    [
        ([*opened(), *joined(BOB), *frozen(BOB)], ["1 frozen members beside 9 free member slots"]),
        ([*opened(), *joined(BOB, seated=True), *withdrawn(BOB)], ["a seat that is owed beside 2 free seats"]),
        ([*opened(), in_grace(10)], ["a grace in which all fits"]),
        ([*opened(), *joined(BOB), *frozen(BOB), closed()], []),
        ([*opened(user_limit=1), *joined(BOB, seated=True), *withdrawn(BOB), *frozen(BOB)], []),
    ],
    ids=["frozen", "owed", "grace", "closed", "owed to a frozen one"],
)
def test_what_is_owed_after_an_append_is_found(past: list[Event], owed: list[str]) -> None:
    assert unsettled(after(past)) == owed
