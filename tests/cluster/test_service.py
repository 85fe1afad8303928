"""Two edges and two shards are one service."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.cluster.rig import Cluster
from tests.service import LOOPBACK, run_to_its_end

FREE = "00000000-0000-7000-8000-000000000001"
TEAM = "00000000-0000-7000-8000-000000000002"


def sign_up(cluster: Cluster, edge: int, plan: str = TEAM) -> str:
    """Sign up through an edge; the id of the account."""
    answer = cluster.send(edge, "POST", "/v1/signups", {"account_name": "A", "user_name": "U", "plan_id": plan})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["account"]["account_id"])


def twins(cluster: Cluster, path: str, body: object, key: str) -> list[requests.Response]:
    """Send the same request with the same key through both edges at once, again where it was told to."""

    def send(edge: int) -> requests.Response:
        while True:
            answer = cluster.send(edge, "POST", path, body, {"Idempotency-Key": key})
            if answer.status_code != 503:
                return answer

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(send, range(2)))


def test_what_one_edge_has_answered_the_other_one_shows(cluster: Cluster) -> None:
    for edge in range(2):
        account_id = sign_up(cluster, edge)
        shown = cluster.send(1 - edge, "GET", f"/v1/accounts/{account_id}")
        assert (shown.status_code, shown.json()["version"]) == (200, 2)


def test_every_edge_has_the_pages_for_people(cluster: Cluster) -> None:
    for path in ("/docs", "/problems/no-seat-left", "/docs/static/redoc.standalone.js"):
        first, second = (cluster.send(edge, "GET", path) for edge in range(2))
        assert first.status_code == second.status_code == 200
        assert first.content == second.content


def test_twins_of_a_sign_up_on_two_edges_have_one_effect_and_one_answer(cluster: Cluster) -> None:
    for number in range(10):
        name = f"twin-{number}"
        body = {"account_name": name, "user_name": "U", "plan_id": TEAM}
        first, second = twins(cluster, "/v1/signups", body, f"{name}-key")
        assert first.status_code == second.status_code == 201
        assert first.content == second.content
        found = cluster.send(0, "GET", f"/v1/accounts?q={name}").json()["items"]
        assert len([item for item in found if item["account_name"] == name]) == 1


def test_the_member_limit_holds_for_twins_on_two_edges(cluster: Cluster) -> None:
    account_id = sign_up(cluster, 0, FREE)
    statuses = []
    for number in range(6):
        answers = twins(cluster, f"/v1/accounts/{account_id}/members", {"name": f"m{number}"}, f"{account_id}-{number}")
        assert answers[0].content == answers[1].content
        statuses.append(answers[0].status_code)
    assert statuses == [201, 201, 409, 409, 409, 409]
    assert cluster.send(1, "GET", f"/v1/accounts/{account_id}").json()["members"] == {"count": 3, "held": 0, "limit": 3}


def test_an_external_id_is_unique_across_shards(cluster: Cluster) -> None:
    def send(number: int) -> int:
        body = {"account_name": "A", "user_name": "U", "plan_id": TEAM, "external_id": "the one"}
        return cluster.send(number % 2, "POST", "/v1/signups", body).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = sorted(threads.map(send, range(8)))
    assert statuses == [201, *[409] * 7]


def test_a_dry_run_tells_what_the_call_answers_on_either_edge(cluster: Cluster) -> None:
    account_id = sign_up(cluster, 0, FREE)
    path, body = f"/v1/accounts/{account_id}/members", {"name": "B", "external_id": account_id}
    runs = [cluster.send(edge, "POST", f"{path}?dry_run=true", body).json() for edge in range(2)]
    assert [(run["accepted"], run["status"], run["answer"]["name"]) for run in runs] == [(True, 201, "B")] * 2
    assert [[event["type"] for event in run["events"]] for run in runs] == [["member.added"]] * 2
    assert cluster.send(0, "POST", path, body).status_code == 201
    refused = cluster.send(1, "POST", f"{path}?dry_run=true", body).json()
    assert (refused["accepted"], refused["problem"]["type"]) == (False, "/problems/external-id-taken")


def test_a_dry_run_knows_the_external_ids_of_all_shards(cluster: Cluster) -> None:
    body = {"account_name": "A", "user_name": "U", "plan_id": TEAM, "external_id": "told before"}
    runs = [cluster.send(edge, "POST", "/v1/signups?dry_run=true", body).json() for edge in range(2)]
    assert [run["accepted"] for run in runs] == [True, True]
    assert cluster.send(0, "POST", "/v1/signups", body).status_code == 201
    runs = [cluster.send(edge, "POST", "/v1/signups?dry_run=true", body).json() for edge in range(2)]
    assert [run["problem"]["status"] for run in runs] == [409, 409]


def test_the_metrics_of_an_edge_tell_of_each_shard(cluster: Cluster) -> None:
    text = cluster.send(0, "GET", "/metrics").text
    assert 'seatkeeper_shard_up{shard="0"} 1.0' in text
    assert 'seatkeeper_shard_up{shard="1"} 1.0' in text


def test_the_metrics_of_an_edge_are_valid_and_have_what_each_shard_counts(cluster: Cluster) -> None:
    sign_up(cluster, 0)
    text = cluster.send(1, "GET", "/metrics").text
    described = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(described) == len(set(described))
    found = {family.name: family for family in text_string_to_metric_families(text)}
    shards = {sample.labels.get("shard") for sample in found["seatkeeper_live_actors"].samples}
    assert shards == {"0", "1"}
    commits = [sample for sample in found["seatkeeper_commit_seconds"].samples if sample.name.endswith("_count")]
    assert sum(sample.value for sample in commits) > 0


def test_one_process_on_a_database_of_two_shards_is_refused(cluster: Cluster) -> None:
    ended = run_to_its_end("serve", "--database", cluster.database, *LOOPBACK)
    assert ended.status == 1
    assert "belong to 2 shards, and not to 1: use `seatkeeper cluster --shards 2`" in ended.errors


def test_another_number_of_shards_is_refused(cluster: Cluster) -> None:
    ended = run_to_its_end("cluster", "--database", cluster.database, "--shards", "3", "--port", "0")
    assert ended.status == 1
    assert "belong to 2 shards, and not to 3" in ended.errors
