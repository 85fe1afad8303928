"""The dashboard and the alerts, by Prometheus itself, which scrapes a real service as the example says."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contract.given import NOWHERE, a_customer
from tests.service import REQUEST_DEADLINE, Service
from tests.torture.rig.machinery import eventually, need

ROOT = Path(__file__).parent.parent.parent
ALERTS = ROOT / "deploy/prometheus/alerts.yml"
EXAMPLE = ROOT / "deploy/prometheus/prometheus.yml"
DASHBOARD = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text("utf-8"))
PLAYED = Path(__file__).with_name("alerts_test.yml")
DEADLINE = 60.0
VARIABLES = {"$__rate_interval": "20s", "$job": "seatkeeper", "$instance": ".*"}
A_CLUSTERS = "seatkeeper_shard_"
"""How metrics begin that only an edge has."""


def panels() -> list[dict[str, Any]]:
    """The panels that show something."""
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def shown() -> list[tuple[str, str]]:
    """Each query of the dashboard with the title of its panel, with the variables filled in."""
    queries = [(panel["title"], target["expr"]) for panel in panels() for target in panel["targets"]]
    queries += [(one["name"], one["expr"]) for one in DASHBOARD["annotations"]["list"]]
    for variable, value in VARIABLES.items():
        queries = [(title, query.replace(variable, value)) for title, query in queries]
    return queries


@dataclass
class Prometheus:
    """A server, and the service that it scrapes."""

    url: str
    service: Service

    def ask(self, path: str, **parameters: str) -> Any:  # noqa: ANN401 - JSON
        answer = requests.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=REQUEST_DEADLINE).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def finds(self, query: str) -> bool:
        """Whether it answers a query with anything."""
        return bool(self.ask("query", query=query)["result"])

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/-/ready", timeout=REQUEST_DEADLINE).ok
        except requests.ConnectionError:
            return False


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("scraped")
    key = folder / "root.key"
    options = ("--root-key-file", str(key), "--webhook-http", "--webhook-private-addresses")
    with Service(folder / "seatkeeper.db", *options) as running:
        running.key = key.read_text("utf-8").strip()
        do_some_of_everything(running)
        yield running


def do_some_of_everything(service: Service) -> None:
    """Have all that is counted by kind happen at least once."""
    service.post("/v1/webhooks", {"url": NOWHERE, "types": ["account.*"]})
    customer = a_customer(service)
    for status in (201, 201, 409):
        assert service.post(f"{customer.path}/members", {"name": "Eve"}).status_code == status
    assert service.get("/v1/nothing").status_code == 404
    slow = service.post("/v1/api-keys", {"name": "slow", "scopes": ["accounts:read"], "rate_limit": 1}).json()["secret"]
    answers = [service.send("GET", "/v1/accounts", headers={"Authorization": f"Bearer {slow}"}) for _ in range(4)]
    assert 429 in {answer.status_code for answer in answers}


@pytest.fixture(scope="module")
def prometheus(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus with the example and the alerts, but each second; it reads metrics with a key that may do no more."""
    need("prometheus", "promtool")
    folder = tmp_path_factory.mktemp("prometheus")
    made = service.post("/v1/api-keys", {"name": "prometheus", "scopes": ["metrics:read"]})
    (folder / "seatkeeper.key").write_text(made.json()["secret"], "utf-8")
    (folder / "alerts.yml").write_bytes(ALERTS.read_bytes())
    example = EXAMPLE.read_text("utf-8").replace("/etc/prometheus/", f"{folder}/").replace("15s", "1s")
    configuration = folder / "prometheus.yml"
    configuration.write_text(example.replace("127.0.0.1:8080", f"127.0.0.1:{service.port}"), "utf-8")
    subprocess.run(["promtool", "check", "config", str(configuration)], check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    options = ("--storage.tsdb.path", str(folder / "data"), "--web.listen-address", address, "--log.level", "error")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["prometheus", "--config.file", str(configuration), *options], stdout=log, stderr=log, cwd=folder
        )
    running = Prometheus(f"http://{address}", service)
    try:
        eventually(running.is_ready, DEADLINE, lambda: (folder / "log").read_text("utf-8"))
        yield running
    finally:
        process.terminate()
        process.wait(DEADLINE)


def test_every_query_of_the_dashboard_is_answered_with_something(prometheus: Prometheus) -> None:
    left = [one for one in shown() if A_CLUSTERS not in one[1] and "changes(" not in one[1]]

    def all_are_answered() -> bool:
        left[:] = [(title, query) for title, query in left if not prometheus.finds(query)]
        return not left

    eventually(all_are_answered, DEADLINE, lambda: f"nothing is found for {left}")


def test_every_query_of_the_dashboard_is_valid(prometheus: Prometheus) -> None:
    for _, query in shown():
        prometheus.ask("query", query=query)


def test_every_rule_is_evaluated_and_a_service_that_is_well_has_no_alert(prometheus: Prometheus) -> None:
    def rules() -> list[dict[str, Any]]:
        return [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]

    eventually(lambda: all(rule["health"] == "ok" for rule in rules()), DEADLINE, lambda: str(rules()))
    assert {rule["name"] for rule in rules()} == alerts()
    # One may be pending on a busy machine: it is an alert only after minutes.
    assert "firing" not in {rule["state"] for rule in rules()}


def test_every_metric_that_is_named_is_there(service: Service) -> None:
    text = ALERTS.read_text("utf-8") + " ".join(query for _, query in shown())
    named = set(re.findall(r"\b(?:seatkeeper|process)_[a-z_]+(?=[{\[])", text))
    metrics = service.get("/metrics").text
    there = set(re.findall(r"^((?:seatkeeper|process)_[a-z_]+)", metrics, re.MULTILINE))
    of_shards = (ROOT / "http/cluster/edge.py").read_text("utf-8")
    there |= {f"{A_CLUSTERS}{name}" for name in re.findall(r'^ +\("([a-z]+)", "', of_shards, re.MULTILINE)}
    there |= {f"{name}_total" for name in there if name.startswith(A_CLUSTERS)}
    assert named
    assert named - there == set()


def test_the_metrics_are_as_prometheus_advises(service: Service) -> None:
    need("promtool")
    metrics = service.get("/metrics").text
    done = subprocess.run(["promtool", "check", "metrics"], input=metrics, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def alerts() -> set[str]:
    return set(re.findall(r"^ +- alert: (\w+)$", ALERTS.read_text("utf-8"), re.MULTILINE))


def test_every_alert_fires_when_it_should_and_none_when_all_is_well() -> None:
    need("promtool")
    done = subprocess.run(["promtool", "test", "rules", str(PLAYED)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(re.findall(r'alertname="(\w+)"', PLAYED.read_text("utf-8"))) == alerts()


def test_every_alert_says_what_it_means_and_where_it_is_written_what_to_do() -> None:
    text = ALERTS.read_text("utf-8")
    for field in ("severity: (?:critical|warning)}", "summary: ", "description: ", "runbook: docs/"):
        assert len(re.findall(rf"^ +(?:labels: {{)?{field}", text, re.MULTILINE)) == len(alerts())
    for document, anchor in re.findall(r"runbook: (\S+)#(\S+)", text):
        headings = re.findall(r"^#+ (.*)$", (ROOT / document).read_text("utf-8"), re.MULTILINE)
        assert anchor in {heading.lower().replace(" ", "-") for heading in headings}


def test_every_panel_has_a_title_a_description_and_a_place_of_its_own() -> None:
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert all(panel["title"] and panel["description"] for panel in panels())
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken
        taken |= cells


def test_every_query_goes_to_the_data_source_that_is_chosen() -> None:
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    assert DASHBOARD["templating"]["list"][0]["type"] == "datasource"
    assert all(target["datasource"] == chosen for panel in panels() for target in [panel, *panel["targets"]])
