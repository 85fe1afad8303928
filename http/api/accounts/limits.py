"""The route that explains the limits of an account: each number by the events that made it, and ways to one more."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, UnsetType

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.limits.explanation import Because, Room, Source, WayToOneMore, explain
from seatkeeper.actors.accounts.profile.refusals import AccountNotFound
from seatkeeper.actors.accounts.values import GrantId, PlanId
from seatkeeper.http.api.lists.pages import LARGEST_NUMBER
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.problems import Refused
from seatkeeper.http.server.routes import Answer, Call, Nothing, Route, encode


class Reason(msgspec.Struct, frozen=True):
    """One part of what may be taken, and the position of the event that made it; null where there is no end of it.

    The position is null when it is not known any more.
    """

    source: Source
    amount: int | None
    position: int | None
    plan_id: PlanId | UnsetType = UNSET
    revision: int | UnsetType = UNSET
    grant_id: GrantId | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    ends_at: str | UnsetType = UNSET


class Limit(msgspec.Struct, frozen=True):
    """The member slots or the seats of an account: how many there are, and how many more may be taken now.

    `frozen` are the members who wait for a slot, or for a seat. `free` is null where any overage is allowed.
    """

    limit: int
    used: int
    held: int
    frozen: int
    free: int | None
    because: list[Reason]
    ways: list[WayToOneMore]


class AccountLimits(msgspec.Struct, frozen=True):
    """What an account may take, what it takes, and why."""

    members: Limit
    seats: Limit


async def explain_limits(service: Service, call: Call[None, Nothing]) -> Answer:
    """Explain the limits of an account: which events made each number, and the cheapest ways to one more."""
    stream_id = f"{AccountActor.kind}-{call.ids['account_id']}"
    past = await service.queries.past(stream_id, LARGEST_NUMBER)
    if past is None or not isinstance(past.state, Account):
        raise Refused(AccountNotFound())
    explained = explain(past.state)
    rooms = (explained.members, explained.seats)
    versions = {one.version for room in rooms for one in room.because if one.version is not None}
    positions = await service.queries.positions(stream_id, sorted(versions))
    members, seats = (_limit(room, positions) for room in rooms)
    return Answer(encode(AccountLimits(members, seats)))


def _limit(room: Room, positions: Mapping[int, int]) -> Limit:
    because = [_reason(one, None if one.version is None else positions.get(one.version)) for one in room.because]
    return Limit(room.limit, room.used, room.held, room.frozen, room.free, because, list(room.ways))


def _reason(one: Because, position: int | None) -> Reason:
    details = (one.plan_id, one.revision, one.grant_id, one.reason, one.ends_at)
    return Reason(one.source, one.amount, position, *details)


ROUTES = (
    Route(
        "GET",
        "/v1/accounts/{account_id}/limits",
        explain_limits,
        AccountLimits,
        refusals=(AccountNotFound,),
        scope="accounts:read",
    ),
)
