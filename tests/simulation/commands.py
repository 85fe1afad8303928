"""Commands as clients send them, and as the aggregates get them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from seatkeeper.actors.access import commands as key
from seatkeeper.actors.access import events as key_events
from seatkeeper.actors.accounts import commands as account
from seatkeeper.actors.accounts import events as account_events
from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.aggregates.messages import Command, Event
from seatkeeper.actors.notifications import commands as hook
from seatkeeper.actors.notifications import events as hook_events
from seatkeeper.actors.subscriptions import commands as plan
from seatkeeper.actors.subscriptions import events as plan_events
from seatkeeper.actors.subscriptions.events import Package
from seatkeeper.actors.subscriptions.plan import Plan
from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.server.routes import Answer, Route
from tests.simulation.steps import Step

Body = dict[str, object]

_ACCOUNT = "/v1/accounts/{account_id}"
_MEMBER = _ACCOUNT + "/members/{member_id}"
_PLAN = "/v1/plans/{plan_id}"
_KEY = "/v1/api-keys/{key_id}"
_ROUTES: Mapping[tuple[str, str], Route] = {(route.method, route.path): route for route in ROUTES}


def route_of(method: str, path: str) -> Route:
    """Find a route in the service's own table."""
    return _ROUTES[method, path]


class CommandType(NamedTuple):
    """A command that clients send: its route, and the command that the aggregate gets, from its state and events.

    `makes` is the kind of the aggregate that it makes, if it makes one.
    """

    route: Route
    asked: Callable[[Sent, object, Sequence[Event]], Command]
    makes: str = ""


@dataclass(eq=False)
class Sent:
    """A command that a client has sent, and what the client knows of it."""

    name: str
    step: Step
    type: CommandType
    ids: Mapping[str, str]
    body: Body
    expected: int | None
    key: str | None
    since: Mapping[str, int]
    """The streams that it may be refused by, with their versions when it was sent first."""
    began: int = 0
    """The last position of the journal when it was sent first."""
    answer: Answer | None = None
    until: int | None = None
    """The last position of the journal when the answer came."""
    outcome_unknown: bool = False
    """Whether it may have been carried out although no answer came."""
    receipt_seen: bool = False
    attempts: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.step.kind

    @property
    def route(self) -> Route:
        return self.type.route

    @property
    def path(self) -> str:
        return self.route.path.format_map(self.ids)

    @property
    def raw(self) -> bytes:
        return msgspec.json.encode(self.body) if self.body else b""

    def stream(self, answer: Answer) -> str:
        """Name the stream that an accepted command went to."""
        if self.kind in {"sign up", "create key", "create webhook"}:
            return f"{self.type.makes}-{(answer.location or '').rpartition('/')[2]}"
        return next(iter(self.since))


def asked(sent: Sent, state: object, events: Sequence[Event]) -> Command:
    """Return the command that an aggregate got; ids and times, which the service adds, are taken from the events."""
    return sent.type.asked(sent, state, events)


def _open(sent: Sent, _state: object, events: Sequence[Event]) -> Command:
    match events:
        case [account_events.AccountOpened() as opened, account_events.MemberAdded() as added]:
            terms = account.Terms(opened.plan_id, opened.revision, opened.total_seats, opened.user_limit)
            return account.OpenAccount(
                account_id=opened.account_id,
                account_name=str(sent.body["account_name"]),
                terms=terms,
                currency="EUR",
                member_id=added.member_id,
                user_name=str(sent.body["user_name"]),
                user_email=None,
                at=opened.created_at,
                external_id=_text(sent.body.get("external_id")),
                user_external_id=_text(sent.body.get("user_external_id")),
            )
    return plan.OfferPackage()


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _add(sent: Sent, _state: object, events: Sequence[Event]) -> Command:
    member_id, at = account_events.MemberId(""), ""
    if events and isinstance(events[0], account_events.MemberAdded):
        member_id, at = events[0].member_id, events[0].joined_at
    body = {"member_id": member_id, "at": at, "email": None, **sent.body}
    return msgspec.convert(body, account.AddMember)


def _change_terms(sent: Sent, state: object, events: Sequence[Event]) -> Command:
    if isinstance(state, Plan):
        return plan.OfferPackage()
    plan_id = account_events.PlanId(str(sent.body["plan_id"]))
    if events and isinstance(events[0], account_events.PlanChanged):
        changed = events[0]
        return account.ChangeTerms(account.Terms(plan_id, changed.revision, changed.total_seats, changed.user_limit))
    if isinstance(state, Account) and state.plan_id == plan_id:
        return account.ChangeTerms(account.Terms(plan_id, state.revision, state.total_seats, state.user_limit))
    return account.ChangeTerms(account.Terms(plan_id, 0, 0, 0))


def _credit(sent: Sent, _state: object, _events: Sequence[Event]) -> Command:
    return msgspec.convert(sent.body, account.AdjustCredit)


def _define(sent: Sent, _state: object, events: Sequence[Event]) -> Command:
    at = events[0].created_at if events and isinstance(events[0], plan_events.PlanDefined) else ""
    return msgspec.convert({**sent.body, "created_at": at}, plan.DefinePlan)


def _revise(sent: Sent, _state: object, _events: Sequence[Event]) -> Command:
    return plan.RevisePackage(msgspec.convert(sent.body, Package))


def _create_key(sent: Sent, _state: object, events: Sequence[Event]) -> Command:
    key_id, secret_hash, at = key_events.KeyId(""), "", ""
    if events and isinstance(events[0], key_events.KeyCreated):
        key_id, secret_hash, at = events[0].key_id, events[0].secret_hash, events[0].created_at
    made: Body = {"key_id": key_id, "secret_hash": secret_hash, "at": at, "rate_limit": None, "expires_at": None}
    return msgspec.convert({**made, **sent.body}, key.CreateKey)


def _rotate_key(_sent: Sent, _state: object, events: Sequence[Event]) -> Command:
    if events and isinstance(events[0], key_events.KeyRotated):
        return key.RotateKey(events[0].secret_hash, events[0].overlap_until, events[0].rotated_at)
    return key.RotateKey("", None, "")


def _revoke_key(_sent: Sent, _state: object, events: Sequence[Event]) -> Command:
    first = events[0] if events else None
    return key.RevokeKey(first.revoked_at if isinstance(first, key_events.KeyRevoked) else "")


def _create_webhook(sent: Sent, _state: object, events: Sequence[Event]) -> Command:
    webhook_id, secret_id, at = hook_events.WebhookId(""), hook_events.SecretId(""), ""
    if events and isinstance(events[0], hook_events.WebhookCreated):
        webhook_id, secret_id, at = events[0].webhook_id, events[0].secret_id, events[0].created_at
    made: Body = {"webhook_id": webhook_id, "secret_id": secret_id, "at": at}
    return msgspec.convert({**made, **sent.body}, hook.CreateWebhook)


def _plain(command: type[Command]) -> Callable[[Sent, object, Sequence[Event]], Command]:
    """Make the command of the ids in the path and the fields of the body."""
    names = command.__struct_fields__

    def make(sent: Sent, _state: object, _events: Sequence[Event]) -> Command:
        ids = {name: value for name, value in sent.ids.items() if name in names}
        return msgspec.convert({**ids, **sent.body}, command)

    return make


COMMANDS: Mapping[str, CommandType] = {
    "sign up": CommandType(route_of("POST", "/v1/signups"), _open, makes="account"),
    "add member": CommandType(route_of("POST", _ACCOUNT + "/members"), _add),
    "rename member": CommandType(route_of("PATCH", _MEMBER), _plain(account.ChangeMember)),
    "change role": CommandType(route_of("PATCH", _MEMBER), _plain(account.ChangeMember)),
    "change email": CommandType(route_of("PATCH", _MEMBER), _plain(account.ChangeMember)),
    "name member": CommandType(route_of("PATCH", _MEMBER), _plain(account.ChangeMember)),
    "remove member": CommandType(route_of("DELETE", _MEMBER), _plain(account.RemoveMember)),
    "take seat": CommandType(route_of("PUT", _MEMBER + "/seat"), _plain(account.TakeSeat)),
    "free seat": CommandType(route_of("DELETE", _MEMBER + "/seat"), _plain(account.FreeSeat)),
    "adjust credit": CommandType(route_of("POST", _ACCOUNT + "/credit"), _credit),
    "change plan": CommandType(route_of("PUT", _ACCOUNT + "/plan"), _change_terms),
    "rename account": CommandType(route_of("PATCH", _ACCOUNT), _plain(account.ChangeAccount)),
    "name account": CommandType(route_of("PATCH", _ACCOUNT), _plain(account.ChangeAccount)),
    "suspend": CommandType(route_of("POST", _ACCOUNT + "/suspend"), _plain(account.SuspendAccount)),
    "reactivate": CommandType(route_of("POST", _ACCOUNT + "/reactivate"), _plain(account.ReactivateAccount)),
    "close": CommandType(route_of("POST", _ACCOUNT + "/close"), _plain(account.CloseAccount)),
    "define plan": CommandType(route_of("POST", "/v1/plans"), _define, makes="plan"),
    "rename plan": CommandType(route_of("PATCH", _PLAN), _plain(plan.ChangePlanDetails)),
    "name plan": CommandType(route_of("PATCH", _PLAN), _plain(plan.ChangePlanDetails)),
    "revise package": CommandType(route_of("PUT", _PLAN + "/package"), _revise),
    "retire": CommandType(route_of("POST", _PLAN + "/retire"), _plain(plan.RetirePlan)),
    "reinstate": CommandType(route_of("POST", _PLAN + "/reinstate"), _plain(plan.ReinstatePlan)),
    "create key": CommandType(route_of("POST", "/v1/api-keys"), _create_key, makes="apikey"),
    "rotate key": CommandType(route_of("POST", _KEY + "/rotate"), _rotate_key),
    "revoke key": CommandType(route_of("POST", _KEY + "/revoke"), _revoke_key),
    "create webhook": CommandType(route_of("POST", "/v1/webhooks"), _create_webhook, makes="webhook"),
}
"""The commands of the service by the names of steps."""
