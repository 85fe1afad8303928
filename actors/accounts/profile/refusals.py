"""The refusals about the account itself. Each docstring is the `detail` that a client reads, with its fields in it."""

from __future__ import annotations

from seatkeeper.actors.aggregates.messages import NotFound, Refusal


class AccountNotFound(NotFound, frozen=True, gc=False):
    """Account not found: no account has this id. Check the id.

    It comes when the id in the path belongs to no account. An account that was closed is still there.

    Take the id from the answer to the sign-up, or find the account by its external id or its name.
    """


class AccountExists(Refusal, frozen=True, gc=False):
    """Account id taken: an account with this id exists already. Use another id.

    It comes when an account is opened under an id that is in use.

    Use another id.
    """


class AccountSuspended(Refusal, frozen=True, gc=False):
    """Account suspended: it can only be read, reactivated or closed. Reactivate it first.

    It comes when a suspended account is changed, by a client or by the acceptance of an invitation.

    Reactivate the account, then send the command again. Reading, reactivating and closing work meanwhile.
    """


class AccountClosed(Refusal, frozen=True, gc=False):
    """Account closed: it can only be read. Sign up for a new account.

    It comes when a closed account is changed. Closing cannot be undone.

    Sign the customer up again. The closed account, its members and its events can still be read.
    """


class CurrencyMismatch(Refusal, frozen=True, gc=False):
    """Currency mismatch: the credit of this account is in {currency}. Send the amount in {currency}.

    It comes when credit is added or charged in another currency than that of the account, which was set at the
    sign-up.

    Convert the amount before you send it. The currency of an account never changes.
    """

    currency: str


class CreditExhausted(Refusal, frozen=True, gc=False):
    """Credit exhausted: {balance} minor units do not cover this charge. Charge less, or add credit.

    It comes when an account is charged with more than its balance: credit never goes below zero.

    Charge at most the field `balance`, or add credit first and send the charge again.
    """

    balance: int


class CreditTooLarge(Refusal, frozen=True, gc=False):
    """Credit too large: the balance may not exceed {largest} minor units. Add less.

    It comes when the balance would be a larger number than every reader of JSON has exactly.

    Add less. An amount so large is mostly a mistake: amounts are in minor units, such as cents.
    """

    largest: int
