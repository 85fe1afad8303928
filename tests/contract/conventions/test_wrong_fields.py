"""The detail of a wrong field: what is expected there, in the words of the API."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from msgspec import inspect

from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.server.validation import _alternatives, _expected, validation_problem
from seatkeeper.http.settings import Settings
from tests.contract.given import UNKNOWN_ID
from tests.contract.shapes import problem
from tests.service import Service

SIGN_UP = {"account_name": "Engines", "user_name": "Ada", "plan_id": UNKNOWN_ID}
PLAN = {"name": "Team", "type": "team", "package": {"total_seats": 1, "user_limit": 1}}
WRONG = [
    ("/v1/signups", {**SIGN_UP, "currency": "eur"}, "/currency", "Expected a currency as ISO 4217 writes it, like EUR"),
    ("/v1/signups", {**SIGN_UP, "plan_id": "team"}, "/plan_id", "Expected a UUID"),
    ("/v1/signups", {**SIGN_UP, "user_email": 1}, "/user_email", "Expected a string or null"),
    ("/v1/signups", {**SIGN_UP, "user_name": "\t"}, "/user_name", "Expected no control characters"),
    ("/v1/signups", {**SIGN_UP, "colour~/": "red"}, "/colour~0~1", "Unknown field"),
    ("/v1/signups", {"account_name": "Engines", "user_name": "Ada"}, "/plan_id", "Required"),
    ("/v1/signups", [], "", "Expected an object"),
    ("/v1/plans", {**PLAN, "package": None}, "/package", "Expected an object"),
    ("/v1/plans", {**PLAN, "plan_id": UNKNOWN_ID.replace("-7", "-4")}, "/plan_id", "Expected a UUID of version 7"),
    ("/v1/plans", {**PLAN, "type": "a team"}, "/type", "Expected 1 to 50 letters, digits, - or _"),
    ("/v1/plans", {**PLAN, "external_id": 7}, "/external_id", "Expected a string or null"),
    ("/v1/plans", {**PLAN, "external_id": " "}, "/external_id", "Expected 1 to 255 characters"),
    ("/v1/plans", {**PLAN, "metadata": "x"}, "/metadata", "Expected an object or null"),
    (
        "/v1/plans",
        {**PLAN, "metadata": {"a": "", "b/": 1}},
        "/metadata/b~1",
        "Expected a string of at most 500 characters",
    ),
    (
        "/v1/plans",
        {**PLAN, "package": {"total_seats": 2**70, "user_limit": 1}},
        "/package/total_seats",
        "Expected an integer from 0 to 1000000000",
    ),
]


@pytest.mark.parametrize(("path", "body", "pointer", "detail"), WRONG)
def test_the_detail_of_a_wrong_field_is_what_is_expected(
    service: Service, path: str, body: object, pointer: str, detail: str
) -> None:
    (found,) = problem(service.post(path, body), 400, "invalid-request").errors
    assert (found.pointer, found.detail) == (pointer, detail)


@pytest.mark.parametrize("limit", ["0", "201", "1e2", "", "null", "-1", "9" * 30])
def test_the_detail_of_a_wrong_number_is_its_bounds(service: Service, limit: str) -> None:
    (found,) = problem(service.get("/v1/plans", limit=limit), 400).errors
    assert (found.pointer, found.detail) == ("/limit", "Expected an integer from 1 to 200")


def test_the_detail_of_a_wrong_status_lists_all(service: Service) -> None:
    (found,) = problem(service.get("/v1/accounts", status="open"), 400).errors
    assert (found.pointer, found.detail) == ("/status", "Expected one of active, closed, suspended")


def test_the_detail_of_a_body_that_is_not_utf_8_says_so(service: Service) -> None:
    answer = service.send("POST", "/v1/plans", b'{"\xff": 1}', {"Content-Type": "application/json"})
    (found,) = problem(answer, 400).errors
    assert (found.pointer, found.detail) == ("", "Not JSON: not in UTF-8")


def fields(kind: inspect.Type) -> Iterator[inspect.Type]:
    """This type, and those of all its fields, at any depth."""
    yield kind
    for one in _alternatives(kind):
        if isinstance(one, inspect.StructType):
            for field in one.fields:
                yield from fields(field.type)


TAKEN: set[type[msgspec.Struct]] = {
    kind for route in ROUTES for kind in (route.body, route.query) if kind is not None
} | {Settings}


@pytest.mark.parametrize("kind", sorted(TAKEN, key=str), ids=str)
def test_every_field_has_words_for_what_is_expected(kind: type[msgspec.Struct]) -> None:
    for field in fields(inspect.type_info(kind)):
        assert "None" not in _expected(field)
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert([], kind)
    assert [one.detail for one in validation_problem(caught.value, kind).errors] == ["Expected an object"]
