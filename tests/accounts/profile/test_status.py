"""Status: an account is active, suspended (it can be reactivated or closed) or closed (it can only be read)."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.grants.commands import ExpireGrant
from seatkeeper.actors.accounts.invitations.commands import AcceptInvitation, ExpireInvitation
from seatkeeper.actors.accounts.members.commands import ChangeMember, FreeSeat, TakeSeat
from seatkeeper.actors.accounts.profile.commands import ChangeAccount, CloseAccount, ReactivateAccount, SuspendAccount
from seatkeeper.actors.accounts.profile.events import (
    AccountClosed,
    AccountReactivated,
    AccountRenamed,
    AccountSuspended,
)
from seatkeeper.actors.accounts.profile.refusals import AccountClosed as IsClosed
from seatkeeper.actors.accounts.profile.refusals import AccountSuspended as IsSuspended
from seatkeeper.actors.accounts.terms.commands import ApplyScheduledChange, EndGrace, EndTrial, EndTrialOnPlan
from seatkeeper.actors.aggregates.messages import Command
from tests.accounts.past import ADA, BOB, UNKNOWN, adjust, closed, given, joined, opened, suspended
from tests.accounts.test_completeness import COMMANDS
from tests.scenario import Past

BY_TIMERS = (ExpireInvitation, ExpireGrant, EndTrial, EndTrialOnPlan, EndGrace, ApplyScheduledChange)
WHILE_SUSPENDED = (SuspendAccount, ReactivateAccount, CloseAccount, *BY_TIMERS)
WORK = [command for command in COMMANDS if not isinstance(command, WHILE_SUSPENDED)]
NO_OPS: list[Command] = [ChangeAccount("Engines"), adjust(0), ChangeMember(ADA), FreeSeat(ADA)]


def named(command: Command) -> str:
    return type(command).__name__


def test_an_active_account_is_suspended_for_a_reason() -> None:
    account = given(opened()).when(SuspendAccount("unpaid")).then(AccountSuspended("unpaid"))
    assert account.status == "suspended"


def test_a_reason_may_be_left_out() -> None:
    given(opened()).when(SuspendAccount()).then(AccountSuspended(None))
    given(opened()).when(CloseAccount()).then(AccountClosed(None))
    given(opened(), suspended()).when(ReactivateAccount()).then(AccountReactivated(None))


def test_a_suspended_account_is_reactivated() -> None:
    account = given(opened(), suspended()).when(ReactivateAccount("paid")).then(AccountReactivated("paid"))
    assert account.status == "active"


def test_a_reactivated_account_works_again() -> None:
    past = (opened(), suspended(), AccountReactivated(None))
    given(*past).when(ChangeAccount("Looms")).then(AccountRenamed("Looms"))


def test_an_active_account_is_closed() -> None:
    account = given(opened()).when(CloseAccount("moved on")).then(AccountClosed("moved on"))
    assert account.status == "closed"


def test_a_suspended_account_is_closed() -> None:
    given(opened(), suspended()).when(CloseAccount()).then(AccountClosed(None))


@pytest.mark.parametrize(
    ("past", "command"),
    [
        ((opened(), suspended()), SuspendAccount("again")),
        ((opened(),), ReactivateAccount("again")),
        ((opened(), closed()), CloseAccount("again")),
    ],
    ids=["suspend", "reactivate", "close"],
)
def test_a_repeated_command_changes_nothing(past: tuple[Past, ...], command: Command) -> None:
    given(*past).when(command).changes_nothing()


@pytest.mark.parametrize("command", [*WORK, *NO_OPS], ids=named)
def test_a_suspended_account_refuses_every_other_command(command: Command) -> None:
    given(opened(), joined(BOB), suspended()).when(command).refuses(IsSuspended())


@pytest.mark.parametrize(
    "command",
    [
        *(one for one in (*WORK, *NO_OPS) if not isinstance(one, AcceptInvitation)),
        *(SuspendAccount(), ReactivateAccount()),
    ],
    ids=named,
)
def test_a_closed_account_refuses_every_other_command(command: Command) -> None:
    given(opened(), joined(BOB), closed()).when(command).refuses(IsClosed())


def test_an_account_that_was_suspended_and_then_closed_is_closed() -> None:
    given(opened(), suspended(), closed()).when(ReactivateAccount()).refuses(IsClosed())


def test_a_suspended_account_does_not_reveal_its_members() -> None:
    given(opened(), suspended()).when(TakeSeat(UNKNOWN)).refuses(IsSuspended())


def test_a_suspended_account_keeps_its_members_and_seats() -> None:
    past = (opened(), joined(BOB, seated=True))
    account = given(*past).when(SuspendAccount("unpaid")).then(AccountSuspended("unpaid"))
    assert account.members.keys() == {ADA, BOB}
    assert account.seats_taken == 1
