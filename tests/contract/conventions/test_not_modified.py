"""If-None-Match: whoever has the version already is told so with a 304 (RFC 9110, 13.1.2)."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

import pytest

from tests.contract.shapes import Account, answer, problem

if TYPE_CHECKING:
    import requests

    from tests.contract.given import Customer
    from tests.contract.shapes import Plan
    from tests.service import Service

MATCHES = ['"{}"', 'W/"{}"', '"0", "{}"', 'W/"0",W/"{}"', ',"{}" ,', '"a,b", "{}"', "*"]
DIFFERENT = ['"0"', 'W/"0"', '"0{}"', '"{}-gzip"', '"a,{},b"', "{}", '"{}', '*, "0"', "", "rubbish"]


def read(service: Service, path: str, tags: str, method: str = "GET") -> requests.Response:
    return service.send(method, path, headers={"If-None-Match": tags})


@pytest.fixture(params=["account", "member", "plan"])
def path(request: pytest.FixtureRequest, customer: Customer) -> str:
    """The path of each thing that has a version."""
    return {
        "account": customer.path,
        "member": f"{customer.path}/members/{customer.admin_id}",
        "plan": f"/v1/plans/{customer.account().plan.plan_id}",
    }[request.param]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("tags", MATCHES)
def test_what_the_client_has_is_not_sent_again(service: Service, path: str, tags: str, method: str) -> None:
    tag = service.get(path).headers["ETag"]
    response = read(service, path, tags.format(tag.strip('"')), method)
    assert (response.status_code, response.content, response.headers["ETag"]) == (304, b"", tag)
    assert response.headers.keys() == {"Server", "ETag", "Date"}


@pytest.mark.parametrize("tags", DIFFERENT)
def test_what_the_client_does_not_have_is_sent(service: Service, path: str, tags: str) -> None:
    given = service.get(path)
    response = read(service, path, tags.format(given.headers["ETag"].strip('"')))
    assert (response.status_code, response.content) == (200, given.content)


def test_a_change_is_sent(customer: Customer) -> None:
    tag = customer.get().headers["ETag"]
    changed = customer.patch("", {"account_name": "Looms"}).headers["ETag"]
    response = read(customer.service, customer.path, tag)
    assert answer(response, 200, Account).account_name == "Looms"
    assert read(customer.service, customer.path, changed).status_code == 304


def test_lines_of_if_none_match_are_one_list(service: Service, plan: Plan) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    connection.putrequest("GET", f"/v1/plans/{plan.plan_id}")
    for tag in ('"999"', '"1"'):
        connection.putheader("If-None-Match", tag)
    connection.endheaders()
    assert connection.getresponse().status == 304
    connection.close()


def test_the_connection_goes_on_behind_a_304(service: Service, plan: Plan) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    for tags, status in (("*", 304), ('"2"', 200), ('W/"1"', 304)):
        connection.request("GET", f"/v1/plans/{plan.plan_id}", headers={"If-None-Match": tags})
        response = connection.getresponse()
        assert (response.status, len(response.read()) > 0) == (status, status == 200)
    connection.close()


@pytest.mark.parametrize("tags", ["*", '"1"'])
def test_what_is_not_there_is_not_found_whatever_the_client_has(service: Service, tags: str) -> None:
    problem(read(service, "/v1/plans/00000000-0000-7000-8000-00000000dead", tags), 404, "plan-not-found")


@pytest.mark.parametrize("path", ["/v1/plans", "/v1/accounts", "/v1/events", "/livez", "/readyz", "/openapi.json"])
def test_what_has_no_version_is_always_sent(service: Service, path: str) -> None:
    assert read(service, path, "*").status_code == 200
