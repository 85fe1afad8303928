"""How an account evolves: the table of all its events."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.grants import evolution as grants
from seatkeeper.actors.accounts.invitations import evolution as invitations
from seatkeeper.actors.accounts.limits import evolution as limits
from seatkeeper.actors.accounts.members import evolution as members
from seatkeeper.actors.accounts.profile import evolution as profile
from seatkeeper.actors.accounts.profile.events import AccountOpened
from seatkeeper.actors.accounts.terms import evolution as terms
from seatkeeper.actors.accounts.timers import drop_unwanted
from seatkeeper.actors.aggregates.messages import Event

_EVOLUTIONS: Mapping[type[Event], Callable[..., None]] = {
    **profile.EVOLUTIONS,
    **members.EVOLUTIONS,
    **invitations.EVOLUTIONS,
    **limits.EVOLUTIONS,
    **grants.EVOLUTIONS,
    **terms.EVOLUTIONS,
}


def evolve(account: Account | None, event: Event) -> Account:
    """Apply one event to the state, in place, in constant time (with timers, in logarithmic time)."""
    if isinstance(event, AccountOpened):
        return profile.opened(event)
    if account is None:
        message = f"{event.tag} before account.opened"
        raise ValueError(message)
    account.version += 1
    _EVOLUTIONS[type(event)](account, event)
    if account.timers is not None:
        drop_unwanted(account)
    return account
