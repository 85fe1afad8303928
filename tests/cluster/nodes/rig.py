"""A cluster on two nodes of Ray, whose network can be cut."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tests.cluster.nodes.cables import Cables
from tests.cluster.nodes.machines import HEAD, WORKER
from tests.cluster.rig import START_DEADLINE, Cluster, alone
from tests.postgresql.server import Server

TO_DATABASE, TO_WORKER = "to database", "to worker"
"""The cables between everybody and PostgreSQL, and between the edges and the shards on the worker node."""


class _Told(msgspec.Struct):
    address: str
    raylets: dict[str, int]


class Nodes:
    """The process that has the nodes, each of which can die and come again."""

    def __init__(self) -> None:
        """Start the head and the worker node."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cluster.nodes.machines"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.start(HEAD)
        self.start(WORKER)

    def start(self, ip: str) -> None:
        """Start a node."""
        self._tell(f"start {ip}")

    def end(self, ip: str) -> None:
        """End a node with all processes on it, as a machine that loses its power."""
        self._tell(f"end {ip}")

    def end_raylet(self, ip: str) -> None:
        """End the part of Ray on a node, whose shards go on for a moment."""
        self._tell(f"end-raylet {ip}")

    def _tell(self, order: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        told = msgspec.json.decode(self._process.stdout.readline(), type=_Told)
        self.address, self.raylets = told.address, told.raylets

    def is_on(self, ip: str, pid: int) -> bool:
        """Whether a shard is on this node: the raylet has started it."""
        try:
            parent = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[1]
        except OSError:
            return False
        return self.raylets.get(ip) == int(parent)

    def stop(self) -> None:
        """End all nodes: Ray's processes end with the one that has started them."""
        assert self._process.stdin is not None
        self._process.kill()
        self._process.communicate(timeout=START_DEADLINE)


class Site(msgspec.Struct, frozen=True):
    """Everything that can break."""

    server: Server
    nodes: Nodes
    cables: Cables
    cluster: Cluster


def _through(cables: Cables) -> Mapping[str, str]:
    """Let gRPC go to the worker node, which is not at 127.0.0.1, through the cable: Ray chooses the ports itself."""
    proxy = f"http://127.0.0.1:{cables.port(TO_WORKER)}"
    return {"RAY_grpc_enable_http_proxy": "1", "grpc_proxy": proxy, "no_grpc_proxy": HEAD}


@contextmanager
def running_site(server: Server, folder: Path) -> Iterator[Site]:
    """Run a cluster on two nodes, on a new database of this server."""
    with alone(), Cables(**{TO_DATABASE: server.port, TO_WORKER: None}) as cables:
        name = server.new_database()
        nodes = Nodes()
        try:
            url = server.url(name).replace(f":{server.port}/", f":{cables.port(TO_DATABASE)}/")
            options = ("--address", nodes.address)
            cluster = Cluster(url, folder, *options, environment=_through(cables))
            try:
                cluster.start()
                yield Site(server, nodes, cables, cluster)
            finally:
                cluster.stop()
        finally:
            nodes.stop()
        server.drop(name)
