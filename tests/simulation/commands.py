"""Commands as clients send them, and what the aggregates are asked by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from seatkeeper.actors.accounts import commands as account
from seatkeeper.actors.accounts import events as account_events
from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.messages import Command, Event
from seatkeeper.actors.subscriptions import commands as plan
from seatkeeper.actors.subscriptions import events as plan_events
from seatkeeper.actors.subscriptions.events import Package
from seatkeeper.actors.subscriptions.plan import Plan
from seatkeeper.http.routes import Answer, Route
from seatkeeper.http.table import ROUTES
from tests.simulation.states import State
from tests.simulation.steps import Step

Body = dict[str, object]

_ACCOUNT = "/v1/accounts/{account_id}"
_MEMBER = _ACCOUNT + "/members/{member_id}"
_PLAN = "/v1/plans/{plan_id}"
PLACES = {
    "sign up": ("POST", "/v1/signups"),
    "add member": ("POST", _ACCOUNT + "/members"),
    "rename member": ("PATCH", _MEMBER),
    "change role": ("PATCH", _MEMBER),
    "change email": ("PATCH", _MEMBER),
    "remove member": ("DELETE", _MEMBER),
    "take seat": ("PUT", _MEMBER + "/seat"),
    "free seat": ("DELETE", _MEMBER + "/seat"),
    "adjust credit": ("POST", _ACCOUNT + "/credit"),
    "change plan": ("PUT", _ACCOUNT + "/plan"),
    "rename account": ("PATCH", _ACCOUNT),
    "suspend": ("POST", _ACCOUNT + "/suspend"),
    "reactivate": ("POST", _ACCOUNT + "/reactivate"),
    "close": ("POST", _ACCOUNT + "/close"),
    "define plan": ("POST", "/v1/plans"),
    "rename plan": ("PATCH", _PLAN),
    "revise package": ("PUT", _PLAN + "/package"),
    "retire": ("POST", _PLAN + "/retire"),
    "reinstate": ("POST", _PLAN + "/reinstate"),
}
_ROUTES: Mapping[tuple[str, str], Route] = {(route.method, route.path): route for route in ROUTES}


def route_of(method: str, path: str) -> Route:
    """Find a route in the service's own table."""
    return _ROUTES[method, path]


@dataclass(eq=False)
class Sent:
    """A command that a client has sent, and what it has heard of it."""

    name: str
    step: Step
    ids: Mapping[str, str]
    body: Body
    expected: int | None
    key: str | None
    since: Mapping[str, int]
    """The streams that it may be refused by, with their versions when it was sent first."""
    answer: Answer | None = None
    until: int | None = None
    """The last position of the journal when the answer came."""
    in_doubt: bool = False
    """Whether it may have been carried out although no answer came."""
    receipt_seen: bool = False
    attempts: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.step.kind

    @property
    def route(self) -> Route:
        return route_of(*PLACES[self.kind])

    @property
    def path(self) -> str:
        return self.route.path.format_map(self.ids)

    @property
    def raw(self) -> bytes:
        return msgspec.json.encode(self.body) if self.body else b""

    def stream(self, answer: Answer) -> str:
        """Name the stream that an accepted command went to."""
        if self.kind == "sign up":
            return f"account-{(answer.location or '').rpartition('/')[2]}"
        return next(iter(self.since))


def asked(sent: Sent, state: State, events: Sequence[Event]) -> Command:
    """Say what an aggregate was asked; what the service added, as ids and times, is taken from the events."""
    return _ASKED[sent.kind](sent, state, events)


def _open(sent: Sent, _state: State, events: Sequence[Event]) -> Command:
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
            )
    return plan.OfferPackage()


def _add(sent: Sent, _state: State, events: Sequence[Event]) -> Command:
    member_id, at = account_events.MemberId(""), ""
    if events and isinstance(events[0], account_events.MemberAdded):
        member_id, at = events[0].member_id, events[0].joined_at
    body = {"member_id": member_id, "at": at, "email": None, **sent.body}
    return msgspec.convert(body, account.AddMember)


def _change_terms(sent: Sent, state: State, events: Sequence[Event]) -> Command:
    if isinstance(state, Plan):
        return plan.OfferPackage()
    plan_id = account_events.PlanId(str(sent.body["plan_id"]))
    if events and isinstance(events[0], account_events.PlanChanged):
        changed = events[0]
        return account.ChangeTerms(account.Terms(plan_id, changed.revision, changed.total_seats, changed.user_limit))
    if isinstance(state, Account) and state.plan_id == plan_id:
        return account.ChangeTerms(account.Terms(plan_id, state.revision, state.total_seats, state.user_limit))
    return account.ChangeTerms(account.Terms(plan_id, 0, 0, 0))


def _credit(sent: Sent, _state: State, _events: Sequence[Event]) -> Command:
    return msgspec.convert(sent.body, account.AdjustCredit)


def _define(sent: Sent, _state: State, events: Sequence[Event]) -> Command:
    at = events[0].created_at if events and isinstance(events[0], plan_events.PlanDefined) else ""
    return msgspec.convert({**sent.body, "created_at": at}, plan.DefinePlan)


def _revise(sent: Sent, _state: State, _events: Sequence[Event]) -> Command:
    return plan.RevisePackage(msgspec.convert(sent.body, Package))


def _plain(command: type[Command]) -> Callable[[Sent, State, Sequence[Event]], Command]:
    """Make the command of the ids in the path and the fields of the body."""
    names = command.__struct_fields__

    def make(sent: Sent, _state: State, _events: Sequence[Event]) -> Command:
        ids = {name: value for name, value in sent.ids.items() if name in names}
        return msgspec.convert({**ids, **sent.body}, command)

    return make


_ASKED: Mapping[str, Callable[[Sent, State, Sequence[Event]], Command]] = {
    "sign up": _open,
    "add member": _add,
    "rename member": _plain(account.ChangeMember),
    "change role": _plain(account.ChangeMember),
    "change email": _plain(account.ChangeMember),
    "remove member": _plain(account.RemoveMember),
    "take seat": _plain(account.TakeSeat),
    "free seat": _plain(account.FreeSeat),
    "adjust credit": _credit,
    "change plan": _change_terms,
    "rename account": _plain(account.RenameAccount),
    "suspend": _plain(account.SuspendAccount),
    "reactivate": _plain(account.ReactivateAccount),
    "close": _plain(account.CloseAccount),
    "define plan": _define,
    "rename plan": _plain(plan.RenamePlan),
    "revise package": _revise,
    "retire": _plain(plan.RetirePlan),
    "reinstate": _plain(plan.ReinstatePlan),
}
