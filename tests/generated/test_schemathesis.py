"""The running service against its own OpenAPI document, with requests that schemathesis makes up.

    GENERATED_SEED=7 SUITE=long python -m pytest tests/generated/test_schemathesis.py

runs the long form with another seed. A failure prints its seed, and a curl command for each finding. Schemathesis runs
as a process of its own, with its own filters for warnings.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from tests import suite
from tests.generated.hooks import OWN_KEY
from tests.service import Service, clean_environment

ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("GENERATED_SEED", "20260722"))
EXAMPLES = suite.pick(short=3, middle=6, long=600)
"""Requests that are made up for each operation, beside those that cover each rule of its schema."""

ACCEPTED = suite.pick(short=0.8, middle=1.0, long=1.0)
"""Of the operations, how many must have accepted a request: chance finds few valid ones in few examples."""

WALKS = suite.pick(short=60, middle=60, long=2_000)
"""Walks along the links in a round, of at most ten requests each."""

ROUNDS = 10
"""Rounds of walks at most, each with a seed of its own: chance decides which links a round follows."""

SHARE = suite.pick(short=1 / 3, middle=1 / 2, long=3 / 4)
"""Of the links, how many must be followed."""

DEADLINE = suite.pick(short=300.0, middle=600.0, long=7_200.0)

ROOT_KEY = "root.key"
MEMBERS = "/v1/accounts/{account_id}/members"
CHECKS = {
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ensure_resource_availability",
}
# A valid request may meet a rule (409), a version that has moved on (412) or has not (304), an id that nobody has
# (404), or come with a key that is used (422). What a schema cannot say is which cursors there are, so a list may
# answer 400 to one that it never gave; nor how far the journal is, so a webhook may not begin beyond its end. A stream
# has no end, so whoever reads it here leaves after a second.
CONFIGURATION = """
hooks = "tests.generated.{hooks}"

[checks.positive_data_acceptance]
expected-statuses = ["2xx", 304, 404, 409, 412, 422]

[[operations]]
include-name = {unsure}
checks.positive_data_acceptance.expected-statuses = ["2xx", 304, 400, 404, 409, 412, 422]

[[operations]]
include-name = "GET /v1/events/stream"
request-timeout = 1.0

[phases.stateful]
max-steps = 10
inference.algorithms = []

[warnings]
fail-on = ["base_url_mismatch", "method_not_allowed", "missing_deserializer", "unmatched_filter",
    "unresolvable_reference", "unsupported_regex"]
"""


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of an operation."""

    name: str


class Link(msgspec.Struct, frozen=True, rename="camel"):
    """Where an answer leads."""

    operation_id: str


class Response(msgspec.Struct, frozen=True):
    """An answer as the document has it."""

    links: dict[str, Link] = {}


class Operation(msgspec.Struct, frozen=True, rename="camel"):
    """A call as the document has it."""

    operation_id: str
    parameters: list[Parameter]
    responses: dict[str, Response]


class Document(msgspec.Struct, frozen=True):
    """As much of the OpenAPI document as is needed here."""

    paths: dict[str, dict[str, Operation]]

    @property
    def operations(self) -> dict[str, Operation]:
        """Every operation, by the name that schemathesis has for it."""
        return {
            f"{method.upper()} {path}": operation
            for path, methods in self.paths.items()
            for method, operation in methods.items()
        }

    @property
    def links(self) -> int:
        """How many links there are."""
        return sum(len(answer.links) for call in self.operations.values() for answer in call.responses.values())


class Value(msgspec.Struct, frozen=True):
    """What was sent."""

    method: str
    path: str


class Transition(msgspec.Struct, frozen=True):
    """The link that a request followed."""

    id: str


class Case(msgspec.Struct, frozen=True):
    """A request, and the link that led to it."""

    value: Value
    is_transition_applied: bool
    transition: Transition | None = None


class Answered(msgspec.Struct, frozen=True):
    """The status of an answer."""

    status_code: int


class Interaction(msgspec.Struct, frozen=True):
    """The answer to a request, if there was one."""

    response: Answered | None = None


class Check(msgspec.Struct, frozen=True):
    """What was checked of an answer."""

    name: str
    status: str


class Recorder(msgspec.Struct, frozen=True):
    """What happened in a scenario, by the ids of its requests."""

    cases: dict[str, Case] = {}
    checks: dict[str, list[Check]] = {}
    interactions: dict[str, Interaction] = {}


class Scenario(msgspec.Struct, frozen=True):
    """Requests that belong together."""

    phase: str
    recorder: Recorder


class Line(msgspec.Struct, frozen=True):
    """A line of the report."""

    ScenarioFinished: Scenario | None = None


@dataclass(frozen=True)
class Report:
    """What a run of schemathesis did."""

    status: int
    output: str
    recorders: list[Recorder]

    @property
    def cases(self) -> int:
        """How many requests were made."""
        return sum(len(recorder.cases) for recorder in self.recorders)

    @property
    def statuses(self) -> Counter[tuple[str, int]]:
        """How often which operation was answered with which status."""
        return Counter(
            (f"{case.value.method} {case.value.path}", answer.response.status_code)
            for recorder in self.recorders
            for name, case in recorder.cases.items()
            if (answer := recorder.interactions.get(name)) is not None and answer.response is not None
        )

    @property
    def checks(self) -> Counter[tuple[str, str]]:
        """How often which check ended how."""
        return Counter(
            (check.name, check.status)
            for recorder in self.recorders
            for checks in recorder.checks.values()
            for check in checks
        )

    @property
    def links(self) -> Counter[str]:
        """How often which link was followed."""
        return Counter(
            case.transition.id
            for recorder in self.recorders
            for case in recorder.cases.values()
            if case.transition is not None and case.is_transition_applied
        )


def document_of(service: Service) -> Document:
    return msgspec.json.decode(service.get("/openapi.json").content, type=Document)


def run(service: Service, folder: Path, hooks: str, *options: str, seed: int = SEED) -> Report:
    """Run schemathesis to its end, and read its report."""
    operations = document_of(service).operations.items()
    lists = [name for name, call in operations if any(parameter.name == "cursor" for parameter in call.parameters)]
    unsure = [*lists, "POST /v1/webhooks", "POST /v1/webhooks/{webhook_id}/replay"]
    configuration, lines = folder / "schemathesis.toml", folder / "report.ndjson"
    key = (folder / ROOT_KEY).read_text("utf-8").strip()
    described = folder / "openapi.json"  # fetched by schemathesis itself, it would leave out the call that fetches it
    described.write_bytes(service.get("/openapi.json").content)
    configuration.write_text(CONFIGURATION.format(unsure=unsure, hooks=hooks), encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration)),
            *("run", str(described), "--url", service.url, "--checks", ",".join(sorted(CHECKS)), *options),
            *("--seed", str(seed), "--generation-database", "none"),
            *("--header", f"Authorization: Bearer {key}"),
            *("--continue-on-failure", "--no-color", "--report-ndjson-path", str(lines)),
        ],
        cwd=folder,
        env=clean_environment({"PYTHONPATH": str(ROOT), "COLUMNS": "120", OWN_KEY: key.split("_")[1]}),
        capture_output=True,
        check=False,
        text=True,
        timeout=DEADLINE,
    )
    text = lines.read_bytes().splitlines() if lines.exists() else []
    scenarios = [msgspec.json.decode(line, type=Line).ScenarioFinished for line in text]
    output = f"seed {seed}\n{done.stdout[-20_000:]}{done.stderr[-4_000:]}"
    return Report(done.returncode, output, [scenario.recorder for scenario in scenarios if scenario is not None])


def found_nothing(report: Report) -> None:
    """Nothing was found, and every answer was looked at."""
    assert report.status == 0, report.output
    assert {name for name, status in report.checks if status == "success"} == CHECKS, report.output
    assert {status for _, status in report.checks} == {"success"}, report.output


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """A service on a fresh file, with the starter plans and a key, not yet started; its webhooks may lead here.

    One without a key would be closed by the first key that schemathesis makes.
    """
    options = ("--root-key-file", str(tmp_path / ROOT_KEY), "--webhook-http", "--webhook-private-addresses")
    return Service(tmp_path / "seatkeeper.db", *options)


def test_the_service_answers_as_its_document_says(service: Service, tmp_path: Path) -> None:
    with service:
        phases = "examples,coverage,fuzzing"
        report = run(service, tmp_path, "hooks", "--phases", phases, "--max-examples", str(EXAMPLES))
        operations = document_of(service).operations.keys()
        assert service.get("/readyz").status_code == 200
    found_nothing(report)
    assert report.cases >= 1_500
    statuses = report.statuses
    accepted = {name for name, status in statuses if status < 300}
    assert {name for name, _ in statuses} >= operations
    assert len(accepted) >= len(operations) * ACCEPTED, operations - accepted
    assert max(status for _, status in statuses) < 500


def followed(
    service: Service, folder: Path, enough: Callable[[Counter[str]], bool], *parts: Sequence[str]
) -> Counter[str]:
    """Walk along the links of one part of the document after the other until enough of them were followed."""
    links: Counter[str] = Counter()
    for number in range(ROUNDS):
        walks = ("--phases", "stateful", "--max-examples", str(WALKS))
        options = parts[number % len(parts)]
        report = run(service, folder, "hooks_of_walks", *walks, *options, seed=SEED + number)
        assert report.status == 0, report.output
        links += report.links
        if enough(links):
            break
    return links


PARTS = [
    ["--include-path-regex", pattern]
    for pattern in ("^/v1/(plans|signups|accounts|members)", "^/v1/(webhooks|plans)", "^/v1/(api-keys|plans)")
]
"""Walked one by one: who has made a key or a webhook finds so many links about it that the walk stays there."""


@suite.thorough
def test_the_links_of_the_document_lead_on(service: Service, tmp_path: Path) -> None:
    with service:
        wanted = document_of(service).links * SHARE
        assert len(followed(service, tmp_path, lambda links: len(links) >= wanted, *PARTS)) >= wanted


@suite.thorough
def test_the_links_lead_from_a_plan_to_a_seat(service: Service, tmp_path: Path) -> None:
    chain = [
        ("POST /v1/plans", "sign_up", "POST /v1/signups"),
        ("POST /v1/signups", "add_member", f"POST {MEMBERS}"),
        (f"POST {MEMBERS}", "take_seat", f"PUT {MEMBERS}/{{member_id}}/seat"),
    ]
    wanted = {f"{start} -> [201] {link} -> {end}" for start, link, end in chain}
    names = ("define_plan", "sign_up", "add_member", "take_seat")
    only = [option for name in names for option in ("--include-operation-id", name)]
    with service:
        assert wanted <= followed(service, tmp_path, lambda links: wanted <= links.keys(), only).keys()
