"""The OpenAPI document: well-formed, complete, and true to the examples of the contract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

import msgspec
import pytest
import schemathesis
from jsonschema import Draft202012Validator
from schemathesis.core.result import Ok

from seatkeeper.actors.aggregates.aggregate import VersionMismatch
from seatkeeper.actors.aggregates.messages import Refusal
from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.openapi.document import document
from seatkeeper.http.server.problems import status_of
from seatkeeper.http.server.routes import ANY_KEY, Route

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Object: TypeAlias = dict[str, Json]

PLAN_ID = "00000000-0000-7000-8000-000000000002"
ACCOUNT_ID = "01900000-0000-7000-8000-000000000001"
TIME = "2026-11-22T18:12:00.000Z"
META: Object = {
    "type": "object",
    "required": ["openapi", "info", "servers", "security", "paths", "components"],
    "properties": {
        "openapi": {"const": "3.1.0"},
        "info": {"type": "object", "required": ["title", "version", "description", "license"]},
        "paths": {
            "propertyNames": {"pattern": "^/"},
            "additionalProperties": {
                "propertyNames": {"enum": ["get", "put", "post", "patch", "delete"]},
                "additionalProperties": {"$ref": "#/$defs/operation"},
            },
        },
        "components": {
            "propertyNames": {"enum": ["schemas", "responses", "examples", "headers", "securitySchemes"]},
            "additionalProperties": {"propertyNames": {"pattern": "^[A-Za-z0-9._-]+$"}},
        },
    },
    "$defs": {
        "operation": {
            "required": ["operationId", "summary", "tags", "security", "parameters", "responses"],
            "properties": {
                "operationId": {"pattern": "^[a-z_]+$"},
                "summary": {"pattern": r"^[A-Z].*\.$"},
                "parameters": {"items": {"$ref": "#/$defs/parameter"}},
                "requestBody": {"required": ["required", "content"]},
                "responses": {"propertyNames": {"pattern": "^[2-5][0-9][0-9]$"}, "minProperties": 2},
            },
        },
        "parameter": {
            "required": ["name", "in", "description", "schema"],
            "properties": {"in": {"enum": ["path", "query", "header"]}},
            "if": {"properties": {"in": {"const": "path"}}},
            "then": {"required": ["required"], "properties": {"required": {"const": True}}},
        },
    },
}
PLAN: Object = {"name": "Team", "type": "team", "package": {"total_seats": 10, "user_limit": 25}}
SHOWN: Object = {
    "plan_id": PLAN_ID,
    "revision": 1,
    "status": "retired",
    "version": 2,
    "created_at": TIME,
    "external_id": None,
    "metadata": {},
    "trial": {"days": 14, "then": {"plan_id": PLAN_ID}},
}
MEMBER: Object = {
    "member_id": ACCOUNT_ID,
    "name": "Ada",
    "email": None,
    "role": "admin",
    "seated": False,
    "status": "frozen",
    "joined_at": TIME,
    "external_id": None,
    "metadata": {},
}
ACCOUNT: Object = {
    "account_id": ACCOUNT_ID,
    "account_name": "Analytical Engines",
    "status": "active",
    "plan": {"plan_id": PLAN_ID, "revision": 1},
    "members": {"count": 1, "held": 0, "limit": 25},
    "seats": {"taken": 0, "held": 0, "total": 10},
    "credit": {"amount": 1250, "currency": "EUR"},
    "version": 2,
    "created_at": TIME,
    "external_id": "crm-7",
    "metadata": {"tier": "gold"},
    "trial": None,
}
EVENT: Object = {
    "position": 3,
    "stream_id": f"account-{ACCOUNT_ID}",
    "version": 2,
    "type": "member.added",
    "recorded_at": TIME,
    "data": {"member_id": ACCOUNT_ID, "name": "Ada", "email": None},
    "context": {"actor": "open", "request_id": "a-request"},
}
PROBLEM: Object = {"title": "It is so", "detail": "It is so.", "instance": "/v1/accounts", "request_id": "a-request"}
RECEIPT: Object = {
    "key": "a key",
    "status": 201,
    "version": 2,
    "position": 3,
    "location": f"/v1/accounts/{ACCOUNT_ID}",
    "recorded_at": TIME,
}
EXAMPLES: list[tuple[str, Json]] = [
    ("NewPlan", PLAN),
    ("NewPlan", {**PLAN, "plan_id": ACCOUNT_ID}),
    ("PlanSummary", {**PLAN, **SHOWN}),
    ("PlanChange", {}),
    ("PlanChange", {"type": "enterprise"}),
    ("Package", {"total_seats": 0, "user_limit": 1_000_000_000}),
    ("NewSignUp", {"account_name": "Analytical Engines", "user_name": "Ada", "plan_id": PLAN_ID}),
    ("NewMember", {"name": "Bob", "email": "bob@example.com", "role": "viewer", "seated": True}),
    ("NewMember", {"name": "\U0001f469\u200d\U0001f4bb", "email": "j@m\u00fcnchen.de"}),
    ("MemberChange", {"email": None}),
    ("CreditChange", {"amount": {"amount": -1250, "currency": "EUR"}, "reason": "a charge"}),
    ("OtherPlan", {"plan_id": PLAN_ID}),
    ("WithReason", {}),
    ("MemberSummary", MEMBER),
    ("AccountSummary", ACCOUNT),
    ("SignedUp", {"account": ACCOUNT, "member": MEMBER}),
    ("StoredAnswerView", {**RECEIPT, "body": {"account": ACCOUNT, "member": MEMBER}}),
    ("StoredAnswerView", {**RECEIPT, "body": {**PROBLEM, "excess": {"members": 1, "seats": 0}}}),
    ("StoredAnswerView", {**RECEIPT, "status": 204, "body": None}),
    ("EventView", EVENT),
    ("EventView", {**EVENT, "data": {"amount": {"amount": 1250, "currency": "EUR"}, "reason": "a gift"}}),
    ("Feed", {"journal_id": "1f", "items": [EVENT], "last_position": 3}),
    ("Page_AccountSummary_", {"items": [ACCOUNT], "next_cursor": None}),
    (
        "InvalidRequest",
        {
            **PROBLEM,
            "type": "/problems/invalid-request",
            "status": 400,
            "errors": [{"pointer": "/package/user_limit", "detail": "Expected an integer from 1 to 1000000000"}],
        },
    ),
    (
        "OverLimit",
        {**PROBLEM, "type": "/problems/over-limit", "status": 409, "excess": {"members": 1, "seats": 0}},
    ),
]
WRONG: list[tuple[str, Json]] = [
    ("NewPlan", {**PLAN, "colour": "red"}),
    ("NewPlan", {"name": "Team", "type": "team"}),
    ("Package", {"total_seats": 0, "user_limit": 0}),
    ("NewSignUp", {"account_name": " ", "user_name": "Ada", "plan_id": PLAN_ID}),
    ("NewMember", {"name": "Bob", "role": "owner"}),
    ("NewMember", {"name": "Bob", "email": "bob"}),
    ("CreditChange", {"amount": {"amount": 2**53, "currency": "EUR"}, "reason": "a gift"}),
    ("CreditChange", {"amount": {"amount": -(2**53), "currency": "EUR"}, "reason": "a gift"}),
    ("CreditChange", {"amount": {"amount": 1, "currency": "eur"}, "reason": "a gift"}),
    ("NewSignUp", {"account_name": "Rila", "user_name": "Ada", "plan_id": PLAN_ID, "currency": "BGN"}),
    ("Money", {"amount": 2**53, "currency": "EUR"}),
    ("NewMember", {"name": "\u200b"}),
    ("NewMember", {"name": "\u202eecilA"}),
    ("NewMember", {"name": "Ada\u2028"}),
    ("WithReason", {"reason": "\u2066unpaid"}),
    ("OverLimit", {**PROBLEM, "type": "/problems/over-limit", "status": 409}),
    ("NoSeatLeft", {**PROBLEM, "type": "/problems/last-admin", "status": 409, "total_seats": 1}),
]
DOCUMENT: Object = msgspec.json.decode(document(ROUTES), type=dict)
EVERY_ROUTE = pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")


def at(value: Json, *steps: str) -> Object:
    """The object that is found by these steps."""
    for step in steps:
        assert isinstance(value, dict)
        value = value[step]
    assert isinstance(value, dict)
    return value


def references(value: Json) -> Iterator[str]:
    """Every $ref, at any depth."""
    if isinstance(value, dict):
        if isinstance(found := value.get("$ref"), str):
            yield found
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def resolved(value: Json) -> Object:
    """The object, or what its $ref names."""
    found = at(value)
    reference = found.get("$ref")
    return at(DOCUMENT, *reference.removeprefix("#/").split("/")) if isinstance(reference, str) else found


def operation(route: Route) -> Object:
    return at(DOCUMENT, "paths", route.path, route.method.lower())


def conforms(name: str, value: Json) -> bool:
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    return bool(Draft202012Validator(schema).is_valid(value))


def test_the_document_has_the_form_of_openapi() -> None:
    Draft202012Validator.check_schema(META)
    Draft202012Validator(META).validate(DOCUMENT)


def test_schemathesis_loads_it() -> None:
    loaded = schemathesis.openapi.from_dict(dict(DOCUMENT))
    loaded.validate()
    operations = [result.ok() for result in loaded.get_all_operations() if isinstance(result, Ok)]
    assert len(operations) == len(ROUTES)


def test_every_schema_is_one() -> None:
    for schema in at(DOCUMENT, "components", "schemas").values():
        Draft202012Validator.check_schema(at(schema))


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        assert at(DOCUMENT, *reference.removeprefix("#/").split("/"))


def test_nothing_is_described_that_is_not_used() -> None:
    used = {*references(DOCUMENT), "#/components/securitySchemes/key"}  # a call names it without a reference
    kinds = at(DOCUMENT, "components")
    assert {f"#/components/{kind}/{name}" for kind in kinds for name in at(kinds, kind)} == used


def test_every_operation_has_its_own_id() -> None:
    ids = [operation(route)["operationId"] for route in ROUTES]
    assert len(set(map(str, ids))) == len(ids) == sum(len(at(DOCUMENT, "paths", p)) for p in at(DOCUMENT, "paths"))


@EVERY_ROUTE
def test_every_id_in_a_path_is_a_parameter(route: Route) -> None:
    parameters = operation(route)["parameters"]
    assert isinstance(parameters, list)
    named = [at(parameter)["name"] for parameter in parameters if at(parameter)["in"] == "path"]
    assert named == re.findall(r"{(\w+)}", route.path)


@EVERY_ROUTE
def test_a_body_is_named(route: Route) -> None:
    if route.body is None:
        assert "requestBody" not in operation(route)
        return
    schema = at(operation(route), "requestBody", "content", "application/json", "schema")
    assert schema == {"$ref": f"#/components/schemas/{route.body.__name__}"}


@EVERY_ROUTE
def test_a_success_says_what_comes(route: Route) -> None:
    success = at(operation(route), "responses", str(route.status))
    assert ("content" in success) == (route.answer is not None)
    assert ("Seatkeeper-Position" in at(success).get("headers", {})) == route.writes  # type: ignore[operator]
    told = {str(route.status), "200"} if route.writes else {str(route.status)}
    assert [status for status in at(operation(route), "responses") if status < "300"] == sorted(told)


@EVERY_ROUTE
def test_every_refusal_is_listed_with_its_problem(route: Route) -> None:
    responses = at(operation(route), "responses")
    for refusal in (*route.refusals, *((VersionMismatch,) if route.writes else ())):
        answer = resolved(responses[str(status_of(refusal))])
        assert f"`/problems/{refusal.slug()}`" in str(answer["description"])
        schema = at(answer, "content", "application/problem+json", "schema")
        assert f"#/components/schemas/{refusal.__name__}" in set(references(schema))
    assert {"400", "408", "500", "503"} <= responses.keys()
    assert ({"413", "415", "417"} <= responses.keys()) == (route.body is not None)
    malformed = resolved(responses["400"])["description"]
    assert ("`/problems/incomplete-body`" in str(malformed)) == (route.body is not None)


def test_the_document_says_who_may_and_where_and_under_which_license() -> None:
    assert DOCUMENT["security"] == []  # everybody who reaches the service
    assert DOCUMENT["servers"] == [{"url": "/", "description": "The service that this document comes from."}]
    assert at(DOCUMENT, "info")["license"] == {"name": "MIT License", "identifier": "MIT"}


@EVERY_ROUTE
def test_what_has_a_version_may_be_asked_for_if_it_has_changed(route: Route) -> None:
    parameters = operation(route)["parameters"]
    assert isinstance(parameters, list)
    tagged = any(route.method == "GET" and "ETag" in described for described in headers(route, route.status))
    assert any(at(parameter)["name"] == "If-None-Match" for parameter in parameters) == tagged
    assert headers(route, 304) == ([{"ETag"}] if tagged else [])


@EVERY_ROUTE
def test_a_header_is_of_a_plain_type(route: Route) -> None:
    parameters = operation(route)["parameters"]
    assert isinstance(parameters, list)
    for parameter in parameters:
        assert at(parameter, "schema").keys().isdisjoint({"anyOf", "oneOf", "allOf"}) or at(parameter)["in"] != "header"


@EVERY_ROUTE
def test_every_write_may_expect_versions(route: Route) -> None:
    parameters = operation(route)["parameters"]
    assert isinstance(parameters, list)
    named = [at(parameter) for parameter in parameters if at(parameter)["name"] == "If-Match"]
    assert len(named) == route.writes
    for parameter in named:
        taken = Draft202012Validator(at(parameter, "schema")).is_valid
        tags = ("*", '"3"', '"3", "4"', 'W/"3","x"', "3", '"3" "4"', '*, "3"', "")
        assert [taken(tag) for tag in tags] == [True] * 4 + [False] * 4


def test_problems_that_belong_to_no_call_are_described_once() -> None:
    about = str(at(DOCUMENT, "info")["description"])
    assert all(f"`/problems/{slug}`" in about for slug in ("not-found", "method-not-allowed"))


def headers(route: Route, *statuses: int) -> list[set[str]]:
    """The headers of each status that the route describes."""
    described = at(operation(route), "responses")
    return [
        set(at(resolved(described[str(status)]).get("headers", {}))) for status in statuses if str(status) in described
    ]


@EVERY_ROUTE
def test_every_write_may_come_with_a_key(route: Route) -> None:
    parameters = operation(route)["parameters"]
    assert isinstance(parameters, list)
    named = [at(parameter) for parameter in parameters if at(parameter)["name"] == "Idempotency-Key"]
    assert len(named) == route.writes
    assert ("422" in at(operation(route), "responses")) == route.writes
    for parameter in named:
        taken = Draft202012Validator(at(parameter, "schema")).is_valid
        keys = ("k", "k" * 255, 'a "b" %/', "", "k" * 256, "\u00fc", "a\tb")
        assert [taken(key) for key in keys] == [True] * 3 + [False] * 4


@EVERY_ROUTE
def test_every_call_says_which_scope_it_needs(route: Route) -> None:
    scopes = [] if route.scope == ANY_KEY else [route.scope]
    assert operation(route)["security"] == ([] if route.scope is None else [{"key": scopes}])
    described = at(operation(route), "responses").keys()
    assert described >= ({"403"} if route.scope is None else {"401", "403", "429"})
    assert ("401" in described) == (route.scope is not None)
    assert at(DOCUMENT, "components", "securitySchemes", "key")["scheme"] == "bearer"


@EVERY_ROUTE
def test_a_stored_answer_says_when_it_is_repeated(route: Route) -> None:
    refusals: list[type[Refusal]] = [*route.refusals, VersionMismatch]
    for described in headers(route, route.status, *(status_of(refusal) for refusal in refusals)):
        assert ("Idempotency-Replayed" in described) == route.writes
    for described in headers(route, 400, 408, 413, 415, 422, 500, 503):
        assert "Idempotency-Replayed" not in described


@EVERY_ROUTE
def test_a_link_names_an_operation_and_its_parameters(route: Route) -> None:
    targets = {at(operation(target))["operationId"]: target for target in ROUTES}
    links = at(operation(route), "responses", str(route.status)).get("links", {})
    for link in at(links).values():
        target = targets[at(link)["operationId"]]
        assert set(at(link).get("parameters", {})) == set(re.findall(r"{(\w+)}", target.path))  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "value"), EXAMPLES)
def test_an_example_of_the_contract_conforms(name: str, value: Json) -> None:
    assert conforms(name, value)


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_what_the_contract_forbids_does_not_conform(name: str, value: Json) -> None:
    assert not conforms(name, value)


@EVERY_ROUTE
def test_an_example_of_the_document_conforms(route: Route) -> None:
    if route.body is not None:
        content = at(operation(route), "requestBody", "content", "application/json")
        assert conforms(route.body.__name__, content.get("example", {}))
