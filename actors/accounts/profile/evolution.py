"""How the account itself evolves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import UNSET

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.profile import events
from seatkeeper.actors.accounts.timers import start
from seatkeeper.actors.aggregates.external import merged
from seatkeeper.actors.aggregates.messages import Event


def opened(event: events.AccountOpened) -> Account:
    """Begin an account."""
    account = Account(
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
        version=1,
        overage=event.overage or None,
    )
    if event.trial is not UNSET:
        account.trial = event.trial
        start(account, (event.trial.ends_at, "trial-ends", account.account_id))
    return account


def _renamed(account: Account, event: events.AccountRenamed) -> None:
    account.account_name = event.account_name


def _external_id_changed(account: Account, event: events.AccountExternalIdChanged) -> None:
    account.external_id = event.external_id


def _metadata_changed(account: Account, event: events.AccountMetadataChanged) -> None:
    account.metadata = merged(account.metadata, event.metadata)


def _credit_adjusted(account: Account, event: events.CreditAdjusted) -> None:
    account.credit += event.amount.amount


def _suspended(account: Account, _: events.AccountSuspended) -> None:
    account.status = "suspended"


def _reactivated(account: Account, _: events.AccountReactivated) -> None:
    account.status = "active"


def _closed(account: Account, _: events.AccountClosed) -> None:
    """End all that goes on or lies ahead without a word of its own: a closed account has no timers."""
    account.status = "closed"
    account.trial = account.scheduled_change = account.grace = None


EVOLUTIONS: Mapping[type[Event], Callable[..., None]] = {
    events.AccountRenamed: _renamed,
    events.AccountExternalIdChanged: _external_id_changed,
    events.AccountMetadataChanged: _metadata_changed,
    events.CreditAdjusted: _credit_adjusted,
    events.AccountSuspended: _suspended,
    events.AccountReactivated: _reactivated,
    events.AccountClosed: _closed,
}
