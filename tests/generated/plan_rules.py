"""What the service machine does to plans."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.contract.shapes import Plan, answer, problem
from tests.generated.books import merged
from tests.generated.service_checks import ServiceChecks
from tests.generated.service_model import (
    MOST,
    NUMBERS,
    PlanModel,
    Stream,
    Tag,
    entries,
    external_ids,
    names,
    packages,
    tags,
    whom,
)


class PlanRules(ServiceChecks):
    """Plans are defined, changed, retired and reinstated."""

    @precondition(lambda self: len(self.plans) < MOST)
    @rule(package=packages)
    def define(self, package: dict[str, int]) -> None:
        """Put a plan up for sale."""
        plan_id = f"01900000-0000-7000-8001-{next(NUMBERS):012x}"
        body = {"name": "Team", "type": "team", "package": package, "plan_id": plan_id}
        stream = Stream()
        response = self.write(lambda _: self.service.post("/v1/plans", body), stream, "none", None, 1)
        assert response is not None
        self.plans.append(PlanModel(plan_id, "Team", "team", package, stream))
        self.check_plan(answer(response, 201, Plan), self.plans[-1])
        problem(self.service.post("/v1/plans", body), 409, "plan-exists")

    @rule(number=whom, name=names, tag=tags)
    def rename_plan(self, number: int, name: str, tag: Tag) -> None:
        """Give a plan another name."""
        plan = self.plan(number)
        path = f"/v1/plans/{plan.plan_id}"
        new = int(name != plan.name)
        response = self.write(
            lambda version: self.service.patch(path, {"name": name}, if_match=version), plan.stream, tag, None, new
        )
        if response is not None:
            plan.name = name
            self.check_plan(answer(response, 200, Plan), plan)

    @rule(number=whom, word=external_ids, change=entries, tag=tags)
    def name_plan(self, number: int, word: str | None, change: dict[str, str | None], tag: Tag) -> None:
        """Give a plan an external id and entries of metadata."""
        plan, external_id = self.plan(number), self.own(word)
        path, body = f"/v1/plans/{plan.plan_id}", {"external_id": external_id, "metadata": change}
        metadata = merged(plan.metadata, change)
        taken = external_id is not None and external_id in [one.external_id for one in self.plans if one is not plan]
        new = (external_id != plan.external_id) + (metadata != plan.metadata)
        refusal = "external-id-taken" if taken else None
        response = self.write(
            lambda version: self.service.patch(path, body, if_match=version), plan.stream, tag, refusal, new
        )
        if response is not None:
            plan.external_id, plan.metadata = external_id, metadata
            self.check_plan(answer(response, 200, Plan), plan)

    @rule(number=whom, package=packages, tag=tags)
    def repackage(self, number: int, package: dict[str, int], tag: Tag) -> None:
        """Sell another package; accounts do not change."""
        plan = self.plan(number)
        path = f"/v1/plans/{plan.plan_id}/package"
        new = int(package != plan.package)
        response = self.write(
            lambda version: self.service.put(path, package, if_match=version), plan.stream, tag, None, new
        )
        if response is not None:
            plan.package, plan.revision = package, plan.revision + new
            self.check_plan(answer(response, 200, Plan), plan)

    @rule(number=whom, retired=st.booleans(), tag=tags)
    def retire_or_reinstate(self, number: int, tag: Tag, *, retired: bool) -> None:
        """Retire a plan, or reinstate it."""
        plan = self.plan(number)
        path = f"/v1/plans/{plan.plan_id}/{'retire' if retired else 'reinstate'}"
        new = int(retired != plan.retired)
        response = self.write(lambda version: self.service.post(path, if_match=version), plan.stream, tag, None, new)
        if response is not None:
            plan.retired = retired
            self.check_plan(answer(response, 200, Plan), plan)
