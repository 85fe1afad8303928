"""The view of plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seatkeeper.actors.aggregates.external import ExternalIdTaken
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.actors.subscriptions.events import PlanDefined, PlanExternalIdChanged
from seatkeeper.actors.subscriptions.plan import Plan, summarize
from seatkeeper.storage.projections.view import Unique, View
from seatkeeper.storage.records import to_json


class PlanRow(NamedTuple):
    """A row of the table `plans`."""

    plan_id: str
    status: str
    external_id: str | None
    version: int
    summary: str


def rows(plan: Plan, version: int) -> Sequence[PlanRow]:
    """Make the row of a plan."""
    summary = summarize(plan, version)
    return [PlanRow(plan.plan_id, summary.status, plan.external_id, version, to_json(summary))]


def changes(plan: Plan, version: int, _events: Sequence[Event]) -> Sequence[PlanRow]:
    """Make the row again, because every event changes its version."""
    return rows(plan, version)


_CLAIMING = (PlanDefined, PlanExternalIdChanged)


def claim(events: Sequence[Event]) -> str | None:
    """Return the external id that these events take; a command changes it once at most."""
    for event in events:
        if isinstance(event, _CLAIMING) and event.external_id:
            return event.external_id
    return None


def taken(external_id: str) -> ExternalIdTaken:
    """Refuse an external id that another plan has."""
    return ExternalIdTaken("plan", external_id)


PLANS = View(
    table="plans",
    row=PlanRow,
    key_columns=1,
    rows=rows,
    changes=changes,
    ordered=True,
    unique=Unique("external_id", claim, taken),
    sqlite="""
CREATE TABLE plans (
    number      INTEGER PRIMARY KEY,  -- in the order in which the plans were defined
    plan_id     TEXT    NOT NULL UNIQUE,
    status      TEXT    NOT NULL,
    external_id TEXT,
    version     INTEGER NOT NULL,
    summary     TEXT    NOT NULL      -- JSON, as in the API
) STRICT;
CREATE UNIQUE INDEX plans_by_external_id ON plans (external_id) WHERE external_id IS NOT NULL;
""",
)
