"""One trace from a request over the actor to the commit and the webhook: the whole service, with a collector."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.contract.given import a_plan
from tests.events_out.webhooks.receiver import receiving
from tests.observability.collector import Collector, Span, collecting
from tests.observability.spans import GIVEN, SPAN, TRACE
from tests.service import Service

OPTIONS = ("--access-log", "--webhook-http", "--webhook-private-addresses")


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.fixture(scope="module")
def service(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
    }
    database = tmp_path_factory.mktemp("traces") / "seatkeeper.db"
    with Service(database, *OPTIONS, environment=environment) as running:
        yield running


def sign_up(service: Service, plan_id: str, traceparent: str | None = None) -> requests.Response:
    body = {"account_name": "Analytical Engines", "user_name": "Ada", "plan_id": plan_id}
    given = {"Content-Type": "application/json", "traceparent": traceparent, "X-Request-Id": "traced"}
    headers = {name: value for name, value in given.items() if value is not None}
    made = service.send("POST", "/v1/signups", json.dumps(body).encode(), headers)
    assert made.status_code == 201
    return made


async def test_one_trace_leads_from_the_request_over_the_command_and_the_commit_to_the_webhook(
    service: Service, collector: Collector
) -> None:
    plan_id = a_plan(service).plan_id
    async with receiving() as receiver:
        webhook = {"url": receiver.url(), "types": ["account.opened"]}
        made = await asyncio.to_thread(service.post, "/v1/webhooks", webhook)
        answer = await asyncio.to_thread(sign_up, service, plan_id, GIVEN)
        await receiver.until(lambda: len(receiver.requests) == 1)
        spans = {span.name: span for span in await asyncio.to_thread(collector.of, TRACE, 4)}
        await asyncio.to_thread(service.delete, f"/v1/webhooks/{made.json()['webhook']['webhook_id']}")
    request, command = spans["POST /v1/signups"], spans["OpenAccount"]
    commit, message = spans["COMMIT journal"], spans["POST webhook"]
    assert [request.parent_id, command.parent_id] == [SPAN, request.span_id]
    assert [commit.parent_id, message.parent_id] == [command.span_id, command.span_id]
    assert answer.headers["traceparent"] == f"00-{TRACE}-{request.span_id}-01"
    assert receiver.requests[0].headers["traceparent"] == f"00-{TRACE}-{message.span_id}-01"
    assert commit.attributes["db.system.name"] == "sqlite"
    assert lies_in(command, request)
    assert lies_in(commit, command)


def lies_in(inner: Span, outer: Span, slack: int = 5_000_000) -> bool:
    """Whether one began and ended within the other, but for the nanoseconds between two looks at two clocks."""
    return outer.started - slack <= inner.started <= inner.ended <= outer.ended + slack


def test_the_log_names_the_span_of_the_request(service: Service, collector: Collector) -> None:
    answer = sign_up(service, a_plan(service).plan_id)
    _, trace_id, span_id, _ = answer.headers["traceparent"].split("-")
    lines = [json.loads(line) for line in service.errors().splitlines()]
    (line,) = [line for line in lines if line.get("trace_id") == trace_id]
    assert line["span_id"] == span_id
    assert collector.of(trace_id, 3)[0].span_id == span_id


def test_the_service_says_who_it_is(service: Service, collector: Collector) -> None:
    answer = sign_up(service, a_plan(service).plan_id)
    collector.of(answer.headers["traceparent"].split("-")[1], 3)
    assert collector.resource["service.name"] == "seatkeeper"
    assert collector.resource["deployment.environment.name"] == "test"
    assert collector.resource["service.version"]


def test_who_only_asks_how_it_is_doing_has_no_trace(service: Service) -> None:
    for path in ("/livez", "/readyz", "/metrics", "/openapi.json"):
        assert "traceparent" not in service.send("GET", path, headers={"traceparent": GIVEN}).headers


def test_what_is_not_sent_yet_is_sent_at_the_end(collector: Collector, tmp_path: Path) -> None:
    environment = {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{collector.url}/v1/traces",
        "OTEL_BSP_SCHEDULE_DELAY": "60000",
    }
    with Service(tmp_path / "a.db", environment=environment | {"OTEL_SERVICE_NAME": "mine"}) as service:
        answer = sign_up(service, a_plan(service).plan_id)
        assert service.stop() == 0
    assert collector.of(answer.headers["traceparent"].split("-")[1], 3)
    assert collector.resource["service.name"] == "mine"


def test_a_collector_that_is_not_there_holds_up_nothing(tmp_path: Path) -> None:
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    with Service(tmp_path / "a.db", "--traces", environment=environment) as service:
        sign_up(service, a_plan(service).plan_id)
        assert service.stop() == 0
