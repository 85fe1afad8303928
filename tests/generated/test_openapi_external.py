"""External ids and metadata in the OpenAPI document: what a body may hold, as the service takes it."""

from __future__ import annotations

import pytest

from tests.generated.test_openapi import PLAN_ID, Json, Object, conforms

SIGN_UP: Object = {"account_name": "Analytical Engines", "user_name": "Ada", "plan_id": PLAN_ID}
EXAMPLES: list[tuple[str, Json]] = [
    ("NewSignUp", {**SIGN_UP, "external_id": "crm 7", "metadata": {"k" * 40: "v" * 500}}),
    ("NewSignUp", {**SIGN_UP, "user_external_id": None, "user_metadata": None}),
    ("AccountChange", {}),
    ("PlanChange", {"external_id": None, "metadata": {"sold_in": None, "since": ""}}),
]
WRONG: list[tuple[str, Json]] = [
    ("AccountChange", {"external_id": ""}),
    ("AccountChange", {"external_id": "crm\u200b7"}),
    ("AccountChange", {"metadata": None}),
    ("AccountChange", {"metadata": {"": "gold"}}),
    ("AccountChange", {"metadata": {"k" * 41: "gold"}}),
    ("AccountChange", {"metadata": {"tier": 1}}),
    ("MemberChange", {"metadata": {"tier": "v" * 501}}),
    ("NewMember", {"name": "Bob", "metadata": {"tier": None}}),
    ("NewMember", {"name": "Bob", "metadata": {"tier": "\x00"}}),
    ("NewMember", {"name": "Bob", "metadata": {str(number): "" for number in range(51)}}),
]


@pytest.mark.parametrize(("name", "value"), EXAMPLES)
def test_what_is_taken_conforms(name: str, value: Json) -> None:
    assert conforms(name, value)


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_what_is_refused_does_not_conform(name: str, value: Json) -> None:
    assert not conforms(name, value)
