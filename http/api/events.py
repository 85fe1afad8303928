"""The routes of events: those of one account, and the whole journal as a feed."""

from __future__ import annotations

from typing import Annotated

import msgspec

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.refusals import AccountNotFound
from seatkeeper.actors.aggregates.messages import Context
from seatkeeper.http.api.pages import LARGEST_NUMBER, Limit, Page, PageQuery, read_number, show_page
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.routes import Answer, Call, Route, encode
from seatkeeper.storage.queries import Item, StoredEvent


class EventView(msgspec.Struct, frozen=True):
    """An event as the feed shows it."""

    position: int
    stream_id: str
    version: int
    type: str
    recorded_at: str
    data: dict[str, str | int | list[str] | dict[str, str | int | None] | None]
    context: Context | None
    """Who caused it; events of releases before contexts have null."""


class RawEvent(msgspec.Struct, frozen=True):
    """The same, with the data as it is stored."""

    position: int
    stream_id: str
    version: int
    type: str
    recorded_at: str
    data: msgspec.Raw
    context: msgspec.Raw | None


class FeedQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The position after which the feed starts."""

    after: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_NUMBER)] = 0
    limit: Limit = 50


class Feed(msgspec.Struct, frozen=True):
    """Some events, and the position to go on after."""

    items: list[EventView]
    last_position: int


class RawFeed(msgspec.Struct, frozen=True):
    """The same, with the data as it is stored."""

    items: list[RawEvent]
    last_position: int


async def list_account_events(service: Service, call: Call[None, PageQuery]) -> Answer:
    """List the events of an account, oldest first."""
    account_id, limit = call.ids["account_id"], call.query.limit
    after = read_number("events", call) or 0
    events = await service.queries.stream(f"{AccountActor.kind}-{account_id}", after, limit + 1)
    if not events:
        await service.require_account(account_id)
    items = [Item(event.version, encode(_raw(event)).decode()) for event in events]
    return show_page("events", call, items)


async def read_feed(service: Service, call: Call[None, FeedQuery]) -> Answer:
    """Read the journal: events of all streams in the order of the commits, without gaps."""
    after = call.query.after
    events = await service.queries.feed(after, call.query.limit)
    last_position = events[-1].position if events else min(after, await service.queries.last_position())
    return Answer(encode(RawFeed([_raw(event) for event in events], last_position)))


def _raw(event: StoredEvent) -> RawEvent:
    context = None if event.context is None else msgspec.Raw(event.context.encode())
    return RawEvent(*event[:5], data=msgspec.Raw(event.data.encode()), context=context)


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
    Route("GET", "/v1/events", read_feed, Feed, query=FeedQuery, scope="events:read"),
)
