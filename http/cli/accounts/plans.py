"""The plans of a service, as rows of a file name them."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

import msgspec

from seatkeeper.http.cli.accounts.rows import AccountRow
from seatkeeper.http.cli.accounts.sending import Sender
from seatkeeper.http.cli.statuses import CommandFailed

MOST_SHOWN = 10


class Plan(msgspec.Struct):
    """The part of a plan that rows may name."""

    plan_id: str
    name: str
    status: str
    external_id: str | None = None


class _Page(msgspec.Struct):
    items: list[Plan]
    next_cursor: str | None


class PlanNotFound(Exception):
    """A row names no plan that the service has."""


class Plans:
    """The plans, found by their ids, their external ids and their names."""

    def __init__(self, plans: Iterable[Plan]) -> None:
        """Find among these."""
        self._plans = list(plans)
        self._by_id = {plan.plan_id: plan for plan in self._plans}
        self._by_external_id = {plan.external_id: plan for plan in self._plans if plan.external_id is not None}
        self._by_name: dict[str, list[Plan]] = {}
        for plan in self._plans:
            if plan.status == "active":
                self._by_name.setdefault(plan.name.casefold(), []).append(plan)

    def find(self, row: AccountRow) -> str:
        """Return the id of the plan that a row names; raise PlanNotFound."""
        named: list[str] = []
        if row.plan_id is not None:
            if row.plan_id.lower() in self._by_id:
                return row.plan_id.lower()
            named.append(f"the id {row.plan_id}")
        if row.plan_external_id is not None:
            if found := self._by_external_id.get(row.plan_external_id):
                return found.plan_id
            named.append(f"the external id {row.plan_external_id}")
        if row.plan_name is not None:
            if plans := self._by_name.get(row.plan_name.casefold()):
                return self._only(row.plan_name, plans)
            named.append(f"the name {row.plan_name}")
        if not named:
            raise PlanNotFound("plan_id, plan_external_id or plan_name is required")
        raise PlanNotFound(f"the service has no plan with {' or '.join(named)}. It has {self._shown()}")

    @staticmethod
    def _only(name: str, plans: list[Plan]) -> str:
        if len(plans) > 1:
            raise PlanNotFound(f"{len(plans)} plans have the name {name}: give plan_id or plan_external_id")
        return plans[0].plan_id

    def _shown(self) -> str:
        shown = [f"{plan.name} ({plan.plan_id})" for plan in self._plans if plan.status == "active"]
        more = f" and {len(shown) - MOST_SHOWN} more" if len(shown) > MOST_SHOWN else ""
        return (", ".join(shown[:MOST_SHOWN]) or "none that is active") + more


async def plans_of(sender: Sender) -> Plans:
    """Read the plans of a service; raise CommandFailed."""
    found: list[Plan] = []
    path = "/v1/plans?limit=200"
    while True:
        answer = await sender.send("GET", path)
        try:
            if not answer.accepted:
                raise CommandFailed(f"the plans cannot be read: {answer.problem}")
            page = msgspec.json.decode(answer.body, type=_Page)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CommandFailed("no Seatkeeper answers at this address") from error
        found += page.items
        if page.next_cursor is None:
            return Plans(found)
        path = f"/v1/plans?limit=200&cursor={quote(page.next_cursor)}"
