"""The refusals of a webhook. Each docstring is the `detail` that the client reads, with its fields filled in."""

from __future__ import annotations

from seatkeeper.actors.aggregates.messages import NotFound, Refusal
from seatkeeper.actors.notifications.events import WebhookId


class WebhookNotFound(NotFound, frozen=True, gc=False):
    """Webhook not found: no webhook has this id, or it was deleted. Check the id.

    It comes when the id in the path belongs to no webhook, or to one that was deleted.

    Take the id from the list of webhooks. A deleted webhook does not come back: create another one.
    """


class WebhookExists(Refusal, frozen=True, gc=False):
    """Webhook id taken: a webhook with the id {webhook_id} exists already. Use another id."""

    webhook_id: WebhookId


class TooManyWebhooks(Refusal, frozen=True, gc=False):
    """Too many webhooks: there are {limit} already. Delete one that is not needed, or give one more types.

    It comes when a webhook is created and the service has as many as it allows.

    Delete a webhook that nobody needs. One webhook can take all types of events, and your receiver can pass them
    on.
    """

    limit: int
