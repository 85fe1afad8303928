"""What the service answers about itself: webhooks and their deliveries, receipts, the clock, its health."""

from __future__ import annotations

from typing import Literal

import msgspec

from seatkeeper.http.client.structs.values import DeliveryStatus, WebhookStatus


class LastFailure(msgspec.Struct, frozen=True):
    """The newest delivery that failed: the status of the answer, or the error because of which there was none."""

    at: str
    status: int | None
    error: str | None


class Webhook(msgspec.Struct, frozen=True):
    """Who is told of which events; only reads know `position` and `last_failure`."""

    webhook_id: str
    url: str
    types: tuple[str, ...]
    status: WebhookStatus
    disabled_because: Literal["gone", "retries-exhausted"] | None
    position: int | None
    last_failure: LastFailure | None
    created_at: str
    version: int


class WebhookWithSecret(msgspec.Struct, frozen=True):
    """A webhook, and its new secret, which only the first answer has; None in a repeated one."""

    webhook: Webhook
    secret: str | None = None


class Ping(msgspec.Struct, frozen=True):
    """What came of a ping: the status of the answer, or the error because of which there was none."""

    message_id: str
    at: str
    milliseconds: int
    status: int | None
    error: str | None
    delivered: bool


class Attempt(msgspec.Struct, frozen=True):
    """One request to a receiver: the status of the answer, or the error because of which there was none."""

    message_id: str
    attempt: int
    at: str
    milliseconds: int
    status: int | None
    error: str | None
    outcome: Literal["delivered", "failed"]


class Delivery(msgspec.Struct, frozen=True):
    """An event and its attempts, as far as they are kept; a waiting one is tried again at `next_at`."""

    position: int
    status: DeliveryStatus
    next_at: str | None
    attempts: list[Attempt]


class Receipt(msgspec.Struct, frozen=True):
    """What became of a command: status, headers and body of the answer that is repeated under its key."""

    key: str
    status: int
    version: int | None
    position: int | None
    location: str | None
    body: dict[str, object] | None
    recorded_at: str


class Clock(msgspec.Struct, frozen=True):
    """The time of a sandbox."""

    now: str


class Health(msgspec.Struct, frozen=True):
    """The answer of a healthy service."""

    status: Literal["ok"] = "ok"
