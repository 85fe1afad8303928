"""The route table: every call of the API, once."""

from __future__ import annotations

from seatkeeper.http.api import api_keys, operations, plans, receipts, signups
from seatkeeper.http.api import events as feed
from seatkeeper.http.api.accounts import accounts, grants, invitations, limits, many, members, past, terms
from seatkeeper.http.api.timing import clock, timers
from seatkeeper.http.api.webhooks import deliveries, webhooks
from seatkeeper.http.server.routes import Route

ROUTES: tuple[Route, ...] = (
    *plans.ROUTES,
    *signups.ROUTES,
    *accounts.ROUTES,
    *members.ROUTES,
    *many.ROUTES,
    *invitations.ROUTES,
    *terms.ROUTES,
    *grants.ROUTES,
    *limits.ROUTES,
    *past.ROUTES,
    *timers.ROUTES,
    *api_keys.ROUTES,
    *feed.ROUTES,
    *webhooks.ROUTES,
    *deliveries.ROUTES,
    *receipts.ROUTES,
    *clock.ROUTES,
    *operations.ROUTES,
)
