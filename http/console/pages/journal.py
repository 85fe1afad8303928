"""The journal: the newest events first, and those that come while one looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from aiohttp import web

from seatkeeper.http.console.names import tell
from seatkeeper.http.console.page import Feed, Page, Visit

MANY = 50
"""Events on a page."""

FURTHER = 5_000
"""Positions that are looked at for a page with a filter."""

READS = 25
"""Calls for a page with a filter, at most."""

ROWS = 500
"""Rows that a page grows to, before it is loaded again."""

_FILTERS = ("types", "account_id", "actor")

_LIMIT = 200
_DIGITS = 18


class Window(NamedTuple):
    """Some events, the newest first, and the position before which older ones lie, if there are any."""

    events: Sequence[dict[str, object]]
    older: int | None


async def show_journal(visit: Visit) -> web.Response:
    """Show the newest events, or those before a position, which stay as they are."""
    filters, newest = visit.given(*_FILTERS), visit.inside.history.position
    before = min(_number(visit, "before", newest + 1), newest + 1)
    window = await _before(visit, before, filters)
    return visit.show(
        "journal.html",
        events=await tell(visit, window.events),
        older=window.older,
        filters=filters,
        newest=newest,
        live="before" not in visit.query,
        rows=len(window.events),
    )


async def show_new(visit: Visit) -> web.Response:
    """Show the events after a position, for the top of a page that is open; 204 if there are none."""
    filters, after = visit.given(*_FILTERS), _number(visit, "after", 0)
    newest, rows = visit.inside.history.position, _number(visit, "rows", 0)
    if newest <= after:
        return web.Response(status=204)
    if newest - after > ROWS or rows > ROWS:
        return web.Response(status=204, headers={"HX-Refresh": "true"})
    found = await _between(visit, after, newest + 1, filters)
    events = await tell(visit, found[::-1])
    return visit.show(
        "journal_rows.html", events=events, filters=filters, newest=newest, rows=rows + len(events), live=True
    )


async def _before(visit: Visit, before: int, filters: dict[str, str]) -> Window:
    """Find the newest events before a position."""
    start = max(before - 1 - (FURTHER if filters else MANY), 0)
    found = await _between(visit, start, before, filters)
    shown = found[-MANY:][::-1]
    oldest = int(str(shown[-1]["position"])) if len(found) > MANY else start + 1
    return Window(shown, oldest if oldest > 1 else None)


async def _between(visit: Visit, after: int, before: int, filters: dict[str, str]) -> list[dict[str, object]]:
    """Read the events between two positions; what is left out says less than what is shown, and comes next."""
    found: list[dict[str, object]] = []
    for _ in range(READS):
        query = {**filters, "after": str(after), "limit": str(max(min(before - 1 - after, _LIMIT), 1))}
        feed = await visit.read("read_feed", Feed, query=query)
        found += feed.items
        if feed.last_position >= before - 1 or feed.last_position <= after:
            break
        after = feed.last_position
    return [event for event in found if int(str(event["position"])) < before]


def _number(visit: Visit, name: str, otherwise: int) -> int:
    """Read a position of the query; another one for what is none."""
    text = visit.query.get(name, "")
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= _DIGITS else otherwise


PAGES = (
    Page("/journal", show_journal, ("read_feed",), title="Journal"),
    Page("/journal/new", show_new, ("read_feed",)),
)
