"""What holds for every call: content types, fields, names, e-mails, ids, times, and errors as problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.contract.given import UNKNOWN_ID, a_plan, an_id, new_in_the_journal
from tests.contract.shapes import TIME, UUID7, Account, Member, Plan, SignedUp, answer, problem, wrong_field

if TYPE_CHECKING:
    import requests

    from tests.contract.given import Customer
    from tests.service import Service

TEAM = {"name": "Team", "type": "team", "package": {"total_seats": 10, "user_limit": 25}}
A_BILLION = 1_000_000_000
JSON = b'{"name": "Bob"}'


@dataclass(frozen=True)
class Naming:
    """A call that gives something a name, in the field at `pointer`."""

    method: str
    path: str
    pointer: str
    others: dict[str, object]

    def send(self, customer: Customer, name: object) -> requests.Response:
        """Make the call with this name."""
        plan_id = customer.account().plan.plan_id
        path = self.path.format(account=customer.path, admin=customer.admin_path, plan=f"/v1/plans/{plan_id}")
        body = {**self.others, self.pointer.removeprefix("/"): name}
        if "plan_id" in body:
            body["plan_id"] = plan_id
        calls = {"POST": customer.service.post, "PATCH": customer.service.patch}
        return calls[self.method](path, body)


NAMINGS = {
    "plan": Naming("POST", "/v1/plans", "/name", {"type": "team", "package": {"total_seats": 1, "user_limit": 1}}),
    "renamed plan": Naming("PATCH", "{plan}", "/name", {}),
    "account": Naming("POST", "/v1/signups", "/account_name", {"user_name": "Ada", "plan_id": ""}),
    "renamed account": Naming("PATCH", "{account}", "/account_name", {}),
    "user": Naming("POST", "/v1/signups", "/user_name", {"account_name": "Analytical Engines", "plan_id": ""}),
    "member": Naming("POST", "{account}/members", "/name", {}),
    "renamed member": Naming("PATCH", "{account}{admin}", "/name", {}),
}
EVERY_NAME = pytest.mark.parametrize("naming", NAMINGS.values(), ids=NAMINGS)


def name_in(response: requests.Response, naming: Naming) -> object:
    """The name that the answer to a naming shows."""
    assert response.status_code in {200, 201}, response.text
    if naming.path == "/v1/signups":
        signed_up = answer(response, 201, SignedUp)
        return signed_up.account.account_name if "account" in naming.pointer else signed_up.member.name
    return response.json()[naming.pointer.removeprefix("/")]


@EVERY_NAME
def test_a_name_is_trimmed(customer: Customer, naming: Naming) -> None:
    assert name_in(naming.send(customer, "  Lovelace Ltd  "), naming) == "Lovelace Ltd"


@EVERY_NAME
def test_a_name_is_composed(customer: Customer, naming: Naming) -> None:
    assert name_in(naming.send(customer, "Rene\u0301e"), naming) == "Ren\u00e9e"


@EVERY_NAME
def test_a_name_of_200_characters_is_long_enough(customer: Customer, naming: Naming) -> None:
    assert name_in(naming.send(customer, " " + "\U0001f600" * 200 + " "), naming) == "\U0001f600" * 200


@EVERY_NAME
@pytest.mark.parametrize("name", ["", "   ", "x" * 201], ids=["empty", "blank", "201 characters"])
def test_a_name_has_1_to_200_characters(customer: Customer, naming: Naming, name: str) -> None:
    wrong_field(naming.send(customer, name), naming.pointer)


@EVERY_NAME
@pytest.mark.parametrize("character", ["\x00", "\n", "\x1b", "\x7f", "\x85"], ids=["NUL", "LF", "ESC", "DEL", "NEL"])
def test_a_name_has_no_control_characters(customer: Customer, naming: Naming, character: str) -> None:
    wrong_field(naming.send(customer, f"Ada{character}Lovelace"), naming.pointer)


@EVERY_NAME
@pytest.mark.parametrize("name", [1, True, ["Ada"], {"first": "Ada"}], ids=["number", "bool", "list", "object"])
def test_a_name_is_a_string(customer: Customer, naming: Naming, name: object) -> None:
    wrong_field(naming.send(customer, name), naming.pointer)


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "application/jsonp", "text/json", ""],
)
def test_a_body_with_another_content_type_is_not_read(customer: Customer, content_type: str) -> None:
    response = customer.service.send("POST", f"{customer.path}/members", JSON, {"Content-Type": content_type})
    problem(response, 415)
    assert customer.account().members.count == 1


def test_a_body_without_a_content_type_is_not_read(customer: Customer) -> None:
    problem(customer.service.send("POST", f"{customer.path}/members", JSON), 415)


def test_an_optional_body_needs_its_content_type_when_it_is_there(customer: Customer) -> None:
    headers = {"Content-Type": "text/plain"}
    problem(customer.service.send("POST", f"{customer.path}/suspend", b'{"reason": "x"}', headers), 415)
    assert customer.account().status == "active"


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_read(customer: Customer, content_type: str) -> None:
    response = customer.service.send("POST", f"{customer.path}/members", JSON, {"Content-Type": content_type})
    assert answer(response, 201, Member).name == "Bob"


def test_a_body_may_be_left_out_where_every_field_is_optional(service: Service, customer: Customer) -> None:
    plan = a_plan(service)
    assert answer(service.patch(f"/v1/plans/{plan.plan_id}"), 200, Plan) == plan
    assert answer(customer.patch(customer.admin_path), 200, Member).name == "Ada"
    assert answer(customer.post("/suspend"), 200, Account).status == "suspended"


def test_an_empty_object_is_the_same_as_no_body(service: Service, customer: Customer) -> None:
    plan = a_plan(service)
    assert answer(service.patch(f"/v1/plans/{plan.plan_id}", {}), 200, Plan) == plan
    assert answer(customer.patch(customer.admin_path, {}), 200, Member).name == "Ada"


@pytest.mark.parametrize("path", ["/v1/plans", "/v1/signups"])
def test_a_body_may_not_be_left_out_where_a_field_is_needed(service: Service, path: str) -> None:
    problem(service.send("POST", path, b"", {"Content-Type": "application/json"}), 400)


@pytest.mark.parametrize("body", [[], "Team", 1, True], ids=["list", "string", "number", "bool"])
def test_a_body_is_an_object(service: Service, body: object) -> None:
    problem(service.post("/v1/plans", body), 400)


@pytest.mark.parametrize("body", [b"{", b"{'name': 'Bob'}", b"name=Bob", b'{"name": "Bob"} {}', b'{"name": "Bob",}'])
def test_a_body_is_json(customer: Customer, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    problem(customer.service.send("POST", f"{customer.path}/members", body, headers), 400)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({**TEAM, "colour": "red"}, "/colour"),
        ({**TEAM, "package": {"total_seats": 1, "user_limit": 1, "colour": "red"}}, "/package/colour"),
        ({**TEAM, "a/b~c": 1}, "/a~1b~0c"),
    ],
)
def test_an_unknown_field_is_pointed_at(service: Service, body: object, pointer: str) -> None:
    with new_in_the_journal(service) as events:
        wrong_field(service.post("/v1/plans", body), pointer)
    assert events == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"type": "team", "package": TEAM["package"]}, "/name"),
        ({"name": "Team", "package": TEAM["package"]}, "/type"),
        ({"name": "Team", "type": "team"}, "/package"),
        ({**TEAM, "package": {"total_seats": 1}}, "/package/user_limit"),
        ({**TEAM, "package": {"user_limit": 1}}, "/package/total_seats"),
    ],
)
def test_a_missing_field_is_pointed_at(service: Service, body: object, pointer: str) -> None:
    wrong_field(service.post("/v1/plans", body), pointer)


@pytest.mark.parametrize("field", ["account_name", "user_name", "plan_id"])
def test_a_sign_up_needs(service: Service, field: str) -> None:
    body = {"account_name": "Analytical Engines", "user_name": "Ada", "plan_id": UNKNOWN_ID}
    del body[field]
    wrong_field(service.post("/v1/signups", body), f"/{field}")


@pytest.mark.parametrize("count", [-1, A_BILLION + 1, 2**31, 2**63, 2**64, 1.5, "1", True, None, [1]])
@pytest.mark.parametrize("field", ["total_seats", "user_limit"])
def test_a_count_is_an_integer_up_to_a_billion(service: Service, field: str, count: object) -> None:
    package = {"total_seats": 1, "user_limit": 1, field: count}
    wrong_field(service.post("/v1/plans", {**TEAM, "package": package}), f"/package/{field}")


def test_a_billion_is_a_count(service: Service) -> None:
    assert a_plan(service, seats=A_BILLION, users=A_BILLION).package.total_seats == A_BILLION


@pytest.mark.parametrize("value", ["true", 1, None])
def test_whether_a_member_is_seated_is_true_or_false(customer: Customer, value: object) -> None:
    wrong_field(customer.post("/members", {"name": "Bob", "seated": value}), "/seated")


@pytest.mark.parametrize("email", [1, True, ["bob@example.com"]])
def test_an_email_is_a_string(customer: Customer, email: object) -> None:
    wrong_field(customer.post("/members", {"name": "Bob", "email": email}), "/email")


def test_emails_are_compared_case_folded(customer: Customer) -> None:
    customer.add("Bob", email="STRASSE@example.com")
    problem(customer.post("/members", {"name": "Eve", "email": "stra\u00dfe@example.com"}), 409, "email-taken")


@pytest.mark.parametrize("plan_id", ["", "team", 1, None, "01900000-0000-7000-8000-00000000000g", an_id() + "0"])
def test_an_id_in_a_body_is_a_uuid(service: Service, plan_id: object) -> None:
    body = {"account_name": "Analytical Engines", "user_name": "Ada", "plan_id": plan_id}
    wrong_field(service.post("/v1/signups", body), "/plan_id")


def test_the_ids_that_the_service_makes_are_of_version_7(service: Service, customer: Customer) -> None:
    ids = [a_plan(service).plan_id, customer.account_id, customer.admin_id, customer.add("Bob").member_id]
    assert [found for found in ids if not UUID7.fullmatch(found)] == []


def test_times_are_utc_to_the_millisecond(service: Service, customer: Customer) -> None:
    recorded = [event.recorded_at for event in customer.events()]
    joined = [member.joined_at for member in customer.members()]
    times = [a_plan(service).created_at, customer.account().created_at, *joined, *recorded]
    assert [time for time in times if not TIME.fullmatch(time)] == []


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1", "/v2/plans", f"/v1/accounts/{UNKNOWN_ID}/nothing"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_an_unknown_route_is_a_problem(service: Service, method: str, path: str) -> None:
    problem(service.send(method, path), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/plans", "POST"),
        ("GET", "/v1/signups", "POST"),
        ("POST", f"/v1/accounts/{UNKNOWN_ID}", "PATCH"),
        ("POST", "/v1/events", "GET"),
        ("DELETE", "/livez", "GET"),
    ],
)
def test_a_wrong_method_is_a_problem_that_names_the_right_ones(
    service: Service, method: str, path: str, allowed: str
) -> None:
    response = service.send(method, path)
    problem(response, 405)
    assert allowed in response.headers["Allow"]


def test_a_body_that_is_too_large_is_a_problem(customer: Customer) -> None:
    body = b'{"name": "' + b"x" * 262_144 + b'"}'
    headers = {"Content-Type": "application/json"}
    problem(customer.service.send("POST", f"{customer.path}/members", body, headers), 413)


def test_a_problem_keeps_its_type(customer: Customer) -> None:
    first, second = customer.get("/members/" + UNKNOWN_ID), customer.get("/members/" + an_id())
    assert problem(first, 404).type == problem(second, 404).type
