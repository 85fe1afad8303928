"""Commands as clients send them, and as the aggregates get them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from seatkeeper.actors.access import commands as key
from seatkeeper.actors.access import events as key_events
from seatkeeper.actors.accounts.members.commands import AddMember, ChangeMember, FreeSeat, RemoveMember, TakeSeat
from seatkeeper.actors.accounts.members.events import MemberAdded
from seatkeeper.actors.accounts.profile.commands import (
    AdjustCredit,
    ChangeAccount,
    CloseAccount,
    OpenAccount,
    ReactivateAccount,
    SuspendAccount,
)
from seatkeeper.actors.accounts.profile.events import AccountOpened
from seatkeeper.actors.aggregates.messages import Command
from seatkeeper.actors.notifications import commands as hook
from seatkeeper.actors.notifications import events as hook_events
from seatkeeper.actors.subscriptions import commands as plan
from seatkeeper.actors.subscriptions import events as plan_events
from seatkeeper.actors.subscriptions.events import Package
from tests.simulation.holding import HOLDING
from tests.simulation.sending import Asked, Body, CommandType, Sent, plain, route_of, terms_in

_ACCOUNT = "/v1/accounts/{account_id}"
_MEMBER = _ACCOUNT + "/members/{member_id}"
_PLAN = "/v1/plans/{plan_id}"
_KEY = "/v1/api-keys/{key_id}"


def _open(sent: Sent, asked: Asked) -> Command:
    match asked.events:
        case [AccountOpened() as opened, MemberAdded() as added, *_]:
            return OpenAccount(
                account_id=opened.account_id,
                account_name=str(sent.body["account_name"]),
                terms=terms_in(opened),
                currency="EUR",
                member_id=added.member_id,
                user_name=str(sent.body["user_name"]),
                user_email=None,
                at=asked.at,
                external_id=_text(sent.body.get("external_id")),
                user_external_id=_text(sent.body.get("user_external_id")),
                trial=None if isinstance(opened.trial, msgspec.UnsetType) else opened.trial,
            )
    return plan.OfferPackage()


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _add(sent: Sent, asked: Asked) -> Command:
    member_ids = [event.member_id for event in asked.events if isinstance(event, MemberAdded)]
    body = {"member_id": member_ids[0] if member_ids else "", "at": asked.at, "email": None, **sent.body}
    return msgspec.convert(body, AddMember)


def _credit(sent: Sent, _asked: Asked) -> Command:
    return msgspec.convert(sent.body, AdjustCredit)


def _define(sent: Sent, asked: Asked) -> Command:
    at = asked.events[0].created_at if asked.events and isinstance(asked.events[0], plan_events.PlanDefined) else ""
    return msgspec.convert({**sent.body, "created_at": at}, plan.DefinePlan)


def _revise(sent: Sent, _asked: Asked) -> Command:
    return plan.RevisePackage(msgspec.convert(sent.body, Package))


def _create_key(sent: Sent, asked: Asked) -> Command:
    key_id, secret_hash, at = key_events.KeyId(""), "", ""
    first = asked.events[0] if asked.events else None
    if isinstance(first, key_events.KeyCreated):
        key_id, secret_hash, at = first.key_id, first.secret_hash, first.created_at
    made: Body = {"key_id": key_id, "secret_hash": secret_hash, "at": at, "rate_limit": None, "expires_at": None}
    return msgspec.convert({**made, **sent.body}, key.CreateKey)


def _rotate_key(_sent: Sent, asked: Asked) -> Command:
    first = asked.events[0] if asked.events else None
    if isinstance(first, key_events.KeyRotated):
        return key.RotateKey(first.secret_hash, first.overlap_until, first.rotated_at)
    return key.RotateKey("", None, "")


def _revoke_key(_sent: Sent, asked: Asked) -> Command:
    first = asked.events[0] if asked.events else None
    return key.RevokeKey(first.revoked_at if isinstance(first, key_events.KeyRevoked) else "")


def _create_webhook(sent: Sent, asked: Asked) -> Command:
    webhook_id, secret_id, at = hook_events.WebhookId(""), hook_events.SecretId(""), ""
    first = asked.events[0] if asked.events else None
    if isinstance(first, hook_events.WebhookCreated):
        webhook_id, secret_id, at = first.webhook_id, first.secret_id, first.created_at
    made: Body = {"webhook_id": webhook_id, "secret_id": secret_id, "at": at}
    return msgspec.convert({**made, **sent.body}, hook.CreateWebhook)


COMMANDS: Mapping[str, CommandType] = {
    "sign up": CommandType(route_of("POST", "/v1/signups"), _open, makes="account"),
    "add member": CommandType(route_of("POST", _ACCOUNT + "/members"), _add),
    "rename member": CommandType(route_of("PATCH", _MEMBER), plain(ChangeMember)),
    "change role": CommandType(route_of("PATCH", _MEMBER), plain(ChangeMember)),
    "change email": CommandType(route_of("PATCH", _MEMBER), plain(ChangeMember)),
    "name member": CommandType(route_of("PATCH", _MEMBER), plain(ChangeMember)),
    "remove member": CommandType(route_of("DELETE", _MEMBER), plain(RemoveMember)),
    "take seat": CommandType(route_of("PUT", _MEMBER + "/seat"), plain(TakeSeat)),
    "free seat": CommandType(route_of("DELETE", _MEMBER + "/seat"), plain(FreeSeat)),
    "adjust credit": CommandType(route_of("POST", _ACCOUNT + "/credit"), _credit),
    "rename account": CommandType(route_of("PATCH", _ACCOUNT), plain(ChangeAccount)),
    "name account": CommandType(route_of("PATCH", _ACCOUNT), plain(ChangeAccount)),
    "suspend": CommandType(route_of("POST", _ACCOUNT + "/suspend"), plain(SuspendAccount)),
    "reactivate": CommandType(route_of("POST", _ACCOUNT + "/reactivate"), plain(ReactivateAccount)),
    "close": CommandType(route_of("POST", _ACCOUNT + "/close"), plain(CloseAccount)),
    "define plan": CommandType(route_of("POST", "/v1/plans"), _define, makes="plan"),
    "rename plan": CommandType(route_of("PATCH", _PLAN), plain(plan.ChangePlanDetails)),
    "name plan": CommandType(route_of("PATCH", _PLAN), plain(plan.ChangePlanDetails)),
    "revise package": CommandType(route_of("PUT", _PLAN + "/package"), _revise),
    "retire": CommandType(route_of("POST", _PLAN + "/retire"), plain(plan.RetirePlan)),
    "reinstate": CommandType(route_of("POST", _PLAN + "/reinstate"), plain(plan.ReinstatePlan)),
    "create key": CommandType(route_of("POST", "/v1/api-keys"), _create_key, makes="apikey"),
    "rotate key": CommandType(route_of("POST", _KEY + "/rotate"), _rotate_key),
    "revoke key": CommandType(route_of("POST", _KEY + "/revoke"), _revoke_key),
    "create webhook": CommandType(route_of("POST", "/v1/webhooks"), _create_webhook, makes="webhook"),
    **HOLDING,
}
"""The commands of the service by the names of steps."""
