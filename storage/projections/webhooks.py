"""The view of webhooks: what the deliveries work with, and what the API shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.actors.notifications.summaries import summarize
from seatkeeper.actors.notifications.webhook import Webhook
from seatkeeper.storage.projections.view import View
from seatkeeper.storage.records import to_json


class WebhookRow(NamedTuple):
    """A row of the table `webhooks`; that of a deleted one stays, so that `number` has no gap."""

    webhook_id: str
    status: str
    after: int
    replays: int
    """How often `after` was set anew."""
    secret_id: str
    earlier_id: str | None
    earlier_until: str | None
    version: int
    summary: str


def rows(webhook: Webhook, version: int) -> Sequence[WebhookRow]:
    """Make the row of a webhook."""
    return [
        WebhookRow(
            webhook_id=webhook.webhook_id,
            status=webhook.status,
            after=webhook.after,
            replays=webhook.replays,
            secret_id=webhook.secret_id,
            earlier_id=webhook.earlier_id,
            earlier_until=webhook.earlier_until,
            version=version,
            summary=to_json(summarize(webhook, version)),
        )
    ]


def changes(webhook: Webhook, version: int, _events: Sequence[Event]) -> Sequence[WebhookRow]:
    """Make the row again, because every event changes its version."""
    return rows(webhook, version)


WEBHOOKS = View(
    table="webhooks",
    row=WebhookRow,
    key_columns=1,
    rows=rows,
    changes=changes,
    ordered=True,
    sqlite="""
CREATE TABLE webhooks (
    number        INTEGER PRIMARY KEY,      -- in the order in which the webhooks were created
    webhook_id    TEXT    NOT NULL UNIQUE,
    status        TEXT    NOT NULL,
    after         INTEGER NOT NULL,         -- the position that the deliveries began after, the last time
    replays       INTEGER NOT NULL,         -- how often that was set anew
    secret_id     TEXT    NOT NULL,         -- the secret that signs
    earlier_id    TEXT,                     -- the one that signs too
    earlier_until TEXT,                     -- until then
    version       INTEGER NOT NULL,
    summary       TEXT    NOT NULL          -- JSON, as in the API
) STRICT;
CREATE INDEX webhooks_living ON webhooks (number) WHERE status <> 'deleted';
""",
)
