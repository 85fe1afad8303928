"""A running cluster for tests: the real processes, on a database of a throw-away server, spoken to over loopback."""

from __future__ import annotations

import fcntl
import os
import queue
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import requests

from tests.postgresql.server import Server
from tests.service import LISTENING, Ended, clean_environment, command_line, run_to_its_end
from tests.torture.rig.machinery import eventually, need

START_DEADLINE = 120.0
STOP_DEADLINE = 90.0
REQUEST_DEADLINE = 30.0
SHARDS = 2

WITH_TOKEN = {"RAY_AUTH_MODE": "token"}
"""Ray asks for its token where it was started for this machine, and gives it by itself only to the address `auto`."""


class Cluster:
    """`seatkeeper cluster` with two shards and two edges, each on a port of its own."""

    def __init__(
        self, database: str, folder: Path, *options: str, environment: Mapping[str, str] | None = None
    ) -> None:
        self.database = database
        self.edges: list[str] = []
        self.folder = folder
        self._options = options
        self._environment = environment
        self._session = requests.Session()
        self._session.trust_env = False
        self.key: str | None = None

    def start(self) -> None:
        """Start it, and come back once both edges listen."""
        self.edges = []
        usual = ["--database", self.database, "--shards", str(SHARDS), "--edges", "2", "--port", "0", "--starter-plans"]
        with (self.folder / "errors").open("ab") as errors:
            self._process = subprocess.Popen(
                command_line("cluster", *usual, *self._options),
                env=clean_environment(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, args=(lines,), daemon=True)
        self._reader.start()
        while len(self.edges) < 2:
            found = LISTENING.search(lines.get(timeout=START_DEADLINE))
            if found:
                self.edges.append(found["url"])

    def _read(self, lines: queue.SimpleQueue[str]) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            for line in stdout:
                lines.put(line)

    def stop(self) -> int:
        """End it as an operator would, or hard if it does not; its exit status."""
        self._process.terminate()
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            self._reader.join(STOP_DEADLINE)
            self._session.close()

    def wait(self) -> int:
        """Wait for the end; the exit status."""
        return self._process.wait(STOP_DEADLINE)

    @property
    def ports(self) -> Sequence[int]:
        """The ports of the edges."""
        return [int(url.rpartition(":")[2]) for url in self.edges]

    def errors(self) -> str:
        """What all processes have logged."""
        return (self.folder / "errors").read_text("utf-8", "replace")

    def send(
        self, edge: int, method: str, path: str, json: object = None, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """Send a request to one of the edges."""
        own = {} if self.key is None else {"Authorization": f"Bearer {self.key}"}
        body = None if json is None else msgspec.json.encode(json)
        typed = {} if json is None else {"Content-Type": "application/json"}
        given = {**own, **typed, **(headers or {})}
        return self._session.request(
            method, self.edges[edge] + path, data=body, headers=given, timeout=REQUEST_DEADLINE
        )

    def pid_of_shard(self, number: int) -> int:
        """The process of a shard, as `cluster status` tells it once the shard is there."""
        found: list[str] = []
        told: list[Ended] = []

        def is_there() -> bool:
            told[:] = [self.run("status")]
            found[:] = re.findall(rf"shard {number}: .*, pid (\d+)", told[0].output)
            return bool(found)

        eventually(is_there, START_DEADLINE, lambda: str(told))
        return int(found[0])

    def processes(self) -> tuple[set[int], set[int]]:
        """The processes of the shards, and of the edges that serve, as `cluster status` tells them."""
        told = self.run("status").output
        lines = re.findall(r"edges: (.*)", told)
        edges = {int(name.rpartition(":")[2]) for line in lines if line != "none" for name in line.split(", ")}
        return {int(pid) for pid in re.findall(r", pid (\d+),", told)}, edges

    def run(self, action: str, deadline: float = START_DEADLINE) -> Ended:
        """Run another command on this cluster, and not on another one of this machine."""
        found = re.findall(r'"ray": ?"([^"]+)"', self.errors())
        options = ("--database", self.database, "--address", found[-1])
        return run_to_its_end("cluster", action, *options, environment=WITH_TOKEN, deadline=deadline)


def signal_to(pid: int, what: signal.Signals) -> None:
    """Send a signal to a process that this test has found in its own cluster."""
    os.kill(pid, what)


@contextmanager
def alone() -> Iterator[None]:
    """Be the only test on this machine that has a cluster; there is none without Ray."""
    need(modules=["ray"])
    with (Path(tempfile.gettempdir()) / "seatkeeper-test-cluster.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def running_cluster(
    server: Server,
    folder: Path,
    *options: str,
    fill: Callable[[str], None] = lambda _: None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Cluster]:
    """Run a cluster on a new database; `fill` writes to its address before."""
    with alone():
        name = server.new_database()
        fill(server.url(name))
        cluster = Cluster(server.url(name), folder, *options, environment=environment)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
            server.drop(name)
