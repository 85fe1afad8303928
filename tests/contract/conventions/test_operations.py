"""Operations: health, metrics, and the description of the API."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.completeness import check_complete
from tests.contract.calls import names
from tests.contract.given import a_customer
from tests.contract.shapes import media_type, problem

if TYPE_CHECKING:
    from tests.contract.given import Customer
    from tests.service import Service

Document = Mapping[str, object]

SUCCESSES: dict[str, dict[str, str]] = {
    "/v1/plans": {"post": "201", "get": "200"},
    "/v1/plans/{plan_id}": {"get": "200", "patch": "200"},
    "/v1/plans/{plan_id}/package": {"put": "200"},
    "/v1/plans/{plan_id}/retire": {"post": "200"},
    "/v1/plans/{plan_id}/reinstate": {"post": "200"},
    "/v1/plans/{plan_id}/events": {"get": "200"},
    "/v1/signups": {"post": "201"},
    "/v1/accounts": {"get": "200"},
    "/v1/accounts/{account_id}": {"get": "200", "patch": "200"},
    "/v1/accounts/{account_id}/members": {"get": "200", "post": "201"},
    "/v1/accounts/{account_id}/members/{member_id}": {"get": "200", "patch": "200", "delete": "204"},
    "/v1/accounts/{account_id}/members/{member_id}/seat": {"put": "200", "delete": "200"},
    "/v1/accounts/{account_id}/members/bulk": {"post": "200"},
    "/v1/accounts/{account_id}/invitations": {"get": "200", "post": "201"},
    "/v1/accounts/{account_id}/invitations/{invitation_id}": {"get": "200"},
    "/v1/accounts/{account_id}/invitations/{invitation_id}/revoke": {"post": "200"},
    "/v1/accounts/{account_id}/invitations/{invitation_id}/renew": {"post": "200"},
    "/v1/invitations/accept": {"post": "201"},
    "/v1/accounts/{account_id}/plan": {"put": "200"},
    "/v1/accounts/{account_id}/scheduled-change": {"delete": "200"},
    "/v1/accounts/{account_id}/trial": {"put": "200", "delete": "200"},
    "/v1/accounts/{account_id}/grants": {"get": "200", "post": "201"},
    "/v1/accounts/{account_id}/grants/{grant_id}": {"get": "200", "delete": "204"},
    "/v1/accounts/{account_id}/limits": {"get": "200"},
    "/v1/accounts/{account_id}/credit": {"post": "200"},
    "/v1/accounts/{account_id}/suspend": {"post": "200"},
    "/v1/accounts/{account_id}/reactivate": {"post": "200"},
    "/v1/accounts/{account_id}/close": {"post": "200"},
    "/v1/accounts/{account_id}/diff": {"get": "200"},
    "/v1/accounts/{account_id}/events": {"get": "200"},
    "/v1/accounts/{account_id}/timers": {"get": "200"},
    "/v1/clock": {"get": "200", "post": "200"},
    "/v1/events": {"get": "200"},
    "/v1/api-keys": {"get": "200", "post": "201"},
    "/v1/api-keys/{key_id}": {"get": "200"},
    "/v1/api-keys/{key_id}/rotate": {"post": "200"},
    "/v1/api-keys/{key_id}/revoke": {"post": "200"},
    "/v1/events/stream": {"get": "200"},
    "/v1/members": {"get": "200"},
    "/v1/webhooks": {"get": "200", "post": "201"},
    "/v1/webhooks/{webhook_id}": {"get": "200", "patch": "200", "delete": "204"},
    "/v1/webhooks/{webhook_id}/pause": {"post": "200"},
    "/v1/webhooks/{webhook_id}/resume": {"post": "200"},
    "/v1/webhooks/{webhook_id}/rotate-secret": {"post": "200"},
    "/v1/webhooks/{webhook_id}/ping": {"post": "200"},
    "/v1/webhooks/{webhook_id}/replay": {"post": "200"},
    "/v1/webhooks/{webhook_id}/deliveries": {"get": "200"},
    "/v1/receipts/{key}": {"get": "200"},
    "/livez": {"get": "200"},
    "/readyz": {"get": "200"},
    "/metrics": {"get": "200"},
    "/openapi.json": {"get": "200"},
}
OPERATIONS = [(path, method, status) for path, methods in SUCCESSES.items() for method, status in methods.items()]
EVERY_OPERATION = pytest.mark.parametrize(
    ("path", "method", "status"), OPERATIONS, ids=[f"{method} {path}" for path, method, _ in OPERATIONS]
)
WITH_A_BODY = [(path, method) for path, method, _ in OPERATIONS if method in {"patch", "put"} and "seat" not in path]
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
SAMPLE = re.compile(
    r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)"
    r'(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*",?)*\})?'
    r" (?P<value>[-+]?(\d+\.?\d*([eE][-+]?\d+)?|Inf|NaN))( -?\d+)?"
)


def metrics(service: Service) -> str:
    return service.get("/metrics").text


def total(text: str, pattern: str) -> float:
    """The sum of the samples whose line matches this pattern."""
    found = [SAMPLE.fullmatch(line) for line in text.splitlines() if re.search(pattern, line) and line[0] != "#"]
    return sum(float(sample["value"]) for sample in found if sample)


def the(value: object) -> Document:
    """A JSON object, seen as one."""
    assert isinstance(value, Mapping), value
    return value


def every(value: object) -> Iterator[Document]:
    """All JSON objects inside a document."""
    if isinstance(value, Mapping):
        yield value
        for inner in value.values():
            yield from every(inner)
    if isinstance(value, list):
        for inner in value:
            yield from every(inner)


def listed(value: object) -> list[Document]:
    """A list of JSON objects that may be missing."""
    return [the(item) for item in value] if isinstance(value, list) else []


def resolve(document: Document, found: Document) -> Document:
    """The object itself, or the one that it refers to."""
    reference = found.get("$ref")
    if not isinstance(reference, str):
        return found
    assert reference.startswith("#/"), reference
    for step in reference[2:].split("/"):
        document = the(document[step.replace("~1", "/").replace("~0", "~")])
    return document


@pytest.fixture(scope="module")
def document(service: Service) -> Document:
    """What `/openapi.json` says."""
    response = service.get("/openapi.json")
    assert response.status_code == 200
    return msgspec.json.decode(response.content, type=dict[str, object])


def operation(document: Document, path: str, method: str) -> Document:
    return the(the(the(document["paths"])[path])[method])


def test_a_living_process_says_so(service: Service) -> None:
    assert service.get("/livez").status_code == 200


def test_a_ready_service_says_so(service: Service) -> None:
    assert service.get("/readyz").status_code == 200


def test_metrics_are_in_the_text_format_of_prometheus(service: Service) -> None:
    response = service.get("/metrics")
    assert response.status_code == 200
    assert media_type(response) == "text/plain"
    lines = [line for line in response.text.splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not SAMPLE.fullmatch(line)] == []
    assert lines


@pytest.mark.parametrize("noun", ["commit", "batch", "inbox", "actor", "activation", "refusal", "request"])
def test_there_is_a_metric_of(service: Service, noun: str) -> None:
    a_customer(service)
    names = {line.split()[2] for line in metrics(service).splitlines() if line.startswith("# TYPE ")}
    assert [name for name in names if noun in name]


def test_requests_are_counted_by_route(service: Service, customer: Customer) -> None:
    route = re.escape('/v1/accounts/{account_id}"')
    before = total(metrics(service), route)
    customer.get()
    assert total(metrics(service), route) > before


def test_refusals_are_counted_by_kind(service: Service, customer: Customer) -> None:
    kind = r"(?i)refusal.*credit.?exhausted"
    before = total(metrics(service), kind)
    problem(customer.credit(-1), 409, "credit-exhausted")
    assert total(metrics(service), kind) > before


def test_metrics_name_no_account_and_no_path_that_does_not_exist(service: Service, customer: Customer) -> None:
    customer.get()
    service.get("/v1/a-path-that-does-not-exist")
    text = metrics(service)
    assert customer.account_id not in text
    assert "a-path-that-does-not-exist" not in text


def test_the_api_is_described_in_openapi_3_1(service: Service, document: Document) -> None:
    assert media_type(service.get("/openapi.json")) == "application/json"
    assert re.fullmatch(r"3\.1\.\d+", str(document["openapi"]))
    assert the(document["info"])["title"]
    assert the(document["info"])["version"]


def test_every_call_is_listed() -> None:
    listed = {f"{method.upper()} {path}" for path, method, _ in OPERATIONS}
    check_complete("SUCCESSES of tests/contract/conventions/test_operations.py", listed, names())


@EVERY_OPERATION
def test_every_call_is_described(document: Document, path: str, method: str, status: str) -> None:
    assert status in the(operation(document, path, method)["responses"])


def test_nothing_is_described_twice(document: Document) -> None:
    items = [the(item) for item in the(document["paths"]).values()]
    ids = [the(item[method]).get("operationId") for item in items for method in METHODS & item.keys()]
    named = [found for found in ids if found is not None]
    assert len(named) == len(set(named))


@EVERY_OPERATION
def test_the_parameters_of_a_path_are_described(document: Document, path: str, method: str, status: str) -> None:
    assert status
    item = the(the(document["paths"])[path])
    described = [*listed(item.get("parameters")), *listed(the(item[method]).get("parameters"))]
    resolved = [resolve(document, parameter) for parameter in described]
    named = {found["name"] for found in resolved if found["in"] == "path" and found["required"] is True}
    assert named == set(re.findall(r"\{(\w+)\}", path))


@pytest.mark.parametrize(("path", "method"), WITH_A_BODY)
def test_the_body_of_a_call_is_described(document: Document, path: str, method: str) -> None:
    body = resolve(document, the(operation(document, path, method)["requestBody"]))
    assert "schema" in the(the(body["content"])["application/json"])


@EVERY_OPERATION
def test_every_answer_has_a_description(document: Document, path: str, method: str, status: str) -> None:
    assert status
    responses = the(operation(document, path, method)["responses"])
    described = [resolve(document, the(response)).get("description") for response in responses.values()]
    assert [text for text in described if not isinstance(text, str)] == []


@EVERY_OPERATION
def test_errors_are_described_as_problems(document: Document, path: str, method: str, status: str) -> None:
    assert status
    responses = the(operation(document, path, method)["responses"])
    errors = [resolve(document, the(found)) for code, found in responses.items() if code[0] in "45"]
    assert [error for error in errors if "application/problem+json" not in the(error["content"])] == []


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/v1/signups", "post", {"400", "404", "409", "415"}),
        ("/v1/accounts/{account_id}/members", "post", {"400", "404", "409", "412", "415"}),
        ("/v1/accounts/{account_id}/plan", "put", {"400", "404", "409", "412", "415"}),
        ("/v1/accounts/{account_id}", "get", {"404"}),
        ("/v1/accounts", "get", {"400"}),
    ],
)
def test_a_call_is_described_with_the_problems_it_can_answer(
    document: Document, path: str, method: str, statuses: set[str]
) -> None:
    assert statuses <= the(operation(document, path, method)["responses"]).keys()


def test_every_reference_leads_somewhere(document: Document) -> None:
    for found in every(document):
        if isinstance(found.get("$ref"), str):
            assert resolve(document, found)
