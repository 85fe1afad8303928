"""The commands of a webhook."""

from __future__ import annotations

from seatkeeper.actors.aggregates.messages import Command
from seatkeeper.actors.notifications.events import Reason, SecretId, WebhookId
from seatkeeper.actors.notifications.pings import Ping


class CreateWebhook(Command, frozen=True, gc=False):
    """Deliver events of these types to this address, from the one after a position on."""

    webhook_id: WebhookId
    url: str
    types: tuple[str, ...]
    after: int
    secret_id: SecretId
    at: str


class ChangeWebhook(Command, frozen=True, gc=False):
    """Give the webhook another address, other types, or both; None leaves one as it is."""

    url: str | None = None
    types: tuple[str, ...] | None = None


class PauseWebhook(Command, frozen=True, gc=False):
    """Deliver nothing until the webhook is resumed."""


class ResumeWebhook(Command, frozen=True, gc=False):
    """Go on where a paused or disabled webhook stopped."""


class RotateSecret(Command, frozen=True, gc=False):
    """Sign with this secret, and until a time with the one of now too."""

    secret_id: SecretId
    earlier_until: str


class ReplayWebhook(Command, frozen=True, gc=False):
    """Deliver the events after a position, again or for the first time."""

    after: int


class ReportPing(Command, frozen=True, gc=False):
    """Answer with what came of a ping, which changes nothing."""

    ping: Ping


class DisableWebhook(Command, frozen=True, gc=False):
    """Give up; the deliveries send this."""

    reason: Reason


class DeleteWebhook(Command, frozen=True, gc=False):
    """Remove the webhook for good."""
