"""Dry runs in the OpenAPI document: every write says how it is asked for one, and what that is answered with."""

from __future__ import annotations

import pytest

from seatkeeper.http.server.routes import Route
from tests.generated.test_openapi import (
    EVERY_ROUTE,
    MEMBER,
    PROBLEM,
    Json,
    Object,
    at,
    conforms,
    operation,
    references,
    resolved,
)

ACCEPTED: Object = {"accepted": True, "status": 201, "answer": MEMBER, "events": []}
EVENT: Object = {"type": "member.added", "data": {"name": "Ada", "email": None}}
REFUSED: Object = {"accepted": False, "problem": {**PROBLEM, "type": "/problems/no-seat-left", "status": 409}}
EXAMPLES: list[tuple[str, Json]] = [
    ("DryRunAccepted_MemberSummary_", ACCEPTED),
    ("DryRunAccepted_MemberSummary_", {**ACCEPTED, "events": [EVENT]}),
    ("DryRunAccepted_NoneType_", {**ACCEPTED, "answer": None}),
    ("DryRunRefused", REFUSED),
]
WRONG: list[tuple[str, Json]] = [
    ("DryRunAccepted_MemberSummary_", {**ACCEPTED, "accepted": False}),
    ("DryRunAccepted_MemberSummary_", {**ACCEPTED, "answer": None}),
    ("DryRunAccepted_NoneType_", REFUSED),
    ("DryRunRefused", {**REFUSED, "accepted": True}),
    ("DryRunRefused", ACCEPTED),
]


@pytest.mark.parametrize(("name", "value"), EXAMPLES)
def test_what_a_dry_run_answers_conforms(name: str, value: Json) -> None:
    assert conforms(name, value)


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_what_no_dry_run_answers_does_not_conform(name: str, value: Json) -> None:
    assert not conforms(name, value)


@EVERY_ROUTE
def test_every_write_may_be_a_dry_run(route: Route) -> None:
    parameters = operation(route)["parameters"]
    assert isinstance(parameters, list)
    named = [at(parameter) for parameter in parameters if at(parameter)["name"] == "dry_run"]
    assert [parameter["schema"] for parameter in named] == ([{"type": "boolean"}] if route.writes else [])
    if route.writes:
        schema = at(operation(route), "responses", "200", "content", "application/json", "schema")
        names = [reference.rpartition("/")[2] for reference in references(schema)]
        assert names[-2].startswith("DryRunAccepted_")
        assert names[-1] == "DryRunRefused"


@EVERY_ROUTE
def test_a_header_that_a_dry_run_lacks_is_not_promised(route: Route) -> None:
    described = at(operation(route), "responses", str(route.status)).get("headers", {})
    required = {name for name, header in at(described).items() if resolved(header)["required"] is True}
    assert ("ETag" in required) == ("ETag" in at(described) and not (route.writes and route.status == 200))
    assert ("Seatkeeper-Position" in required) == (route.writes and route.status != 200)
