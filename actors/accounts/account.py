"""An account: its state, and how it evolves. What it decides is in decisions.py."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping

import idna
import msgspec

from seatkeeper.actors.accounts import events
from seatkeeper.actors.accounts.events import AccountId, MemberId, PlanId, Role, Status
from seatkeeper.actors.aggregates.external import Metadata, merged
from seatkeeper.actors.aggregates.messages import Event


class Member(msgspec.Struct, gc=False, omit_defaults=True):
    """A member, who has a member slot and perhaps a seat."""

    name: str
    email: str | None
    role: Role
    joined_at: str
    seated: bool = False
    external_id: str | None = None
    metadata: Metadata | None = None


class Account(msgspec.Struct, gc=False, omit_defaults=True):
    """The state of one account, private to its actor. It stores its counts, so that no command has to count."""

    account_id: AccountId
    account_name: str
    plan_id: PlanId
    revision: int
    total_seats: int
    user_limit: int
    currency: str
    created_at: str
    status: Status = "active"
    credit: int = 0
    seats_taken: int = 0
    admins: int = 0
    members: dict[MemberId, Member] = {}  # msgspec gives each account a copy
    emails: dict[str, MemberId] = {}
    same_emails: dict[str, list[MemberId]] = {}
    """More members with an address of `emails`: only events from before domains were compared in ASCII make some."""
    external_id: str | None = None
    metadata: Metadata | None = None
    external_ids: dict[str, MemberId] | None = None
    """The members by their external ids; None while no member had one, so that most accounts have no empty table."""

    def member_of(self, external_id: str) -> MemberId | None:
        """Find the member with this external id."""
        return None if self.external_ids is None else self.external_ids.get(external_id)


def same_email(address: str) -> str:
    """Fold an e-mail address to the form in which addresses are compared: the domain is in ASCII (RFC 5890).

    Any text is taken: old events have addresses that are not accepted any more.
    """
    if address.isascii():
        return address.lower().removesuffix(".")
    local, at, domain = address.rpartition("@")
    try:
        domain = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        domain = unicodedata.normalize("NFC", domain.casefold())
    return (unicodedata.normalize("NFC", local.casefold()) + at + domain).removesuffix(".")


def _opened(event: events.AccountOpened) -> Account:
    return Account(
        account_id=event.account_id,
        account_name=event.account_name,
        plan_id=event.plan_id,
        revision=event.revision,
        total_seats=event.total_seats,
        user_limit=event.user_limit,
        currency=event.currency,
        created_at=event.created_at,
        external_id=event.external_id or None,
        metadata=event.metadata or None,
    )


def _renamed(account: Account, event: events.AccountRenamed) -> None:
    account.account_name = event.account_name


def _external_id_changed(account: Account, event: events.AccountExternalIdChanged) -> None:
    account.external_id = event.external_id


def _metadata_changed(account: Account, event: events.AccountMetadataChanged) -> None:
    account.metadata = merged(account.metadata, event.metadata)


def _plan_changed(account: Account, event: events.PlanChanged) -> None:
    account.plan_id, account.revision = event.plan_id, event.revision
    account.total_seats, account.user_limit = event.total_seats, event.user_limit


def _credit_adjusted(account: Account, event: events.CreditAdjusted) -> None:
    account.credit += event.amount.amount


def _suspended(account: Account, _: events.AccountSuspended) -> None:
    account.status = "suspended"


def _reactivated(account: Account, _: events.AccountReactivated) -> None:
    account.status = "active"


def _closed(account: Account, _: events.AccountClosed) -> None:
    account.status = "closed"


def _member_added(account: Account, event: events.MemberAdded) -> None:
    member = Member(event.name, event.email, event.role, event.joined_at)
    account.members[event.member_id] = member
    account.admins += event.role == "admin"
    _take_email(account, event.member_id, event.email)
    if event.external_id:
        _take_external_id(account, event.member_id, event.external_id)
    if event.metadata:
        member.metadata = event.metadata


def _member_renamed(account: Account, event: events.MemberRenamed) -> None:
    account.members[event.member_id].name = event.name


def _member_email_changed(account: Account, event: events.MemberEmailChanged) -> None:
    member = account.members[event.member_id]
    _give_email_up(account, event.member_id, member.email)
    member.email = event.email
    _take_email(account, event.member_id, event.email)


def _member_external_id_changed(account: Account, event: events.MemberExternalIdChanged) -> None:
    _give_external_id_up(account, event.member_id)
    if event.external_id is not None:
        _take_external_id(account, event.member_id, event.external_id)


def _member_metadata_changed(account: Account, event: events.MemberMetadataChanged) -> None:
    member = account.members[event.member_id]
    member.metadata = merged(member.metadata, event.metadata)


def _member_role_changed(account: Account, event: events.MemberRoleChanged) -> None:
    member = account.members[event.member_id]
    account.admins += (event.role == "admin") - (member.role == "admin")
    member.role = event.role


def _member_removed(account: Account, event: events.MemberRemoved) -> None:
    _give_external_id_up(account, event.member_id)
    member = account.members.pop(event.member_id)
    account.admins -= member.role == "admin"
    account.seats_taken -= member.seated
    _give_email_up(account, event.member_id, member.email)


def _take_email(account: Account, member_id: MemberId, address: str | None) -> None:
    if address is not None:
        same = same_email(address)
        if account.emails.setdefault(same, member_id) != member_id:
            account.same_emails.setdefault(same, []).append(member_id)


def _give_email_up(account: Account, member_id: MemberId, address: str | None) -> None:
    if address is None:
        return
    same = same_email(address)
    others = account.same_emails.get(same)
    if not others:
        del account.emails[same]
        return
    if account.emails[same] == member_id:
        account.emails[same] = others.pop()
    else:
        others.remove(member_id)
    if not others:
        del account.same_emails[same]


def _take_external_id(account: Account, member_id: MemberId, external_id: str) -> None:
    if account.external_ids is None:
        account.external_ids = {}
    account.external_ids.setdefault(external_id, member_id)
    account.members[member_id].external_id = external_id


def _give_external_id_up(account: Account, member_id: MemberId) -> None:
    member = account.members[member_id]
    if member.external_id is not None and account.external_ids is not None:
        del account.external_ids[member.external_id]
        member.external_id = None


def _seat_taken(account: Account, event: events.SeatTaken) -> None:
    account.members[event.member_id].seated = True
    account.seats_taken += 1


def _seat_freed(account: Account, event: events.SeatFreed) -> None:
    account.members[event.member_id].seated = False
    account.seats_taken -= 1


_EVOLUTIONS: Mapping[type[Event], Callable[..., None]] = {
    events.AccountRenamed: _renamed,
    events.AccountExternalIdChanged: _external_id_changed,
    events.AccountMetadataChanged: _metadata_changed,
    events.PlanChanged: _plan_changed,
    events.CreditAdjusted: _credit_adjusted,
    events.AccountSuspended: _suspended,
    events.AccountReactivated: _reactivated,
    events.AccountClosed: _closed,
    events.MemberAdded: _member_added,
    events.MemberRenamed: _member_renamed,
    events.MemberEmailChanged: _member_email_changed,
    events.MemberExternalIdChanged: _member_external_id_changed,
    events.MemberMetadataChanged: _member_metadata_changed,
    events.MemberRoleChanged: _member_role_changed,
    events.MemberRemoved: _member_removed,
    events.SeatTaken: _seat_taken,
    events.SeatFreed: _seat_freed,
}


def evolve(account: Account | None, event: Event) -> Account:
    """Apply one event to the state, in place, in constant time."""
    if isinstance(event, events.AccountOpened):
        return _opened(event)
    if account is None:
        message = f"{event.tag} before account.opened"
        raise ValueError(message)
    _EVOLUTIONS[type(event)](account, event)
    return account


def identity(account: Account) -> str:
    """Return the id of the account, which is also in the id of its stream."""
    return account.account_id


def size(account: Account) -> int:
    """Count the parts that a snapshot has to write: the members."""
    return len(account.members)
