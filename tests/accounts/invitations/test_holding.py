"""What an invitation holds, from the moment at which it is made to its end."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.invitations.events import InvitationExpired, InvitationMade, InvitationRevoked
from seatkeeper.actors.accounts.invitations.refusals import AlreadyInvited
from seatkeeper.actors.accounts.limits.numbers import balance_of
from seatkeeper.actors.accounts.limits.refusals import GraceRunning, NoSeatLeft, UserLimitReached
from seatkeeper.actors.accounts.members.commands import ChangeMember, TakeSeat
from seatkeeper.actors.accounts.members.events import MemberEmailChanged
from seatkeeper.actors.accounts.members.refusals import EmailTaken
from seatkeeper.actors.accounts.summaries import summarize
from seatkeeper.actors.aggregates.messages import Command
from tests.accounts.ahead import (
    OTHER,
    SOON,
    accepted,
    expire,
    expired,
    in_grace,
    invite,
    invited,
    reached,
    renew,
    revoked,
)
from tests.accounts.past import ADA, BOB, EVE, add, after, given, joined, opened


def test_an_invitation_holds_a_slot_and_a_seat() -> None:
    account = given(opened()).when(invite(seated=True)).then(invited(seated=True))
    shown = summarize(account, account.version)
    assert (shown.members.count, shown.members.held, shown.members.limit) == (1, 1, 10)
    assert (shown.seats.taken, shown.seats.held, shown.seats.total) == (0, 1, 2)


@pytest.mark.parametrize("command", [invite(OTHER, "other@example.org"), add(BOB)])
def test_what_is_held_is_not_given_away(command: Command) -> None:
    """The last free slot is held by an invitation (sbomify 1622, anarlog 6690)."""
    given(opened(user_limit=2), invited()).when(command).refuses(UserLimitReached(2))


@pytest.mark.parametrize("command", [invite(OTHER, "other@example.org", seated=True), TakeSeat(ADA)])
def test_a_seat_that_is_held_is_not_given_away(command: Command) -> None:
    given(opened(total_seats=1), invited(seated=True)).when(command).refuses(NoSeatLeft(1))


@pytest.mark.parametrize("email", ["bob@example.org", "BOB@Example.ORG"])
def test_a_member_is_not_invited(email: str) -> None:
    given(opened(), joined(BOB, email="bob@example.org")).when(invite(email=email)).refuses(EmailTaken(email))


@pytest.mark.parametrize("email", ["guest@example.org", "Guest@EXAMPLE.org", "guest@example.org."])
def test_an_address_is_invited_once(email: str) -> None:
    given(opened(), invited()).when(invite(OTHER, email)).refuses(AlreadyInvited(email))


@pytest.mark.parametrize("command", [invite(OTHER, "other@example.org"), renew()])
def test_nobody_is_invited_in_a_grace(command: Command) -> None:
    given(opened(), invited(), expired(), in_grace(10)).when(command).refuses(GraceRunning(SOON))


def test_three_invitations_at_once_for_one_slot() -> None:
    """One gets it, as each is decided after the one before (dust 27364)."""
    given(opened(user_limit=2)).when(invite()).then(invited(), reached(100, 2, 2))
    for number in range(2):
        third = invite(OTHER, f"number-{number}@example.org")
        given(opened(user_limit=2), invited()).when(third).refuses(UserLimitReached(2))


@pytest.mark.parametrize("end", [revoked(), expired()])
def test_an_invitation_that_is_over_holds_nothing(end: InvitationRevoked | InvitationExpired) -> None:
    """Neither a revoked nor an expired one takes room (dust 30522)."""
    given(opened(user_limit=2), invited(), end).when(add(BOB)).then(*joined(BOB), reached(100, 2, 2))


def test_who_is_invited_and_accepts_is_counted_once() -> None:
    """An invitation that is accepted turns into a member; it is not one more (executor 1158)."""
    account = after(opened(), invited(seated=True), *accepted())
    balance = balance_of(account)
    assert (balance.count, balance.held, balance.used) == (2, 0, 2)


def test_who_is_invited_and_added_is_counted_once() -> None:
    """To add a member with an invited address takes the invitation up (executor 1158)."""
    joins = joined(EVE, email="GUEST@example.org", seated=True)
    past = opened(user_limit=2, total_seats=1), invited(seated=True)
    command = add(EVE, email="GUEST@example.org", seated=True)
    account = given(*past).when(command).then(revoked(), *joins)
    assert (account.count, account.held, account.seats_taken, account.seats_held) == (2, 0, 1, 0)


def test_a_member_takes_an_invited_address() -> None:
    command = ChangeMember(ADA, email="guest@example.org")
    changed = MemberEmailChanged(ADA, "guest@example.org")
    account = given(opened(user_limit=2), invited()).when(command).then(revoked(), changed)
    assert account.held == 0


def test_an_invitation_expires() -> None:
    account = given(opened(), invited(seated=True)).when(expire()).then(expired())
    assert (account.held, account.seats_held, account.timers) == (0, 0, None)


@pytest.mark.parametrize(
    "past",
    [[invited(expires_at="2026-11-30T09:00:00.001Z")], [invited(), expired()], [invited(), *accepted()], []],
    ids=["early", "twice", "accepted", "unknown"],
)
def test_an_early_timer_of_an_invitation_is_nothing(past: list[InvitationMade]) -> None:
    given(opened(), past).when(expire()).changes_nothing()
