"""The events of the account itself."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from seatkeeper.actors.accounts.values import AccountId, Money, Overage, PlanId, TrialTerms
from seatkeeper.actors.aggregates.external import Metadata, MetadataChange
from seatkeeper.actors.aggregates.messages import Event


class AccountOpened(Event, frozen=True, gc=False):
    """The account is open on the terms of a plan."""

    tag: ClassVar[str] = "account.opened"

    account_id: AccountId
    account_name: str
    plan_id: PlanId
    revision: int
    total_seats: int
    user_limit: int
    currency: str
    created_at: str
    external_id: str | msgspec.UnsetType = msgspec.UNSET
    metadata: Metadata | msgspec.UnsetType = msgspec.UNSET
    overage: Overage | msgspec.UnsetType = msgspec.UNSET
    trial: TrialTerms | msgspec.UnsetType = msgspec.UNSET


class AccountRenamed(Event, frozen=True, gc=False):
    """The account has a new name."""

    tag: ClassVar[str] = "account.renamed"

    account_name: str


class AccountExternalIdChanged(Event, frozen=True, gc=False):
    """The account has another external id, or none."""

    tag: ClassVar[str] = "account.external_id_changed"

    external_id: str | None


class AccountMetadataChanged(Event, frozen=True, gc=False):
    """These entries of the account's metadata have changed; those with null are gone."""

    tag: ClassVar[str] = "account.metadata_changed"

    metadata: MetadataChange


class CreditAdjusted(Event, frozen=True, gc=False):
    """The credit changed by `amount`, which may be negative, to `balance`."""

    tag: ClassVar[str] = "credit.adjusted.2"

    amount: Money
    reason: str
    balance: Money


class AccountSuspended(Event, frozen=True, gc=False):
    """The account is suspended."""

    tag: ClassVar[str] = "account.suspended"

    reason: str | None


class AccountReactivated(Event, frozen=True, gc=False):
    """The account is active again."""

    tag: ClassVar[str] = "account.reactivated"

    reason: str | None


class AccountClosed(Event, frozen=True, gc=False):
    """The account is closed."""

    tag: ClassVar[str] = "account.closed"

    reason: str | None
