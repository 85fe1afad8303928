"""The OpenAPI document: what is held, granted, or lies ahead."""

from __future__ import annotations

import pytest

from tests.generated.test_openapi import ACCOUNT, MEMBER, PLAN, PLAN_ID, TIME, Json, Object, conforms

ENTRY: Object = {
    "type": "/problems/email-taken",
    "title": "Taken",
    "status": 409,
    "detail": "It is so.",
    "email": "a@b.c",
}
EXAMPLES: list[tuple[str, Json]] = [
    (
        "OtherPlan",
        {"plan_id": PLAN_ID, "excess": "grace", "grace_seconds": 60, "effective_at": TIME, "keep": [PLAN_ID]},
    ),
    ("AccountSummary", {**ACCOUNT, "trial": {"ends_at": TIME, "then": "suspend"}, "grace": {"ends_at": TIME}}),
    ("NewPlan", {**PLAN, "trial": {"days": 14, "then": {"plan_id": PLAN_ID}}}),
    ("PlanChange", {"trial": None}),
    ("NewGrant", {"reason": "a gift", "members": -1}),
    ("Results", {"results": [{"status": 201, "member": MEMBER}, {"status": 409, "problem": ENTRY}]}),
    ("Acceptance", {"token": "inv_x", "name": "Grace"}),
    ("NewInvitation", {"email": "grace@example.com", "seated": True, "expires_in_seconds": 60}),
    ("ManyMembers", {"members": [{"name": "Grace"}], "atomic": True}),
]
WRONG: list[tuple[str, Json]] = [
    ("OtherPlan", {"plan_id": PLAN_ID, "excess": "forget"}),
    ("NewPlan", {**PLAN, "trial": {"days": 0, "then": "suspend"}}),
    ("NewPlan", {**PLAN, "trial": {"days": 1, "then": "close"}}),
    ("NewGrant", {"members": 1}),
    ("NewInvitation", {}),
    ("ManyMembers", {"members": []}),
]


@pytest.mark.parametrize(("name", "value"), EXAMPLES)
def test_an_example_of_the_contract_conforms(name: str, value: Json) -> None:
    assert conforms(name, value)


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_what_the_contract_forbids_does_not_conform(name: str, value: Json) -> None:
    assert not conforms(name, value)
