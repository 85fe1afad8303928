"""The decisions about grants."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.grants import commands, events
from seatkeeper.actors.accounts.grants.refusals import GrantNotFound
from seatkeeper.actors.accounts.limits.draft import begin
from seatkeeper.actors.accounts.limits.settling import settle
from seatkeeper.actors.accounts.limits.shrinking import Limits, Smaller, move, policy_of
from seatkeeper.actors.accounts.values import GrantId
from seatkeeper.actors.aggregates.messages import NOTHING, Command, Decision, Event


def make_grant(account: Account, command: commands.MakeGrant) -> Decision:
    """Grant seats and member slots, or take some away as the policy allows."""
    made = events.GrantMade(
        command.grant_id, command.seats, command.members, command.reason, command.expires_at, command.at
    )
    return _move(account, command.grant_id, (command.members, command.seats), made, command.at)


def withdraw_grant(account: Account, command: commands.WithdrawGrant) -> Decision:
    """End a grant, as the policy allows."""
    grant = (account.grants or {}).get(command.grant_id)
    if grant is None:
        return GrantNotFound()
    ended = events.GrantEnded(command.grant_id, "withdrawn")
    return _move(account, command.grant_id, (-grant.members, -grant.seats), ended, command.at)


def expire_grant(account: Account, command: commands.ExpireGrant) -> Decision:
    """End a grant whose time is over; nobody can be refused, so what does not fit is frozen at least."""
    grant = (account.grants or {}).get(command.grant_id)
    if grant is None or grant.expires_at is None or command.at < grant.expires_at:
        return NOTHING
    ended = events.GrantEnded(command.grant_id, "expired")
    return _move(account, command.grant_id, (-grant.members, -grant.seats), ended, command.at, by_itself=True)


def _move(  # noqa: PLR0913 - what, by how much, and when
    account: Account, grant_id: GrantId, more: tuple[int, int], event: Event, at: str, *, by_itself: bool = False
) -> Decision:
    draft = begin(account)
    limits = Limits(
        account.user_limit + account.granted_members + more[0],
        account.total_seats + account.granted_seats + more[1],
        account.overage,
    )
    policy = policy_of(account, by_itself=by_itself)
    smaller = Smaller(policy.excess, grant_id, at, policy.grace_seconds)
    return move(draft, limits, event, smaller, anew=False) or settle(draft)


DECISIONS: Mapping[type[Command], Callable[..., Decision]] = {
    commands.MakeGrant: make_grant,
    commands.WithdrawGrant: withdraw_grant,
    commands.ExpireGrant: expire_grant,
}
