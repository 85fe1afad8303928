"""Steps about what accounts hold and what comes by itself: invitations, grants, trials and changes of plan.

What they are about, and the commands that the accounts get.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.grants.commands import MakeGrant, WithdrawGrant
from seatkeeper.actors.accounts.grants.events import GrantMade
from seatkeeper.actors.accounts.invitations.commands import AcceptInvitation, Invite, RenewInvitation, RevokeInvitation
from seatkeeper.actors.accounts.invitations.events import InvitationMade, InvitationRenewed
from seatkeeper.actors.accounts.members.commands import AddMember, AddMembers
from seatkeeper.actors.accounts.members.events import MemberAdded
from seatkeeper.actors.accounts.terms.commands import (
    CancelScheduledChange,
    ChangeTerms,
    ChangeTrial,
    ConvertTrial,
    ScheduleChange,
)
from seatkeeper.actors.accounts.terms.events import GraceStarted, PlanChanged, ScheduledChangeSet
from seatkeeper.actors.accounts.values import ChangeId, GrantId, InvitationId, MemberId, PlanId, Terms
from seatkeeper.actors.aggregates.messages import Command, Event
from seatkeeper.actors.aggregates.times import later
from seatkeeper.actors.subscriptions.commands import OfferPackage
from seatkeeper.actors.subscriptions.plan import Plan
from seatkeeper.http.api.accounts.terms import OtherPlan
from seatkeeper.http.api.accounts.tokens import read_token
from seatkeeper.http.times import written
from tests.simulation.known import Known, Subject, external_id, recent
from tests.simulation.sending import Asked, Body, CommandType, Sent, plain, route_of, terms_in
from tests.simulation.steps import Step

_ACCOUNT = "/v1/accounts/{account_id}"
_INVITATIONS = _ACCOUNT + "/invitations"
_INVITATION = _INVITATIONS + "/{invitation_id}"
_GRANTS = _ACCOUNT + "/grants"
_TRIAL = _ACCOUNT + "/trial"

SOON = (1, 3, 20, 3_600, 86_400, 7 * 86_400, 30 * 86_400)
"""Seconds until something comes by itself."""

ADDRESSES = ("ada@example.org", "bob@example.org", "BOB@example.org", "cy@example.org", "di@example.org")

E_ = TypeVar("E_", bound=Event)


def _first(asked: Asked, kind: type[E_]) -> E_ | None:
    return next((event for event in asked.events if isinstance(event, kind)), None)


def _invite(sent: Sent, asked: Asked) -> Command:
    made, body = _first(asked, InvitationMade), sent.body
    expires_at = later(asked.at, int(str(body["expires_in_seconds"]))) if asked.at else ""
    known: Body = {
        "invitation_id": made.invitation_id if made else "",
        "token_hash": made.token_hash if made else "",
        "expires_at": expires_at,
        "at": asked.at,
    }
    return msgspec.convert({**body, **known}, Invite, strict=False)


def _renew(sent: Sent, asked: Asked) -> Command:
    made = _first(asked, InvitationRenewed)
    expires_at = later(asked.at, int(str(sent.body["expires_in_seconds"]))) if asked.at else ""
    invitation_id = InvitationId(sent.ids["invitation_id"])
    return RenewInvitation(invitation_id, made.token_hash if made else "", expires_at, asked.at)


def _accept(sent: Sent, asked: Asked) -> Command:
    token, added = read_token(str(sent.body["token"])), _first(asked, MemberAdded)
    assert token is not None
    return AcceptInvitation(
        invitation_id=token.invitation_id,
        token_hash=token.token_hash,
        member_id=MemberId("") if added is None else added.member_id,
        name=str(sent.body["name"]),
        at=asked.at,
        external_id=msgspec.convert(sent.body["external_id"], str | None),
    )


def _grant(sent: Sent, asked: Asked) -> Command:
    made = _first(asked, GrantMade)
    known: Body = {"grant_id": "" if made is None else made.grant_id, "at": asked.at}
    return msgspec.convert({**sent.body, **known}, MakeGrant)


def _withdraw(sent: Sent, asked: Asked) -> Command:
    return WithdrawGrant(GrantId(sent.ids["grant_id"]), asked.at)


def _trial(sent: Sent, _asked: Asked) -> Command:
    return ChangeTrial(str(sent.body["ends_at"]))


def _add_many(sent: Sent, asked: Asked) -> Command:
    ids = {event.name: event.member_id for event in asked.events if isinstance(event, MemberAdded)}
    entries = msgspec.convert(sent.body["members"], list[dict[str, object]])
    members = tuple(
        msgspec.convert({"member_id": ids.get(str(entry["name"]), ""), "at": asked.at, **entry}, AddMember)
        for entry in entries
    )
    return AddMembers(members, bool(sent.body["atomic"]))


def change_plan(sent: Sent, asked: Asked) -> Command:
    """Make the command of a change of plan: what is sold is taken from the event, or is what the account has."""
    state, body = asked.state, msgspec.convert(sent.body, OtherPlan)
    if isinstance(state, Plan):
        return OfferPackage()
    plan_id, seconds = PlanId(body.plan_id), _or_none(body.grace_seconds)
    excess = None if body.excess is msgspec.UNSET else body.excess
    keep = tuple(MemberId(member_id) for member_id in body.keep)
    if isinstance(body.effective_at, datetime) and (day := written(body.effective_at)) > asked.at:
        change = _first(asked, ScheduledChangeSet)
        change_id = ChangeId("") if change is None else change.change_id
        return ScheduleChange(change_id, plan_id, day, excess, seconds, keep)
    changed, grace = _first(asked, PlanChanged), _first(asked, GraceStarted)
    terms = Terms(plan_id, 0, 0, 0)
    if changed is not None:
        terms = msgspec.structs.replace(terms_in(changed), plan_id=plan_id)
    elif isinstance(state, Account) and state.plan_id == plan_id:
        terms = Terms(plan_id, state.revision, state.total_seats, state.user_limit, state.overage or "refuse")
    return ChangeTerms(terms, ChangeId("" if grace is None else grace.grace_id), asked.at, excess, seconds, keep)


T = TypeVar("T")


def _or_none(value: T | msgspec.UnsetType) -> T | None:
    return None if isinstance(value, msgspec.UnsetType) else value


HOLDING: Mapping[str, CommandType] = {
    "invite": CommandType(route_of("POST", _INVITATIONS), _invite),
    "renew invitation": CommandType(route_of("POST", _INVITATION + "/renew"), _renew),
    "revoke invitation": CommandType(route_of("POST", _INVITATION + "/revoke"), plain(RevokeInvitation)),
    "accept": CommandType(route_of("POST", "/v1/invitations/accept"), _accept),
    "grant": CommandType(route_of("POST", _GRANTS), _grant),
    "withdraw grant": CommandType(route_of("DELETE", _GRANTS + "/{grant_id}"), _withdraw),
    "change trial": CommandType(route_of("PUT", _TRIAL), _trial),
    "end trial": CommandType(route_of("DELETE", _TRIAL), plain(ConvertTrial)),
    "change plan": CommandType(route_of("PUT", _ACCOUNT + "/plan"), change_plan),
    "cancel change": CommandType(route_of("DELETE", _ACCOUNT + "/scheduled-change"), plain(CancelScheduledChange)),
    "add many": CommandType(route_of("POST", _ACCOUNT + "/members/bulk"), _add_many),
}
"""The commands by the names of steps."""


def holding_subject(step: Step, known: Known) -> Subject | None:
    """Choose what such a step is about; None if there is nothing yet."""
    if step.kind == "accept":
        return _acceptance(step, known)
    if not known.ids["account"]:
        return None
    account_id = recent(step, known.ids["account"])
    ids, streams = {"account_id": account_id}, [f"account-{account_id}"]
    if step.kind == "change plan":
        plan_id = known.ids["plan"][-1 - step.pick(1, min(4, len(known.ids["plan"])))]
        return Subject(ids, _other_plan(step, known, account_id, plan_id), [*streams, f"plan-{plan_id}"])
    for kind, name, some in (
        ("invitation", "invitation_id", known.invitations[account_id]),
        ("withdraw grant", "grant_id", known.grants[account_id]),
    ):
        if step.kind.endswith(kind):
            if not some:
                return None
            ids[name] = some[-1 - step.pick(1, min(3, len(some)))]
    return Subject(ids, _body(step, known), streams)


def _acceptance(step: Step, known: Known) -> Subject | None:
    if not known.tokens:
        return None
    token = known.tokens[-1 - step.pick(0, min(6, len(known.tokens)))]
    found = read_token(token)
    assert found is not None
    name = f"member {step.client}.{step.number}"
    body: Body = {"token": token, "name": name, "external_id": external_id(step, 0.2)}
    return Subject({"account_id": found.account_id}, body, [f"account-{found.account_id}"])


def _soon(step: Step, die: int, known: Known) -> str:
    return later(known.now, SOON[step.pick(die, len(SOON))])


def _other_plan(step: Step, known: Known, account_id: str, plan_id: str) -> Body:
    """Change now or later, and say what happens to what does not fit, or not."""
    body: Body = {"plan_id": plan_id}
    excess = (None, None, "refuse", "freeze", "freeze", "freeze", "grace", "grace")[step.pick(4, 8)]
    if excess is not None:
        body["excess"] = excess
    if excess == "grace":
        body["grace_seconds"] = SOON[step.pick(5, len(SOON))]
    members = known.members[account_id]
    if excess in {"freeze", "grace"} and step.dice[6] < 0.5:
        body["keep"] = [members[-1 - step.pick(2, len(members))]]
    if step.dice[7] < 0.4:
        body["effective_at"] = _soon(step, 6, known)
    return body


def _body(step: Step, known: Known) -> Body:
    name = f"{step.client}.{step.number}"
    if step.kind == "invite":
        email = ADDRESSES[step.pick(1, 5)] if step.dice[2] < 0.6 else f"p{step.client}-{step.number}@example.org"
        role = ("admin", "member", "viewer")[step.pick(4, 3)]
        expires = SOON[step.pick(6, len(SOON))]
        return {"email": email, "role": role, "seated": step.dice[5] < 0.5, "expires_in_seconds": expires}
    if step.kind == "renew invitation":
        return {"expires_in_seconds": SOON[step.pick(6, len(SOON))]}
    if step.kind == "grant":
        members, seats = step.pick(4, 6) - 2, step.pick(5, 5) - 2
        body: Body = {"reason": f"reason {name}", "members": members or int(not seats), "seats": seats}
        return body if step.dice[7] < 0.3 else {**body, "expires_at": _soon(step, 6, known)}
    if step.kind == "change trial":
        return {"ends_at": _soon(step, 6, known)}
    if step.kind == "add many":
        return {"members": _entries(step, name), "atomic": step.dice[7] < 0.4}
    return {}


def _entries(step: Step, name: str) -> Sequence[Body]:
    return [
        {
            "name": f"member {name}{letter}",
            "email": ADDRESSES[(step.pick(4, 5) + number) % 5] if step.dice[5] < 0.4 else None,
            "role": ("admin", "member", "viewer")[(step.pick(6, 3) + number) % 3],
            "seated": (step.pick(1, 4) + number) % 3 == 0,
        }
        for number, letter in enumerate("abcd"[: 2 + step.pick(2, 3)])
    ]
