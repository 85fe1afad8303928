"""What a client sees of a webhook, and the answers to its commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from seatkeeper.actors.aggregates.messages import NOTHING, Command, Event
from seatkeeper.actors.notifications import commands, events
from seatkeeper.actors.notifications.events import WebhookId
from seatkeeper.actors.notifications.pings import Ping
from seatkeeper.actors.notifications.webhook import Webhook

ShownStatus: TypeAlias = Literal["active", "paused", "failing", "disabled", "deleted"]


class LastFailure(msgspec.Struct, frozen=True, gc=False):
    """The newest delivery that failed: the status of the answer, or the error because of which there was none."""

    at: str
    status: int | None
    error: str | None


class WebhookSummary(msgspec.Struct, frozen=True, gc=False):
    """What a client sees of a webhook.

    `position` and `last_failure` come from the deliveries, as does the status `failing`: only reads know them.
    """

    webhook_id: WebhookId
    url: str
    types: tuple[str, ...]
    status: ShownStatus
    disabled_because: events.Reason | None
    position: int | None
    last_failure: LastFailure | None
    created_at: str
    version: int


class WebhookWithSecret(msgspec.Struct, frozen=True, gc=False):
    """A webhook and its new secret, which is shown once: it is null in what is stored and repeated."""

    webhook: WebhookSummary
    secret: str | None = None


Answer: TypeAlias = WebhookSummary | WebhookWithSecret | Ping | None

_WITH_A_SECRET = (commands.CreateWebhook, commands.RotateSecret)


def summarize(webhook: Webhook, version: int) -> WebhookSummary:
    """Summarize the webhook as of a version."""
    return WebhookSummary(
        webhook_id=webhook.webhook_id,
        url=webhook.url,
        types=webhook.types,
        status=webhook.status,
        disabled_because=webhook.disabled_because,
        position=None,
        last_failure=None,
        created_at=webhook.created_at,
        version=version,
    )


def answer(webhook: Webhook, version: int, command: Command, _events: Sequence[Event] = NOTHING) -> Answer:
    """Answer an accepted command."""
    if isinstance(command, commands.ReportPing):
        return command.ping
    if isinstance(command, commands.DeleteWebhook):
        return None
    summary = summarize(webhook, version)
    return WebhookWithSecret(summary) if isinstance(command, _WITH_A_SECRET) else summary


def stored_answer(webhook: Webhook, version: int, stored: Mapping[str, object]) -> Answer:
    """Answer a stored answer's command from the current state; what came of a ping is in no state."""
    if "message_id" in stored:
        return msgspec.convert(stored, Ping)
    summary = summarize(webhook, version)
    return WebhookWithSecret(summary) if "webhook" in stored else summary
