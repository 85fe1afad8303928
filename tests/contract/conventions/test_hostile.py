"""Requests that mean harm: each is refused with a 4xx, changes nothing, and leaves the service well."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from tests.contract.given import UNKNOWN_ID, a_customer
from tests.contract.shapes import Account, Member, Page, answer, client_error, described, problem, wrong_field

if TYPE_CHECKING:
    from tests.contract.given import Customer
    from tests.service import Service

PACKAGE = {"total_seats": 1, "user_limit": 1}
JSON = {"Content-Type": "application/json"}
MALFORMED = {
    "30,000 lists": b"[" * 30_000 + b"]" * 30_000,
    "30,000 lists, never closed": b"[" * 30_000,
    "5,000 objects": b'{"name":' * 5_000 + b"1" + b"}" * 5_000,
    "lists as a name": b'{"name": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": -Infinity}',
    "bad UTF-8": b'{"name": "Bob\xff\xfe"}',
    "overlong UTF-8": b'{"name": "Bob\xc0\xaf"}',
    "an encoded surrogate": b'{"name": "Bob\xed\xa0\x80"}',
    "a bad key": b'{"name": "Bob", "\xff": 1}',
    "a lone high surrogate": b'{"name": "Bob\\ud800"}',
    "a lone low surrogate": b'{"name": "Bob\\udc00"}',
    "surrogates the wrong way round": b'{"name": "Bob\\udc00\\ud800"}',
    "a raw NUL": b'{"name": "Bob\x00"}',
    "an escaped NUL": b'{"name": "Bob\\u0000 Smith"}',
    "a byte order mark in UTF-16": '{"name": "Bob"}'.encode("utf-16"),
    "nothing but NUL": b"\x00" * 100,
    "an escape that is none": b'{"name": "\\x42ob"}',
}
NUMBERS = {
    "2^63": str(2**63),
    "2^64": str(2**64),
    "-2^63-1": str(-(2**63) - 1),
    "5,000 digits": "9" * 5_000,
    "NaN": "NaN",
    "1e999": "1e999",
    "-1e999": "-1e999",
    "1.0": "1.0",
    "1e-999": "1e-999",
    "0x10": "0x10",
    "01": "01",
    "5,000 decimals": "1." + "9" * 5_000,
}
PATHS = [
    "/v1/accounts/..%2fplans",
    "/v1/accounts/..%2f..%2flivez",
    "/v1/accounts/%00",
    "/v1/accounts/%ff%fe",
    "/v1/accounts/%0d%0aSet-Cookie:%20x=y",
    "/v1/accounts/%1b%5b31m",
    "/v1/accounts/" + "a" * 2_000,
    "/v1/accounts/not-a-uuid",
    "/v1/accounts/' OR 1=1 --",
    f"/v1/accounts/{UNKNOWN_ID}%00",
    f"/v1/accounts/{UNKNOWN_ID}%2fmembers",
    f"/v1/accounts/{UNKNOWN_ID}\u0660",
    "/v1/plans/..%2faccounts",
    "/v1/plans/not-a-uuid",
]
QUESTIONS = ["%", "_", '"', "'", "*", "(", "a AND", "NEAR(", "^", "\x00", "\ud7ff", "\\", "-", "name:x", "x" * 5_000]
TAGS = [
    "nonsense",
    '"abc"',
    '"-1"',
    f'"{2**64}"',
    '"1.0"',
    '"' + "9" * 4_300 + '"',
    '""',
    '"1',
    '"1" "3"',
    '*, "1"',
    ",",
]


def found(service: Service, plan_id: str) -> list[Account]:
    return answer(service.get("/v1/accounts", plan_id=plan_id), 200, Page[Account]).items


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_body_is_refused(customer: Customer, body: bytes) -> None:
    with customer.new_events() as events:
        problem(customer.service.send("POST", f"{customer.path}/members", body, JSON), 400)
    assert events == []


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_body_is_refused_where_it_may_be_left_out(customer: Customer, body: bytes) -> None:
    with customer.new_events() as events:
        problem(customer.service.send("POST", f"{customer.path}/suspend", body, JSON), 400)
    assert events == []


@pytest.mark.parametrize("opening", [b"[", b'{"name":', b'{"name": ['])
def test_100_000_levels_are_refused(customer: Customer, opening: bytes) -> None:
    with customer.new_events() as events:
        client_error(customer.service.send("POST", f"{customer.path}/members", opening * 100_000, JSON))
    assert events == []


def test_a_megabyte_for_a_name_is_refused(customer: Customer) -> None:
    body = b'{"name": "' + b"x" * 1_048_576 + b'"}'
    with customer.new_events() as events:
        client_error(customer.service.send("POST", f"{customer.path}/members", body, JSON))
    assert events == []


@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)
def test_a_number_that_is_no_count_is_refused(service: Service, number: str) -> None:
    body = '{"name": "Team", "type": "team", "package": {"total_seats": NUMBER, "user_limit": 1}}'.replace(
        "NUMBER", number
    )
    problem(service.send("POST", "/v1/plans", body.encode(), JSON), 400)


@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)
def test_a_number_that_is_no_amount_is_refused(customer: Customer, number: str) -> None:
    body = '{"amount": {"amount": NUMBER, "currency": "EUR"}, "reason": "a gift"}'.replace("NUMBER", number)
    problem(customer.service.send("POST", f"{customer.path}/credit", body.encode(), JSON), 400)
    assert customer.account().credit.amount == 0


@pytest.mark.parametrize("reason", [r"\ud800", r"\u0000", r"\udc00\ud800", "x" * 60_000, r"\u001b[31m"])
def test_a_reason_makes_no_server_error(customer: Customer, reason: str) -> None:
    body = '{"reason": "' + reason + '"}'
    response = customer.service.send("POST", f"{customer.path}/suspend", body.encode(), JSON)
    assert response.status_code < 500, described(response)


@pytest.mark.parametrize("email", ["", "@", "a\x00b@example.com", "a\nb@example.com", "\u202e@example.com", "@" * 254])
def test_an_email_makes_no_server_error(customer: Customer, email: str) -> None:
    response = customer.post("/members", {"name": "Bob", "email": email})
    assert response.status_code < 500, described(response)


def test_a_field_given_twice_makes_no_server_error(customer: Customer) -> None:
    body = b'{"name": "Bob", "name": "Eve"}'
    response = customer.service.send("POST", f"{customer.path}/members", body, JSON)
    assert response.status_code < 500, described(response)


def test_names_that_look_the_same_are_stored_the_same(customer: Customer) -> None:
    composed, decomposed = customer.add("Ren\u00e9e"), customer.add("Rene\u0301e")
    assert composed.name == decomposed.name


@pytest.mark.parametrize(
    ("field", "value"), [("plan_id", "01980000-0000-7000-8000-0000000000aa\n"), ("type", "team\n")]
)
def test_a_line_feed_at_the_end_is_not_overlooked(service: Service, field: str, value: str) -> None:
    body = {"name": "Team", "type": "team", "package": PACKAGE, field: value}
    wrong_field(service.post("/v1/plans", body), f"/{field}")


@pytest.mark.parametrize("kind", ["accounts", "plans"])
@pytest.mark.parametrize("key", ["0" * 20 + "9" * 60, "9" * 19, "-1", "", "\u0661", "1.0"])
def test_a_cursor_whose_number_is_none_is_a_bad_cursor(service: Service, kind: str, key: str) -> None:
    for _ in range(2):
        a_customer(service)
    given = answer(service.get(f"/v1/{kind}", limit=1), 200, Page[object]).next_cursor
    assert given is not None
    which, _, _ = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)).partition(b":")
    cursor = base64.urlsafe_b64encode(which + b":" + key.encode()).decode().rstrip("=")
    wrong_field(service.get(f"/v1/{kind}", cursor=cursor), "/cursor")


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_names_nothing_is_refused(service: Service, path: str) -> None:
    client_error(service.get(path))


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_search_makes_no_server_error(service: Service, text: str) -> None:
    response = service.get("/v1/accounts", q=text)
    assert response.status_code < 500, described(response)


@pytest.mark.parametrize("tag", TAGS)
def test_a_version_that_is_none_is_refused(customer: Customer, tag: str) -> None:
    with customer.new_events() as events:
        client_error(customer.patch("", {"account_name": "Difference Engines"}, if_match=tag))
    assert events == []


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "'; DROP TABLE events; --", "{{7*7}}", "%s%n"])
def test_a_name_is_only_text(service: Service, customer: Customer, text: str) -> None:
    assert answer(customer.patch("", {"account_name": text}), 200, Account).account_name == text
    assert customer.account().account_name == text
    plan_id = customer.account().plan.plan_id
    assert [account.account_name for account in found(service, plan_id)] == [text]


def test_the_service_is_well_after_all_this(service: Service) -> None:
    customer = a_customer(service)
    for body in MALFORMED.values():
        service.send("POST", f"{customer.path}/members", body, JSON)
    assert service.get("/readyz").status_code == 200
    assert answer(customer.post("/members", {"name": "Bob"}), 201, Member).name == "Bob"
