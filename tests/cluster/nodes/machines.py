"""Nodes of Ray on this machine, each at a loopback address of its own; a process that is told on stdin what to do.

Ray ends its processes with the thread that has started them, and changes its own for good: so this is a process too.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Protocol, cast

import msgspec

from seatkeeper.http.cluster import on_ray

HEAD, WORKER = "127.0.0.1", "127.0.0.2"

HEALTH = {
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "3",
}
"""How soon Ray takes a node for dead: by itself after some 17 s. docs/scaling.md says so."""


class _Process(Protocol):
    pid: int


class _Started(Protocol):
    process: _Process


class _Node(Protocol):
    all_processes: dict[str, list[_Started]]


class _Cluster(Protocol):
    address: str

    def add_node(self, **options: object) -> _Node: ...
    def remove_node(self, node: _Node, *, allow_graceful: bool) -> None: ...


class Machines:
    """A head, and a worker node beside it."""

    def __init__(self) -> None:
        """Start none yet."""
        from ray.cluster_utils import Cluster  # noqa: PLC0415 - it reads the environment

        self._cluster = cast("_Cluster", Cluster())
        self._nodes: dict[str, _Node] = {}
        self._port = 0

    def obey(self, order: str) -> str:
        """Carry out an order; return the address of the head."""
        what, _, ip = order.partition(" ")
        if what == "start":
            self._start(ip)
        elif what == "end":
            self._end(ip, _family(self._raylet(ip)))
        elif what == "end-raylet":
            self._end(ip, [self._raylet(ip)])
        return f"{HEAD}:{self._port}"

    def raylets(self) -> dict[str, int]:
        """The process of each node that Ray would be lost without."""
        return {ip: self._raylet(ip) for ip in self._nodes}

    def _start(self, ip: str) -> None:
        only_head = {"include_dashboard": False, "gcs_server_port": self._port or None} if ip == HEAD else {}
        self._nodes[ip] = self._cluster.add_node(
            node_ip_address=ip,
            num_cpus=1,
            object_store_memory=on_ray.OBJECT_STORE,
            include_log_monitor=False,
            **only_head,
        )
        self._port = int(self._cluster.address.rpartition(":")[2])

    def _raylet(self, ip: str) -> int:
        return self._nodes[ip].all_processes["raylet"][0].process.pid

    def _end(self, ip: str, processes: list[int]) -> None:
        """End these at once, as a machine does that loses its power; Ray ends the rest of the node."""
        for pid in processes:
            os.kill(pid, signal.SIGKILL)
        self._cluster.remove_node(self._nodes.pop(ip), allow_graceful=False)


def _family(pid: int) -> list[int]:
    """A process and all that it has started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def main() -> None:
    """Obey until stdin ends."""
    os.environ.update({**HEALTH, on_ray.LOOPBACK_ONLY: "0"})
    machines = Machines()
    for line in sys.stdin:
        told = {"address": machines.obey(line.strip()), "raylets": machines.raylets()}
        print(msgspec.json.encode(told).decode(), flush=True)


if __name__ == "__main__":
    main()
