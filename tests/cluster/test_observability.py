"""What a cluster tells: a trace that leads from the edge to the shard, and logs in the form that was chosen."""

from __future__ import annotations

import re
from pathlib import Path

from tests import suite
from tests.cluster.rig import Cluster, running_cluster
from tests.observability.collector import Collector, collecting
from tests.observability.spans import GIVEN, SPAN, TRACE
from tests.postgresql.server import Server
from tests.torture.rig.machinery import eventually

TEAM = "00000000-0000-7000-8000-000000000002"
DEADLINE = 60.0


@suite.thorough
def test_a_trace_leads_from_the_edge_to_the_shard_and_all_log_in_the_chosen_form(
    postgresql: Server, tmp_path: Path
) -> None:
    with collecting() as collector:
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}
        with running_cluster(postgresql, tmp_path, "--log-format", "text", environment=environment) as cluster:
            the_trace_is_whole(cluster, collector)
            the_logs_are_text(cluster)
            the_metrics_name_each_process(cluster)


def the_trace_is_whole(cluster: Cluster, collector: Collector) -> None:
    body = {"account_name": "Analytical Engines", "user_name": "Ada", "plan_id": TEAM}
    assert cluster.send(0, "POST", "/v1/signups", body, {"traceparent": GIVEN}).status_code == 201
    spans = collector.of(TRACE, 4, DEADLINE)
    beneath = {span.parent_id: span for span in spans}
    way, place = [], SPAN
    while place in beneath:
        way.append(beneath[place].name)
        place = beneath[place].span_id
    assert way == ["POST /v1/signups", "OpenAccount", "OpenAccount", "COMMIT journal"]
    assert beneath[spans[-1].parent_id].attributes["db.system.name"] == "postgresql"


def the_logs_are_text(cluster: Cluster) -> None:
    time = r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00"
    lines = (rf"^\(Shard pid=\d+\) {time} info +a shard is open", rf"^{time} info +started")

    def all_are_there() -> bool:
        return all(re.search(line, cluster.errors(), re.MULTILINE) for line in lines)

    eventually(all_are_there, DEADLINE, cluster.errors)


def the_metrics_name_each_process(cluster: Cluster) -> None:
    told = cluster.send(0, "GET", "/metrics").text
    started = re.findall(r"^process_start_time_seconds(\{.*\})? ", told, re.MULTILINE)
    assert sorted(started) == ["", '{shard="0"}', '{shard="1"}']
    assert "seatkeeper_build_info{" in told
