"""The invariants of an account, checked when a journal is verified."""

from __future__ import annotations

from collections.abc import Iterator

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.invitations.events import InvitationMade
from seatkeeper.actors.accounts.limits.numbers import balance_of
from seatkeeper.actors.accounts.members.events import MemberAdded, MemberEmailChanged, MemberExternalIdChanged
from seatkeeper.actors.accounts.members.member import same_email
from seatkeeper.actors.accounts.profile.events import AccountOpened, CreditAdjusted
from seatkeeper.actors.accounts.values import MemberId, Money
from seatkeeper.actors.aggregates.messages import Event


def broken_rules(account: Account, event: Event) -> list[str]:
    """List the invariants that the state after this event breaks: limits, credit, admins, balance, names."""
    broken = [*_limits(account), *_rooms(account, event)]
    if account.credit < 0:
        broken.append(f"a credit of {account.credit}")
    if not account.admins and not isinstance(event, AccountOpened):
        broken.append("no admin")
    if isinstance(event, CreditAdjusted):
        balance = Money(account.credit, account.currency)
        if event.balance != balance or event.amount.currency != account.currency:
            broken.append(f"a balance of {_money(event.balance)}, where the events add up to {_money(balance)}")
    if isinstance(event, MemberAdded | MemberExternalIdChanged) and event.external_id:
        holder = account.member_of(event.external_id)
        if holder != event.member_id:
            broken.append(f"the external id {event.external_id} for two members")
    return broken


def unsettled(account: Account) -> list[str]:
    """List what the state after a whole append owes: room that nobody was given back."""
    broken: list[str] = []
    balance = balance_of(account)
    if account.status == "closed":
        return broken
    if account.frozen and balance.free_members > 0:
        broken.append(f"{len(account.frozen)} frozen members beside {balance.free_members} free member slots")
    if balance.free_seats > 0 and any(not account.is_frozen(member_id) for member_id in account.owed_seats or ()):
        broken.append(f"a seat that is owed beside {balance.free_seats} free seats")
    if account.grace is not None and balance.fits:
        broken.append("a grace in which all fits")
    return broken


def _limits(account: Account) -> Iterator[str]:
    """Nothing is beyond what may be taken, but in a grace, and but for the last admin at a limit of 0.

    A closed account stays as it was, also in a grace that ended with it.
    """
    balance = balance_of(account)
    if account.grace is None and account.status != "closed":
        last_admin = balance.member_cap == 0 and balance.used == 1 == account.admins
        if balance.free_members < 0 and not last_admin:
            held = f" and {balance.held} invitations" if balance.held else ""
            yield f"{balance.count} members{held} of {balance.member_cap}"
        if balance.free_seats < 0:
            held = f" and {balance.seats_held} held" if balance.seats_held else ""
            yield f"{balance.taken} seats taken{held} of {balance.seat_cap}"


def _rooms(account: Account, event: Event) -> Iterator[str]:
    """Nobody holds anything twice: a frozen member no seat, and a member's address no invitation."""
    if account.frozen is not None:
        member_id: MemberId = getattr(event, "member_id", MemberId(""))
        if account.is_frozen(member_id) and account.members[member_id].seated:
            yield "a frozen member with a seat"
    if account.invited is not None and isinstance(event, MemberAdded | MemberEmailChanged | InvitationMade):
        email = None if event.email is None else same_email(event.email)
        if email in account.emails and email in account.invited:
            yield "an invitation to the address of a member"


def _money(money: Money) -> str:
    return f"{money.amount} {money.currency}"
