"""The coordinator: where the two contexts meet, and only an offer crosses the border.

One command, two aggregates: the plan is asked for its offer, then the account is asked to open. A sign-up is one
append to one stream, so a crash leaves all of it or nothing, and there is nothing to compensate.
"""

from __future__ import annotations

import msgspec

from seatkeeper.actors.accounts import commands as account
from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.events import AccountId, MemberId
from seatkeeper.actors.accounts.events import PlanId as BoughtPlanId
from seatkeeper.actors.aggregate import Reply
from seatkeeper.actors.directory import Directory
from seatkeeper.actors.journal import IdempotencyKey
from seatkeeper.actors.messages import Refusal
from seatkeeper.actors.runtime import LoopActor
from seatkeeper.actors.subscriptions import commands as subscription
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.events import PlanId
from seatkeeper.actors.subscriptions.plan import Offer


class SignUp(msgspec.Struct, frozen=True, gc=False):
    """Open a new account on a plan, with the customer as its first member."""

    plan_id: PlanId
    account_id: AccountId
    account_name: str
    currency: str
    member_id: MemberId
    user_name: str
    user_email: str | None
    at: str
    expected_version: int | None = None
    key: IdempotencyKey | None = None


class ChangePlan(msgspec.Struct, frozen=True, gc=False):
    """Move an account to what a plan sells now."""

    account_id: AccountId
    plan_id: PlanId
    expected_version: int | None = None
    key: IdempotencyKey | None = None


_OFFER = subscription.OfferPackage()


class SignupCoordinator(LoopActor):
    """Carries out what needs a plan and an account. Re-entrant: each message runs on its own."""

    def __init__(self, directory: Directory) -> None:
        """Reach both aggregates through the directory."""
        super().__init__()
        self._directory = directory

    async def on_receive(self, message: SignUp | ChangePlan) -> Reply:
        """Ask the plan what it offers; unless it refuses, tell the account, which answers."""
        answer = await self._directory.ask(PlanActor, message.plan_id, _OFFER)
        if isinstance(answer, Refusal):
            return self._directory.keep(answer, message.key)
        terms = _terms(answer.value)
        if isinstance(message, SignUp):
            return self._open(message, terms)
        change = account.ChangeTerms(terms)
        return self._directory.ask(AccountActor, message.account_id, change, message.expected_version, message.key)

    def _open(self, message: SignUp, terms: account.Terms) -> Reply:
        command = account.OpenAccount(
            account_id=message.account_id,
            account_name=message.account_name,
            terms=terms,
            currency=message.currency,
            member_id=message.member_id,
            user_name=message.user_name,
            user_email=message.user_email,
            at=message.at,
        )
        expected, key = message.expected_version, message.key
        return self._directory.ask(AccountActor, message.account_id, command, expected, key, fresh=True)


def _terms(offer: object) -> account.Terms:
    """Translate what a plan offers into what an account buys."""
    if not isinstance(offer, Offer):
        message = f"a plan offered {offer!r}"
        raise TypeError(message)
    package = offer.package
    return account.Terms(BoughtPlanId(offer.plan_id), offer.revision, package.total_seats, package.user_limit)
