"""Webhooks: who is told of events, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from msgspec import UNSET, UnsetType

from seatkeeper.http.client.calls import Call, Listing, PageOptions, ReadOptions, WriteOptions
from seatkeeper.http.client.methods import C, Resource, listing, read, write
from seatkeeper.http.client.structs.answers import Page
from seatkeeper.http.client.structs.service import Delivery, Ping, Webhook, WebhookWithSecret
from seatkeeper.http.client.structs.values import DeliveryStatus
from seatkeeper.http.client.verbs import NOTHING, delete, get, pages, patch, path, post


class Webhooks(Resource[C]):
    """Who is told of which events."""

    @write
    def create(
        self,
        *,
        url: str,
        types: Sequence[str] | UnsetType = UNSET,
        after: int | UnsetType = UNSET,
        **options: Unpack[WriteOptions],
    ) -> Call[WebhookWithSecret]:
        """Create a webhook, for all types and from now on unless it says otherwise; the secret is shown once."""
        return post(path("webhooks"), WebhookWithSecret, options, {"url": url, "types": types, "after": after})

    @listing
    def list(self, **options: Unpack[PageOptions]) -> Listing[Page[Webhook], Webhook]:
        """List webhooks, oldest first."""
        return pages(path("webhooks"), Page[Webhook], options)

    @read
    def get(self, webhook_id: str, **options: Unpack[ReadOptions]) -> Call[Webhook]:
        """Read a webhook: how far it is, and what went wrong."""
        return get(path("webhooks", webhook_id), Webhook, options)

    @write
    def change(
        self,
        webhook_id: str,
        *,
        url: str | UnsetType = UNSET,
        types: Sequence[str] | UnsetType = UNSET,
        **options: Unpack[WriteOptions],
    ) -> Call[Webhook]:
        """Change the address of a webhook, its types, or both; what is under way is not repeated."""
        return patch(path("webhooks", webhook_id), Webhook, options, {"url": url, "types": types})

    @write
    def delete(self, webhook_id: str, **options: Unpack[WriteOptions]) -> Call[None]:
        """Delete a webhook, its secrets and its deliveries."""
        return delete(path("webhooks", webhook_id), NOTHING, options)

    @write
    def pause(self, webhook_id: str, **options: Unpack[WriteOptions]) -> Call[Webhook]:
        """Deliver nothing until the webhook is resumed; no event is skipped."""
        return post(path("webhooks", webhook_id, "pause"), Webhook, options)

    @write
    def resume(self, webhook_id: str, **options: Unpack[WriteOptions]) -> Call[Webhook]:
        """Let a paused or disabled webhook go on where it stopped."""
        return post(path("webhooks", webhook_id, "resume"), Webhook, options)

    @write
    def rotate_secret(
        self, webhook_id: str, *, overlap_seconds: int | UnsetType = UNSET, **options: Unpack[WriteOptions]
    ) -> Call[WebhookWithSecret]:
        """Make another secret, which is shown once; both sign during the overlap."""
        where = path("webhooks", webhook_id, "rotate-secret")
        return post(where, WebhookWithSecret, options, {"overlap_seconds": overlap_seconds})

    @write
    def ping(self, webhook_id: str, **options: Unpack[WriteOptions]) -> Call[Ping]:
        """Send a `webhook.ping` now, also to a paused or disabled webhook, and return what came of it."""
        return post(path("webhooks", webhook_id, "ping"), Ping, options)

    @write
    def replay(self, webhook_id: str, *, after: int, **options: Unpack[WriteOptions]) -> Call[Webhook]:
        """Deliver all events after a position, again or for the first time, and forget what waits."""
        return post(path("webhooks", webhook_id, "replay"), Webhook, options, {"after": after})

    @listing
    def deliveries(
        self,
        webhook_id: str,
        *,
        status: DeliveryStatus | UnsetType = UNSET,
        **options: Unpack[PageOptions],
    ) -> Listing[Page[Delivery], Delivery]:
        """List the deliveries of a webhook, newest first, with each attempt that is kept."""
        query = {"status": status}
        return pages(path("webhooks", webhook_id, "deliveries"), Page[Delivery], options, query)
