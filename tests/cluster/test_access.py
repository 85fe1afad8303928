"""API keys and webhooks of a cluster: every edge knows the keys, and one shard delivers."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

from tests.cluster.rig import Cluster, running_cluster
from tests.postgresql.server import Server
from tests.torture.rig.machinery import eventually

TEAM = "00000000-0000-7000-8000-000000000002"
SOON = 10.0


@pytest.fixture(scope="module")
def guarded(postgresql: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster with a root key, which requests come with, and webhooks that may go to this machine."""
    folder = tmp_path_factory.mktemp("guarded")
    options = ("--root-key-file", str(folder / "root"), "--webhook-http", "--webhook-private-addresses")
    with running_cluster(postgresql, folder, *options) as running:
        running.key = (folder / "root").read_text("utf-8").strip()
        yield running


@pytest.fixture
def received() -> Iterator[tuple[str, list[bytes]]]:
    """The address of a receiver, and the bodies that it got."""
    bodies: list[bytes] = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", bodies
        server.shutdown()
        thread.join()


def listed_with(cluster: Cluster, edge: int, secret: str) -> int:
    """List plans through an edge with this key; the status of the answer."""
    return cluster.send(edge, "GET", "/v1/plans", headers={"Authorization": f"Bearer {secret}"}).status_code


def test_a_key_works_on_every_edge_until_it_is_revoked_on_one(guarded: Cluster) -> None:
    made = guarded.send(0, "POST", "/v1/api-keys", {"name": "k", "scopes": ["plans:read"]}).json()
    secret, key_id = made["secret"], made["api_key"]["key_id"]
    assert listed_with(guarded, 0, secret) == 200
    eventually(lambda: listed_with(guarded, 1, secret) == 200, SOON, "the other edge learns of the key")
    assert guarded.send(1, "POST", f"/v1/api-keys/{key_id}/revoke").status_code == 200
    assert listed_with(guarded, 1, secret) == 401
    eventually(lambda: listed_with(guarded, 0, secret) == 401, SOON, "the other edge learns of the end of the key")


def test_a_webhook_gets_the_events_of_all_shards_each_once(guarded: Cluster, received: tuple[str, list[bytes]]) -> None:
    url, bodies = received
    assert guarded.send(0, "POST", "/v1/webhooks", {"url": url, "types": ["account.opened"]}).status_code == 201
    for number in range(12):
        body = {"account_name": f"hooked {number}", "user_name": "U", "plan_id": TEAM}
        assert guarded.send(number % 2, "POST", "/v1/signups", body).status_code == 201
    eventually(lambda: len(bodies) >= 12, SOON, lambda: f"{len(bodies)} deliveries")
    assert [sum(f'"hooked {number}"'.encode() in body for body in bodies) for number in range(12)] == [1] * 12


def test_a_ping_is_sent_by_the_shard_that_delivers(guarded: Cluster, received: tuple[str, list[bytes]]) -> None:
    url, bodies = received
    made = guarded.send(1, "POST", "/v1/webhooks", {"url": url, "types": ["plan.retired"]}).json()
    pinged = guarded.send(0, "POST", f"/v1/webhooks/{made['webhook']['webhook_id']}/ping")
    assert (pinged.status_code, pinged.json()["delivered"]) == (200, True)
    assert b"webhook.ping" in bodies[0]
