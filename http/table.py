"""The route table: every call of the API, once."""

from __future__ import annotations

from seatkeeper.http import accounts, feed, members, operations, plans, receipts, signups
from seatkeeper.http.routes import Route

ROUTES: tuple[Route, ...] = (
    *plans.ROUTES,
    *signups.ROUTES,
    *accounts.ROUTES,
    *members.ROUTES,
    *feed.ROUTES,
    *receipts.ROUTES,
    *operations.ROUTES,
)
