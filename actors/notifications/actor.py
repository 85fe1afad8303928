"""The actor class of webhooks: it binds the pure functions of this context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, get_args

from seatkeeper.actors.aggregates.aggregate import AggregateActor
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.actors.notifications import summaries, webhook
from seatkeeper.actors.notifications.events import WebhookEvent
from seatkeeper.actors.notifications.webhook import Webhook


class WebhookActor(AggregateActor[Webhook]):
    """The actor of one webhook."""

    kind: ClassVar[str] = "webhook"
    state_type: ClassVar[type[Webhook]] = Webhook
    event_types: ClassVar[Sequence[type[Event]]] = get_args(WebhookEvent)

    decide = staticmethod(webhook.decide)
    evolve = staticmethod(webhook.evolve)
    answer = staticmethod(summaries.answer)
    stored_answer = staticmethod(summaries.stored_answer)
    identity = staticmethod(webhook.identity)
