"""The past of an account: its history, the newest first, and what changed between two moments."""

from __future__ import annotations

import msgspec
from aiohttp import web

from seatkeeper.http.api.lists.pages import PageQuery, list_cursor
from seatkeeper.http.console.forms.outcome import changes
from seatkeeper.http.console.names import tell
from seatkeeper.http.console.page import Page, Visit
from seatkeeper.http.server.routes import Call

MANY = 50
"""Events on a page."""


class _State(msgspec.Struct, frozen=True):
    account: dict[str, object] | None


class _Change(msgspec.Struct, frozen=True):
    event: dict[str, object]


class _Diff(msgspec.Struct, frozen=True, rename={"since": "from", "until": "to"}):
    since: _State
    until: _State
    items: list[_Change]
    next_cursor: str | None


async def show_history(visit: Visit) -> web.Response:
    """Show the events of an account up to a version, the newest first."""
    account = await visit.read("get_account", dict[str, object], visit.ids)
    newest = _number(account["version"])
    last = min(_number(visit.query.get("before", newest + 1)) - 1, newest)
    after = max(last - MANY, 0)
    query = {"limit": str(max(last - after, 1))}
    if after:
        call = Call(visit.ids, PageQuery(), None)
        query["cursor"] = list_cursor("events", call, after)
    events = (await visit.read_list("list_account_events", visit.ids, query)).items if last else []
    shown = [event for event in reversed(events) if _number(event["version"]) <= last]
    return visit.show(
        "history.html",
        account=account,
        events=await tell(visit, shown),
        older=after + 1 if after else None,
        newest=last == newest,
    )


async def show_diff(visit: Visit) -> web.Response:
    """Show what changed between two moments; without any, ask for them."""
    account = await visit.read("get_account", dict[str, object], visit.ids)
    query = visit.given("from", "to", "cursor", "limit")
    if "from" not in query:
        return visit.show("diff.html", account=account, diff=None, changes=[])
    diff = await visit.read("diff_account", _Diff, visit.ids, query)
    before, after = diff.since.account, diff.until.account
    return visit.show(
        "diff.html",
        account=account,
        diff=diff,
        events=await tell(visit, [change.event for change in diff.items]),
        changes=changes(before, after) if before and after else [],
    )


def _number(value: object) -> int:
    """Read a version; the first one for what is none."""
    text = str(value)
    return int(text) if text.isdecimal() and len(text) <= 18 else 1  # noqa: PLR2004 - what fits into 64 bits


PAGES = (
    Page("/accounts/{account_id}/history", show_history, ("get_account", "list_account_events")),
    Page("/accounts/{account_id}/diff", show_diff, ("diff_account",)),
)
