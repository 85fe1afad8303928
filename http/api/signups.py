"""The route of sign-ups: the one call that needs a plan and makes an account."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.accounts.summaries import SignedUp
from seatkeeper.actors.accounts.values import AccountId, MemberId
from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.external import ExternalIdTaken
from seatkeeper.actors.processes.sign_up import SignUp
from seatkeeper.actors.subscriptions.events import PlanId
from seatkeeper.actors.subscriptions.refusals import PlanNotFound, PlanRetired
from seatkeeper.http import fields
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.routes import Call, Nothing, Route


class NewSignUp(msgspec.Struct, forbid_unknown_fields=True):
    """A new account on a plan, and its first member (`user_...`); the service has a default for the currency.

    It starts the trial of the plan, if that has one, unless `trial` is false.
    """

    account_name: fields.Name
    user_name: fields.Name
    plan_id: fields.Id
    user_email: fields.Email | None = None
    currency: fields.Currency | msgspec.UnsetType = msgspec.UNSET
    external_id: fields.ExternalId | None = None
    metadata: fields.Metadata | None = None
    user_external_id: fields.ExternalId | None = None
    user_metadata: fields.Metadata | None = None
    trial: bool = True

    def __post_init__(self) -> None:
        self.account_name = fields.name("account_name", self.account_name)
        self.user_name = fields.name("user_name", self.user_name)
        self.user_email = fields.email_if_given("user_email", self.user_email)
        if self.external_id is not None:
            self.external_id = fields.external_id("external_id", self.external_id)
        if self.user_external_id is not None:
            self.user_external_id = fields.external_id("user_external_id", self.user_external_id)
        fields.check_metadata("metadata", self.metadata)
        fields.check_metadata("user_metadata", self.user_metadata)


def sign_up(service: Service, call: Call[NewSignUp, Nothing]) -> Reply:
    """Open an account on a plan, with the customer as its first member."""
    body = call.body
    message = SignUp(
        plan_id=PlanId(body.plan_id.lower()),
        account_id=AccountId(service.new_id()),
        account_name=body.account_name,
        currency=body.currency if isinstance(body.currency, str) else service.currency,
        member_id=MemberId(service.new_id()),
        user_name=body.user_name,
        user_email=body.user_email,
        at=service.now(),
        options=call.options,
        external_id=body.external_id,
        metadata=body.metadata,
        user_external_id=body.user_external_id,
        user_metadata=body.user_metadata,
        trial=body.trial,
    )
    return service.sign_up.ask(message)


def _location(_call: Call[NewSignUp, Nothing], signed_up: SignedUp) -> str:
    return f"/v1/accounts/{signed_up.account.account_id}"


ROUTES = (
    Route(
        "POST",
        "/v1/signups",
        sign_up,
        SignedUp,
        201,
        body=NewSignUp,
        refusals=(PlanNotFound, PlanRetired, ExternalIdTaken),
        location=_location,
        scope="accounts:write",
    ),
)
