"""How grants evolve."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.grants import events
from seatkeeper.actors.accounts.grants.grant import Grant
from seatkeeper.actors.accounts.timers import start
from seatkeeper.actors.aggregates.messages import Event


def _grant_made(account: Account, event: events.GrantMade) -> None:
    if account.grants is None:
        account.grants = {}
    account.grants[event.grant_id] = Grant(
        event.seats, event.members, event.reason, event.created_at, account.version, event.expires_at
    )
    account.granted_members += event.members
    account.granted_seats += event.seats
    if event.expires_at is not None:
        start(account, (event.expires_at, "grant-expires", event.grant_id))


def _grant_ended(account: Account, event: events.GrantEnded) -> None:
    grants = account.grants or {}
    grant = grants.pop(event.grant_id)
    account.grants = grants or None
    account.granted_members -= grant.members
    account.granted_seats -= grant.seats


EVOLUTIONS: Mapping[type[Event], Callable[..., None]] = {
    events.GrantMade: _grant_made,
    events.GrantEnded: _grant_ended,
}
