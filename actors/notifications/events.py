"""The events of a webhook, and the values in them. No secret is in any of them, only the ids of secrets."""

from __future__ import annotations

from typing import ClassVar, Literal, NewType, TypeAlias

from seatkeeper.actors.aggregates.messages import Event

WebhookId = NewType("WebhookId", str)
SecretId = NewType("SecretId", str)

Reason: TypeAlias = Literal["gone", "retries-exhausted"]
"""Why the deliveries disable a webhook: its receiver answered 410, or a delivery failed for three days."""


class WebhookCreated(Event, frozen=True, gc=False):
    """The webhook is active: events of these types are delivered, from the one after a position on."""

    tag: ClassVar[str] = "webhook.created"

    webhook_id: WebhookId
    url: str
    types: tuple[str, ...]
    after: int
    secret_id: SecretId
    created_at: str


class WebhookChanged(Event, frozen=True, gc=False):
    """The webhook has this address and these types from now on."""

    tag: ClassVar[str] = "webhook.changed"

    url: str
    types: tuple[str, ...]


class WebhookPaused(Event, frozen=True, gc=False):
    """Nothing is delivered until the webhook is resumed; no event is skipped."""

    tag: ClassVar[str] = "webhook.paused"


class WebhookResumed(Event, frozen=True, gc=False):
    """The deliveries go on where they stopped."""

    tag: ClassVar[str] = "webhook.resumed"


class WebhookSecretRotated(Event, frozen=True, gc=False):
    """Another secret signs from now on; the earlier one signs too, until a time."""

    tag: ClassVar[str] = "webhook.secret_rotated"

    secret_id: SecretId
    earlier_until: str


class WebhookReplayed(Event, frozen=True, gc=False):
    """The events after a position are delivered, again or for the first time, and none before it."""

    tag: ClassVar[str] = "webhook.replayed"

    after: int


class WebhookDisabled(Event, frozen=True, gc=False):
    """The deliveries gave up: nothing is delivered until the webhook is resumed; no event is skipped."""

    tag: ClassVar[str] = "webhook.disabled"

    reason: Reason


class WebhookDeleted(Event, frozen=True, gc=False):
    """The webhook is gone for good."""

    tag: ClassVar[str] = "webhook.deleted"


WebhookEvent: TypeAlias = (
    WebhookCreated
    | WebhookChanged
    | WebhookPaused
    | WebhookResumed
    | WebhookSecretRotated
    | WebhookReplayed
    | WebhookDisabled
    | WebhookDeleted
)
