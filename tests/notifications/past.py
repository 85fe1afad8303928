"""Past events of a webhook."""

from __future__ import annotations

from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.actors.notifications import events, webhook
from seatkeeper.actors.notifications.events import SecretId, WebhookId
from seatkeeper.actors.notifications.webhook import Webhook
from tests.scenario import Aggregate

WEBHOOK = Aggregate[Webhook](webhook.decide, webhook.evolve)
given, after = WEBHOOK.given, WEBHOOK.after

HOOK = WebhookId("01900000-0000-7000-8000-0000000004b1")
FIRST, SECOND, THIRD = SecretId("s1"), SecretId("s2"), SecretId("s3")
URL, OTHER_URL = "https://example.com/seatkeeper", "https://example.org/hooks"
TYPES, ALL = ("member.*", "account.opened"), ("*",)
AT, LATER = "2026-11-22T18:12:00.000Z", "2026-11-23T18:12:00.000Z"


def created(*, webhook_id: WebhookId = HOOK, after: int = 7) -> Event:
    """An active webhook."""
    return events.WebhookCreated(webhook_id, URL, TYPES, after, FIRST, AT)


def rotated(secret_id: SecretId = SECOND, until: str = LATER) -> Event:
    """Another secret signs."""
    return events.WebhookSecretRotated(secret_id, until)


PAUSED, RESUMED, DELETED = events.WebhookPaused(), events.WebhookResumed(), events.WebhookDeleted()
GONE, EXHAUSTED = events.WebhookDisabled("gone"), events.WebhookDisabled("retries-exhausted")
