"""The routes of the deliveries of a webhook: what became of them, a ping, and a replay."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from seatkeeper.actors.aggregates.aggregate import Reply, VersionMismatch
from seatkeeper.actors.aggregates.messages import NOTHING, Command, DryRun, Outcome
from seatkeeper.actors.notifications import commands, refusals
from seatkeeper.actors.notifications.actor import WebhookActor
from seatkeeper.actors.notifications.pings import Ping
from seatkeeper.actors.notifications.summaries import WebhookSummary
from seatkeeper.http.api.lists.pages import LARGEST_NUMBER, Page, PageQuery, read_number, show_page
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.problems import Refused, invalid
from seatkeeper.http.server.routes import Answer, B, Call, Nothing, Q, Route, encode
from seatkeeper.storage.deliveries import Delivery, Status
from seatkeeper.storage.deliveries import Outcome as AttemptOutcome
from seatkeeper.storage.queries import Item

Position: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_NUMBER)]


class Replay(msgspec.Struct, forbid_unknown_fields=True):
    """The position whose later events are delivered, again or for the first time."""

    after: Position


class AttemptView(msgspec.Struct, frozen=True):
    """One request to a receiver: the status of the answer, or the error because of which there was none."""

    message_id: str
    attempt: int
    at: str
    milliseconds: int
    status: int | None
    error: str | None
    outcome: AttemptOutcome


class DeliveryView(msgspec.Struct, frozen=True):
    """An event and its attempts, as far as they are kept; a waiting one is tried again at `next_at`."""

    position: int
    status: Status
    next_at: str | None
    attempts: list[AttemptView]


class DeliveriesQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which deliveries to list."""

    status: Status | msgspec.UnsetType = msgspec.UNSET


def ping_webhook(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """Send a `webhook.ping` now, also to a paused or disabled webhook, and answer with what came of it."""
    return service.webhooks.later(_ping(service, call))


async def _ping(service: Service, call: Call[Nothing, Nothing]) -> Outcome:
    webhook_id, expected = call.ids["webhook_id"], call.options.expected_versions
    found = await service.queries.webhook(webhook_id)
    if found is None:
        return await service.directory.store_refusal(refusals.WebhookNotFound(), call.options.key)
    if expected is not None and found.version not in expected:
        return await service.directory.store_refusal(VersionMismatch(found.version), call.options.key)
    if call.options.dry_run:
        return DryRun(None, found.version, 0, f"{WebhookActor.kind}-{webhook_id}", NOTHING)
    sent = await service.webhooks.ping(webhook_id)
    if sent is None:
        return await service.directory.store_refusal(refusals.WebhookNotFound(), call.options.key)
    delivered = sent.outcome == "delivered"
    ping = Ping(sent.message_id, sent.at, sent.milliseconds, sent.status, sent.error, delivered)
    return await _ask(service, call, commands.ReportPing(ping))


def replay_webhook(service: Service, call: Call[Replay, Nothing]) -> Reply:
    """Deliver all events after a position, again or for the first time, and forget what waits."""

    async def replay() -> Outcome:
        check_position(call.body.after, await service.queries.last_position())
        return await _ask(service, call, commands.ReplayWebhook(call.body.after))

    return service.webhooks.later(replay())


async def list_webhook_deliveries(service: Service, call: Call[None, DeliveriesQuery]) -> Answer:
    """List the deliveries of a webhook, newest first, with each attempt of the last 30 days, 10,000 at most."""
    webhook_id, query = call.ids["webhook_id"], call.query
    if await service.queries.webhook(webhook_id) is None:
        raise Refused(refusals.WebhookNotFound())
    status = query.status if isinstance(query.status, str) else None
    before = read_number("deliveries", call)
    found = await service.webhooks.deliveries.deliveries(webhook_id, status, before, query.limit + 1)
    items = [Item(delivery.position, encode(_delivery(delivery)).decode()) for delivery in found]
    return show_page("deliveries", call, items)


def _delivery(delivery: Delivery) -> DeliveryView:
    attempts = [AttemptView(*attempt[1:]) for attempt in delivery.attempts]
    return DeliveryView(delivery.position, delivery.status, delivery.next_at, attempts)


def _ask(service: Service, call: Call[B, Q], command: Command) -> Reply:
    return service.ask(WebhookActor, call.ids["webhook_id"], call, command)


def check_position(after: int, end: int) -> None:
    """Raise ProblemError for a position beyond the end of the journal."""
    if after > end:
        raise invalid("/after", f"Expected a position of the journal, {end} at most")


_SCOPE = "webhooks"
_GONE = (refusals.WebhookNotFound,)
_ONE = "/v1/webhooks/{webhook_id}"

ROUTES = (
    Route("POST", f"{_ONE}/ping", ping_webhook, Ping, body=Nothing, refusals=_GONE, scope=_SCOPE, foreseen=False),
    Route("POST", f"{_ONE}/replay", replay_webhook, WebhookSummary, body=Replay, refusals=_GONE, scope=_SCOPE),
    Route(
        "GET",
        f"{_ONE}/deliveries",
        list_webhook_deliveries,
        Page[DeliveryView],
        query=DeliveriesQuery,
        refusals=_GONE,
        scope=_SCOPE,
    ),
)
