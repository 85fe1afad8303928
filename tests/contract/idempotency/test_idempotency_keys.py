"""What may be an idempotency key: 1 to 255 printable ASCII characters, once."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPResponse
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
import pytest

from tests.contract.given import UNKNOWN_ID, a_word
from tests.contract.shapes import Problem, problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.contract.given import Customer
    from tests.service import Service

SIGN_UP = {"account_name": "Engines", "user_name": "Ada", "plan_id": UNKNOWN_ID}
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
MALFORMED = {
    "empty": [b""],
    "spaces": [b"   "],
    "256 characters": [b"k" * 256],
    "8,000 characters": [b"k" * 8_000],
    "UTF-8": ["schlüssel".encode()],
    "Latin-1": ["schlüssel".encode("latin-1")],
    "high bytes": [b"\x80\xff"],
    "a tab inside": [b"a\tb"],
    "twice the same": [b"a", b"a"],
    "two": [b"a", b"b"],
    "one and an empty one": [b"a", b""],
}
CONTROL = {"NUL": b"a\x00b", "bell": b"a\x07b", "escape": b"\x1b[31m", "DEL": b"a\x7fb"}
WELL_FORMED = {
    "one character": "k",
    "255 characters": "k" * 255,
    "every printable character": f"!{PRINTABLE}!",
    "spaces inside": "pay invoice 7",
    "slashes": "/v1/../receipts//7/",
    "percent signs": "100%25%2F%00",
    "quotes": '"it\'s"',
    "a comma": "a, b",
    "question": "?a=b#c",
    "dots": "..",
    "one dot": ".",
    "plus": "a+b",
    "SQL": "'; DROP TABLE receipts; --",
    "a format": "{key} %s",
}


@pytest.fixture
def wire(service: Service) -> Iterator[HTTPConnection]:
    """A connection on which nothing is quoted, trimmed or checked."""
    connection = HTTPConnection("127.0.0.1", service.port, timeout=30)
    yield connection
    connection.close()


def add_bob(wire: HTTPConnection, customer: Customer, keys: Sequence[bytes]) -> HTTPResponse:
    body = b'{"name":"Bob"}'
    wire.putrequest("POST", f"{customer.path}/members")
    wire.putheader("Content-Type", "application/json")
    wire.putheader("Content-Length", str(len(body)))
    for key in keys:
        wire.putheader("Idempotency-Key", key)
    wire.endheaders(body)
    return wire.getresponse()


def ask_for_receipt(wire: HTTPConnection, key: str) -> HTTPResponse:
    wire.putrequest("GET", f"/v1/receipts/{''.join(f'%{ord(letter):02x}' for letter in key)}")
    wire.endheaders()
    return wire.getresponse()


@pytest.mark.parametrize("keys", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_key_is_a_wrong_field(wire: HTTPConnection, customer: Customer, keys: list[bytes]) -> None:
    with customer.new_events() as events:
        response = add_bob(wire, customer, keys)
    problem = msgspec.json.decode(response.read(), type=Problem)
    assert (response.status, problem.pointers) == (400, ["/Idempotency-Key"])
    assert events == []


@pytest.mark.parametrize("key", CONTROL.values(), ids=CONTROL)
def test_a_key_with_a_control_character_is_a_bad_request(wire: HTTPConnection, customer: Customer, key: bytes) -> None:
    with customer.new_events() as events:
        response = add_bob(wire, customer, [key])
    assert (response.status, response.will_close) == (400, True)
    assert events == []


@pytest.mark.parametrize("key", WELL_FORMED.values(), ids=WELL_FORMED)
def test_any_printable_ascii_is_a_key(wire: HTTPConnection, customer: Customer, key: str) -> None:
    first = add_bob(wire, customer, [key.encode()])
    made = first.read()
    assert (first.status, first.getheader("Idempotency-Replayed")) == (201, None), made
    again = add_bob(wire, customer, [key.encode()])
    assert (again.status, again.read(), again.getheader("Idempotency-Replayed")) == (201, made, "true")
    receipt = ask_for_receipt(wire, key)
    found = msgspec.json.decode(receipt.read())
    assert (receipt.status, found["key"], found["body"]) == (200, key, msgspec.json.decode(made))


def test_spaces_around_a_key_are_not_of_it(wire: HTTPConnection, customer: Customer) -> None:
    key = a_word()
    made = add_bob(wire, customer, [f"  {key}\t ".encode()]).read()
    assert customer.service.post(f"{customer.path}/members", {"name": "Bob"}, idempotency_key=key).content == made


def test_keys_differ_by_their_case(wire: HTTPConnection, customer: Customer) -> None:
    key = a_word()
    made = add_bob(wire, customer, [key.encode()]).read()
    assert add_bob(wire, customer, [key.upper().encode()]).read() != made


@pytest.mark.parametrize("name", ["%20", "%ff", "%00", "a%0d%0a", "k" * 256, "schl%C3%BCssel"])
def test_under_what_is_no_key_there_is_no_receipt(wire: HTTPConnection, name: str) -> None:
    wire.putrequest("GET", f"/v1/receipts/{name}")
    wire.endheaders()
    response = wire.getresponse()
    assert (response.status, msgspec.json.decode(response.read())["type"]) == (404, "/problems/receipt-not-found")


UNKNOWN_IDS = {
    "a word": "nobody",
    "an escape": "%00",
    "braces": "%7Ba%7D",
    "no UTF-8": "%ff",
    "a slash": "a%2Fb",
    "long": "a" * 4_000,
}


@pytest.mark.parametrize("name", UNKNOWN_IDS.values(), ids=UNKNOWN_IDS)
def test_that_an_id_does_not_exist_is_an_answer_that_is_stored(service: Service, customer: Customer, name: str) -> None:
    writes = [
        ("POST", f"/v1/accounts/{name}/suspend", "account-not-found"),
        ("PUT", f"/v1/accounts/{name}/members/{name}/seat", "account-not-found"),
        ("PUT", f"{customer.path}/members/{name}/seat", "member-not-found"),
        ("DELETE", f"{customer.path}/members/{name}", "member-not-found"),
        ("POST", f"/v1/plans/{name}/retire", "plan-not-found"),
    ]
    for method, path, slug in writes:
        key = a_word()
        first = service.write(method, path, idempotency_key=key)
        again = service.write(method, path, idempotency_key=key)
        problem(first, 404, slug)
        assert (again.status_code, again.content) == (404, first.content)
        assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
        assert service.get(f"/v1/receipts/{key}").json()["status"] == 404
        problem(service.write("POST", "/v1/signups", SIGN_UP, idempotency_key=key), 422, "idempotency-key-reused")


def test_a_key_is_quoted_once(service: Service, customer: Customer) -> None:
    key = f"{a_word()}%2F"
    service.post(f"{customer.path}/members", {"name": "Bob"}, idempotency_key=key)
    assert service.get(f"/v1/receipts/{quote(key, safe='')}").status_code == 200
    assert service.get(f"/v1/receipts/{key}").status_code == 404
