"""The commands about the account itself."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.accounts.values import AccountId, MemberId, Money, Terms, TrialTerms
from seatkeeper.actors.aggregates.external import Metadata, MetadataChange
from seatkeeper.actors.aggregates.messages import Command


class OpenAccount(Command, frozen=True, gc=False):
    """Open the account on these terms, with its first member as admin."""

    account_id: AccountId
    account_name: str
    terms: Terms
    currency: str
    member_id: MemberId
    user_name: str
    user_email: str | None
    at: str
    external_id: str | None = None
    metadata: Metadata | None = None
    user_external_id: str | None = None
    user_metadata: Metadata | None = None
    trial: TrialTerms | None = None


class ChangeAccount(Command, frozen=True, gc=False):
    """Change the name, the external id or entries of the metadata; UNSET leaves one as it is."""

    account_name: str | msgspec.UnsetType = msgspec.UNSET
    external_id: str | msgspec.UnsetType | None = msgspec.UNSET
    metadata: MetadataChange | msgspec.UnsetType = msgspec.UNSET


class AdjustCredit(Command, frozen=True, gc=False):
    """Add to the credit; a negative amount charges it."""

    amount: Money
    reason: str


class SuspendAccount(Command, frozen=True, gc=False):
    """Make the account read-only until it is reactivated."""

    reason: str | None = None


class ReactivateAccount(Command, frozen=True, gc=False):
    """Make a suspended account active again."""

    reason: str | None = None


class CloseAccount(Command, frozen=True, gc=False):
    """Close the account for good; it stays readable."""

    reason: str | None = None
