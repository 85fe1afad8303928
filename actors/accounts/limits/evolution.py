"""How what does not fit evolves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.limits import events
from seatkeeper.actors.accounts.values import MemberId
from seatkeeper.actors.aggregates.messages import Event


def _member_frozen(account: Account, event: events.MemberFrozen) -> None:
    if account.frozen is None:
        account.frozen = {}
    account.frozen[event.member_id] = account.version
    account.admins -= account.members[event.member_id].role == "admin"


def _member_thawed(account: Account, event: events.MemberThawed) -> None:
    account.frozen = without(account.frozen, event.member_id)
    account.admins += account.members[event.member_id].role == "admin"


def _seat_withdrawn(account: Account, event: events.SeatWithdrawn) -> None:
    account.members[event.member_id].seated = False
    account.seats_taken -= 1
    if account.owed_seats is None:
        account.owed_seats = {}
    account.owed_seats[event.member_id] = account.version


def _seat_returned(account: Account, event: events.SeatReturned) -> None:
    account.owed_seats = without(account.owed_seats, event.member_id)
    account.members[event.member_id].seated = True
    account.seats_taken += 1


def _told(account: Account, event: Event) -> None:
    """Change nothing: the event says what the numbers say too."""


def without(waiting: dict[MemberId, int] | None, member_id: MemberId) -> dict[MemberId, int] | None:
    """Take a member out of those that wait, in place; None when nobody is left."""
    if waiting is not None:
        waiting.pop(member_id, None)
    return waiting or None


EVOLUTIONS: Mapping[type[Event], Callable[..., None]] = {
    events.MemberFrozen: _member_frozen,
    events.MemberThawed: _member_thawed,
    events.SeatWithdrawn: _seat_withdrawn,
    events.SeatReturned: _seat_returned,
    events.UsageReached: _told,
    events.LimitExceeded: _told,
    events.LimitKept: _told,
}
