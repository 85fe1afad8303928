"""The route of the timers of an account."""

from __future__ import annotations

from seatkeeper.actors.accounts.profile.refusals import AccountNotFound
from seatkeeper.http.api.lists.pages import Page, PageQuery, read_cursor, show_page
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.problems import Refused
from seatkeeper.http.server.routes import Answer, Call, Route
from seatkeeper.storage.projections.timers import TimerSummary


async def list_timers(service: Service, call: Call[None, PageQuery]) -> Answer:
    """List what will happen to an account by itself, the earliest first."""
    after = read_cursor("timers", call)
    items = await service.queries.timers(call.ids["account_id"], after, call.query.limit + 1)
    if items is None:
        raise Refused(AccountNotFound())
    return show_page("timers", call, items)


ROUTES = (
    Route(
        "GET",
        "/v1/accounts/{account_id}/timers",
        list_timers,
        Page[TimerSummary],
        query=PageQuery,
        refusals=(AccountNotFound,),
        scope="accounts:read",
    ),
)
