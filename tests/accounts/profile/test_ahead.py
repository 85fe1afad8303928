"""What a status does to what is held, and to what happens by itself."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.grants.commands import ExpireGrant, WithdrawGrant
from seatkeeper.actors.accounts.grants.events import GrantEnded
from seatkeeper.actors.accounts.invitations.commands import AcceptInvitation, RevokeInvitation
from seatkeeper.actors.accounts.invitations.refusals import InvitationOver
from seatkeeper.actors.accounts.limits.events import MemberThawed
from seatkeeper.actors.accounts.members.commands import AddMembers
from seatkeeper.actors.accounts.profile.commands import CloseAccount
from seatkeeper.actors.accounts.profile.events import AccountClosed
from seatkeeper.actors.accounts.profile.refusals import AccountClosed as IsClosed
from seatkeeper.actors.accounts.profile.refusals import AccountSuspended as IsSuspended
from seatkeeper.actors.accounts.terms.commands import (
    CancelScheduledChange,
    ChangeTrial,
    ConvertTrial,
    EndGrace,
    EndTrial,
)
from seatkeeper.actors.accounts.terms.events import GraceEnded, TrialEnded
from seatkeeper.actors.accounts.timers import timers
from seatkeeper.actors.aggregates.messages import Command, Event
from tests.accounts.ahead import (
    GIFT,
    GUEST,
    OTHER,
    SOON,
    accept,
    bought,
    expire,
    expired,
    frozen,
    grant,
    granted,
    in_grace,
    invite,
    invited,
    on_the_day,
    on_trial,
    renew,
    revoked,
    schedule,
    scheduled,
    team,
)
from tests.accounts.past import BOB, CHANGE, EVE, after, closed, given, opened, suspended

BUSY = [*on_trial(), invited(), granted(members=1, expires_at=SOON), scheduled(), *team(), in_grace(10), bought(1)]
BY_CLIENTS: list[Command] = [
    AddMembers((), atomic=False),
    invite(OTHER, "other@example.org"),
    renew(),
    RevokeInvitation(GUEST),
    accept(),
    grant(members=1),
    WithdrawGrant(GIFT, SOON),
    schedule(),
    CancelScheduledChange(),
    ChangeTrial(SOON),
    ConvertTrial(),
]
BY_TIMERS: list[Command] = [expire(), ExpireGrant(GIFT, SOON), EndTrial(SOON), EndGrace(CHANGE, SOON), on_the_day()]


def named(command: Command) -> str:
    return type(command).__name__


@pytest.mark.parametrize("command", BY_CLIENTS, ids=named)
def test_a_suspended_account_is_only_read(command: Command) -> None:
    given(BUSY, suspended()).when(command).refuses(IsSuspended())


@pytest.mark.parametrize("command", [one for one in BY_CLIENTS if not isinstance(one, AcceptInvitation)], ids=named)
def test_a_closed_account_is_only_read(command: Command) -> None:
    given(BUSY, closed()).when(command).refuses(IsClosed())


def test_a_token_of_a_closed_account_is_over() -> None:
    given(BUSY, revoked(), closed()).when(accept()).refuses(InvitationOver("revoked"))


@pytest.mark.parametrize(
    ("past", "command", "events"),
    [
        ([invited()], expire(), [expired()]),
        ([granted(members=1, expires_at=SOON)], ExpireGrant(GIFT, SOON), [GrantEnded(GIFT, "expired")]),
        ([*team(), in_grace(10), bought(3)], EndGrace(CHANGE, SOON), [GraceEnded(CHANGE, "over")]),
    ],
    ids=["an invitation", "a grant", "a grace"],
)
def test_what_ends_by_itself_ends_while_suspended(past: list[Event], command: Command, events: list[Event]) -> None:
    given(opened(), past, suspended()).when(command).then(*events)


def test_a_trial_ends_while_suspended() -> None:
    given(on_trial(), suspended()).when(EndTrial(SOON)).then(TrialEnded("suspended"))


def test_room_is_given_back_while_suspended() -> None:
    past = opened(user_limit=3), team(BOB, EVE), invited(), frozen(EVE), suspended()
    given(*past).when(expire()).then(expired(), MemberThawed(EVE))


def test_a_closed_account_has_nothing_ahead() -> None:
    account = given(BUSY).when(CloseAccount("moved on")).then(revoked(), AccountClosed("moved on"))
    assert (account.trial, account.grace, account.scheduled_change) == (None, None, None)
    assert (account.held, account.timers, list(timers(account))) == (0, None, [])


@pytest.mark.parametrize("command", BY_TIMERS, ids=named)
def test_a_closed_account_has_no_timers(command: Command) -> None:
    given(BUSY, revoked(), closed()).when(command).changes_nothing()
    assert after(BUSY, revoked(), closed()).timers is None
