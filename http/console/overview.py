"""The first page: how the service is, what it has done in the last half an hour, and what is due next."""

from __future__ import annotations

import msgspec
from aiohttp import web

from seatkeeper.http.console.figures import WINDOWS, points, summary
from seatkeeper.http.console.page import Page, Visit

DUE = 10
"""Timers that are shown, at most."""

_encode = msgspec.json.Encoder().encode


async def show_overview(visit: Visit) -> web.Response:
    """Show how the service is."""
    return visit.show_all("overview.html", {"pictures": visit.may("metrics"), **_figures(visit), **await _due(visit)})


async def show_now(visit: Visit) -> web.Response:
    """Show the top of it again, every few seconds."""
    return visit.show_all("overview_now.html", _figures(visit))


async def show_tables(visit: Visit) -> web.Response:
    """Show its tables again."""
    return visit.show_all("overview_tables.html", {**_figures(visit), **await _due(visit)})


async def send_points(visit: Visit) -> web.Response:
    """Send what the pictures are drawn of, after a time in milliseconds."""
    after = visit.query.get("after", "0")
    samples = visit.inside.history.samples
    found = points(samples, int(after) if after.isdecimal() and len(after) < 16 else 0)  # noqa: PLR2004 - digits
    return web.Response(body=_encode(found), content_type="application/json")


def _figures(visit: Visit) -> dict[str, object]:
    """Read what the visitor may know of how the service is: the figures are those of /metrics."""
    inside, figures = visit.inside, visit.may("metrics")
    samples = inside.history.samples
    return {
        "reason": inside.unready_reason(),
        "position": inside.history.position if figures or visit.may("read_feed") else None,
        "live_actors": samples[-1].live_actors if figures and samples else None,
        "summary": summary(samples) if figures else None,
        "windows": [name for name, _ in WINDOWS],
    }


async def _due(visit: Visit) -> dict[str, object]:
    """Read which timers come next, of all accounts: who may read those of each account may."""
    return {"timers": await visit.inside.timers(None, DUE) if visit.may("list_timers") else None}


PAGES = (
    Page("", show_overview, title="Overview"),
    Page("/overview/now", show_now),
    Page("/overview/tables", show_tables),
    Page("/overview/points", send_points, ("metrics",)),
)
