"""The view of plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.actors.subscriptions.plan import Plan, summarize
from seatkeeper.storage.projections.view import View
from seatkeeper.storage.records import to_json


class PlanRow(NamedTuple):
    """A row of the table `plans`."""

    plan_id: str
    status: str
    version: int
    summary: str


def rows(plan: Plan, version: int) -> Sequence[PlanRow]:
    """Make the row of a plan."""
    summary = summarize(plan, version)
    return [PlanRow(plan.plan_id, summary.status, version, to_json(summary))]


def changes(plan: Plan, version: int, _events: Sequence[Event]) -> Sequence[PlanRow]:
    """Make the row again, because every event changes its version."""
    return rows(plan, version)


PLANS = View(
    table="plans",
    row=PlanRow,
    key_columns=1,
    rows=rows,
    changes=changes,
    ordered=True,
    sqlite="""
CREATE TABLE plans (
    number  INTEGER PRIMARY KEY,      -- in the order in which the plans were defined
    plan_id TEXT    NOT NULL UNIQUE,
    status  TEXT    NOT NULL,
    version INTEGER NOT NULL,
    summary TEXT    NOT NULL          -- JSON, as in the API
) STRICT;
""",
)
