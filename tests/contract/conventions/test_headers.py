"""Headers as HTTP has them, where a careless reading would change something or say nothing."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING

import pytest

from tests.contract.shapes import Plan, problem, wrong_field

if TYPE_CHECKING:
    from tests.service import Service

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("tag", ['"01"', '"\u0661"'.encode(), '"1x"', 'W/"1"', '"99999999999999999999"', '""'])
def test_only_the_version_itself_matches(service: Service, plan: Plan, tag: str | bytes) -> None:
    headers = {**JSON, "If-Match": tag}
    response = service.send("PATCH", f"/v1/plans/{plan.plan_id}", b'{"name": "Other"}', headers)  # type: ignore[arg-type]
    problem(response, 412)
    assert service.get(f"/v1/plans/{plan.plan_id}").json()["name"] == plan.name


@pytest.mark.parametrize(
    "tags", ['"1", "3"', '"3","1"', ',"3" , ,\t"1",', 'W/"1", "1"', '"abc", "1"', '"1", "1"', '"x,y", "1"', "*"]
)
def test_any_version_of_a_list_matches(service: Service, plan: Plan, tags: str) -> None:
    changed = service.patch(f"/v1/plans/{plan.plan_id}", {"name": "Other"}, if_match=tags)
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')


@pytest.mark.parametrize("tags", ['"2", "3"', 'W/"1", "3"', '"abc", W/"1"', '"1,3", "3"'])
def test_a_list_without_the_version_does_not_match(service: Service, plan: Plan, tags: str) -> None:
    problem(service.patch(f"/v1/plans/{plan.plan_id}", {"name": "Other"}, if_match=tags), 412)
    assert service.get(f"/v1/plans/{plan.plan_id}").json()["name"] == plan.name


@pytest.mark.parametrize("tags", ['"1" "3"', '"1";"3"', '"1", 3', '*, "1"', '"1", "3', "1", 'w/"1"', ",", 'W/ "1"'])
def test_what_is_no_list_of_tags_is_refused(service: Service, plan: Plan, tags: str) -> None:
    wrong_field(service.patch(f"/v1/plans/{plan.plan_id}", {"name": "Other"}, if_match=tags), "/If-Match")


def test_lines_of_if_match_are_one_list(service: Service, plan: Plan) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    connection.putrequest("PATCH", f"/v1/plans/{plan.plan_id}")
    for name, value in (("If-Match", '"999"'), ("If-Match", '"1"'), *JSON.items(), ("Content-Length", "16")):
        connection.putheader(name, value)
    connection.endheaders(b'{"name":"Other"}')
    assert connection.getresponse().status == 200
    connection.close()


def test_a_query_field_that_is_given_twice_is_named(service: Service) -> None:
    wrong_field(service.send("GET", "/v1/plans?limit=5&limit=6"), "/limit")


def test_what_can_be_read_has_a_head(service: Service, plan: Plan) -> None:
    path = f"/v1/plans/{plan.plan_id}"
    head, get = service.send("HEAD", path), service.get(path)
    assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", get.headers["ETag"])


def test_a_request_that_is_no_http_is_one_line_of_the_log(service: Service) -> None:
    before = len(service.errors().splitlines())
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    connection.connect()
    connection.sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: \x00\x1b[31m\r\n\r\n")
    assert b" 400 " in connection.sock.recv(100)
    connection.close()
    lines = service.errors().splitlines()[before:]
    assert [json.loads(line)["event"] for line in lines] == ["malformed request"]
