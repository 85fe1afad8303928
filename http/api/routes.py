"""The route table: every call of the API, once."""

from __future__ import annotations

from seatkeeper.http.api import accounts, api_keys, members, operations, plans, receipts, signups
from seatkeeper.http.api import events as feed
from seatkeeper.http.api.webhooks import deliveries, webhooks
from seatkeeper.http.server.routes import Route

ROUTES: tuple[Route, ...] = (
    *plans.ROUTES,
    *signups.ROUTES,
    *accounts.ROUTES,
    *members.ROUTES,
    *api_keys.ROUTES,
    *feed.ROUTES,
    *webhooks.ROUTES,
    *deliveries.ROUTES,
    *receipts.ROUTES,
    *operations.ROUTES,
)
