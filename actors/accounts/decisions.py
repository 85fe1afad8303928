"""The decisions of an account: one pure function for each command, in constant time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import UNSET

from seatkeeper.actors.accounts import commands, events, refusals
from seatkeeper.actors.accounts.account import Account, Member, same_email
from seatkeeper.actors.aggregates.external import ExternalIdTaken, differing
from seatkeeper.actors.aggregates.messages import NOTHING, Command, Decision, Event, Refusal


def open_account(command: commands.OpenAccount) -> Decision:
    """Open an account with its first member, an admin."""
    terms = command.terms
    return [
        events.AccountOpened(
            account_id=command.account_id,
            account_name=command.account_name,
            plan_id=terms.plan_id,
            revision=terms.revision,
            total_seats=terms.total_seats,
            user_limit=terms.user_limit,
            currency=command.currency,
            created_at=command.at,
            external_id=command.external_id or UNSET,
            metadata=command.metadata or UNSET,
        ),
        events.MemberAdded(
            command.member_id,
            command.user_name,
            command.user_email,
            "admin",
            command.at,
            command.user_external_id or UNSET,
            command.user_metadata or UNSET,
        ),
    ]


def change_account(account: Account, command: commands.ChangeAccount) -> Decision:
    """Change what differs; whether another account has the external id, the journal decides."""
    changes: list[Event] = []
    if command.account_name is not UNSET and command.account_name != account.account_name:
        changes.append(events.AccountRenamed(command.account_name))
    if command.external_id is not UNSET and command.external_id != account.external_id:
        changes.append(events.AccountExternalIdChanged(command.external_id))
    differs = differing(account.metadata, command.metadata)
    if isinstance(differs, Refusal):
        return differs
    if differs:
        changes.append(events.AccountMetadataChanged(differs))
    return changes


def change_terms(account: Account, command: commands.ChangeTerms) -> Decision:
    """Change the plan, if the members and the taken seats fit into its package."""
    terms = command.terms
    if (terms.plan_id, terms.revision) == (account.plan_id, account.revision):
        return NOTHING
    excess = refusals.Excess(
        members=max(0, len(account.members) - terms.user_limit),
        seats=max(0, account.seats_taken - terms.total_seats),
    )
    if excess.members or excess.seats:
        return refusals.OverLimit(excess)
    return [events.PlanChanged(terms.plan_id, terms.revision, terms.total_seats, terms.user_limit)]


def adjust_credit(account: Account, command: commands.AdjustCredit) -> Decision:
    """Add or charge, in the account's currency, never below zero; old credit that is too large can be charged."""
    amount = command.amount.amount
    balance = account.credit + amount
    if command.amount.currency != account.currency:
        return refusals.CurrencyMismatch(account.currency)
    if balance < 0:
        return refusals.CreditExhausted(account.credit)
    if amount > 0 and balance > events.LARGEST_AMOUNT:
        return refusals.CreditTooLarge(events.LARGEST_AMOUNT)
    if amount == 0:
        return NOTHING
    return [events.CreditAdjusted(command.amount, command.reason, events.Money(balance, account.currency))]


def suspend(account: Account, command: commands.SuspendAccount) -> Decision:
    """Suspend, unless the account is suspended already."""
    return NOTHING if account.status == "suspended" else [events.AccountSuspended(command.reason)]


def reactivate(account: Account, command: commands.ReactivateAccount) -> Decision:
    """Reactivate, unless the account is active already."""
    return NOTHING if account.status == "active" else [events.AccountReactivated(command.reason)]


def close(account: Account, command: commands.CloseAccount) -> Decision:
    """Close, unless the account is closed already."""
    return NOTHING if account.status == "closed" else [events.AccountClosed(command.reason)]


def add_member(account: Account, command: commands.AddMember) -> Decision:
    """Add a member while a member slot is free, and give them a seat if the command says so."""
    if len(account.members) >= account.user_limit:
        return refusals.UserLimitReached(account.user_limit)
    if command.email is not None and same_email(command.email) in account.emails:
        return refusals.EmailTaken(command.email)
    external_id = command.external_id
    if external_id is not None and account.member_of(external_id) is not None:
        return ExternalIdTaken("member", external_id)
    added = events.MemberAdded(
        command.member_id,
        command.name,
        command.email,
        command.role,
        command.at,
        external_id or UNSET,
        command.metadata or UNSET,
    )
    if not command.seated:
        return [added]
    if account.seats_taken >= account.total_seats:
        return refusals.NoSeatLeft(account.total_seats)
    return [added, events.SeatTaken(command.member_id)]


def change_member(account: Account, command: commands.ChangeMember) -> Decision:
    """Change what differs; the last admin keeps that role."""
    member = account.members.get(command.member_id)
    if member is None:
        return refusals.MemberNotFound()
    changes: list[Event] = []
    if isinstance(command.name, str) and command.name != member.name:
        changes.append(events.MemberRenamed(command.member_id, command.name))
    if (command.email is None or isinstance(command.email, str)) and command.email != member.email:
        if command.email and account.emails.get(same_email(command.email), command.member_id) != command.member_id:
            return refusals.EmailTaken(command.email)
        changes.append(events.MemberEmailChanged(command.member_id, command.email))
    if isinstance(command.role, str) and command.role != member.role:
        if member.role == "admin" and account.admins == 1:
            return refusals.LastAdmin()
        changes.append(events.MemberRoleChanged(command.member_id, command.role))
    more = _change_external(account, member, command)
    return more if isinstance(more, Refusal) else [*changes, *more]


def _change_external(account: Account, member: Member, command: commands.ChangeMember) -> Decision:
    """Change the external id and the metadata of a member."""
    changes: list[Event] = []
    external_id = command.external_id
    if external_id is not UNSET and external_id != member.external_id:
        if external_id is not None and account.member_of(external_id) is not None:
            return ExternalIdTaken("member", external_id)
        changes.append(events.MemberExternalIdChanged(command.member_id, external_id))
    differs = differing(member.metadata, command.metadata)
    if isinstance(differs, Refusal):
        return differs
    if differs:
        changes.append(events.MemberMetadataChanged(command.member_id, differs))
    return changes


def remove_member(account: Account, command: commands.RemoveMember) -> Decision:
    """Remove a member, unless it is the last admin."""
    member = account.members.get(command.member_id)
    if member is None:
        return refusals.MemberNotFound()
    if member.role == "admin" and account.admins == 1:
        return refusals.LastAdmin()
    return [events.MemberRemoved(command.member_id)]


def take_seat(account: Account, command: commands.TakeSeat) -> Decision:
    """Give the member a seat while one is free."""
    member = account.members.get(command.member_id)
    if member is None:
        return refusals.MemberNotFound()
    if member.seated:
        return NOTHING
    if account.seats_taken >= account.total_seats:
        return refusals.NoSeatLeft(account.total_seats)
    return [events.SeatTaken(command.member_id)]


def free_seat(account: Account, command: commands.FreeSeat) -> Decision:
    """Free the seat of the member."""
    member = account.members.get(command.member_id)
    if member is None:
        return refusals.MemberNotFound()
    return [events.SeatFreed(command.member_id)] if member.seated else NOTHING


_DECISIONS: Mapping[type[Command], Callable[..., Decision]] = {
    commands.ChangeAccount: change_account,
    commands.ChangeTerms: change_terms,
    commands.AdjustCredit: adjust_credit,
    commands.SuspendAccount: suspend,
    commands.ReactivateAccount: reactivate,
    commands.CloseAccount: close,
    commands.AddMember: add_member,
    commands.ChangeMember: change_member,
    commands.RemoveMember: remove_member,
    commands.TakeSeat: take_seat,
    commands.FreeSeat: free_seat,
}

_WHILE_SUSPENDED = (commands.SuspendAccount, commands.ReactivateAccount, commands.CloseAccount)


def decide(account: Account | None, command: Command) -> Decision:
    """Decide on a command: events, nothing, or a refusal."""
    if isinstance(command, commands.OpenAccount):
        return open_account(command) if account is None else refusals.AccountExists()
    if account is None:
        return refusals.AccountNotFound()
    if account.status == "closed" and not isinstance(command, commands.CloseAccount):
        return refusals.AccountClosed()
    if account.status == "suspended" and not isinstance(command, _WHILE_SUSPENDED):
        return refusals.AccountSuspended()
    return _DECISIONS[type(command)](account, command)
