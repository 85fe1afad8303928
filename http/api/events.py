"""The routes of events: those of one account, and the whole journal as a feed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.profile.refusals import AccountNotFound
from seatkeeper.actors.aggregates.messages import Context
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.refusals import PlanNotFound
from seatkeeper.http import fields
from seatkeeper.http.api.lists.event_filters import (
    JournalId,
    JournalReplaced,
    Position,
    Types,
    event_filter,
    refuse_replaced,
)
from seatkeeper.http.api.lists.pages import LARGEST_NUMBER, Limit, Page, PageQuery, read_number, show_page
from seatkeeper.http.api.service import Service
from seatkeeper.http.events_out.frames import RawEvent, event_json, raw_event
from seatkeeper.http.events_out.stream import Reader
from seatkeeper.http.server.problems import Refused, invalid
from seatkeeper.http.server.responses import EventData
from seatkeeper.http.server.routes import Answer, Call, Route, encode
from seatkeeper.storage.queries import Item


class EventView(msgspec.Struct, frozen=True):
    """An event as the feed shows it."""

    position: int
    stream_id: str
    version: int
    type: str
    recorded_at: str
    data: EventData
    context: Context | None
    """Who caused it; events of releases before contexts have null."""


class FeedQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The position after which the feed starts, and what of it is wanted."""

    after: Position = 0
    limit: Limit = 50
    types: Types | msgspec.UnsetType = msgspec.UNSET
    account_id: fields.Id | msgspec.UnsetType = msgspec.UNSET
    actor: Annotated[str, msgspec.Meta(max_length=300)] | msgspec.UnsetType = msgspec.UNSET
    journal_id: JournalId | msgspec.UnsetType = msgspec.UNSET


class StreamQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The position after which the stream starts, and what of it is wanted."""

    after: Position | msgspec.UnsetType = msgspec.UNSET
    types: Types | msgspec.UnsetType = msgspec.UNSET
    account_id: fields.Id | msgspec.UnsetType = msgspec.UNSET
    journal_id: JournalId | msgspec.UnsetType = msgspec.UNSET


class Feed(msgspec.Struct, frozen=True):
    """Some events, the position to go on after, and the id of the journal that both belong to."""

    journal_id: str
    items: list[EventView]
    last_position: int


class RawFeed(msgspec.Struct, frozen=True):
    """The same, with the data as it is stored."""

    journal_id: str
    items: list[RawEvent]
    last_position: int


async def list_account_events(service: Service, call: Call[None, PageQuery]) -> Answer:
    """List the events of an account, oldest first."""
    account_id, limit = call.ids["account_id"], call.query.limit
    after = read_number("events", call) or 0
    events = await service.queries.stream(f"{AccountActor.kind}-{account_id}", after, limit + 1)
    if not events:
        await service.require_account(account_id)
    items = [Item(event.version, event_json(event).decode()) for event in events]
    return show_page("events", call, items)


async def list_plan_events(service: Service, call: Call[None, PageQuery]) -> Answer:
    """List the events of a plan, oldest first: each revision of its package is one."""
    plan_id, limit = call.ids["plan_id"], call.query.limit
    after = read_number("plan_events", call) or 0
    events = await service.queries.stream(f"{PlanActor.kind}-{plan_id}", after, limit + 1)
    if not events and await service.queries.plan(plan_id) is None:
        raise Refused(PlanNotFound())
    return show_page("plan_events", call, [Item(event.version, event_json(event).decode()) for event in events])


async def read_feed(service: Service, call: Call[None, FeedQuery]) -> Answer:
    """Read the journal: events of all streams in the order of the commits, without gaps.

    With a filter, a page may have fewer events than its limit, or none, before the end of the journal: go on after its
    last_position, until that does not grow any more. With journal_id, whoever has read another journal is told so.
    """
    query = call.query
    _refuse_replaced(service, query.journal_id, query.after)
    wanted = event_filter(query.types, query.account_id, query.actor)
    page = await service.queries.feed_page(query.after, query.limit, wanted)
    events = [raw_event(event) for event in page.events]
    return Answer(encode(RawFeed(service.identity().journal_id, events, page.last_position)))


async def follow_events(service: Service, call: Call[None, StreamQuery], headers: Mapping[str, str]) -> Reader:
    """Follow the journal: server-sent events, from a position on, and then as they are committed.

    It starts after Last-Event-ID, else after `after`, else now. `id` is the position, `event` the type and `data` the
    event as in the feed. A comment comes every 15 s. Who does not read in time is cut, and goes on by its
    Last-Event-ID.
    """
    query = call.query
    after = _last_event_id(headers)
    if after is None and isinstance(query.after, int):
        after = query.after
    if after is not None:
        _refuse_replaced(service, query.journal_id, after)
    return await service.streams.open(event_filter(query.types, query.account_id), after, call.caller)


def _last_event_id(headers: Mapping[str, str]) -> int | None:
    given = headers.get("Last-Event-ID")
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 20 and int(given) <= LARGEST_NUMBER):  # noqa: PLR2004 - digits
        raise invalid("/Last-Event-ID", "Expected the id of an event of this stream")
    return int(given)


def _refuse_replaced(service: Service, journal_id: str | msgspec.UnsetType, after: int) -> None:
    refusal = refuse_replaced(service.identity(), journal_id, after) if isinstance(journal_id, str) else None
    if refusal is not None:
        raise Refused(refusal)


ROUTES = (
    Route(
        "GET",
        "/v1/accounts/{account_id}/events",
        list_account_events,
        Page[EventView],
        query=PageQuery,
        refusals=(AccountNotFound,),
        scope="events:read",
    ),
    Route(
        "GET",
        "/v1/plans/{plan_id}/events",
        list_plan_events,
        Page[EventView],
        query=PageQuery,
        refusals=(PlanNotFound,),
        scope="events:read",
    ),
    Route(
        "GET",
        "/v1/events",
        read_feed,
        Feed,
        query=FeedQuery,
        refusals=(JournalReplaced,),
        scope="events:read",
    ),
    Route(
        "GET",
        "/v1/events/stream",
        follow_events,
        str,
        query=StreamQuery,
        refusals=(JournalReplaced,),
        media_type="text/event-stream",
        scope="events:read",
        streams=True,
    ),
)
