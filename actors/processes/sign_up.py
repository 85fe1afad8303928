"""Sign-ups: ask the plan what it sells, then ask a new account to open on those terms.

A sign-up needs two aggregates of two contexts, but is one append to one stream: a crash leaves all of it or nothing,
and there is nothing to compensate.
"""

from __future__ import annotations

import msgspec

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.profile.commands import OpenAccount
from seatkeeper.actors.accounts.values import AccountId, MemberId
from seatkeeper.actors.aggregates.aggregate import NO_OPTIONS, CommandOptions, Reply
from seatkeeper.actors.aggregates.door import Door
from seatkeeper.actors.aggregates.external import Metadata
from seatkeeper.actors.aggregates.messages import Refusal
from seatkeeper.actors.processes.offers import offer_of, terms_of, trial_of
from seatkeeper.actors.runtime.loop_actor import LoopActor
from seatkeeper.actors.subscriptions.events import PlanId


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
    options: CommandOptions = NO_OPTIONS
    external_id: str | None = None
    metadata: Metadata | None = None
    user_external_id: str | None = None
    user_metadata: Metadata | None = None
    trial: bool = True
    """Whether to start the trial of the plan, if it has one."""


class SignUpCoordinator(LoopActor):
    """Carries out sign-ups. Re-entrant: each message is handled in a task of its own."""

    def __init__(self, directory: Door) -> None:
        """Reach both aggregates through the directory."""
        super().__init__()
        self._directory = directory

    async def on_receive(self, message: SignUp) -> Reply:
        """Ask the plan what it sells; unless it refuses, ask the account to open, and answer with its reply."""
        offer = await offer_of(self._directory, message.plan_id)
        if isinstance(offer, Refusal):
            return self._directory.store_refusal(offer, message.options.key)
        command = OpenAccount(
            account_id=message.account_id,
            account_name=message.account_name,
            terms=terms_of(offer),
            currency=message.currency,
            member_id=message.member_id,
            user_name=message.user_name,
            user_email=message.user_email,
            at=message.at,
            external_id=message.external_id,
            metadata=message.metadata,
            user_external_id=message.user_external_id,
            user_metadata=message.user_metadata,
            trial=trial_of(offer, message.at) if message.trial else None,
        )
        return self._directory.ask(AccountActor, message.account_id, command, message.options, fresh=True)
