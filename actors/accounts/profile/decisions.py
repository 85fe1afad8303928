"""The decisions about the account itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import UNSET

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.invitations.decisions import revoke_all
from seatkeeper.actors.accounts.members.events import MemberAdded
from seatkeeper.actors.accounts.profile import commands, events, refusals
from seatkeeper.actors.accounts.values import LARGEST_AMOUNT, Money
from seatkeeper.actors.aggregates.external import differing
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
            overage=UNSET if terms.overage == "refuse" else terms.overage,
            trial=command.trial or UNSET,
        ),
        MemberAdded(
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


def adjust_credit(account: Account, command: commands.AdjustCredit) -> Decision:
    """Add or charge, in the account's currency, never below zero; old credit that is too large can be charged."""
    amount = command.amount.amount
    balance = account.credit + amount
    if command.amount.currency != account.currency:
        return refusals.CurrencyMismatch(account.currency)
    if balance < 0:
        return refusals.CreditExhausted(account.credit)
    if amount > 0 and balance > LARGEST_AMOUNT:
        return refusals.CreditTooLarge(LARGEST_AMOUNT)
    if amount == 0:
        return NOTHING
    return [events.CreditAdjusted(command.amount, command.reason, Money(balance, account.currency))]


def suspend(account: Account, command: commands.SuspendAccount) -> Decision:
    """Suspend, unless the account is suspended already."""
    return NOTHING if account.status == "suspended" else [events.AccountSuspended(command.reason)]


def reactivate(account: Account, command: commands.ReactivateAccount) -> Decision:
    """Reactivate, unless the account is active already."""
    return NOTHING if account.status == "active" else [events.AccountReactivated(command.reason)]


def close(account: Account, command: commands.CloseAccount) -> Decision:
    """Close, unless the account is closed already; nobody is invited any more."""
    return NOTHING if account.status == "closed" else [*revoke_all(account), events.AccountClosed(command.reason)]


DECISIONS: Mapping[type[Command], Callable[..., Decision]] = {
    commands.ChangeAccount: change_account,
    commands.AdjustCredit: adjust_credit,
    commands.SuspendAccount: suspend,
    commands.ReactivateAccount: reactivate,
    commands.CloseAccount: close,
}
