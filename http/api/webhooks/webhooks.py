"""The routes of webhooks."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.messages import Command, DryRun, Outcome, Refusal
from seatkeeper.actors.aggregates.times import later
from seatkeeper.actors.notifications import commands, refusals
from seatkeeper.actors.notifications.actor import WebhookActor
from seatkeeper.actors.notifications.events import SecretId, WebhookId
from seatkeeper.actors.notifications.summaries import LastFailure, WebhookSummary, WebhookWithSecret
from seatkeeper.http.api.lists.pages import Page, PageQuery, read_number, show_page
from seatkeeper.http.api.service import Service
from seatkeeper.http.api.webhooks.deliveries import Position, check_position
from seatkeeper.http.api.webhooks.event_types import ALL, PATTERNS, patterns_if_given
from seatkeeper.http.api.webhooks.service import new_secret
from seatkeeper.http.server.problems import Refused, invalid
from seatkeeper.http.server.routes import Answer, B, Call, Nothing, Q, Route, encode
from seatkeeper.storage.deliveries import Health
from seatkeeper.storage.queries import Item

MOST = 100
"""Webhooks of a service."""

Url: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        max_length=2_000,
        extra_json_schema={
            "format": "uri",
            "pattern": r"^https?://\S+$",
            "description": "Where to deliver to: https and a public address, unless the service allows others. No user,"
            " and no fragment.",
        },
    ),
]
Pattern: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        max_length=100,
        extra_json_schema={"enum": list(PATTERNS), "description": "A type of event, all of a kind, or * for all."},
    ),
]
Types: TypeAlias = Annotated[
    list[Pattern], msgspec.Meta(min_length=1, max_length=50, extra={"expected": "a list of 1 to 50 types of events"})
]
Overlap: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=604_800)]


class NewWebhook(msgspec.Struct, forbid_unknown_fields=True):
    """A new webhook, for all types of events and from now on, unless it says otherwise."""

    url: Url
    types: Types | msgspec.UnsetType = msgspec.UNSET
    after: Position | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        self.types = patterns_if_given("types", self.types)


class WebhookChange(msgspec.Struct, forbid_unknown_fields=True):
    """The fields of a webhook to change."""

    url: Url | msgspec.UnsetType = msgspec.UNSET
    types: Types | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        self.types = patterns_if_given("types", self.types)


class SecretRotation(msgspec.Struct, forbid_unknown_fields=True):
    """For how long the secret of now signs beside the new one."""

    overlap_seconds: Overlap = 86_400


def create_webhook(service: Service, call: Call[NewWebhook, Nothing]) -> Reply:
    """Create a webhook; its secret is in the first answer only."""
    _check_url(service, call.body.url)
    return service.webhooks.later(_create(service, call))


async def _create(service: Service, call: Call[NewWebhook, Nothing]) -> Outcome:
    async with service.webhooks.creating:
        return await _create_alone(service, call)


async def _create_alone(service: Service, call: Call[NewWebhook, Nothing]) -> Outcome:
    if len(await service.queries.webhooks(None, MOST)) >= MOST:
        return await service.directory.store_refusal(refusals.TooManyWebhooks(MOST), call.options.key)
    body, webhook_id, secret_id = call.body, WebhookId(service.new_id()), SecretId(service.new_id())
    end = await service.queries.last_position()
    after = body.after if isinstance(body.after, int) else end
    check_position(after, end)
    types = tuple(body.types) if isinstance(body.types, list) else (ALL,)
    command = commands.CreateWebhook(webhook_id, body.url, types, after, secret_id, service.now())
    return await _with_secret(service, call, webhook_id, secret_id, command)


async def _with_secret(
    service: Service, call: Call[B, Q], webhook_id: str, secret_id: str, command: Command
) -> Outcome:
    """Store a new secret, then send the command whose event makes it sign; a dry run has no secret.

    In this order, because a crash between the two then leaves a secret that nothing names, which the next start
    removes. In the other one it would leave a webhook that nobody can verify.
    """
    if call.options.dry_run:
        return await service.ask(WebhookActor, webhook_id, call, command)
    deliveries = service.webhooks.deliveries
    call.shown_once = new_secret()
    await deliveries.add_secret(webhook_id, secret_id, call.shown_once)
    outcome = await service.ask(WebhookActor, webhook_id, call, command)
    if isinstance(outcome, Refusal):
        await service.webhooks.forget(deliveries.remove_secret(webhook_id, secret_id), webhook_id)
    return outcome


async def list_webhooks(service: Service, call: Call[None, PageQuery]) -> Answer:
    """List webhooks, oldest first."""
    items = await service.queries.webhooks(read_number("webhooks", call), call.query.limit + 1)
    stored = [msgspec.json.decode(item.summary, type=WebhookSummary) for item in items]
    health = await service.webhooks.deliveries.health([webhook.webhook_id for webhook in stored])
    shown = [_show(webhook, health.get(webhook.webhook_id)) for webhook in stored]
    return show_page("webhooks", call, [Item(item.key, one) for item, one in zip(items, shown, strict=True)])


async def get_webhook(service: Service, call: Call[None, Nothing]) -> Answer:
    """Read a webhook: how far it is, and what went wrong. Its ETag is of its settings only."""
    webhook_id = call.ids["webhook_id"]
    found = await service.queries.webhook(webhook_id)
    if found is None:
        raise Refused(refusals.WebhookNotFound())
    health = await service.webhooks.deliveries.health([webhook_id])
    shown = _show(msgspec.json.decode(found.summary, type=WebhookSummary), health.get(webhook_id))
    return Answer(shown.encode(), version=found.version, live=True)


def _show(stored: WebhookSummary, health: Health | None) -> str:
    """Show a stored summary with what the deliveries know."""
    if health is None:
        return encode(stored).decode()
    failure = None if health.last_failure is None else LastFailure(*health.last_failure)
    status = "failing" if health.failing and stored.status == "active" else stored.status
    shown = msgspec.structs.replace(stored, status=status, position=health.position, last_failure=failure)
    return encode(shown).decode()


def change_webhook(service: Service, call: Call[WebhookChange, Nothing]) -> Reply:
    """Change the address of a webhook, its types, or both; what is under way is not repeated."""
    url = call.body.url if isinstance(call.body.url, str) else None
    types = tuple(call.body.types) if isinstance(call.body.types, list) else None
    if url is not None:
        _check_url(service, url)
    return _ask(service, call, commands.ChangeWebhook(url, types))


def delete_webhook(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """Delete a webhook, its secrets and its deliveries."""

    async def delete() -> Outcome:
        outcome = await _ask(service, call, commands.DeleteWebhook())
        if not isinstance(outcome, Refusal | DryRun):
            webhook_id = call.ids["webhook_id"]
            await service.webhooks.forget(service.webhooks.deliveries.remove(webhook_id), webhook_id)
        return outcome

    return service.webhooks.later(delete())


def pause_webhook(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """Deliver nothing until the webhook is resumed; no event is skipped."""
    return _ask(service, call, commands.PauseWebhook())


def resume_webhook(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """Let a paused or disabled webhook go on where it stopped."""
    return _ask(service, call, commands.ResumeWebhook())


def rotate_webhook_secret(service: Service, call: Call[SecretRotation, Nothing]) -> Reply:
    """Make another secret, which is in the first answer only; both sign during the overlap."""
    secret_id = SecretId(service.new_id())
    command = commands.RotateSecret(secret_id, later(service.now(), call.body.overlap_seconds))
    return service.webhooks.later(_with_secret(service, call, call.ids["webhook_id"], secret_id, command))


def _ask(service: Service, call: Call[B, Q], command: Command) -> Reply:
    return service.ask(WebhookActor, call.ids["webhook_id"], call, command)


def _check_url(service: Service, url: str) -> None:
    problem = service.webhooks.url_problem(url)
    if problem is not None:
        raise invalid("/url", f"Expected an address to deliver to; this one {problem}")


def _location(_call: Call[NewWebhook, Nothing], made: WebhookWithSecret) -> str:
    return f"/v1/webhooks/{made.webhook.webhook_id}"


_SCOPE = "webhooks"
_GONE = (refusals.WebhookNotFound,)
_ONE = "/v1/webhooks/{webhook_id}"

ROUTES = (
    Route(
        "POST",
        "/v1/webhooks",
        create_webhook,
        WebhookWithSecret,
        201,
        body=NewWebhook,
        refusals=(refusals.TooManyWebhooks,),
        location=_location,
        scope=_SCOPE,
    ),
    Route("GET", "/v1/webhooks", list_webhooks, Page[WebhookSummary], query=PageQuery, scope=_SCOPE),
    Route("GET", _ONE, get_webhook, WebhookSummary, refusals=_GONE, scope=_SCOPE),
    Route("PATCH", _ONE, change_webhook, WebhookSummary, body=WebhookChange, refusals=_GONE, scope=_SCOPE),
    Route("DELETE", _ONE, delete_webhook, None, 204, body=Nothing, refusals=_GONE, scope=_SCOPE),
    Route("POST", f"{_ONE}/pause", pause_webhook, WebhookSummary, body=Nothing, refusals=_GONE, scope=_SCOPE),
    Route("POST", f"{_ONE}/resume", resume_webhook, WebhookSummary, body=Nothing, refusals=_GONE, scope=_SCOPE),
    Route(
        "POST",
        f"{_ONE}/rotate-secret",
        rotate_webhook_secret,
        WebhookWithSecret,
        body=SecretRotation,
        refusals=_GONE,
        scope=_SCOPE,
    ),
)
