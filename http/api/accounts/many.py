"""The route that adds many members at once."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.answers import Added
from seatkeeper.actors.accounts.limits.refusals import GraceRunning, NoSeatLeft, UserLimitReached
from seatkeeper.actors.accounts.members.commands import AddMembers
from seatkeeper.actors.accounts.members.refusals import EmailTaken
from seatkeeper.actors.accounts.members.summaries import MemberSummary
from seatkeeper.actors.accounts.profile.refusals import AccountClosed, AccountNotFound, AccountSuspended
from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.external import ExternalIdTaken
from seatkeeper.actors.aggregates.messages import Refusal, Told
from seatkeeper.http.api.accounts.members import NewMember, addition
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.problems import status_of, title
from seatkeeper.http.server.routes import Call, Nothing, Route

_EACH: tuple[type[Refusal], ...] = (GraceRunning, UserLimitReached, NoSeatLeft, EmailTaken, ExternalIdTaken)
"""What may refuse one of them."""

_STATUS = {refusal.slug(): status_of(refusal) for refusal in _EACH}

Entries: TypeAlias = Annotated[
    list[NewMember], msgspec.Meta(min_length=1, max_length=1_000, extra={"expected": "a list of 1 to 1000 members"})
]


class ManyMembers(msgspec.Struct, forbid_unknown_fields=True):
    """Members to add, one after the other; with `atomic`, all of them or none."""

    members: Entries
    atomic: bool = False


class EntryProblem(msgspec.Struct, frozen=True):
    """Why one of them was not added: a problem as RFC 9457 has it, with what belongs to its type."""

    type: str
    title: str
    status: int
    detail: str


class Result(msgspec.Struct, frozen=True):
    """What became of one of them: 201 and the member, or the status and the problem of the refusal."""

    status: int
    member: MemberSummary | msgspec.UnsetType = msgspec.UNSET
    problem: EntryProblem | msgspec.UnsetType = msgspec.UNSET


class Results(msgspec.Struct, frozen=True):
    """What became of each of them, in their order."""

    results: list[Result]


def add_members(service: Service, call: Call[ManyMembers, Nothing]) -> Reply:
    """Add up to 1,000 members at once, each as if it came alone after those before it.

    The answer has a result for each, in order. With `atomic`, the first that is refused refuses all: 409 with its
    problem, and with its place, counted from 0, in `index`. A body may have 1 MiB.
    """
    at = service.now()
    members = tuple(addition(entry, service.new_id(), at) for entry in call.body.members)
    return service.ask(AccountActor, call.ids["account_id"], call, AddMembers(members, call.body.atomic))


def _shown(added: Added) -> object:
    return {"results": [_result(entry.member, entry.refusal) for entry in added.results]}


def _result(member: MemberSummary | None, refusal: Told | None) -> object:
    if refusal is None:
        return {"status": 201, "member": member}
    slug, status = refusal.slug, _STATUS[refusal.slug]
    problem = EntryProblem(f"/problems/{slug}", title(slug), status, refusal.detail)
    return {"status": status, "problem": {**msgspec.structs.asdict(problem), **refusal.fields}}


ROUTES = (
    Route(
        "POST",
        "/v1/accounts/{account_id}/members/bulk",
        add_members,
        Results,
        body=ManyMembers,
        refusals=(AccountNotFound, AccountSuspended, AccountClosed, *_EACH),
        shown=_shown,
        body_limit=1024 * 1024,
        scope="accounts:write",
    ),
)
