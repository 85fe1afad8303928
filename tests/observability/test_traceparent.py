"""`traceparent` without OpenTelemetry: what names a place in a trace, and where it is handed on to."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from seatkeeper.http.observability.traces import PassingOn, Place, TracesRefused, read_traceparent, tracer_for
from tests.contract.given import a_plan
from tests.events_out.webhooks.receiver import receiving
from tests.service import Service

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GIVEN = f"00-{TRACE}-{SPAN}-01"
MALFORMED = [
    "",
    "garbage",
    f"00-{TRACE}-{SPAN}",
    f"00-{TRACE.upper()}-{SPAN}-01",
    f"00-{'0' * 32}-{SPAN}-01",
    f"00-{TRACE}-{'0' * 16}-01",
    f"ff-{TRACE}-{SPAN}-01",
    f"00-{TRACE}-{SPAN}-01-more",
    f"00-{TRACE}-{SPAN}-1",
    f"00-{TRACE}-{SPAN}-01\n",
    f"00-{TRACE[:-1]}-{SPAN}-01",
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    database = tmp_path_factory.mktemp("traceparent") / "seatkeeper.db"
    with Service(database, "--access-log", "--webhook-http", "--webhook-private-addresses") as running:
        yield running


def a_plan_from(service: Service, *traceparent: str, request_id: str = "") -> requests.Response:
    """Make a plan with these headers."""
    headers = {"Content-Type": "application/json", "traceparent": ", ".join(traceparent), "X-Request-Id": request_id}
    body = b'{"name": "Team", "type": "team", "package": {"total_seats": 1, "user_limit": 1}}'
    made = service.send("POST", "/v1/plans", body, {name: value for name, value in headers.items() if value})
    assert made.status_code == 201
    return made


def context_of(service: Service, made: requests.Response) -> dict[str, str]:
    """The context of the event of what was made."""
    after = int(made.headers["Seatkeeper-Position"]) - 1
    context: dict[str, str] = service.get("/v1/events", after=after, limit=1).json()["items"][0]["context"]
    return context


def logged(service: Service, request_id: str) -> dict[str, object]:
    """The line of the log of a request."""
    lines = [json.loads(line) for line in service.errors().splitlines()]
    found: list[dict[str, object]] = [line for line in lines if line.get("request_id") == request_id]
    (line,) = found
    return line


def test_a_place_is_read_and_written() -> None:
    assert read_traceparent(GIVEN) == Place(TRACE, SPAN, "01")
    assert str(read_traceparent(GIVEN)) == GIVEN


@pytest.mark.parametrize("value", MALFORMED)
def test_what_is_malformed_names_no_place(value: str) -> None:
    assert read_traceparent(value) is None


def test_a_later_version_may_have_more_and_is_written_as_ours() -> None:
    assert str(read_traceparent(f"cc-{TRACE}-{SPAN}-01-what-the-future-holds")) == GIVEN


def test_flags_that_nobody_knows_are_not_handed_on() -> None:
    assert str(read_traceparent(f"00-{TRACE}-{SPAN}-ff")) == f"00-{TRACE}-{SPAN}-03"


def test_the_answer_names_the_place(service: Service) -> None:
    assert a_plan_from(service, GIVEN).headers["traceparent"] == GIVEN


def test_the_answer_to_a_read_and_a_problem_name_it_too(service: Service) -> None:
    for path, status in (("/v1/plans", 200), ("/v1/nothing", 404)):
        answer = service.send("GET", path, headers={"traceparent": GIVEN})
        assert (answer.status_code, answer.headers.get("traceparent")) == (status, GIVEN)


def test_the_event_names_the_place(service: Service) -> None:
    assert context_of(service, a_plan_from(service, GIVEN))["traceparent"] == GIVEN


def test_the_log_of_the_request_names_it(service: Service) -> None:
    a_plan_from(service, GIVEN, request_id="traced")
    line = logged(service, "traced")
    assert (line["trace_id"], line["span_id"]) == (TRACE, SPAN)


@pytest.mark.parametrize("given", [(), ("garbage",), (GIVEN, GIVEN), (f"00-{'0' * 32}-{SPAN}-01",)])
def test_without_a_place_nothing_names_one(service: Service, given: tuple[str, ...]) -> None:
    request_id = f"untraced-{len(given)}-{hash(given) % 1000}"
    made = a_plan_from(service, *given, request_id=request_id)
    assert "traceparent" not in made.headers
    assert context_of(service, made).keys() == {"actor", "request_id"}
    assert "trace_id" not in logged(service, request_id)


def test_the_next_request_of_a_connection_has_no_place_of_the_one_before(service: Service) -> None:
    a_plan_from(service, GIVEN)
    assert "traceparent" not in context_of(service, a_plan_from(service))


def test_a_sign_up_and_its_events_are_in_the_trace(service: Service) -> None:
    body = {"account_name": "Analytical Engines", "user_name": "Ada", "plan_id": a_plan(service).plan_id}
    headers = {"Content-Type": "application/json", "traceparent": GIVEN, "Idempotency-Key": "once"}
    made = service.send("POST", "/v1/signups", json.dumps(body).encode(), headers)
    assert made.status_code == 201
    events = service.get(f"{made.headers['Location']}/events").json()["items"]
    assert {event["context"]["traceparent"] for event in events} == {GIVEN}


async def test_the_message_to_a_webhook_names_the_place_of_its_event(service: Service) -> None:
    async with receiving() as receiver:
        body = {"url": receiver.url(), "types": ["plan.*"]}
        made = await asyncio.to_thread(service.post, "/v1/webhooks", body)
        await asyncio.to_thread(a_plan_from, service, GIVEN)
        await asyncio.to_thread(a_plan_from, service)
        await receiver.until(lambda: len(receiver.requests) == 2)
        await asyncio.to_thread(service.delete, f"/v1/webhooks/{made.json()['webhook']['webhook_id']}")
    assert sorted(request.headers.get("traceparent", "") for request in receiver.requests) == ["", GIVEN]


def test_without_a_collector_no_spans_are_made() -> None:
    assert isinstance(tracer_for({}, wanted=False), PassingOn)


@pytest.mark.parametrize("off", [{"OTEL_SDK_DISABLED": "true"}, {"OTEL_TRACES_EXPORTER": "none"}])
def test_the_usual_variables_turn_it_off(off: dict[str, str]) -> None:
    assert isinstance(tracer_for({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"} | off, wanted=True), PassingOn)


def test_what_is_asked_for_and_not_installed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "seatkeeper.http.observability.otel.start", None)
    with pytest.raises(TracesRefused, match=r"seatkeeper\[otel\]"):
        tracer_for({}, wanted=True)


def test_a_collector_in_the_environment_is_no_reason_not_to_start_without_the_extra(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "seatkeeper.http.observability.otel.start", None)
    tracer = tracer_for({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, wanted=False)
    assert isinstance(tracer, PassingOn)
    assert "traces are not sent" in caplog.messages


def test_nothing_of_opentelemetry_is_loaded_without_it(tmp_path: Path) -> None:
    script = tmp_path / "look.py"
    script.write_text(
        "import sys, seatkeeper.http.app\nprint(sorted(n for n in sys.modules if 'opentelemetry' in n))", "utf-8"
    )
    found = subprocess.run([sys.executable, str(script)], capture_output=True, check=True, text=True)
    assert found.stdout == "[]\n"
