"""A webhook: its state, its decisions, and how it evolves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import msgspec

from seatkeeper.actors.aggregates.messages import NOTHING, Command, Decision, Event
from seatkeeper.actors.notifications import commands, events, refusals
from seatkeeper.actors.notifications.events import SecretId, WebhookId

Status: TypeAlias = Literal["active", "paused", "disabled", "deleted"]


class Webhook(msgspec.Struct, gc=False):
    """The state of one webhook, private to its actor."""

    webhook_id: WebhookId
    url: str
    types: tuple[str, ...]
    after: int
    """The position that the deliveries began after, the last time."""
    secret_id: SecretId
    created_at: str
    status: Status = "active"
    replays: int = 0
    earlier_id: SecretId | None = None
    earlier_until: str | None = None
    """The earlier secret, and until when it signs too."""
    disabled_because: events.Reason | None = None


def create(webhook: Webhook | None, command: commands.CreateWebhook) -> Decision:
    """Create a webhook, unless its id is taken."""
    if webhook is not None:
        return refusals.WebhookExists(webhook.webhook_id)
    return [
        events.WebhookCreated(
            command.webhook_id, command.url, command.types, command.after, command.secret_id, command.at
        )
    ]


def change(webhook: Webhook, command: commands.ChangeWebhook) -> Decision:
    """Change the address, the types, or both."""
    url = webhook.url if command.url is None else command.url
    types = webhook.types if command.types is None else command.types
    if (url, types) == (webhook.url, webhook.types):
        return NOTHING
    return [events.WebhookChanged(url, types)]


def pause(webhook: Webhook, _: commands.PauseWebhook) -> Decision:
    """Pause, unless the webhook is paused already."""
    return NOTHING if webhook.status == "paused" else [events.WebhookPaused()]


def resume(webhook: Webhook, _: commands.ResumeWebhook) -> Decision:
    """Resume a webhook that is paused or disabled."""
    return NOTHING if webhook.status == "active" else [events.WebhookResumed()]


def rotate_secret(webhook: Webhook, command: commands.RotateSecret) -> Decision:
    """Sign with another secret."""
    if command.secret_id == webhook.secret_id:
        return NOTHING
    return [events.WebhookSecretRotated(command.secret_id, command.earlier_until)]


def replay(_: Webhook, command: commands.ReplayWebhook) -> Decision:
    """Begin again after a position, also if it is the one of the last time: more was delivered since."""
    return [events.WebhookReplayed(command.after)]


def report_ping(_webhook: Webhook, _command: commands.ReportPing) -> Decision:
    """Change nothing."""
    return NOTHING


def disable(webhook: Webhook, command: commands.DisableWebhook) -> Decision:
    """Give up on an active webhook; one that was paused meanwhile stays so."""
    return [events.WebhookDisabled(command.reason)] if webhook.status == "active" else NOTHING


def delete(_webhook: Webhook, _command: commands.DeleteWebhook) -> Decision:
    """Delete the webhook."""
    return [events.WebhookDeleted()]


_DECISIONS: Mapping[type[Command], Callable[..., Decision]] = {
    commands.ChangeWebhook: change,
    commands.PauseWebhook: pause,
    commands.ResumeWebhook: resume,
    commands.RotateSecret: rotate_secret,
    commands.ReplayWebhook: replay,
    commands.ReportPing: report_ping,
    commands.DisableWebhook: disable,
    commands.DeleteWebhook: delete,
}


def decide(webhook: Webhook | None, command: Command) -> Decision:
    """Decide on a command: events, nothing, or a refusal."""
    if isinstance(command, commands.CreateWebhook):
        return create(webhook, command)
    if webhook is None or webhook.status == "deleted":
        return refusals.WebhookNotFound()
    return _DECISIONS[type(command)](webhook, command)


def evolve(webhook: Webhook | None, event: Event) -> Webhook:
    """Apply one event to the state, in place."""
    if isinstance(event, events.WebhookCreated):
        return Webhook(event.webhook_id, event.url, event.types, event.after, event.secret_id, event.created_at)
    if webhook is None:
        message = f"{event.tag} before webhook.created"
        raise ValueError(message)
    match event:
        case events.WebhookChanged():
            webhook.url, webhook.types = event.url, event.types
        case events.WebhookPaused():
            webhook.status, webhook.disabled_because = "paused", None
        case events.WebhookResumed():
            webhook.status, webhook.disabled_because = "active", None
        case events.WebhookSecretRotated():
            webhook.earlier_id, webhook.earlier_until = webhook.secret_id, event.earlier_until
            webhook.secret_id = event.secret_id
        case events.WebhookReplayed():
            webhook.after = event.after
            webhook.replays += 1
        case events.WebhookDisabled():
            webhook.status, webhook.disabled_because = "disabled", event.reason
        case events.WebhookDeleted():
            webhook.status, webhook.disabled_because = "deleted", None
        case _:
            message = f"{event!r} is no event of a webhook"
            raise TypeError(message)
    return webhook


def identity(webhook: Webhook) -> str:
    """Return the id of the webhook, which is also in the id of its stream."""
    return webhook.webhook_id
