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


def test_a_second_if_match_line_is_not_overlooked(service: Service, plan: Plan) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    connection.putrequest("PATCH", f"/v1/plans/{plan.plan_id}")
    for name, value in (("If-Match", '"1"'), ("If-Match", '"999"'), *JSON.items(), ("Content-Length", "16")):
        connection.putheader(name, value)
    connection.endheaders(b'{"name":"Other"}')
    assert connection.getresponse().status == 400
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
    connection.sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\x1b[31m\r\n\r\n")
    assert b" 400 " in connection.sock.recv(100)
    connection.close()
    lines = service.errors().splitlines()[before:]
    assert [json.loads(line)["event"] for line in lines] == ["malformed request"]
