"""How members and their seats evolve."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.limits.evolution import without
from seatkeeper.actors.accounts.members import events
from seatkeeper.actors.accounts.members.member import Member, same_email
from seatkeeper.actors.accounts.values import MemberId
from seatkeeper.actors.aggregates.external import merged
from seatkeeper.actors.aggregates.messages import Event


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
    if not account.is_frozen(event.member_id):
        account.admins += (event.role == "admin") - (member.role == "admin")
    member.role = event.role


def _member_removed(account: Account, event: events.MemberRemoved) -> None:
    _give_external_id_up(account, event.member_id)
    member = account.members.pop(event.member_id)
    if account.is_frozen(event.member_id):
        account.frozen = without(account.frozen, event.member_id)
    else:
        account.admins -= member.role == "admin"
    account.owed_seats = without(account.owed_seats, event.member_id)
    account.seats_taken -= member.seated
    _give_email_up(account, event.member_id, member.email)


def _seat_taken(account: Account, event: events.SeatTaken) -> None:
    account.members[event.member_id].seated = True
    account.seats_taken += 1
    account.owed_seats = without(account.owed_seats, event.member_id)


def _seat_freed(account: Account, event: events.SeatFreed) -> None:
    """Free the seat; a seat that is owed is given up."""
    member = account.members[event.member_id]
    account.seats_taken -= member.seated
    member.seated = False
    account.owed_seats = without(account.owed_seats, event.member_id)


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


EVOLUTIONS: Mapping[type[Event], Callable[..., None]] = {
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
