"""The SQL of timers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias, cast

from seatkeeper.actors.aggregates.timers import Timer
from seatkeeper.storage.projections.timers import TimerRow
from seatkeeper.storage.queries import MOST_DUE, timer_place
from seatkeeper.storage.sql.pieces import Row

Fetch: TypeAlias = Callable[..., Awaitable[list[Row]]]
"""Runs a query with the values of its marks."""

_OF_ACCOUNT = (
    f"SELECT {', '.join(TimerRow._fields)} FROM timers WHERE account_id = ? AND (due_at, kind, subject) > (?, ?, ?)"  # noqa: S608 - our own columns
    " ORDER BY due_at, kind, subject LIMIT ?"
)
_AFTER = (
    "SELECT due_at, account_id, kind, subject FROM timers WHERE (due_at, account_id, kind, subject) > (?, ?, ?, ?)"
    " ORDER BY due_at, account_id, kind, subject LIMIT ?"
)
_DUE = "SELECT count(*) FROM (SELECT 1 FROM timers WHERE due_at <= ? LIMIT ?) AS due"


async def of_account(fetch: Fetch, account_id: str, after: str | None, limit: int) -> list[TimerRow]:
    """Return the rows of an account after a place in its list."""
    return [TimerRow(*row) for row in await fetch(_OF_ACCOUNT, account_id, *timer_place(after), limit)]  # type: ignore[arg-type]


async def after(fetch: Fetch, timer: Timer | None, limit: int) -> Sequence[Timer]:
    """Return the timers after one."""
    return [Timer(*row) for row in await fetch(_AFTER, *(timer or Timer("", "")), limit)]  # type: ignore[arg-type]


async def count_due(fetch: Fetch, now: str) -> int:
    """Count the timers that are due."""
    ((count,),) = await fetch(_DUE, now, MOST_DUE)
    return cast("int", count)
