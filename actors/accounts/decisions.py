"""The decisions of an account: the table of all its commands, and what its status allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.grants import decisions as grants
from seatkeeper.actors.accounts.grants.commands import ExpireGrant
from seatkeeper.actors.accounts.invitations import decisions as invitations
from seatkeeper.actors.accounts.invitations.commands import AcceptInvitation, ExpireInvitation
from seatkeeper.actors.accounts.invitations.refusals import InvitationNotFound
from seatkeeper.actors.accounts.members import decisions as members
from seatkeeper.actors.accounts.profile import decisions as profile
from seatkeeper.actors.accounts.profile.commands import (
    CloseAccount,
    OpenAccount,
    ReactivateAccount,
    SuspendAccount,
)
from seatkeeper.actors.accounts.profile.refusals import (
    AccountClosed,
    AccountExists,
    AccountNotFound,
    AccountSuspended,
)
from seatkeeper.actors.accounts.terms import decisions as terms
from seatkeeper.actors.accounts.terms.commands import (
    ApplyScheduledChange,
    EndGrace,
    EndTrial,
    EndTrialOnPlan,
)
from seatkeeper.actors.aggregates.messages import NOTHING, Command, Decision

_DECISIONS: Mapping[type[Command], Callable[..., Decision]] = {
    **profile.DECISIONS,
    **members.DECISIONS,
    **invitations.DECISIONS,
    **grants.DECISIONS,
    **terms.DECISIONS,
}

_BY_TIMERS = (ExpireInvitation, ExpireGrant, EndTrial, EndTrialOnPlan, EndGrace, ApplyScheduledChange)
"""What goes on by itself, also while an account is suspended; a closed account has no timers, so it is nothing."""

_WHILE_SUSPENDED = (SuspendAccount, ReactivateAccount, CloseAccount, *_BY_TIMERS)

_WHILE_CLOSED = (CloseAccount, AcceptInvitation)
"""Nobody joins a closed account, whose invitations were revoked: who has a token is told what became of it."""


def decide(account: Account | None, command: Command) -> Decision:
    """Decide on a command: events, nothing, or a refusal."""
    if isinstance(command, OpenAccount):
        return profile.open_account(command) if account is None else AccountExists()
    if account is None:
        return InvitationNotFound() if isinstance(command, AcceptInvitation) else AccountNotFound()
    if account.status == "closed" and not isinstance(command, _WHILE_CLOSED):
        return NOTHING if isinstance(command, _BY_TIMERS) else AccountClosed()
    if account.status == "suspended" and not isinstance(command, _WHILE_SUSPENDED):
        return AccountSuspended()
    return _DECISIONS[type(command)](account, command)
